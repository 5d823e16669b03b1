"""Where messages and code blocks are, to go to and to copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tui.widgets.transcript.body import Place
from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.ink import CODE_START, Line, Role
from tui.widgets.transcript.item import ItemKind
from tui.widgets.transcript.marks import Mark
from tui.widgets.transcript.seen import is_code, seen, whole
from tui.widgets.transcript.sheet import Sheet
from tui.widgets.transcript.source import Code, code_blocks, code_like


class Kind(StrEnum):
    MESSAGE = "message"
    CODE = "code block"


@dataclass(frozen=True, slots=True)
class Landmark:
    """A message, or a code block in it: the lines of its sheet from `start` up to `end`."""

    kind: Kind
    key: str
    start: int
    end: int


def blocks(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """The runs of lines that are code."""
    found: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        if not is_code(line):
            continue
        if found and found[-1][1] == number and CODE_START not in line:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return found


def landmarks(kind: Kind, sheet: Sheet) -> list[Landmark]:
    """Those of a message, in their order."""
    if kind is Kind.CODE:
        return [Landmark(kind, sheet.item.key, *block) for block in blocks(sheet.lines)]
    # The blank lines around it are nobody's.
    question = sheet.item.kind is ItemKind.QUESTION
    return [Landmark(kind, sheet.item.key, 1 if question else 0, max(1, sheet.height - 1))]


def around(kind: Kind, sheet: Sheet, at: int) -> Landmark | None:
    """The one that the line is of."""
    if kind is Kind.MESSAGE:
        return landmarks(kind, sheet)[0]
    if not is_code(sheet.line(at)):
        return None
    start = end = at
    while start and CODE_START not in sheet.line(start) and is_code(sheet.line(start - 1)):
        start -= 1
    end += 1
    while end < sheet.height and is_code(sheet.line(end)) and CODE_START not in sheet.line(end):
        end += 1
    return Landmark(kind, sheet.item.key, start, end)


class Landmarks:
    """The landmark that the reader has gone to, and the way to others."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._here: tuple[Kind, str, Place] | None = None

    @property
    def here(self) -> Landmark | None:
        """Where the reader went last, as long as it is on screen."""
        if self._here is None:
            return None
        kind, key, place = self._here
        for row, sheet in self._flow.seen():
            if sheet.item.key == key:
                mark = around(kind, sheet, sheet.find(place))
                if mark is not None and row + mark.end > 0 and row + mark.start < self._flow.height:
                    return mark
        return None

    def marks(self) -> Mapping[int, list[Mark]]:
        """What is to be marked in which row of the view: the margin beside the landmark."""
        here, height = self.here, self._flow.height
        for row, sheet in self._flow.seen() if here is not None else ():
            if here is not None and sheet.item.key == here.key:
                rows = range(max(0, row + here.start), min(height, row + here.end))
                return {number: [Mark(0, 1, Role.HERE)] for number in rows}
        return {}

    def leave(self) -> None:
        self._here = None

    def stand(self, mark: Landmark) -> None:
        """Be there, without going."""
        self._here = (mark.kind, mark.key, self.sheet(mark).place(mark.start))

    def go(self, mark: Landmark) -> None:
        """Have it at the top of the view, as far as there are lines below."""
        self._flow.reveal(mark.key, lambda sheet: max(0, mark.start - 1), row=0)
        self.stand(mark)

    def message(self, key: str) -> Landmark | None:
        """That message, if it is here."""
        index = next((index for index, item in enumerate(self._flow.items) if item.key == key), None)
        return None if index is None else landmarks(Kind.MESSAGE, self._flow.window.drawn(index))[0]

    def next(self, kind: Kind, step: int, spot: tuple[str, int] | None = None) -> Landmark | None:
        """The next one of that kind, or with -1 the one before: from that line on, else from where the reader is."""
        if spot is None:
            message, line = self._from(kind, step)
        else:
            message, line = self._index(spot[0]), spot[1]
        return next(self._beyond(kind, message, line, step), None)

    def _from(self, kind: Kind, step: int) -> tuple[int, int]:
        here, flow, window = self.here, self._flow, self._flow.window
        if here is not None:
            return self._index(here.key), here.start
        at = window.total - 1 if step < 0 and flow.follows else flow.top
        message = window.index(max(0, min(at, window.total - 1)))
        # The message at the top is where the reader is; code that begins there is still ahead of him.
        return message, at - window.start(message) - (kind is Kind.CODE and step > 0)

    def _beyond(self, kind: Kind, message: int, line: int, step: int) -> Iterator[Landmark]:
        items = self._flow.items
        while 0 <= message < len(items):
            if kind is Kind.MESSAGE or self._has_code(message):
                found = landmarks(kind, self._flow.window.drawn(message))
                yield from (mark for mark in found[::step] if (mark.start - line) * step > 0)
            message += step
            line = -1 if step > 0 else 1 << 60

    def _has_code(self, message: int) -> bool:
        """Without laying it out, if it is not."""
        item = self._flow.items[message]
        if self._flow.window.is_drawn(message):
            return True
        return item.kind is ItemKind.REPLY and bool(code_blocks(str(item.content)))

    def nearest(self, kind: Kind, spot: tuple[str, int] | None = None) -> Landmark | None:
        """The one nearest to that line; else that where the reader is; else the nearest to the middle of what he sees,
        or to the end if he is there."""
        flow, here = self._flow, self.here
        if spot is None and here is not None:
            if here.kind is kind:
                return here
            spot = here.key, here.start
        at = flow.window.at(*spot) if spot is not None else None
        row = flow.height - 1 if flow.follows else flow.height // 2
        return self._near(kind, flow.top + row if at is None else at)

    def _near(self, kind: Kind, at: int) -> Landmark | None:
        window = self._flow.window
        best: tuple[int, Landmark] | None = None
        for message in range(window.first, window.last):
            start, sheet = window.start(message), window.sheet(message)
            for mark in landmarks(kind, sheet) if sheet.item.content else ():
                far = max(start + mark.start - at, at - start - mark.end + 1, 0)
                if best is None or far < best[0]:
                    best = far, mark
        return best[1] if best else None

    def code(self, mark: Landmark) -> Code:
        """A code block as the model wrote it."""
        sheet = self.sheet(mark)
        shown = seen(whole(line) for line in sheet.lines[mark.start : mark.end])
        return code_like(shown, str(sheet.item.content))

    def sheet(self, mark: Landmark) -> Sheet:
        """The message that it is of."""
        return self._flow.window.drawn(self._index(mark.key))

    def _index(self, key: str) -> int:
        return next(index for index, item in enumerate(self._flow.items) if item.key == key)
