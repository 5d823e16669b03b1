"""One message laid out at a width: the lines of its parts, of which only the open tail is ever made again."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from tui.engine import Log, StreamStatus
from tui.widgets.transcript.blocks import Blocks, Piece
from tui.widgets.transcript.ink import BLANK, PLAIN, Glyphs, Ink, Line, Role, Span, clean, line_width, pad
from tui.widgets.transcript.item import Item, ItemKind
from tui.widgets.transcript.markdown import parse
from tui.widgets.transcript.render import MEASURE, Page, render
from tui.widgets.transcript.wrap import hang, words, wrap

MARGIN = 3
_RIGHT = 2
_BODY = 3
"""Which of a reply's parts is its settled text; the next one is the open tail."""
_INDENT = Span(" " * MARGIN, PLAIN)
_BAR = (Span(" ", PLAIN), Span(" ", Ink(Role.QUESTION_BAR)), Span(" ", PLAIN))


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
        return ([BLANK] if piece.gap and below else []) + hang(lines, self._indent, self._indent)

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


class Sheet:
    """A message's lines. `update` is idempotent and costs what is new."""

    def __init__(self, item: Item, width: int, glyphs: Glyphs, open_reasoning: bool | None = None) -> None:
        self._glyphs = glyphs
        self._make(item, width)
        self.update(item, open_reasoning)

    def _make(self, item: Item, width: int) -> None:
        self.item = item
        self.width = width
        inner = max(10, width - MARGIN - _RIGHT)
        self._inner = inner
        self._thinking = Body(inner - 2, self._glyphs, (_INDENT, Span("  ", PLAIN)), Role.REASONING)
        self._body = Body(inner, self._glyphs, (_INDENT,))
        self._parts: list[list[Line]] = [[], [], [], [], [], []]
        self.label = -1

    def resize(self, width: int) -> None:
        item, shown = self.item, self.reasoning_shown
        self._make(item, width)
        self.update(item, shown)

    def update(self, item: Item, open_reasoning: bool | None = None) -> None:
        if len(item.content) < len(self.item.content) or len(item.reasoning) < len(self.item.reasoning):
            self._make(item, self.width)
        self.item = item
        if item.kind is ItemKind.QUESTION:
            text = words(clean(str(item.content)), Ink(Role.QUESTION, bold=True), min(self._inner, MEASURE))
            self._parts = [[BLANK, *hang(text, _BAR, _BAR), BLANK]]
            self.reasoning_shown = False
            return
        ended = item.status.ended
        self.reasoning_shown = (not item.content) if open_reasoning is None else open_reasoning
        head = self._muted(item.header) if item.header else []
        label: list[Line] = []
        thinking: list[Line] = []
        thinking_tail: list[Line] = []
        self.label = -1
        if item.reasoning:
            word = item.thought or ("thought" if item.content or ended else "thinking")
            self.label = len(head)
            label = self._muted(f"{self._glyphs.thought} {word}")
            if self.reasoning_shown:
                self._thinking.feed(item.reasoning, bool(item.content) or ended)
                thinking, thinking_tail = self._thinking.settled, self._thinking.tail
            label = [*label, BLANK] if item.content and not self.reasoning_shown else label
        self._body.feed(item.content, ended)
        foot: list[Line] = []
        if not ended and not item.content and not item.reasoning and item.waiting:
            foot = self._muted(item.waiting)
        elif item.note:
            role = Role.ERROR if item.status is StreamStatus.ERROR else Role.CUT
            foot = self._muted(item.note, role)
            if item.content or self.label >= 0:
                foot = [BLANK, *foot]
        between: list[Line] = [BLANK] if self.reasoning_shown and item.reasoning and item.content else []
        tail = self._body.tail
        if item.status is StreamStatus.STREAMING:
            if item.content:
                tail = self._marked(tail or self._body.settled[-1:])
            elif self.reasoning_shown:
                thinking_tail = self._marked(thinking_tail)
        self._parts = [[*head, *label], thinking, [*thinking_tail, *between], self._body.settled, tail, [*foot, BLANK]]

    def _muted(self, text: str, role: Role = Role.MUTED) -> list[Line]:
        lines = wrap([Span(clean(text), Ink(role))], min(self._inner, MEASURE))
        return hang(lines, (_INDENT,), (_INDENT,))

    def _marked(self, lines: list[Line]) -> list[Line]:
        """The lines with the mark of a stream behind the last word."""
        mark = Span(self._glyphs.tail, Ink(Role.STREAMING))
        if not lines:
            return [(_INDENT, mark)]
        last = list(lines[-1])
        ground, width = (last[-1].ink if last else PLAIN), line_width(lines[-1])
        while len(last) > 1 and not last[-1].text.strip():
            last.pop()
        if line_width(tuple(last)) >= self.width - _RIGHT:
            return [*lines, (_INDENT, mark)]
        return [*lines[:-1], pad((*last, mark), width, ground)]

    @property
    def height(self) -> int:
        return sum(map(len, self._parts))

    def line(self, index: int) -> Line:
        for part in self._parts:
            if index < len(part):
                return part[index]
            index -= len(part)
        return BLANK

    def place(self, index: int) -> Place:
        start = 0
        for number, part in enumerate(self._parts):
            if index < start + len(part):
                if number in (_BODY, _BODY + 1):
                    return Place(_BODY, *self._body.place(index - sum(map(len, self._parts[:_BODY]))))
                return Place(number, 0, index - start, len(part))
            start += len(part)
        return Place(len(self._parts), 0, 0, 1)

    def find(self, place: Place, *, scaled: bool = False) -> int:
        """Where the place is now. `scaled`: lines broke anew, so count in proportion."""
        start = sum(map(len, self._parts[: place.part]))
        if place.part == _BODY:
            line = self._body.find(place, scaled=scaled)
        else:
            size = len(self._parts[place.part]) if place.part < len(self._parts) else 0
            line = place.line * size // max(1, place.of) if scaled and size != place.of else place.line
        return max(0, min(start + line, self.height - 1))
