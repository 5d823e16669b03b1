"""One message laid out at a width: the lines of its parts, of which only the open tail is ever made again."""

from __future__ import annotations

from tui.engine import StreamStatus
from tui.widgets.transcript.body import Body, Place
from tui.widgets.transcript.ink import BLANK, PLAIN, Glyphs, Ink, Line, Role, Span, clean, line_width, pad
from tui.widgets.transcript.item import Item, ItemKind
from tui.widgets.transcript.render import MEASURE
from tui.widgets.transcript.wrap import hang, words, wrap

MARGIN = 3
_RIGHT = 2
_BODY = 3
"""Which of a reply's parts is its settled text; the next one is the open tail."""
_INDENT = Span(" " * MARGIN, PLAIN)
_BAR = (Span(" ", PLAIN), Span(" ", Ink(Role.QUESTION_BAR)), Span(" ", PLAIN))


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
