"""Markdown that grows, as lines: a settled piece is drawn once, the open tail each time that it grows."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from tui.engine import Log
from tui.widgets.transcript.blocks import Blocks, Piece
from tui.widgets.transcript.ink import BLANK, Glyphs, Line, Role, Span
from tui.widgets.transcript.markdown import parse
from tui.widgets.transcript.render import Page, render, wants_gap
from tui.widgets.transcript.wrap import hang


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a message, said so that it can be found again after a change of width."""

    part: int = 0
    piece: int = 0
    line: int = 0
    of: int = 1


class Body:
    """Markdown that grows, as lines."""

    def __init__(self, width: int, glyphs: Glyphs, indent: tuple[Span, ...], role: Role | None = None) -> None:
        self.settled: list[Line] = []
        self.tail: list[Line] = []
        self._blocks = Blocks()
        self._offset = 0
        self._starts: list[int] = []
        self._width, self._glyphs, self._indent, self._role = width, glyphs, indent, role
        self._defined = 0

    def feed(self, log: Log, ended: bool) -> None:
        if len(log) > self._offset:
            self._blocks.feed(log.since(self._offset))
            self._offset = len(log)
        if ended:
            self._blocks.finish()
        blocks = self._blocks
        if len(blocks.references) != self._defined:
            self._defined = len(blocks.references)
            self.settled, self._starts = [], []
        for piece in blocks.settled[len(self._starts) :]:
            self._starts.append(len(self.settled))
            self.settled += self._draw(piece, bool(self.settled))
        self.tail = self._draw(blocks.tail, bool(self.settled), open_end=True)

    def redraw(self, width: int) -> None:
        self._width = width
        self.settled, self._starts = [], []

    def _draw(self, piece: Piece, below: bool, *, open_end: bool = False) -> list[Line]:
        tokens = parse(piece.source, dict(self._blocks.references))
        page = Page(
            self._width,
            self._glyphs,
            tuple(piece.source.removesuffix("\n").split("\n")),
            ordinal=piece.ordinal,
            open_end=open_end,
        )
        lines = render(tokens, page)
        if self._role:
            lines = [tuple(Span(text, ink._replace(role=self._role)) for text, ink in line) for line in lines]
        if not lines:
            return []
        return ([BLANK] if piece.gap and below and wants_gap(lines) else []) + hang(lines, self._indent, self._indent)

    def place(self, line: int) -> tuple[int, int, int]:
        """The piece that the line is of, its number in it, and how many lines the piece has."""
        piece = max(0, bisect_right(self._starts, line) - 1) if line < len(self.settled) else len(self._starts)
        start, size = self._extent(piece)
        return piece, line - start, size

    def find(self, place: Place, *, scaled: bool) -> int:
        start, size = self._extent(place.piece)
        return start + (place.line * size // max(1, place.of) if scaled and size != place.of else place.line)

    def _extent(self, piece: int) -> tuple[int, int]:
        bounds = [*self._starts, len(self.settled), len(self.settled) + len(self.tail)]
        start, end = bounds[min(piece, len(bounds) - 2)], bounds[min(piece + 1, len(bounds) - 1)]
        return start, end - start
