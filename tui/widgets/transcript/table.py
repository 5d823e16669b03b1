"""Tables: columns sized by their cells, wrapped where the whole is too wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from tui.widgets.transcript.ink import BLANK, PLAIN, Ink, Line, Role, Span, line_width
from tui.widgets.transcript.wrap import wrap

_GAP = 3
_HEAD = Ink(Role.TABLE_HEAD)
_LEAST = 3

Cell = Sequence[Span]


@dataclass(slots=True)
class Table:
    head: list[Cell]
    aligns: list[str]
    """Of each column: `left`, `right`, `center` or nothing."""
    rows: list[list[Cell]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns' widths, and whether rows are set apart because some may wrap."""

    widths: tuple[int, ...]
    airy: bool


def layout(natural: Sequence[int], width: int) -> Layout:
    """Each column as wide as it needs; if that is too much, the wide ones share what the narrow ones leave.

    Only `min(need, share)` counts, so a cell that grows in an already wide column changes nothing."""
    left = max(len(natural), width - _GAP * (len(natural) - 1))
    widths = [1] * len(natural)
    waiting = sorted(range(len(natural)), key=lambda index: natural[index])
    while waiting:
        index = waiting.pop(0)
        widths[index] = max(1, min(natural[index], left // (len(waiting) + 1)))
        left -= widths[index]
    return Layout(tuple(widths), sum(natural) > sum(widths))


def fits(table: Table, width: int) -> bool:
    """Whether every column has room for a few characters."""
    return len(table.head) * (_LEAST + _GAP) - _GAP <= width


def records(table: Table, width: int) -> list[Line]:
    """The table as a list of `head: cell` for each row: how one with very many columns can still be read."""
    lines: list[Line] = []
    for number, cells in enumerate(table.rows or [[]]):
        lines += [BLANK] if number else []
        for head, cell in zip_longest(table.head, cells, fillvalue=()):
            name = [Span(span.text, _head(span.ink, last=False)) for span in head]
            lines += wrap([*name, Span(": ", PLAIN), *cell], width)
    return lines


def needs(cells: Sequence[Cell]) -> list[int]:
    """How wide each cell would like to be."""
    return [max(_LEAST, *(line_width(line) for line in wrap(cell, 10_000))) for cell in cells]


def natural(table: Table) -> list[int]:
    """How wide each column would like to be."""
    return [max(column) for column in zip(*(needs(row) for row in (table.head, *table.rows)), strict=True)]


def draw(table: Table, layout: Layout) -> list[Line]:
    """The table's lines. The head is underlined over each column."""
    lines = _lines(table.head, table.aligns, layout.widths, head=True)
    for index, cells in enumerate(table.rows):
        lines += row(cells, table.aligns, layout, first=not index)
    return lines


def row(cells: Sequence[Cell], aligns: Sequence[str], layout: Layout, *, first: bool = False) -> list[Line]:
    """One row's lines."""
    lines = _lines(cells, aligns, layout.widths)
    return [BLANK, *lines] if layout.airy and not first else lines


def _lines(cells: Sequence[Cell], aligns: Sequence[str], widths: Sequence[int], *, head: bool = False) -> list[Line]:
    wrapped = [wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, wrapped), default=1)
    lines: list[Line] = []
    for at in range(height):
        line: list[Span] = []
        last = at == height - 1
        for index, (cell, width) in enumerate(zip(wrapped, widths, strict=True)):
            if index:
                line.append(Span(" " * _GAP, PLAIN))
            piece = cell[at] if at < len(cell) else BLANK
            if head:
                piece = tuple(Span(span.text, _head(span.ink, last)) for span in piece)
            line += _aligned(piece, width, aligns[index], _HEAD if head and last else PLAIN)
        lines.append(tuple(line))
    return lines


def _head(ink: Ink, last: bool) -> Ink:
    return ink._replace(role=Role.TABLE_HEAD if last else ink.role, bold=True)


def _aligned(piece: Line, width: int, align: str, ground: Ink) -> Line:
    missing = max(0, width - line_width(piece))
    before = missing if align == "right" else missing // 2 if align == "center" else 0
    return tuple(
        span for span in (Span(" " * before, ground), *piece, Span(" " * (missing - before), ground)) if span.text
    )
