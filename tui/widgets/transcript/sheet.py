"""One message laid out at a width: the lines of its parts, of which only the open tail is ever made again."""

from __future__ import annotations

from collections.abc import Callable

from tui.plain import plain
from tui.widgets.transcript.body import Body, Place
from tui.widgets.transcript.code import Tint, highlighted, uncoloured
from tui.widgets.transcript.ink import BLANK, DECORATION, Glyphs, Ink, Line, Role, Span, line_width, pad
from tui.widgets.transcript.item import Item, ItemKind, Part, Text
from tui.widgets.transcript.long import Dress
from tui.widgets.transcript.render import MEASURE, Page
from tui.widgets.transcript.wrap import hang, words, wrap

MARGIN = 3
_RIGHT = 2
_BODY, _FOOT = 100, 101
"""Parts of a reply that a place may name besides the numbered ones before its text."""
_MARGIN = Ink(Role.MARGIN)
_INDENT = Span(" " * MARGIN, _MARGIN)
_STEP = Span("  ", _MARGIN)
_BAR = (Span(" ", _MARGIN), Span(" ", Ink(Role.QUESTION_BAR)), Span(" ", _MARGIN))


class Sheet:
    """A message's lines. `update` is idempotent and costs what is new."""

    def __init__(
        self, item: Item, width: int, glyphs: Glyphs, open_reasoning: bool | None = None, tint: Tint = highlighted
    ) -> None:
        self._glyphs, self._tint = glyphs, tint
        self._make(item, width)
        self.update(item, open_reasoning)

    def _make(self, item: Item, width: int) -> None:
        self.item, self.width = item, width
        self._inner = max(10, width - MARGIN - _RIGHT)
        self._thinking = _Grown(Page(self._inner - 2, self._glyphs, tint=uncoloured), _thinking_dress)
        self._body = _Grown(Page(self._inner, self._glyphs, tint=self._tint), _dress)
        self._parts: list[list[Line]] = []
        self._body_at = self._body_end = 0
        self.label = -1
        self.reasoning_shown = False

    def recolour(self, is_done: Callable[[tuple[str, str]], bool]) -> bool:
        """Colour the code whose colours are there now; whether there was any. No line moves."""
        return self._body.body.recolour(is_done)

    def resize(self, width: int) -> None:
        item, shown = self.item, self.reasoning_shown
        self._make(item, width)
        self.update(item, shown)

    def update(self, item: Item, open_reasoning: bool | None = None) -> None:
        if len(item.content) < len(self.item.content) or len(item.reasoning) < len(self.item.reasoning):
            self._make(item, self.width)
        self.item = item
        if item.kind is ItemKind.QUESTION:
            text = words(plain(str(item.content)), Ink(Role.QUESTION, bold=True), min(self._inner, MEASURE))
            note = self._muted(item.note) if item.note else []
            self._parts = [[BLANK, *hang(text, _BAR, _BAR), *note, BLANK]]
            return
        ended = item.ended
        self.reasoning_shown = (not item.content) if open_reasoning is None else open_reasoning
        parts = [self._muted(item.header) if item.header else []]
        self.label = -1
        if item.reasoning:
            self.label = len(parts[0])
            parts.append(self._muted(f"{self._glyphs.thought} {item.thought or _thought(item)}"))
            if self.reasoning_shown:
                self._thinking.show(item.reasoning, bool(item.content) or ended)
                parts += self._thinking.body.parts
        if item.content and (item.header or item.reasoning):
            parts.append([BLANK])
        self._body_at = len(parts)
        self._body.show(item.content, ended)
        parts += self._body.body.parts
        self._body_end = len(parts)
        if item.status == "streaming" and (item.content or self.reasoning_shown):
            self._mark(parts)
        self._parts = [*parts, [*self._foot(item), BLANK]]

    def _foot(self, item: Item) -> list[Line]:
        if item.note:
            lines = self._muted(item.note, Role.ERROR if item.status == "error" else Role.CUT)
        elif item.waiting and not (item.ended or item.content or item.reasoning):
            lines = self._muted(item.waiting)
        else:
            return []
        return [BLANK, *lines] if item.content or item.reasoning or item.header else lines

    def _muted(self, text: str, role: Role = Role.MUTED) -> list[Line]:
        lines = wrap([Span(plain(text), Ink(role))], min(self._inner, MEASURE))
        return hang(lines, (_INDENT,), (_INDENT,))

    def _mark(self, parts: list[list[Line]]) -> None:
        """Put the mark of a stream behind the last word."""
        mark = Span(self._glyphs.tail, Ink(Role.STREAMING))
        at = next((number for number in range(len(parts) - 1, 0, -1) if parts[number]), 0)
        *lines, line = parts[at] or [BLANK]
        last = list(line) or [_INDENT]
        ground, width = last[-1].ink, line_width(line)
        while len(last) > 1 and (not last[-1].text.strip() or last[-1].ink.role is Role.CODE_EDGE):
            last.pop()
        if line_width(tuple(last)) >= self.width - _RIGHT:
            parts[at] = [*lines, line, (_INDENT, mark)]
        else:
            parts[at] = [*lines, pad((*last, mark), width, ground)]

    @property
    def height(self) -> int:
        return sum(map(len, self._parts))

    def line(self, index: int) -> Line:
        for part in self._parts:
            if index < len(part):
                return part[index]
            index -= len(part)
        return BLANK

    @property
    def lines(self) -> list[Line]:
        return [line for part in self._parts for line in part]

    @property
    def text_lines(self) -> tuple[int, int]:
        """From where to where its content goes; for a question all of it."""
        if self.item.kind is ItemKind.QUESTION:
            return 0, self.height
        start = sum(map(len, self._parts[: self._body_at]))
        return start, start + self._body.body.height

    def source_lines(self, first: int, last: int) -> tuple[int, int] | None:
        """The lines of the content's source that the lines from `first` to `last` show; None if they show other things.

        Blocks count whole; a question has but one."""
        start, end = self.text_lines
        if last < start or first >= end:
            return None
        if self.item.kind is ItemKind.QUESTION:
            return 0, len(self.item.content) + 1
        return self._body.body.source(max(first, start) - start, min(last, end - 1) - start)

    def extent(self, part: Part, piece: int) -> tuple[int, int]:
        """Where a piece of one of its texts begins, and how many lines it has; none while it is folded."""
        if self.item.kind is ItemKind.QUESTION:
            return 0, self.height
        if part is Part.CONTENT:
            start, size = self._body.body.extent(piece)
            return start + sum(map(len, self._parts[: self._body_at])), size
        if not self.reasoning_shown:
            return self.label, 0
        start, size = self._thinking.body.extent(piece)
        return start + self.label + 1, size

    def near(self, index: int) -> tuple[Part, int]:
        """The text and its piece that the line is of, or is nearest to."""
        place = self.place(index)
        return (Part.CONTENT, place.piece) if place.part == _BODY else (Part.REASONING, 0)

    def place(self, index: int) -> Place:
        start = 0
        for number, part in enumerate(self._parts):
            if index < start + len(part):
                if self._body_at <= number < self._body_end:
                    return Place(_BODY, *self._body.body.place(index - sum(map(len, self._parts[: self._body_at]))))
                return Place(number if number < self._body_end else _FOOT, 0, index - start, len(part))
            start += len(part)
        return Place(_FOOT)

    def find(self, place: Place, *, scaled: bool = False) -> int:
        """Where the place is now. `scaled`: lines broke anew, so count in proportion."""
        if place.part == _BODY:
            start, line = sum(map(len, self._parts[: self._body_at])), self._body.body.find(place, scaled=scaled)
        else:
            part = len(self._parts) - 1 if place.part == _FOOT else min(place.part, len(self._parts) - 1)
            start, size = sum(map(len, self._parts[:part])), len(self._parts[part])
            line = place.line * size // max(1, place.of) if scaled and size != place.of else place.line
        return max(0, min(start + line, self.height - 1))


class _Grown:
    """A body that reads a log as it grows."""

    def __init__(self, page: Page, dress: Dress) -> None:
        self._page, self._dress = page, dress
        self._begin()

    def _begin(self) -> None:
        self.body = Body(self._page, self._dress)
        self._offset = 0
        self._ended = False

    def show(self, log: Text, ended: bool) -> None:
        more = log.since(self._offset)
        if more and self._ended:  # it goes on after all
            self._begin()
            more = str(log)
        self._offset = len(log)
        if not ended and more:
            self.body.feed(more)
        elif ended and not self._ended:
            self.body.finish(more)
            self._ended = True


def _thought(item: Item) -> str:
    return "thought" if item.content or item.ended else "thinking"


def _dress(lines: list[Line], first: bool) -> list[Line]:
    return hang(lines, (_INDENT,), (_INDENT,))


def _thinking_ink(ink: Ink) -> Ink:
    return _MARGIN if ink.role in DECORATION else ink._replace(role=Role.REASONING)


def _thinking_dress(lines: list[Line], first: bool) -> list[Line]:
    muted = [
        tuple(span if not span.text else Span(span.text, _thinking_ink(span.ink)) for span in line) for line in lines
    ]
    return hang(muted, (_INDENT, _STEP), (_INDENT, _STEP))
