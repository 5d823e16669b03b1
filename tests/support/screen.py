"""What a terminal shows after the bytes it was sent: pyte, spared the sequences that it trips over."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable

import pyte
from pyte import modes as mo
from pyte.screens import Char
from wcwidth import wcwidth

_SEQUENCE = re.compile(
    r"\x1b\[(?P<private>[<=>?]?)(?P<params>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|\x1b\](?P<osc>[^\x1b\x07]*)(?:\x1b\\|\x07)"
    r"|\x1b[PX^_][^\x1b]*\x1b\\"
    r"|\x1b(?P<single>[0-OQ-WYZ`-~])"
    r"|\x1b[ -/]+[0-~]"
)
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07]*|[ -/]*)\Z")
_ALTERNATE = {"47", "1047", "1049"}
_KNOWN_CSI = frozenset("@ABCDEFGHJKLMPX`adefghlr")
"""Not `m`: nobody asks for colours, and reading them took most of a test's time."""
_KNOWN_PRIVATE = frozenset("hlJK")
_KNOWN_SINGLE = frozenset("78DEHMc")


_CELLS = {char: Char(char) for char in map(chr, range(0x20, 0x7F))}


class _Page(pyte.Screen):
    """pyte's screen; it stops drawing at a character that takes no cell (a joiner, a variation selector).

    What programs write most of, and tests look at over and over, goes by short ways: plain text within a row, and rows
    that have not changed since they were asked for.
    """

    def __init__(self, columns: int, lines: int) -> None:
        self._rows: list[str] = []
        super().__init__(columns, lines)

    def draw(self, data: str) -> None:
        cursor = self.cursor
        if data.isascii() and data.isprintable():
            if cursor.x + len(data) <= self.columns and mo.IRM not in self.mode and not self.charset:
                self.buffer[cursor.y].update(enumerate(map(_CELLS.__getitem__, data), cursor.x))
                self.dirty.add(cursor.y)
                cursor.x += len(data)
                return
        else:
            data = "".join(c for c in data if wcwidth(c) > 0 or unicodedata.combining(c))
        super().draw(data)
        if not data.isascii():
            self.dirty.update(range(self.lines))  # a combining mark may have joined the end of another row

    def rows(self) -> list[str]:
        if len(self._rows) != self.lines:
            self._rows = [""] * self.lines
            self.dirty.update(range(self.lines))
        for y in self.dirty:
            if y < self.lines:
                self._rows[y] = row(self.buffer[y][x].data for x in range(self.columns))
        self.dirty.clear()
        return list(self._rows)


def row(data: Iterable[str]) -> str:
    """pyte's cells as text. Half of a wide character that was written over shows as a space, as terminals do."""
    cells = list(data)
    plain = "".join(cells)
    if plain.isascii() and "" not in cells:
        return plain.rstrip()
    out: list[str] = []
    for x, cell in enumerate(cells):
        stub = x + 1 < len(cells) and cells[x + 1] == ""
        if cell == "":
            out.append("" if x and cells[x - 1] and wcwidth(cells[x - 1][0]) == 2 else " ")
        elif wcwidth(cell[0]) == 2 and not stub:
            out.append(" ")
        else:
            out.append(cell)
    return "".join(out).rstrip()


class Screen:
    """The main and the alternate page, fed with a terminal program's output in pieces of any size."""

    def __init__(self, columns: int, rows: int) -> None:
        self._pages = (_Page(columns, rows), _Page(columns, rows))
        self._streams = tuple(pyte.Stream(page) for page in self._pages)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""
        self._shown = 0
        self.title = ""

    @property
    def alternate(self) -> bool:
        """The program has the alternate page on show."""
        return self._shown == 1

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row, from 0."""
        page = self._pages[self._shown]
        return min(page.cursor.x, page.columns - 1), page.cursor.y

    def resize(self, columns: int, rows: int) -> None:
        for page in self._pages:
            page.resize(rows, columns)

    def lines(self) -> list[str]:
        return self._pages[self._shown].rows()

    def feed(self, data: bytes) -> None:
        text = self._begun + self._decoder.decode(data)
        self._begun = ""
        at = 0
        while (escape := text.find("\x1b", at)) >= 0:
            self._write(text[at:escape])
            if found := _SEQUENCE.match(text, escape):
                self._obey(found)
                at = found.end()
            elif _BEGUN.match(text, escape):
                self._begun = text[escape:]
                return
            else:
                at = escape + 1
        self._write(text[at:])

    def _write(self, text: str) -> None:
        if text:
            self._streams[self._shown].feed(text)

    def _obey(self, sequence: re.Match[str]) -> None:
        private, params, final = sequence["private"], sequence["params"], sequence["final"]
        if sequence["osc"] is not None:
            code, _, rest = sequence["osc"].partition(";")
            self.title = rest if code in ("0", "2") else self.title
        elif sequence["single"] is not None:
            if sequence["single"] in _KNOWN_SINGLE:
                self._write(sequence[0])
        elif final is None or sequence["between"]:
            return
        elif private == "?" and final in "hl" and not _ALTERNATE.isdisjoint(params.split(";")):
            self._show(1 if final == "h" else 0)
        elif private == "?" and final in _KNOWN_PRIVATE:
            self._write(sequence[0])
        elif not private and final == "H" and params.replace(";", "").isdigit():
            self._pages[self._shown].cursor_position(*(int(p or 0) for p in params.split(";")[:2]))
        elif not private and final in "su":
            self._write("\x1b7" if final == "s" else "\x1b8")
        elif not private and final in _KNOWN_CSI:
            self._write(f"\x1b[{';'.join(p for p in params.split(';') if ':' not in p)}{final}")

    def _show(self, page: int) -> None:
        if page and not self._shown:
            self._pages[1].reset()
        self._shown = page
