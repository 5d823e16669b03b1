"""Tables: columns sized by their cells, wrapped where the whole is too wide."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import zip_longest
from typing import Final, NamedTuple

from rich.cells import cell_len

from tui.widgets.transcript.ink import BLANK, CELL, PLAIN, ROW, Ink, Line, Role, Span, line_width, pad
from tui.widgets.transcript.wrap import hang, wrap

_GAP = 3
_HEAD = Ink(Role.TABLE_HEAD)
_LEAST = 3
_LONGEST: Final = (24, 12)
"""Cells: of longer words no column is made wide, first in comfort, then in need."""
_WORD: Final = re.compile(r"(?:[^\s\u2e80-\uffff]|\u00a0)+|\S")
"""What is not cut if it can be had: a word, or one Chinese or Japanese character."""

Cell = Sequence[Span]


@dataclass(slots=True)
class Table:
    head: list[Cell]
    aligns: list[str]
    """Of each column: `left`, `right`, `center` or nothing."""
    rows: list[list[Cell]] = field(default_factory=list)


class Need(NamedTuple):
    """How wide a cell or a column would like to be, and its longest word."""

    whole: int
    word: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns' widths, and whether rows are set apart because some may wrap."""

    widths: tuple[int, ...]
    """Empty where columns have no room: then each cell has a line of its own."""
    airy: bool
    turned: bool = False
    """Each column is shown as a row: its name, and what each row says of it."""


def best(table: Table, needs: Sequence[Need], width: int) -> Layout:
    """In columns; if they have no room, turned by a quarter; if not even so, line by line."""
    found = layout(needs, width)
    if found.widths or not 1 < len(table.rows) < width // (_LEAST + _GAP):
        return found
    other = layout(natural(turned(table)), width)
    return Layout(other.widths, airy=False, turned=True) if other.widths else found


def turned(table: Table) -> Table:
    """The same with its rows as columns: how few things with many properties can be compared on a narrow screen."""
    names = [[Span(span.text, _head(span.ink, last=False)) for span in name] for name in table.head]
    first, *rest = ([name, *(row[at] for row in table.rows)] for at, name in enumerate(names))
    return Table(first, [""] * len(first), rest)


def layout(natural: Sequence[Need], width: int) -> Layout:
    """Each column as wide as it needs; if that is too much, the wide ones share what the narrow ones leave, and none
    is narrower than its longest word. Where not even the words have room, there are no columns."""
    room = width - _GAP * (len(natural) - 1)
    several = len(natural) > 1
    for longest in _LONGEST:
        floors = [min(need.word, longest) if several else 1 for need in natural]
        if sum(floors) <= room:
            break
    else:
        return Layout((), airy=True) if several else Layout((max(1, room),), airy=True)

    def shared(share: int) -> list[int]:
        return [max(floor, min(need.whole, share)) for floor, need in zip(floors, natural, strict=True)]

    widths = shared(bisect_right(range(room + 1), room, key=lambda share: sum(shared(share))) - 1)
    for index, need in enumerate(natural):
        if sum(widths) < room and widths[index] < need.whole:
            widths[index] += 1
    return Layout(tuple(widths), sum(need.whole for need in natural) > sum(widths))


def _record(table: Table, cells: Sequence[Cell], width: int) -> list[Line]:
    """Head and cell line by line: how a row can still be read that has too many columns."""
    lines: list[Line] = []
    names = [
        tuple(Span(span.text.replace("\n", " "), _head(span.ink, last=False)) for span in head) for head in table.head
    ]
    beside = max(map(line_width, names)) + _GAP
    for name, cell in zip_longest(names, cells, fillvalue=()):
        if beside * 2 > width:
            lines += wrap([*name, *([Span(": ", PLAIN)] if name else []), *cell], width)
        else:
            lines += hang(wrap(cell, width - beside), pad(name, beside), (Span(" " * beside, PLAIN),))
    return lines


def needs(cells: Sequence[Cell]) -> list[Need]:
    """What each cell needs."""
    return [_needs("".join([span.text for span in cell])) for cell in cells]


def _needs(text: str) -> Need:
    if text.isascii():  # nearly all cells, at a quarter of the cost
        lines = [len(line.rstrip(" ")) for line in text.split("\n")]
        return Need(max(_LEAST, *lines), max(map(len, text.split()), default=1))
    return Need(
        max(_LEAST, *(line_width(line) for line in wrap([Span(text, PLAIN)], 10_000))),
        max(map(cell_len, _WORD.findall(text)), default=1),
    )


def wider(one: Sequence[Need], other: Sequence[Need]) -> list[Need]:
    """What columns need that have both cells."""
    return [
        Need(max(left.whole, right.whole), max(left.word, right.word)) for left, right in zip(one, other, strict=True)
    ]


def natural(table: Table) -> list[Need]:
    """What each column needs."""
    return reduce(wider, map(needs, table.rows), needs(table.head))


def draw(table: Table, layout: Layout, width: int) -> list[Line]:
    """The table's lines. The head is underlined over each column."""
    if layout.turned:
        return draw(turned(table), Layout(layout.widths, airy=False), width)
    if not layout.widths:
        rows = table.rows or [[]]
        return [line for index, cells in enumerate(rows) for line in row(table, cells, layout, width, first=not index)]
    lines = _lines(table.head, table.aligns, layout.widths, head=True)
    for index, cells in enumerate(table.rows):
        lines += row(table, cells, layout, width, first=not index)
    return lines


def row(table: Table, cells: Sequence[Cell], layout: Layout, width: int, *, first: bool = False) -> list[Line]:
    """One row's lines."""
    lines = _lines(cells, table.aligns, layout.widths) if layout.widths else _record(table, cells, width)
    return [BLANK, *lines] if layout.airy and not first else lines


def _lines(cells: Sequence[Cell], aligns: Sequence[str], widths: Sequence[int], *, head: bool = False) -> list[Line]:
    wrapped = [_fitted(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, wrapped), default=1)
    lines: list[Line] = []
    for at in range(height):
        line: list[Span] = [] if at else [ROW]
        last = at == height - 1
        for index, (cell, width) in enumerate(zip(wrapped, widths, strict=True)):
            if index:
                line += [Span(" " * _GAP, PLAIN), CELL]
            line_of_cell = at - (height - len(cell)) if head else at  # a head stands on its line
            piece = cell[line_of_cell] if 0 <= line_of_cell < len(cell) else BLANK
            if head:
                piece = tuple(Span(span.text, _head(span.ink, last)) for span in piece)
            line += _aligned(piece, width, aligns[index], _HEAD if head and last else PLAIN)
        lines.append(tuple(line))
    return lines


def _fitted(cell: Cell, width: int) -> Sequence[Line]:
    if len(cell) == 1 and len(text := cell[0].text) <= width and text.isascii() and "\n" not in text:
        return [(cell[0],)] if text == text.strip() else wrap(cell, width)
    return wrap(cell, width)


def _head(ink: Ink, last: bool) -> Ink:
    return ink._replace(role=Role.TABLE_HEAD if last else ink.role, bold=True)


def _aligned(piece: Line, width: int, align: str, ground: Ink) -> Line:
    missing = max(0, width - line_width(piece))
    before = missing if align == "right" else missing // 2 if align == "center" else 0
    return tuple(
        span for span in (Span(" " * before, ground), *piece, Span(" " * (missing - before), ground)) if span.text
    )
