"""Long open code: each whole line is drawn once."""

from __future__ import annotations

import re

from tui.widgets.transcript import code
from tui.widgets.transcript.ink import Line
from tui.widgets.transcript.long import Dress
from tui.widgets.transcript.render import Page

_INDENTED = re.compile(r" {4}| {0,3}\t")


class LongFence:
    """Code: each whole line is drawn once."""

    def __init__(self, markup: str, info: str, indent: int, page: Page, dress: Dress) -> None:
        self._done: list[Line] = []
        self._rest: list[Line] = []
        self._offset = -1
        self._closing = re.compile(rf" {{0,3}}{re.escape(markup)}{re.escape(markup[0])}*[ \t]*")
        self._indent, self._page, self._dress = indent, page, dress
        self._language = (info.split() or [""])[0]

    @property
    def parts(self) -> list[list[Line]]:
        return [self._done, self._rest]

    def take(self, source: str) -> bool:
        if self._offset < 0:
            self._offset = source.find("\n") + 1
        *whole, rest = source[self._offset :].split("\n")
        for line in whole:
            if self._closing.fullmatch(line):
                return False
            self._done += self._draw(line)
        self._offset = len(source) - len(rest)
        self._rest = [] if not rest or self._closing.fullmatch(rest) else self._draw(rest)
        return True

    def close(self, source: str) -> list[Line] | None:
        return None  # its colours are still to come

    def _draw(self, line: str) -> list[Line]:
        bare = line[min(self._indent, len(line) - len(line.lstrip(" "))) :]
        lines = code.frame(code.plain(bare), self._page.measure, self._page.width, self._page.glyphs)
        if not self._done:
            lines[0] = code.first(lines[0], self._language)
        return self._dress(lines, not self._done)


class LongIndented:
    """Code by its indentation alone: each whole line is drawn once, blank ones when the code goes on behind them."""

    def __init__(self, page: Page, dress: Dress) -> None:
        self._done: list[Line] = []
        self._rest: list[Line] = []
        self._blank: list[str] = []
        self._offset = 0
        self._page, self._dress = page, dress

    @property
    def parts(self) -> list[list[Line]]:
        return [self._done, self._rest]

    def take(self, source: str) -> bool:
        *whole, rest = source[self._offset :].split("\n")
        for line in whole:
            if not line.strip():
                self._blank.append(line)
            elif _INDENTED.match(line):
                for drawn in (*self._blank, line):
                    self._done += self._draw(drawn)
                self._blank.clear()
            else:
                return False
        self._offset = len(source) - len(rest)
        self._rest = []
        if rest.strip():
            if not _INDENTED.match(rest):
                return False
            self._rest = [line for text in (*self._blank, rest) for line in self._draw(text)]
        return True

    def close(self, source: str) -> list[Line] | None:
        return None  # its ground is as wide as its longest line

    def _draw(self, line: str) -> list[Line]:
        bare = _INDENTED.sub("", line, count=1) if line.strip() else ""
        lines = code.frame(code.plain(bare), self._page.measure, self._page.width, self._page.glyphs)
        if not self._done:
            lines[0] = code.first(lines[0], "")
        return self._dress(lines, not self._done)
