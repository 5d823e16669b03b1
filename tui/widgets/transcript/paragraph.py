"""A long open paragraph: lines up to a safe place stay, only the last ones are parsed and wrapped again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

from tui.widgets.transcript.ink import Line, Span
from tui.widgets.transcript.inline import spans
from tui.widgets.transcript.long import LONG, Dress
from tui.widgets.transcript.markdown import parse_inline
from tui.widgets.transcript.render import Page
from tui.widgets.transcript.wrap import cut, fold

_BETWEEN = re.compile(r"[^\W_][,.;:]? (?=[^\W_])|[\u4e00-\u9fff\u3040-\u30ff](?=[\u4e00-\u9fff\u3040-\u30ff])")
"""Between two words of plain text: no run of `*` or `_` touches such a place."""
_PENDING = re.compile(r"[\[`$\\~]|<(?=[\w/!?])|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])")
"""What, left over in plain text, could pair with something that is still to come."""


class LongParagraph:
    """A paragraph that goes on in its last line. A new line may turn it into something else: then a parse must say."""

    def __init__(self, page: Page, dress: Dress) -> None:
        self._page, self._dress = page, dress
        self._done: list[Line] = []
        self._rest: list[Line] = []
        self._carried: list[Span] = []
        self._safe = 0
        self._seen = 0
        self._try = LONG // 4

    @property
    def parts(self) -> list[list[Line]]:
        return [self._done, self._rest]

    def take(self, source: str) -> bool:
        if not self._seen:
            last = source[source.rfind("\n") + 1 :]
            if source.lstrip()[0] in "[<" or last[:1] in " <" or not any(letter.isalpha() for letter in last):
                return False  # it may still turn out to be a definition, HTML, a list …
        elif "\n" in source[self._seen :]:
            return False
        self._seen = len(source)
        if len(source) - self._safe > self._try:
            self._advance(source)
        self._rest = self._dress(self._wrap(self._behind(source[self._safe :])), not self._done)
        return True

    def close(self, source: str) -> list[Line] | None:
        whole = source.rstrip()
        if len(whole) < self._safe or whole[:1].isspace():
            return None
        self._seen = min(self._seen, len(whole))
        return [*self._done, *self._rest] if self.take(whole) else None

    def _advance(self, source: str) -> None:
        """Move the safe place on, and keep the lines before it."""
        places = [found.end() + self._safe for found in _BETWEEN.finditer(source[self._safe : len(source) - LONG // 8])]
        for place in reversed(places[-8:]):
            piece = source[self._safe : place]
            tokens = parse_inline(piece)
            if _pending(tokens) or "://" in piece.rsplit(None, 1)[-1]:
                continue
            both = self._behind(piece)
            text = "".join(span.text for span in both)
            ranges = fold(text, self._page.measure)
            self._done += self._dress(cut(both, ranges)[:-1], not self._done)
            self._carried = list(cut(both, [(ranges[-1][0], len(text))])[0])
            self._safe, self._try = place, LONG // 4
            return
        self._try = (len(source) - self._safe) * 5 // 4

    def _behind(self, source: str) -> list[Span]:
        """What was carried over, and the source behind it."""
        carried, new = self._carried, spans(parse_inline(source), maths=self._page.glyphs.maths)
        if carried and new and carried[-1].ink == new[0].ink:
            return [*carried[:-1], Span(carried[-1].text + new[0].text, new[0].ink), *new[1:]]
        return [*carried, *new]

    def _wrap(self, new: Sequence[Span]) -> list[Line]:
        return cut(new, fold("".join(span.text for span in new), self._page.measure))


def _pending(tokens: Sequence[Token]) -> bool:
    return any(
        _PENDING.search(token.content)
        if token.type == "text"
        else token.type == "text_special" and token.content in "(["
        for token in tokens
    )
