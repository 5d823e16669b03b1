"""The laid-out messages of a topic: some neighbours out of a list that may be long. Lines count from the first."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate

from tui.widgets.transcript.body import Place
from tui.widgets.transcript.code import Tint, highlighted, uncoloured
from tui.widgets.transcript.ink import BLANK, Glyphs, Line
from tui.widgets.transcript.item import Item, same
from tui.widgets.transcript.sheet import Sheet

_TOPICS = 200
"""Topics whose place is remembered."""
_WARM = 4
"""Topics whose lines are kept, so that going back costs nothing."""


@dataclass(slots=True)
class Memory:
    """What is kept of a topic that is not shown: where the reader was, what was folded, and perhaps its lines."""

    key: str = ""
    place: Place = field(default_factory=Place)
    follows: bool = True
    opened: dict[str, bool] = field(default_factory=dict)
    sheets: dict[str, Sheet] = field(default_factory=dict)


class Memories:
    """Of each topic that was shown, as far back as is useful."""

    def __init__(self) -> None:
        self._memories: OrderedDict[str, Memory] = OrderedDict()

    def of(self, topic: str) -> Memory:
        """The topic's memory; it is the one on show from now on."""
        memory = self._memories[topic] = self._memories.pop(topic, Memory())
        while len(self._memories) > _TOPICS:
            self._memories.popitem(last=False)
        for cold in list(self._memories.values())[:-_WARM]:
            cold.sheets.clear()
        return memory


class Window:
    """items[first:last] as lines."""

    def __init__(self, memory: Memory, width: int, glyphs: Glyphs, tint: Tint = highlighted) -> None:
        self.items: Sequence[Item] = ()
        self.width = width
        self.first = self.last = 0
        self.keeps_open = False
        """Reasoning that is open now stays so when its answer begins: somebody may be reading it."""
        self._memory, self._glyphs, self._tint = memory, glyphs, tint
        self._ends: list[int] = []  # of each message: the line behind its last

    @property
    def total(self) -> int:
        return self._ends[-1] if self._ends else 0

    @property
    def is_whole_above(self) -> bool:
        return self.first == 0

    @property
    def is_whole_below(self) -> bool:
        return self.last == len(self.items)

    def line(self, at: int) -> Line:
        if not 0 <= at < self.total:
            return BLANK
        index = self.index(at)
        return self.sheet(index).line(at - self.start(index))

    def index(self, at: int) -> int:
        """The message that the line is of."""
        return min(self.first + bisect_right(self._ends, at), max(self.first, self.last - 1))

    def start(self, index: int) -> int:
        """The message's first line."""
        return self._ends[index - self.first - 1] if index > self.first else 0

    def sheet(self, index: int) -> Sheet:
        """The message laid out, as it is now."""
        item, memory = self.items[index], self._memory
        opened = memory.opened.get(item.key)
        sheet = memory.sheets.get(item.key)
        if sheet is None:
            sheet = memory.sheets[item.key] = Sheet(item, self.width, self._glyphs, opened, self._tint)
            return sheet
        if not same(sheet.item, item) or (opened is not None and opened != sheet.reasoning_shown):
            if opened is None and self.keeps_open and sheet.reasoning_shown and item.content:
                opened = memory.opened[item.key] = True
            sheet.update(item, opened)
        if sheet.width != self.width:
            sheet.resize(self.width)
        return sheet

    def drawn(self, index: int) -> Sheet:
        """The message laid out, and forgotten again if it is far from what is on show."""
        return self.sheet(index) if self.is_drawn(index) else self.drawing(index)()

    def drawing(self, index: int) -> Callable[[], Sheet]:
        """Lays the message out as it is now, whenever that may be."""
        return partial(self.draw, self.items[index])

    def draw(self, item: Item) -> Sheet:
        """Lay out any message of the topic, without keeping it."""
        return Sheet(item, self.width, self._glyphs, self._memory.opened.get(item.key), uncoloured)

    def is_drawn(self, index: int) -> bool:
        return self.items[index].key in self._memory.sheets

    def recolour(self, is_done: Callable[[tuple[str, str]], bool]) -> bool:
        """Colour the code whose colours are there now; whether there was any."""
        return any([sheet.recolour(is_done) for sheet in self._memory.sheets.values()])

    def open_at(self, index: int) -> None:
        """Begin anew with this message alone."""
        near = {item.key for item in self.items[self.first : self.last]}
        for key in [key for key in self._memory.sheets if key not in near]:
            del self._memory.sheets[key]
        self.first = max(0, index)
        self.last = min(len(self.items), self.first + 1)
        self.measure()

    def measure(self) -> None:
        """Count the lines again, after messages have changed."""
        self._ends = list(accumulate(self.sheet(index).height for index in range(self.first, self.last)))

    def extend_up(self, lines: int) -> int:
        """Lay out messages above until that many lines are added, if there are so many; how many were."""
        added: list[int] = []
        while self.first and sum(added) < lines:
            self.first -= 1
            added.append(self.sheet(self.first).height)
        above = list(accumulate(reversed(added)))
        self._ends = above + [sum(added) + end for end in self._ends]
        return sum(added)

    def extend_down(self, total: int) -> None:
        """Lay out messages below until there are that many lines, if there are so many."""
        while self.last < len(self.items) and self.total < total:
            self._ends.append(self.total + self.sheet(self.last).height)
            self.last += 1

    def forget_above(self, lines: int) -> int:
        """Forget whole messages at the top, at most that many lines; how many they were."""
        count = bisect_right(self._ends[:-1], lines)
        gone = self._ends[count - 1] if count else 0
        for item in self.items[self.first : self.first + count]:
            self._memory.sheets.pop(item.key, None)
        self.first += count
        self._ends = [end - gone for end in self._ends[count:]]
        return gone

    def forget_below(self, total: int) -> None:
        """Forget whole messages at the bottom beyond that many lines."""
        while len(self._ends) > 1 and self._ends[-2] > total:
            self.last -= 1
            self._memory.sheets.pop(self.items[self.last].key, None)
            self._ends.pop()

    def place(self, at: int) -> tuple[str, Place]:
        """The line, said so that it can be found again."""
        if not self._ends:
            return "", Place()
        index = self.index(at)
        sheet = self._memory.sheets[self.items[index].key]  # as it was drawn, not as the message is now
        return sheet.item.key, sheet.place(at - self.start(index))

    def at(self, key: str, line: int) -> int | None:
        """Where a line of that message is; None if the message is not in the window."""
        for index in range(self.first, self.last):
            if self.items[index].key == key:
                return self.start(index) + line
        return None

    def find(self, key: str, place: Place) -> int | None:
        """Where the place is now; None if its message is not in the window."""
        for index in range(self.first, self.last):
            if self.items[index].key == key:
                return self.start(index) + self.sheet(index).find(place)
        return None
