"""Rivulet: many model streams at once, and nothing on the screen interrupts one."""

__version__ = "0.1.0"
