"""Open blocks that have grown long: they take new text without a parse of what they hold already.

What they draw stands only while they are open. Once closed, a block is drawn anew from its whole source, so that a
shortcut taken here can't outlive it; but a table, a quote, an item or a paragraph that was read without any doubt
stays as it is. (Drawn anew, one of 20,000 tokens would hold the loop for 150 ms.)"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from tui.widgets.transcript import table
from tui.widgets.transcript.blocks import Piece
from tui.widgets.transcript.ink import BLANK, PLAIN, Ink, Line, Role, Span
from tui.widgets.transcript.markdown import parse, parse_blocks
from tui.widgets.transcript.render import Page, groups, item_prefix, quote_prefix, read_table, tinted
from tui.widgets.transcript.wrap import hang

LONG = 1_000
"""Characters. Below, parsing and drawing all of a block takes about 1 ms, and is always right."""

Dress = Callable[[list[Line], bool], list[Line]]
"""Puts lines where they belong on the page (margin, bars); the flag says whether they are the very first."""


class Long(Protocol):
    """A long open block."""

    @property
    def parts(self) -> list[list[Line]]:
        """What is drawn, in lists of which most only grow."""

    def take(self, source: str) -> bool:
        """The block's source, longer than before. False: it may have ended, only a parse can tell."""

    def close(self, source: str) -> list[Line] | None:
        """Its lines now that nothing more comes, if they are those that a parse of the whole source would give. It
        takes no text any more."""


def grown(piece: Piece, page: Page, dress: Dress, *, below: bool) -> Long | None:
    """The piece as a long open block; None if it is of a kind that has no shortcut."""
    # Late: they are long blocks, too.
    from tui.widgets.transcript.long_code import LongFence, LongIndented
    from tui.widgets.transcript.paragraph import LongParagraph

    blocks = list(groups(parse_blocks(piece.source)))
    if len(blocks) != 1 or not blocks[0][0].map or blocks[0][0].map[0] != 0:
        return None
    first = blocks[0][0]
    lines = piece.source.split("\n")
    if below:
        dress = _below(dress, gap=piece.gap)
    long: Long
    match first.type:
        case "fence" if len(lines) > 1:
            long = LongFence(first.markup, first.info, len(lines[0]) - len(lines[0].lstrip()), page, dress)
        case "code_block":
            long = LongIndented(page, dress)
        case "table_open" if len(lines) > 2:
            long = LongTable("\n".join(lines[:2]) + "\n", page, dress)
        case "paragraph_open":
            long = LongParagraph(page, dress)
        case "blockquote_open" if page.fits(2):
            long = LongContainer(_QUOTE, page.narrower(2), _in_quote(dress))
        case "bullet_list_open" | "ordered_list_open" if blocks[0][1].type == "list_item_open":
            items = list(groups(blocks[0][1:-1]))
            marker = _MARKER.match(lines[0])
            if len(items) != 1 or marker is None or not page.fits(8):
                return None
            number = piece.ordinal if piece.ordinal is not None else int(first.attrGet("start") or 1)
            ordered = first.type == "ordered_list_open"
            prefix = item_prefix(
                number if ordered else None, {"[ ]": False}.get(marker[2], True) if marker[2] else None, page
            )
            inside = page.narrower(len(prefix))._replace(lists=page.lists + (not ordered))
            indent = re.compile(rf" {{{len(marker[1])}}}|(?=[ ]*$)")
            long = LongContainer(indent, inside, _in_item(prefix, dress), skip=marker.end(), task=bool(marker[2]))
        case _:
            return None
    return long if long.take(piece.source) else None


_QUOTE = re.compile(r" {0,3}> ?")
_MARKER = re.compile(r"( {0,3}(?:[-*+]|\d{1,9}[.)]) {1,4})(?=[^ \t\n])(\[[ xX]\] +)?")


def _below(dress: Dress, *, gap: bool) -> Dress:
    return lambda lines, first: dress([BLANK, *lines] if gap and first and lines else lines, False)


def _in_quote(dress: Dress) -> Dress:
    bar = quote_prefix()
    return lambda lines, first: dress(hang(tinted(lines, Role.QUOTE), bar, bar), first)


def _in_item(prefix: str, dress: Dress) -> Dress:
    marker, indent = (Span(prefix, Ink(Role.MARKER)),), (Span(" " * len(prefix), PLAIN),)
    return lambda lines, first: dress(hang(lines, marker if first else indent, indent), first)


class LongTable:
    """A table: a new row is parsed below the head alone; all are drawn again only when a column's width changes."""

    def __init__(self, head: str, page: Page, dress: Dress) -> None:
        self._head, self._page, self._dress = head, page, dress
        self._table = read_table(parse(head), page.glyphs)
        self._natural = table.natural(self._table)
        self._layout: object = None
        self._done: list[Line] = []
        self._rest: list[Line] = []
        self._offset = len(head)

    @property
    def parts(self) -> list[list[Line]]:
        return [self._done, self._rest]

    def take(self, source: str) -> bool:
        *whole, rest = source[self._offset :].split("\n")
        rows: list[Sequence[table.Cell]] = []
        natural = self._natural
        for line in whole:
            row = self._row(line)
            if row is None:
                return False
            rows.append(row)
            natural = table.wider(natural, table.needs(row))
        self._natural = natural
        self._offset = len(source) - len(rest)
        self._table.rows += [list(row) for row in rows]
        layout = table.best(self._table, self._natural, self._page.width)
        all_anew = layout != self._layout or (layout.turned and rows)
        if all_anew or len(rows) == len(self._table.rows):  # the first row is drawn with the head
            self._layout = layout
            self._done = self._dress(table.draw(self._table, layout, self._page.width), True)
        else:
            for row in rows:
                self._done += self._dress(table.row(self._table, row, layout, self._page.width), False)
        last = self._row(rest) if rest.strip() and not layout.turned else None  # else it comes when it is whole
        self._rest = self._dress(table.row(self._table, last, layout, self._page.width), False) if last else []
        return True

    def close(self, source: str) -> list[Line] | None:
        whole = source.rstrip("\n") + "\n"
        return [*self._done, *self._rest] if len(whole) >= self._offset and self.take(whole) else None

    def _row(self, line: str) -> Sequence[table.Cell] | None:
        blocks = list(groups(parse(self._head + line)))
        if len(blocks) != 1 or blocks[0][0].map != [0, 3]:
            return None
        return read_table(blocks[0], self._page.glyphs).rows[0]


class LongContainer:
    """A quote or a list's item: a text of its own behind the prefix of its lines."""

    def __init__(self, prefix: re.Pattern[str], page: Page, dress: Dress, skip: int = 0, task: bool = False) -> None:
        from tui.widgets.transcript.body import Body

        self._prefix, self._skip, self._task = prefix, skip, task
        self._body = Body(page._replace(source=(), ordinal=None), dress)
        self._offset = 0
        self._at_start = True

    @property
    def parts(self) -> list[list[Line]]:
        return self._body.parts

    def take(self, source: str) -> bool:
        text = self._inside(source)
        if text:
            self._body.feed(text)
        return text is not None

    def close(self, source: str) -> list[Line] | None:
        whole = source.rstrip("\n")
        if self._task or not whole[whole.rfind("\n") + 1 :].strip(" >"):  # an open fence may end in blank lines
            return None
        text = self._inside(whole + "\n")
        if text is None or not self._at_start:
            return None
        self._body.finish(text)
        return self._body.settled if self._body.is_whole else None

    def _inside(self, source: str) -> str | None:
        """What is new in it, without its prefixes; None if a line has none."""
        new, skip, at_start = source[self._offset :], self._skip, self._at_start
        text = ""
        while new:
            if skip:
                new, skip, at_start = new[skip:], 0, False
            elif at_start:
                line, newline, _ = new.partition("\n")
                if not newline and not line.strip(" >"):
                    break  # perhaps not yet all of a prefix
                found = self._prefix.match(line)
                if found is None:
                    return None
                new, at_start = new[found.end() :], False
            line, newline, new = new.partition("\n")
            text += line + newline
            at_start = bool(newline)
        self._offset, self._skip, self._at_start = len(source) - len(new), skip, at_start
        return text
