"""What the command line says when it can't do as it is told: one line, exit 2."""

from __future__ import annotations

import sys

from tui.plain import line


class UsageError(Exception):
    """The command makes no sense as it stands; nothing was done. The message is one line for a reader."""


def say(words: str) -> None:
    """A line on stderr."""
    print(f"rivulet: {line(words)}", file=sys.stderr, flush=True)
