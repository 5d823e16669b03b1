"""The line between reading and writing: a notice at the left, how much lies below at the right."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget


class EdgeLine(Widget):
    """Empty most of the time, which is the space above the rule."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"edge--notice", "edge--below"}

    class EndWanted(Message):
        """The reader clicked on what says that there is more below."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._notice = ""
        self._below = ""

    def show(self, notice: str, lines_below: int) -> None:
        below = "" if lines_below <= 0 else f"{lines_below} more line{'' if lines_below == 1 else 's'} below"
        if (notice, below) != (self._notice, self._below):
            self._notice, self._below = notice, below
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        if self._below:
            self.post_message(self.EndWanted())

    def render_line(self, y: int) -> Strip:
        width, ground = self.size.width, self.rich_style
        room = width - 5 - (cell_len(self._below) + 2 if self._below else 0)
        notice = set_cell_size(self._notice, max(0, room))
        return Strip(
            [
                Segment("   ", ground),
                Segment(notice, self.get_component_rich_style("edge--notice")),
                Segment("  " + self._below if self._below else "", self.get_component_rich_style("edge--below")),
            ]
        ).adjust_cell_length(width, ground)
