"""The view on a topic: what it shows, how it moves, and that it holds still under who is reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tui.widgets.transcript.body import Place
from tui.widgets.transcript.code import Tint, highlighted
from tui.widgets.transcript.ink import UNICODE, Glyphs, Line
from tui.widgets.transcript.item import Item, Part, same
from tui.widgets.transcript.render import MEASURE
from tui.widgets.transcript.sheet import Sheet
from tui.widgets.transcript.window import Memories, Memory, Window

_AHEAD = 1
_REACH = 3
"""Screens: when less than `_AHEAD` is laid out above or below the view, it becomes `_REACH`."""
_KEEP = 40
"""Screens: what is farther away than this is forgotten."""
_JUMP = 6
"""Lines: the most that stay free below a streaming reply, so that not every new line scrolls."""


class Flow:
    """A view of some lines' height on the messages that are laid out around it."""

    def __init__(self, glyphs: Glyphs = UNICODE, tint: Tint = highlighted) -> None:
        self.width = self.height = 0
        self.top = 0
        self.follows = True
        self._glyphs, self._tint = glyphs, tint
        self._topic: str | None = None
        self._memories = Memories()
        self._memory = Memory()
        self._window = Window(self._memory, 0, glyphs, tint)

    # What is shown

    def show(self, topic: str, items: Sequence[Item]) -> bool:
        """Show these messages; whether anything looks different now."""
        window = self._window
        if topic != self._topic:
            self._change_topic(topic)
            self._window.items = items
            self._open_at(self._memory.key, self._memory.place)
            return True
        before = window.items
        if before is items:
            return False
        if len(before) != len(items) or any(a.key != b.key for a, b in zip(before, items, strict=True)):
            here = _in_its_place(*window.place(self.top), before, items)
            window.items = items
            self._open_at(*here)
            return True
        changed = [index for index in range(window.first, window.last) if not same(before[index], items[index])]
        here = window.place(self.top)
        window.items = items
        if changed:
            self._remeasure(*here)
        return bool(changed)

    def recolour(self, is_done: Callable[[tuple[str, str]], bool]) -> bool:
        """Colour the code whose colours are there now; whether there was any."""
        return self._window.recolour(is_done)

    def resize(self, width: int, height: int) -> None:
        rewrapped = width != self.width
        here = self._window.place(self.top) if self.width else (self._memory.key, self._memory.place)
        self.width, self.height = width, height
        self._window.width = width
        self._open_at(*here, rewrapped=rewrapped)

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

    # How it moves

    def move(self, lines: int) -> None:
        """By that many lines, down if positive. Upwards ends following, arriving at the end begins it."""
        self._fill()
        if lines < 0:
            self.top = max(0, min(self.top, self.limit) + lines)
            self._follow(self.top >= self.limit)
            self._fill()
        elif not self.follows:
            self.top += lines
            self._fill()
            if self.top >= self.limit and self._window.is_whole_below:
                self.to_end()

    def to_end(self) -> None:
        self._follow(True)
        if not self._window.is_whole_below or not self.total:
            self._window.open_at(len(self.items) - 1)
        self.top = self.limit
        self._fill()
        self.top = self.limit

    def to_start(self) -> None:
        if not self._window.is_whole_above:
            self._window.open_at(0)
        self.top = 0
        self._fill()
        self._follow(self.limit == 0 and self._window.is_whole_below)

    def toggle_reasoning(self, key: str | None = None) -> bool:
        """Open or fold the reasoning of that message, else of the latest that has one."""
        window = self._window
        for index in range(len(self.items) - 1, -1, -1):
            item = self.items[index]
            if item.reasoning and key in (None, item.key):
                break
        else:
            return False
        if not self.width:
            return False
        shown = window.sheet(index).reasoning_shown
        here = window.place(self.top)
        self._memory.opened[item.key] = not shown
        if window.first <= index < window.last:
            self._remeasure(*here)
            label = window.start(index) + window.sheet(index).label
            if not shown and label < self.top:  # what was asked for shall be seen
                self.top = max(0, label - 1)
                self._follow(False)
                self._fill()
        return True

    def seen(self) -> Iterator[tuple[int, Sheet]]:
        """The messages on screen, each with the row in which it begins; that may be above the view."""
        window, bottom = self._window, self.top + self.height
        index = window.index(self.top)
        while index < window.last and window.start(index) < bottom:
            yield window.start(index) - self.top, window.sheet(index)
            index += 1

    def reveal(
        self, key: str, line_of: Callable[[Sheet], int], part: Part = Part.CONTENT, row: int | None = None
    ) -> None:
        """Have a line of that message on screen, its reasoning open if it is of that; the view holds still then.

        With a `row` it shall stand there, as far as there are lines above and below."""
        index = next((at for at, item in enumerate(self.items) if item.key == key), None)
        if index is None or not self.height:
            return
        window, here = self._window, self._window.place(self.top)
        self._follow(False)
        if part is Part.REASONING and not window.sheet(index).reasoning_shown:
            self._memory.opened[key] = True
            window.measure()
            self.top = window.find(*here) or 0
        if not window.first <= index < window.last:
            window.open_at(index)
            self.top = -self.height  # not on screen
        at = window.start(index) + line_of(window.sheet(index))
        if row is not None or not self.top <= at < self.top + self.height - 1:
            self.top = at
            self._fill()  # what is to stand above it has to be there
            self.top = max(0, self.top - (self.height // 3 if row is None else row))
        self._fill()
        self.top = min(self.top, self.limit)

    def label_at(self, y: int) -> str | None:
        """The message whose reasoning's label is in that row."""
        at = self.top + y
        if not 0 <= at < self.total:
            return None
        index = self._window.index(at)
        sheet = self._window.sheet(index)
        return sheet.item.key if sheet.label >= 0 and at - self._window.start(index) == sheet.label else None

    # How it holds still

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

    def _change_topic(self, topic: str) -> None:
        if self._topic is not None:
            self._memory.key, self._memory.place = self._window.place(self.top)
            self._memory.follows = self.follows
        self._topic = topic
        self._memory = self._memories.of(topic)
        self._window = Window(self._memory, self.width, self._glyphs, self._tint)
        self._follow(self._memory.follows)


def _in_its_place(key: str, place: Place, before: Sequence[Item], items: Sequence[Item]) -> tuple[str, Place]:
    """The start of the message that took another's place, as one version of a reply does another's."""
    if len(before) != len(items) or any(item.key == key for item in items):
        return key, place
    at = next((index for index, item in enumerate(before) if item.key == key), None)
    return (key, place) if at is None else (items[at].key, Place())
