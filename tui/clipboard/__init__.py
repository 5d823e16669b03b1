"""Copying that works where people work: on their own machine, in tmux and screen, over SSH."""

from tui.clipboard.around import Around, look_around
from tui.clipboard.copying import Copied, Failed, TooLong, copy
from tui.clipboard.facts import copying_facts
from tui.clipboard.ways import LIMIT

__all__ = ["LIMIT", "Around", "Copied", "Failed", "TooLong", "copy", "copying_facts", "look_around"]
