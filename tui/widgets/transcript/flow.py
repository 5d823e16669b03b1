"""The view on a topic: what it shows, where it goes, and what it remembers of other topics."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.widgets.transcript.body import Place
from tui.widgets.transcript.code import Tint, highlighted
from tui.widgets.transcript.ink import UNICODE, Glyphs
from tui.widgets.transcript.item import Item, Part, same
from tui.widgets.transcript.sheet import Sheet
from tui.widgets.transcript.view import View
from tui.widgets.transcript.window import Memories, Memory, Window


class Flow(View):
    """A view of a topic, and where it was in others."""

    def __init__(self, glyphs: Glyphs = UNICODE, tint: Tint = highlighted) -> None:
        self._glyphs, self._tint = glyphs, tint
        self._topic: str | None = None
        self._memories = Memories()
        self._memory = Memory()
        super().__init__(Window(self._memory, 0, glyphs, tint))

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
