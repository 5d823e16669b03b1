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


_GOES_ON = re.compile(r" *(?:[^\x00-\x7f]|[A-Za-z\"'(]|\*{1,2}[^\s*]|`[^\s`]|\d{1,9}[^\d.)])")
"""The beginning of a line that can't be anything but the paragraph's next one."""
_MAY_GO_ON = re.compile(r" *(?:\*{1,2}|`|\d{1,9})?")
"""A line that has not yet said what it is."""


class LongParagraph:
    """A paragraph that goes on. A line that may turn it into something else, or end it, is for a parse to judge."""

    def __init__(self, page: Page, dress: Dress) -> None:
        self._page, self._dress = page, dress
        self._done: list[Line] = []
        self._rest: list[Line] = []
        self._carried: list[Span] = []
        self._safe = 0
        self._judged = 0
        """Up to there it is known to be the paragraph's."""
        self._try = LONG // 4

    @property
    def parts(self) -> list[list[Line]]:
        return [self._done, self._rest]

    def take(self, source: str) -> bool:
        if not self._judge(source):
            return False
        text = source[: self._judged].rstrip(" \n")
        if len(text) - self._safe > self._try:
            self._advance(text)
        self._rest = self._dress(self._wrap(self._behind(text[self._safe :])), not self._done)
        return True

    def close(self, source: str) -> list[Line] | None:
        whole = source.rstrip()
        if len(whole) < self._safe or whole[:1].isspace():
            return None
        self._judged = min(self._judged, len(whole))
        return [*self._done, *self._rest] if self.take(whole) and self._judged == len(whole) else None

    def _judge(self, source: str) -> bool:
        """Whether all lines but a last one that says nothing yet are the paragraph's."""
        if not self._judged:  # a parse has just found that they are; the last one shall not turn into anything else
            last = source[source.rfind("\n") + 1 :]
            self._judged = len(source)
            return not (source.lstrip()[0] in "[<" or last[:1] in " <" or not any(map(str.isalpha, last)))
        more = source[self._judged :].split("\n")
        if any(_GOES_ON.match(line) is None for line in more[1:-1]):
            return False
        if len(more) > 1 and _GOES_ON.match(more[-1]) is None:
            self._judged = len(source) - len(more[-1]) - 1
            return _MAY_GO_ON.fullmatch(more[-1]) is not None
        self._judged = len(source)
        return True

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
