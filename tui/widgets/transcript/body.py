"""Markdown that grows, as lines: a settled piece is drawn once, the open tail each time that it grows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from markdown_it.common.utils import normalizeReference

from tui.widgets.transcript.blocks import Blocks, Parsed, Piece
from tui.widgets.transcript.ink import BLANK, Line
from tui.widgets.transcript.long import LONG, Dress, Long, grown
from tui.widgets.transcript.markdown import parse
from tui.widgets.transcript.render import Page, render, wants_gap

Job = tuple[str, str]
"""Code and its language."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a message, said so that it can be found again after a change of width."""

    part: int = 0
    piece: int = 0
    line: int = 0
    of: int = 1


class Body:
    """Markdown that grows, on a page: `feed` it, `finish` it, read its `parts`."""

    def __init__(self, page: Page, dress: Dress) -> None:
        self.settled: list[Line] = []
        self._tail: list[Line] = []
        self._long: Long | None = None
        self._try_long = LONG
        self._blocks = Blocks(inside=page.inside)
        self._starts: list[int] = []
        self._page, self._dress = page, dress
        self._defined = 0
        self._plain: dict[int, list[Job]] = {}
        """Settled pieces with code whose colours are still to come."""
        self._missed: list[Job] = []

    @property
    def parts(self) -> list[list[Line]]:
        return [self.settled, *(self._long.parts if self._long else [self._tail])]

    @property
    def is_whole(self) -> bool:
        """Nothing of it waits for its colours, nor may it be drawn again for a definition."""
        return not self._plain and not self._blocks.references

    @property
    def height(self) -> int:
        return sum(map(len, self.parts))

    def feed(self, text: str) -> None:
        """More text. An open block that has grown long takes it by itself, as long as it can."""
        blocks = self._blocks
        blocks.add(text)
        if self._long is not None and self._long.take(blocks.tail.source):
            return
        blocks.settle()
        self._draw_settled()
        self._long = None
        tail = blocks.tail
        if len(tail.source) > self._try_long:
            self._try_long = len(tail.source) * 5 // 4  # if it can't be taken now, ask again, but not at every token
            self._long = grown(tail, self._page, self._dress, below=bool(self.settled))
            if self._long is not None:
                return
        elif len(tail.source) <= LONG:
            self._try_long = LONG
        self._tail = self._draw_tail()

    def finish(self, text: str = "") -> None:
        """The last of the text."""
        blocks = self._blocks
        blocks.add(text)
        closed = self._closed(blocks.tail)
        if closed is not None:
            blocks.keep_tail()
            self._settle(closed)
        else:
            blocks.finish()
            self._draw_settled()
        self._long, self._tail = None, []

    def _draw_settled(self) -> None:
        blocks = self._blocks
        for number in self._redefined():
            self._redraw(number)
        for number in range(len(self._starts), len(blocks.settled)):
            closed = self._closed(blocks.settled[number])
            self._long = None
            self._settle(self._draw_piece(number) if closed is None else closed)

    def _settle(self, lines: list[Line]) -> None:
        self._starts.append(len(self.settled))
        self.settled += lines
        self._note_plain(len(self._starts) - 1)

    def _closed(self, piece: Piece) -> list[Line] | None:
        """The piece as it was drawn while it was open, if that is how it looks closed."""
        if self._long is None or self._blocks.references or "]:" in piece.source or "\t" in piece.source:
            return None
        self._missed = []
        return self._long.close(piece.source)

    def _redefined(self) -> list[int]:
        """The drawn pieces that may look different now: a definition may be for what stands above it."""
        blocks = self._blocks
        new = [label.removeprefix("\0") for label in list(blocks.references)[self._defined :]]
        self._defined = len(blocks.references)
        sources = (normalizeReference(piece.source) for piece in blocks.settled[: len(self._starts)]) if new else ()
        return [number for number, source in enumerate(sources) if any(label in source for label in new)]

    def _note_plain(self, number: int) -> None:
        self._plain.pop(number, None)
        if self._missed:
            self._plain[number] = self._missed

    def recolour(self, is_done: Callable[[Job], bool]) -> bool:
        """Draw again what was drawn without colours that are there now; whether anything was."""
        ready = [number for number, jobs in self._plain.items() if any(map(is_done, jobs))]
        for number in ready:
            self._redraw(number)
        return bool(ready)

    def _redraw(self, number: int) -> None:
        start, size = self.extent(number)
        lines = self._draw_piece(number, first=not start)
        self.settled[start : start + size] = lines
        self._starts[number + 1 :] = [later + len(lines) - size for later in self._starts[number + 1 :]]
        self._note_plain(number)

    def _draw_piece(self, number: int, *, first: bool | None = None) -> list[Line]:
        first = not self.settled if first is None else first
        return self._draw(self._blocks.settled[number], self._blocks.parsed(number), first=first)

    def _draw_tail(self) -> list[Line]:
        tail = self._blocks.tail
        tokens = parse(tail.source, dict(self._blocks.references))
        parsed = Parsed(tokens, tuple(tail.source.removesuffix("\n").split("\n")))
        return self._draw(tail, parsed, first=not self.settled, open_end=True)

    def _draw(self, piece: Piece, parsed: Parsed, *, first: bool, open_end: bool = False) -> list[Line]:
        self._missed = []
        page = self._page._replace(source=parsed.lines, ordinal=piece.ordinal, open_end=open_end, tint=self._tint)
        lines = render(parsed.tokens, page)
        if lines and piece.gap and not first and (page.inside or wants_gap(lines)):
            lines.insert(0, BLANK)
        return self._dress(lines, first)

    def _tint(self, code: str, language: str) -> list[Line] | None:
        lines = self._page.tint(code, language)
        if lines is None:
            self._missed.append((code, language))
        return lines

    def place(self, line: int) -> tuple[int, int, int]:
        """The piece that the line is of, its number in it, and how many lines the piece has."""
        piece = max(0, bisect_right(self._starts, line) - 1) if line < len(self.settled) else len(self._starts)
        start, size = self.extent(piece)
        return piece, line - start, size

    def find(self, place: Place, *, scaled: bool) -> int:
        start, size = self.extent(place.piece)
        return start + (place.line * size // max(1, place.of) if scaled and size != place.of else place.line)

    def source(self, first: int, last: int) -> tuple[int, int]:
        """The source's lines of the pieces that two of its lines are of: from which, up to which."""
        sources = [piece.source for piece in (*self._blocks.settled, self._blocks.tail)]
        begin, end = self.place(first)[0], self.place(last)[0]
        return sum(text.count("\n") for text in sources[:begin]), "".join(sources[: end + 1]).rstrip("\n").count(
            "\n"
        ) + 1

    def extent(self, piece: int) -> tuple[int, int]:
        """Where a settled piece's lines begin, and how many they are; the open tail is the piece after those."""
        bounds = [*self._starts, len(self.settled), self.height]
        start, end = bounds[min(piece, len(bounds) - 2)], bounds[min(piece + 1, len(bounds) - 1)]
        return start, end - start
