"""Where a view stands on the laid-out messages, and that it holds still under who is reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.widgets.transcript.body import Place
from tui.widgets.transcript.ink import Line
from tui.widgets.transcript.item import Item
from tui.widgets.transcript.render import MEASURE
from tui.widgets.transcript.sheet import Sheet
from tui.widgets.transcript.window import Window

_AHEAD = 1
_REACH = 3
"""Screens: when less than `_AHEAD` is laid out above or below the view, it becomes `_REACH`."""
_KEEP = 40
"""Screens: what is farther away than this is forgotten."""
_JUMP = 6
"""Lines: the most that stay free below a streaming reply, so that not every new line scrolls."""


class View:
    """Some lines' height on a window."""

    def __init__(self, window: Window) -> None:
        self.width = self.height = 0
        self.top = 0
        self.follows = True
        self._window = window

    # What is on it

    def line(self, y: int) -> Line:
        """The line in row `y` of the view."""
        return self._window.line(self.top + y)

    @property
    def window(self) -> Window:
        """What is laid out of the topic on show."""
        return self._window

    @property
    def items(self) -> Sequence[Item]:
        return self._window.items

    @property
    def total(self) -> int:
        """Lines that are laid out."""
        return self._window.total

    @property
    def limit(self) -> int:
        """The lowest that the top of the view can be."""
        return max(0, self.total - self.height)

    @property
    def at_start(self) -> bool:
        return self._window.is_whole_above and self.top == 0

    @property
    def near_start(self) -> bool:
        """Less than a screen of what is here is above the view."""
        return self._window.is_whole_above and self.top < self.height

    @property
    def lines_below(self) -> int:
        """How many lines are below the view; for what is not laid out, about how many."""
        if not self.height:  # before it is on the screen for the first time
            return 0
        below = max(0, self.total - self.top - self.height)
        return below + sum(4 + len(item.content) // MEASURE for item in self.items[self._window.last :])

    def seen(self) -> Iterator[tuple[int, Sheet]]:
        """The messages on screen, each with the row in which it begins; that may be above the view."""
        window, bottom = self._window, self.top + self.height
        index = window.index(self.top)
        while index < window.last and window.start(index) < bottom:
            yield window.start(index) - self.top, window.sheet(index)
            index += 1

    def label_at(self, y: int) -> str | None:
        """The message whose reasoning's label is in that row."""
        at = self.top + y
        if not 0 <= at < self.total:
            return None
        index = self._window.index(at)
        sheet = self._window.sheet(index)
        return sheet.item.key if sheet.label >= 0 and at - self._window.start(index) == sheet.label else None

    # How it holds still

    def to_end(self) -> None:
        self._follow(True)
        if not self._window.is_whole_below or not self.total:
            self._window.open_at(len(self.items) - 1)
        self.top = self.limit
        self._fill()
        self.top = self.limit

    def _follow(self, follows: bool) -> None:
        self.follows = follows
        self._window.keeps_open = not follows

    def _fill(self) -> None:
        """Lay out more where the view comes near the window's edge; what is on screen stays where it is."""
        window, height = self._window, self.height
        if not height or not self.items:
            return
        if self.top < _AHEAD * height:
            self.top += window.extend_up(_REACH * height - self.top)
        if self.total - self.top < (1 + _AHEAD) * height:
            window.extend_down(self.top + (1 + _REACH) * height)
        if self.top > _KEEP * height:
            self.top -= window.forget_above(self.top - _KEEP * height // 2)
        window.forget_below(self.top + _KEEP * height)

    def _remeasure(self, key: str, place: Place) -> None:
        """Put the view where it belongs after messages have changed their height.

        While something streams it moves by several lines at once: a scroll repaints every row, which at 120x40
        costs ten times a new line."""
        window = self._window
        window.measure()
        if not self.follows:
            self.top = window.find(key, place) or 0
        self._fill()
        if not self.follows and (self.top < self.limit or not window.is_whole_below):
            return
        self._follow(True)
        room = max(1, min(_JUMP, self.height // 5))
        streams = any(not item.ended for item in self.items[window.first : window.last])
        if self.top < self.limit:
            self.top = self.limit + (room if streams else 0)
        elif self.top > self.limit + room or not self.limit:
            self.top = self.limit
        self._fill()

    def _open_at(self, key: str, place: Place, *, rewrapped: bool = False) -> None:
        """Lay out anew around that message, else at the end."""
        if not self.width:
            return
        at = next((index for index, item in enumerate(self.items) if item.key == key), None)
        if self.follows or at is None:
            self._window.open_at(len(self.items) - 1)  # what was counted is of another width, or of other messages
            self.to_end()
            return
        self._window.open_at(at)
        self.top = self._window.sheet(at).find(place, scaled=rewrapped)
        self._fill()
        self.top = min(self.top, self.limit)
