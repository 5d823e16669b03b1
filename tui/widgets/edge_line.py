"""The line between reading and writing: a notice at the left, how much lies below at the right."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from tui.widgets.drawn import Drawn

_MOST = 8
"""Lines that notices may take: a start that finds several files damaged says so of each."""
_MARGIN = 3
_READABLE = 24
"""Cells beside which a notice can still be read; where it has fewer, it stands alone."""


class EdgeLine(Drawn):
    """One line, empty most of the time, which is the space above the rule; a long notice takes more."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"edge--notice", "edge--below"}

    class EndWanted(Message):
        """The reader clicked on what says that there is more below."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._notice = ""
        self._below = ""
        self._lines: list[str] = [""]

    def show(self, notice: str, lines_below: int) -> None:
        below = "" if lines_below <= 0 else f"{lines_below} more line{'' if lines_below == 1 else 's'} below"
        if (notice, below) == (self._notice, self._below):
            return
        self._notice, self._below = notice, below
        height, self._lines = len(self._lines), self._wrapped(self.size.width)
        self.refresh(layout=height != len(self._lines))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._lines = self._wrapped(width)
        return len(self._lines)

    def _wrapped(self, width: int) -> list[str]:
        return wrapped(self._notice, self._room(width))[:_MOST] or [""]

    def _room(self, width: int) -> int:
        """For each line of the notice."""
        whole = max(1, width - 2 * _MARGIN)
        beside = whole - cell_len(self._below) - 2
        return beside if self._below and (beside >= _READABLE or not self._notice) else whole

    def on_click(self, event: events.Click) -> None:
        if self._below:
            self.post_message(self.EndWanted())

    def render_line(self, y: int) -> Strip:
        width, ground = self.size.width, self.rich_style
        room = max(0, self._room(width))
        beside = room < width - 2 * _MARGIN and y == len(self._lines) - 1
        below = "  " + self._below if beside else ""
        text = self._lines[y] if y < len(self._lines) else ""
        return Strip(
            [
                Segment(" " * _MARGIN, ground),
                Segment(set_cell_size(text, room), self.get_component_rich_style("edge--notice")),
                Segment(below, self.get_component_rich_style("edge--below")),
            ]
        ).adjust_cell_length(width, ground)


def wrapped(text: str, width: int) -> list[str]:
    """The words on lines of that many cells."""
    lines: list[str] = []
    for word in text.split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += " " + word
        else:
            lines += chop_cells(word, width)
    return lines
