"""Tables: columns sized by their cells, wrapped where the whole is too wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tui.widgets.transcript.ink import BLANK, Ink, Line, Role, Span, line_width
from tui.widgets.transcript.wrap import wrap

_GAP = 3
_HEAD = Ink(Role.TABLE_HEAD)
_BETWEEN = Ink()

Cell = Sequence[Span]


@dataclass(slots=True)
class Table:
    head: list[Cell]
    aligns: list[str]
    """Of each column: `left`, `right`, `center` or nothing."""
    rows: list[list[Cell]] = field(default_factory=list)


def columns(natural: Sequence[int], width: int) -> list[int]:
    """The columns' widths: what each needs; if that is too much, the wide ones share what the narrow ones leave.

    Only `min(need, share)` counts, so a cell that grows in an already wide column changes nothing."""
    left = max(len(natural), width - _GAP * (len(natural) - 1))
    widths = [1] * len(natural)
    waiting = sorted(range(len(natural)), key=lambda index: natural[index])
    while waiting:
        index = waiting.pop(0)
        widths[index] = max(1, min(natural[index], left // (len(waiting) + 1)))
        left -= widths[index]
    return widths


def needs(cells: Sequence[Cell]) -> list[int]:
    """How wide each cell would like to be."""
    return [max((line_width(line) for line in wrap(cell, 10_000)), default=0) for cell in cells]


def natural(table: Table) -> list[int]:
    widest = needs(table.head)
    for row in table.rows:
        widest = [max(pair) for pair in zip(widest, needs(row), strict=True)]
    return [max(3, width) for width in widest]


def draw(table: Table, width: int) -> list[Line]:
    """The table's lines. The head is underlined over each column; rows that wrap are set apart."""
    wanted = natural(table)
    widths = columns(wanted, width)
    airy = sum(wanted) > sum(widths)
    lines = _row(table.head, table.aligns, widths, head=True)
    for index, row in enumerate(table.rows):
        if airy and index:
            lines.append(BLANK)
        lines += _row(row, table.aligns, widths)
    return lines


def _row(cells: Sequence[Cell], aligns: Sequence[str], widths: Sequence[int], *, head: bool = False) -> list[Line]:
    wrapped = [wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, wrapped), default=1)
    ink = _BETWEEN
    lines: list[Line] = []
    for at in range(height):
        line: list[Span] = []
        last = at == height - 1
        for index, (lines_of_cell, width) in enumerate(zip(wrapped, widths, strict=True)):
            if index:
                line.append(Span(" " * _GAP, ink))
            ground = _HEAD if head and last else ink
            piece = lines_of_cell[at] if at < len(lines_of_cell) else BLANK
            if head:
                piece = tuple(
                    Span(span.text, span.ink._replace(role=Role.TABLE_HEAD if last else span.ink.role, bold=True))
                    for span in piece
                )
            line += _aligned(piece, width, aligns[index], ground)
        lines.append(tuple(line))
    return lines


def _aligned(piece: Line, width: int, align: str, ground: Ink) -> Line:
    missing = max(0, width - line_width(piece))
    before = missing if align == "right" else missing // 2 if align == "center" else 0
    return tuple(
        span for span in (Span(" " * before, ground), *piece, Span(" " * (missing - before), ground)) if span.text
    )
