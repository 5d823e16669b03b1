"""What the user has set: the settings file and the environment become one frozen value."""

from tui.config.loading import load
from tui.config.problems import ConfigError
from tui.config.settings import Config, Glyphs, Language, LogLevel, Ui

__all__ = ["Config", "ConfigError", "Glyphs", "Language", "LogLevel", "Ui", "load"]
