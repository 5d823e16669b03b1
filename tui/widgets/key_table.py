"""Keys and what they do, in two columns, drawn by lines: a widget for each cell cost 0.7 s of CPU."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar, Final

from rich.cells import set_cell_size
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from tui.widgets.drawn import Drawn
from tui.widgets.edge_line import wrapped

_KEYS: Final = 26
"""Cells for the keys where there is room; with a gap behind them."""

Line = tuple[str, str, str]
"""A heading, or keys and what they do; the others are empty."""


class KeyTable(Drawn):
    """Rows of (keys, what they do); without keys it is a heading."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-table--part", "key-table--keys", "key-table--what"}

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._rows = tuple(rows)
        self._lines: list[Line] = []

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._lines = lines(self._rows, width)
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        width, ground = self.size.width, self.rich_style
        part, keys, what = self._lines[y] if y < len(self._lines) else ("", "", "")
        if part:
            return Strip([Segment(part, self.get_component_rich_style("key-table--part"))]).adjust_cell_length(
                width, ground
            )
        return Strip(
            [
                Segment(set_cell_size(keys, _room(width)), self.get_component_rich_style("key-table--keys")),
                Segment(what, self.get_component_rich_style("key-table--what")),
            ]
        ).adjust_cell_length(width, ground)


def lines(rows: Sequence[tuple[str, str]], width: int) -> list[Line]:
    """What stands on each line at this width: none is wider, no word is lost."""
    room = _room(width)
    found: list[Line] = []
    for keys, what in rows:
        if keys:
            pairs = zip_longest(wrapped(keys, max(1, room - 2)), wrapped(what, max(1, width - room)), fillvalue="")
            found += [("", left, right) for left, right in pairs]
        else:
            found += [("", "", ""), *((text, "", "") for text in wrapped(what, max(1, width))), ("", "", "")]
    return found


def _room(width: int) -> int:
    return min(_KEYS, width // 2)
