"""What the command line says when it can't do as it is told: one line, exit 2."""

from __future__ import annotations

import os
import sys
from typing import Any

from tui.plain import line


class UsageError(Exception):
    """The command makes no sense as it stands; nothing was done. The message is one line for a reader."""


def say(words: str) -> None:
    """A line on stderr. Where that takes nothing, the exit status still tells."""
    try:
        print(f"rivulet: {line(words)}", file=sys.stderr, flush=True)
    except OSError:
        point_at_nothing(sys.stderr)


def point_at_nothing(stream: Any) -> None:
    """Else Python complains once more when it closes it, with an exit status of its own."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
