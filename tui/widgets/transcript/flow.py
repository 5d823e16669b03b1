"""Which lines are on screen: messages laid out around the reader's place, as many as are needed and no more."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from tui.widgets.transcript.body import Place
from tui.widgets.transcript.ink import BLANK, UNICODE, Glyphs, Line
from tui.widgets.transcript.item import Item, same
from tui.widgets.transcript.render import MEASURE
from tui.widgets.transcript.sheet import Sheet

_TOPICS = 200
"""Topics whose place is remembered."""
_WARM = 4
"""Topics whose lines are kept, so that going back costs nothing."""
_AHEAD = 1
_REACH = 3
"""Screens: when less than `_AHEAD` is laid out above or below the view, it becomes `_REACH`."""
_KEEP = 40
"""Screens: what is farther away than this is forgotten."""


_JUMP = 6
"""Lines: the most that stay free below a streaming reply, so that not every new line scrolls."""


@dataclass(slots=True)
class _Topic:
    """Where the reader was, and what was folded."""

    key: str = ""
    place: Place = field(default_factory=Place)
    follows: bool = True
    opened: dict[str, bool] = field(default_factory=dict)
    sheets: dict[str, Sheet] = field(default_factory=dict)


class Flow:
    """The laid-out window of a topic's messages, and the view on it. Lines count from the window's first."""

    def __init__(self, glyphs: Glyphs = UNICODE) -> None:
        self.items: Sequence[Item] = ()
        self.width = self.height = 0
        self.top = 0
        self.follows = True
        self._glyphs = glyphs
        self._name: str | None = None
        self._topics: OrderedDict[str, _Topic] = OrderedDict()
        self._topic = _Topic()
        self._first = self._last = 0  # the window: items[first:last]
        self._ends: list[int] = []  # of each sheet in the window: the line behind its last

    # What is shown

    def show(self, topic: str, items: Sequence[Item]) -> bool:
        """Show these messages; whether anything looks different now."""
        if topic != self._name:
            self._leave()
            self._enter(topic)
            self.items = items
            self._return()
            return True
        before = self.items
        if before is items:
            return False
        if not self.width:
            self.items = items
            return True
        if len(before) != len(items) or any(a.key != b.key for a, b in zip(before, items, strict=True)):
            here = self._place()
            self.items = items
            self._restore_window(*here)
            return True
        changed = [index for index in range(self._first, self._last) if not same(before[index], items[index])]
        place = self._place() if changed and not self.follows else None
        self.items = items
        if changed:
            self._measure()
            if place is not None:
                self._restore(*place)
            self._settle()
        return bool(changed)

    def resize(self, width: int, height: int) -> None:
        if (width, height) == (self.width, self.height):
            return
        fresh = not self.width
        place = None if fresh else self._place()
        rewrap = width != self.width
        self.width, self.height = width, height
        if fresh or place is None:
            self._return()
        else:
            self._restore_window(*place, scaled=rewrap)

    def line(self, y: int) -> Line:
        """The line in row `y` of the view."""
        at = self.top + y
        if not 0 <= at < self.total:
            return BLANK
        index = bisect_right(self._ends, at)
        return self._sheet(self._first + index).line(at - (self._ends[index - 1] if index else 0))

    @property
    def total(self) -> int:
        return self._ends[-1] if self._ends else 0

    @property
    def limit(self) -> int:
        """The lowest that the top of the view can be."""
        return max(0, self.total - self.height)

    @property
    def at_end(self) -> bool:
        return self.follows

    @property
    def at_start(self) -> bool:
        return self._first == 0 and self.top == 0

    @property
    def lines_below(self) -> int:
        """How many lines are below the view; for what is not laid out, about how many."""
        below = max(0, self.total - self.top - self.height)
        return below + sum(4 + len(item.content) // MEASURE for item in self.items[self._last :])

    @property
    def lines_above(self) -> int:
        """How many lines are laid out above the view, if nothing earlier is left to lay out."""
        return self.top if self._first == 0 else self.top + 1_000_000

    # How the view moves

    def move(self, lines: int) -> None:
        self._fill()
        if lines < 0:
            self.top = max(0, min(self.top, self.limit) + lines)
            if self.limit > self.top:
                self.follows = False
            self._fill()
        elif not self.follows:
            self.top += lines
            self._fill()
            if self.top >= self.limit and self._last == len(self.items):
                self.to_end()

    def to_end(self) -> None:
        self.follows = True
        if self._last < len(self.items) or not self._ends:
            self._open_at(len(self.items) - 1)
        self.top = self.limit
        self._fill()
        self.top = self.limit

    def to_start(self) -> None:
        if self._first:
            self._open_at(0)
        self.top = 0
        self._fill()
        self.follows = self.limit == 0 and self._last == len(self.items)

    # Reasoning

    def toggle_reasoning(self, key: str | None = None) -> bool:
        """Open or fold the reasoning of that message, else of the latest that has one."""
        for index in range(len(self.items) - 1, -1, -1):
            item = self.items[index]
            if item.reasoning and key in (None, item.key):
                break
        else:
            return False
        inside = self._first <= index < self._last
        shown = self._sheet(index).reasoning_shown if self.width else not item.content
        self._topic.opened[item.key] = not shown
        if not inside:
            return True
        place = self._place()
        self._measure()
        if not self.follows:
            self._restore(*place)
        self._settle()
        label = self._start(index) + self._sheet(index).label
        if not shown and label < self.top:  # what was asked for shall be seen
            self.top, self.follows = max(0, label - 1), False
        self._fill()
        return True

    def label_at(self, y: int) -> str | None:
        """The message whose reasoning's label is in that row."""
        at = self.top + y
        if not 0 <= at < self.total:
            return None
        index = self._index(at)
        sheet = self._sheet(index)
        return sheet.item.key if sheet.label >= 0 and at - self._start(index) == sheet.label else None

    # The window

    def _sheet(self, index: int) -> Sheet:
        """The message's lines, as it is now."""
        item, topic = self.items[index], self._topic
        opened = topic.opened.get(item.key)
        sheet = topic.sheets.get(item.key)
        if sheet is None:
            sheet = topic.sheets[item.key] = Sheet(item, self.width, self._glyphs, opened)
            return sheet
        if not same(sheet.item, item) or (opened is not None and opened != sheet.reasoning_shown):
            if opened is None and sheet.reasoning_shown and item.content and not self.follows:
                opened = topic.opened[item.key] = True  # somebody may be reading it: don't fold it away
            sheet.update(item, opened)
        if sheet.width != self.width:
            sheet.resize(self.width)
        return sheet

    def _open_at(self, index: int) -> None:
        """Start a new window with this message alone."""
        near = {item.key for item in self.items[self._first : self._last]}
        for key in [key for key in self._topic.sheets if key not in near]:
            del self._topic.sheets[key]
        self._first = max(0, index)
        self._last = min(len(self.items), self._first + 1)
        self._measure()

    def _measure(self) -> None:
        sheets = [self._sheet(index).height for index in range(self._first, self._last)]
        self._ends = list(accumulate(sheets))

    def _index(self, at: int) -> int:
        return min(self._first + bisect_right(self._ends, at), max(self._first, self._last - 1))

    def _start(self, index: int) -> int:
        return self._ends[index - self._first - 1] if index > self._first else 0

    def _fill(self) -> None:
        """Lay out more where the view comes near the window's edge; what is on screen stays where it is."""
        if not self.height or not self.items:
            return
        if self.top < _AHEAD * self.height and self._first:
            added: list[int] = []
            while self._first and self.top < _REACH * self.height:
                self._first -= 1
                added.insert(0, self._sheet(self._first).height)
                self.top += added[0]
            above = list(accumulate(added))
            self._ends = above + [above[-1] + end for end in self._ends]
        if self.total - self.top < (1 + _AHEAD) * self.height:
            while self._last < len(self.items) and self.total - self.top < (1 + _REACH) * self.height:
                self._ends.append(self.total + self._sheet(self._last).height)
                self._last += 1
        self._trim()

    def _trim(self) -> None:
        far = _KEEP * self.height
        while self.top > far and self._last - self._first > 1 and self.top - self._ends[0] > far // 2:
            gone = self._ends[0]
            self._topic.sheets.pop(self.items[self._first].key, None)
            self._first += 1
            self.top -= gone
            self._ends = [end - gone for end in self._ends[1:]]
        while len(self._ends) > 1 and self._ends[-2] - self.top > far:
            self._last -= 1
            self._topic.sheets.pop(self.items[self._last].key, None)
            self._ends.pop()

    def _settle(self) -> None:
        """Put the view where it belongs after the text below or in it has changed.

        While something streams the view moves by several lines at once: a scroll repaints every row, which at
        120x40 costs ten times a new line."""
        self._fill()
        if not self.follows and self.top < self.limit:
            return
        if not self.follows and self._last < len(self.items):
            return
        self.follows = True
        most = max(1, min(_JUMP, self.height // 5))
        streams = any(not item.status.ended for item in self.items[self._first : self._last])
        if self.top < self.limit:
            self.top = self.limit + (most if streams else 0)
        elif self.top > self.limit + most or not self.limit:
            self.top = self.limit
        self._fill()

    # Places

    def _place(self) -> tuple[str, Place]:
        if not self._ends:
            return "", Place()
        index = self._index(self.top)
        sheet = self._topic.sheets[self.items[index].key]
        return sheet.item.key, sheet.place(self.top - self._start(index))

    def _restore(self, key: str, place: Place, *, scaled: bool = False) -> None:
        for index in range(self._first, self._last):
            if self.items[index].key == key:
                self.top = self._start(index) + self._sheet(index).find(place, scaled=scaled)
                return

    def _restore_window(self, key: str, place: Place, *, scaled: bool = False) -> None:
        """Lay out anew around the message, else at the end."""
        at = next((index for index, item in enumerate(self.items) if item.key == key), None)
        if self.follows or at is None:
            self.to_end()
            return
        self._open_at(at)
        self.top = self._sheet(at).find(place, scaled=scaled)
        self._fill()
        self.top = min(self.top, self.limit)

    def _leave(self) -> None:
        if self._name is not None:
            self._topic.key, self._topic.place = self._place()
            self._topic.follows = self.follows

    def _enter(self, name: str) -> None:
        self._name = name
        self._topic = self._topics.pop(name) if name in self._topics else _Topic()
        self._topics[name] = self._topic
        while len(self._topics) > _TOPICS:
            self._topics.popitem(last=False)
        for cold in list(self._topics.values())[:-_WARM]:
            cold.sheets.clear()
        self.follows = self._topic.follows
        self._ends, self._first, self._last = [], 0, 0

    def _return(self) -> None:
        if self.width:
            self._restore_window(self._topic.key, self._topic.place)
