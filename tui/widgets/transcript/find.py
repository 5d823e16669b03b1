"""Find: where a text stands in the messages of a topic, the nearest first, a slice at a time.

It searches what is seen (see `text`), so the width does not matter, nor whether a message is laid out."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tui.plain import plain
from tui.widgets.transcript.ink import UNICODE, Glyphs
from tui.widgets.transcript.item import Item, ItemKind, Part
from tui.widgets.transcript.text import Texts


class Match(NamedTuple):
    """A place in a message: in which of its texts and pieces, from where to where."""

    part: Part
    piece: int
    start: int
    end: int


@dataclass(slots=True)
class _Read:
    """A message as far as it was read and searched."""

    item: Item
    texts: dict[Part, Sequence[str]] = field(default_factory=dict)
    growing: dict[Part, Texts] = field(default_factory=dict)
    found: list[Match] = field(default_factory=list)
    search: int = 0
    """The number of the search that `found` is of."""


class Find:
    """One needle in the items of a topic. `seek`, then `step` until it says that nothing is left."""

    def __init__(self, glyphs: Glyphs = UNICODE) -> None:
        self.needle = ""
        self.current: tuple[str, Match] | None = None
        """The message's key, and the match that is on show."""
        self.done = True
        self._glyphs = glyphs
        self._items: Sequence[Item] = ()
        self._reads: dict[str, _Read] = {}
        self._pattern: re.Pattern[str] | None = None
        self._search = 0
        self._near: tuple[str, Part, int] = ("", Part.REASONING, 0)
        self._above: tuple[str, Match] | None = None
        self._left: Iterator[int] = iter(())

    # What is searched

    def show(self, items: Sequence[Item]) -> None:
        """The messages as they are now. What grows is searched at once, as far as it is new."""
        before, self._items = self._items, items
        if items is before:
            return
        changed = [at for at, (old, new) in enumerate(zip(before, items, strict=False)) if old is not new]
        if len(before) != len(items) or any(before[at].key != items[at].key for at in changed):
            here = {item.key for item in items}
            self._reads = {key: read for key, read in self._reads.items() if key in here}
            if self.current is not None and self.current[0] not in here:
                self.current = None
            self._begin()
            return
        for at in changed:
            if items[at].key in self._reads:
                self._look_into(at)

    def seek(self, needle: str, near: tuple[str, Part, int] | None = None) -> None:
        """Search for that, at first below `near` (a message's key, and a piece of it), then above it.

        A needle without capitals finds them too; a blank stands for any blanks and line ends."""
        self.needle = needle
        words = [re.escape(plain(word)) for word in needle.split()]
        flags = re.NOFLAG if any(map(str.isupper, needle)) else re.IGNORECASE
        self._pattern = re.compile(r"\s+".join(words), flags) if words else None
        self._near = near or self._near
        self._search += 1
        self.current = self._above = None
        self._begin()

    def step(self, seconds: float = 0.0) -> bool:
        """Search for about so long, one message at least; whether some are left."""
        until = time.perf_counter() + seconds
        for at in self._left:
            self._look_into(at)
            if time.perf_counter() >= until:
                return True
        self.done = True
        if self.current is None:
            self.current = self._above
        return False

    # What was found

    @property
    def total(self) -> int:
        return sum(len(read.found) for read in self._reads.values() if read.search == self._search)

    @property
    def number(self) -> int:
        """The current match's, from 1; 0 if there is none."""
        count = 0
        for item in self._items if self.current else ():
            found = self.matches(item.key)
            if self.current and item.key == self.current[0]:
                return count + found.index(self.current[1]) + 1
            count += len(found)
        return 0

    def matches(self, key: str) -> Sequence[Match]:
        """Those in a message, from its start to its end."""
        read = self._reads.get(key)
        return read.found if read is not None and read.search == self._search else ()

    def text(self, key: str, match: Match) -> str:
        """The text of the piece that the match is in."""
        return self._reads[key].texts[match.part][match.piece]

    def move(self, step: int) -> None:
        """To the next match (1) or the one before (-1); behind the last one is the first."""
        found = [(item.key, match) for item in self._items for match in self.matches(item.key)]
        if found:
            at = found.index(self.current) + step if self.current is not None else min(0, step)
            self.current = found[at % len(found)]

    # Inside

    def _begin(self) -> None:
        self.done = self._pattern is None
        self._left = self._plan()

    def _plan(self) -> Iterator[int]:
        """The messages that are to be searched: at first those whose source has the needle as it stands. To look for
        that is cheap, so a far first match is soon there."""
        if self._pattern is None:
            return
        near = next((at for at, item in enumerate(self._items) if item.key == self._near[0]), 0)
        order = [*range(near, len(self._items)), *range(near - 1, -1, -1)]
        for at in order:
            item = self._items[at]
            if not self._searched(item) and (self._hits(str(item.content)) or self._hits(str(item.reasoning))):
                yield at
        for at in order:
            if not self._searched(self._items[at]):
                yield at

    def _hits(self, source: str) -> bool:
        return self._pattern is not None and self._pattern.search(source) is not None

    def _searched(self, item: Item) -> bool:
        read = self._reads.get(item.key)
        return read is not None and read.search == self._search and read.item is item

    def _look_into(self, at: int) -> None:
        item = self._items[at]
        read = self._reads.setdefault(item.key, _Read(item))
        kept = self._read(read, item)
        old = read.found
        if read.search != self._search:
            kept, old = {}, []
        read.search = self._search
        read.found = []
        for part in Part:
            read.found += [match for match in old if match.part is part and match.piece < kept.get(part, 0)]
            for piece, text in enumerate(read.texts.get(part, ())):
                if piece >= kept.get(part, 0):
                    read.found += self._in(part, piece, text)
        if self.current is not None and self.current[0] == item.key:
            self._keep_current(item.key, old, read.found)
        elif self.current is None and read.found:
            self._choose(at, item.key, read.found)

    def _in(self, part: Part, piece: int, text: str) -> Iterator[Match]:
        if self._pattern is not None:
            for found in self._pattern.finditer(text):
                yield Match(part, piece, *found.span())

    def _read(self, read: _Read, item: Item) -> dict[Part, int]:
        """Read what is new; how many pieces are as they were."""
        if read.texts and read.item is item:
            return {part: len(texts) for part, texts in read.texts.items()}
        read.item = item
        if item.kind is ItemKind.QUESTION:
            read.texts = {Part.CONTENT: [plain(str(item.content)).expandtabs(4)]}
            return {}
        kept: dict[Part, int] = {}
        ended = item.ended
        for part, log, whole in (
            (Part.REASONING, item.reasoning, ended or bool(item.content)),
            (Part.CONTENT, item.content, ended),
        ):
            texts = read.growing.setdefault(part, Texts(self._glyphs))
            kept[part] = texts.read(log, ended=whole)
            read.texts[part] = texts.settled if whole else [*texts.settled, texts.tail]
        if ended:
            read.growing.clear()
        return kept

    def _keep_current(self, key: str, old: Sequence[Match], new: Sequence[Match]) -> None:
        """The current match stays what it is, though its piece may have been cut anew as its message grew."""
        assert self.current is not None
        if self.current[1] not in new:
            of_part = [match for match in old if match.part is self.current[1].part]
            still = [match for match in new if match.part is self.current[1].part]
            place = of_part.index(self.current[1]) if self.current[1] in of_part else 0
            self.current = (key, still[min(place, len(still) - 1)]) if still else None

    def _choose(self, at: int, key: str, found: Sequence[Match]) -> None:
        """The first match: the nearest below the place where the search began, else the nearest above it."""
        if key == self._near[0]:
            below = [match for match in found if match[:2] >= self._near[1:]]
            if below:
                self.current = (key, below[0])
            else:
                self._above = (key, found[-1])
            return
        near = next((index for index, item in enumerate(self._items) if item.key == self._near[0]), -1)
        if at > near:
            self.current = (key, found[0])
        else:
            self.current = self._above or (key, found[-1])
