"""A message as the plain text that a reader sees, whatever the width: what find searches.

Where it differs from the drawn lines it does so in blanks alone: both show the same characters in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markdown_it.token import Token

from tui.widgets.transcript.blocks import Blocks, Piece
from tui.widgets.transcript.ink import Glyphs
from tui.widgets.transcript.inline import spans
from tui.widgets.transcript.item import Text
from tui.widgets.transcript.markdown import parse, parse_inline
from tui.widgets.transcript.render import Page, formula, groups, item_prefix, note_prefix, task

_LARGE: Final = 4_000
"""Characters of an open block beyond which a parse at every token would cost more than a few milliseconds."""
_ANY: Final = 1_000
"""Cells: wide enough for any prefix."""


def visible(tokens: Sequence[Token], glyphs: Glyphs, ordinal: int | None) -> str:
    """What is seen of a piece: no marks of emphasis, but bullets, numbers and the addresses of links."""
    return _blocks(tokens, Page(_ANY, glyphs, ordinal=ordinal))


def _blocks(tokens: Sequence[Token], page: Page) -> str:
    return "\n".join(
        text for index, block in enumerate(groups(tokens)) if (text := _block(block, page, first=not index))
    )


def _block(block: Sequence[Token], page: Page, *, first: bool) -> str:
    token = block[0]
    match token.type:
        case "paragraph_open" | "heading_open":
            return _inline(block[1], page.glyphs)
        case "math_block":
            return formula(token.content, page.glyphs).expandtabs(4)
        case "fence" | "code_block" | "html_block":
            return token.content.expandtabs(4)
        case "blockquote_open":
            return _blocks(block[1:-1], page.narrower(0))
        case "bullet_list_open" | "ordered_list_open":
            return _list(block, page, first=first)
        case "footnote_open":
            return note_prefix(token) + _blocks(block[1:-1], Page(_ANY, page.glyphs, lists=page.lists))
        case "table_open":
            rows: list[list[str]] = []
            for index, cell in enumerate(block):
                if cell.type == "tr_open":
                    rows.append([])
                elif cell.type in ("th_open", "td_open"):
                    rows[-1].append(_inline(block[index + 1], page.glyphs, cell=True))
            return "\n".join("   ".join(row) for row in rows)
    return ""


def _list(block: Sequence[Token], page: Page, *, first: bool) -> str:
    ordered = block[0].type == "ordered_list_open"
    start = block[0].attrGet("start")
    number = page.ordinal if first and page.ordinal is not None else int(start) if start is not None else 1
    lines = []
    for index, item in enumerate(groups(block[1:-1])):
        done, inside = task(item[1:-1])
        below = Page(_ANY, page.glyphs, lists=page.lists + (not ordered))
        lines.append(item_prefix(number + index if ordered else None, done, page) + _blocks(inside, below))
    return "\n".join(lines)


def _inline(token: Token, glyphs: Glyphs, *, cell: bool = False) -> str:
    return "".join(span.text for span in spans(token.children or [], cell=cell, maths=glyphs.maths))


class Texts:
    """The texts of a log's pieces as it grows; of what is settled each is made once."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.settled: list[str] = []
        self.tail = ""
        self._glyphs = glyphs
        self._begin()

    def _begin(self) -> None:
        self.settled.clear()
        self._blocks = Blocks()
        self._offset = 0
        self._ended = False
        self._defined = 0
        self._rough: list[str] = []
        self._rough_to = 0

    def read(self, log: Text, *, ended: bool) -> int:
        """Read on; how many of the settled ones are as they were before."""
        if len(log) < self._offset or (self._ended and len(log) > self._offset):  # it goes on after all
            self._begin()
        blocks, kept = self._blocks, len(self.settled)
        blocks.add(log.since(self._offset))
        self._offset, self._ended = len(log), ended
        if ended:
            blocks.finish()
        else:
            blocks.settle()
        if len(blocks.references) != self._defined:  # it may be for what stands above it
            self._defined = len(blocks.references)
            self.settled.clear()
            kept = 0
        if len(blocks.settled) != len(self.settled):
            self._rough, self._rough_to = [], 0
        for number in range(len(self.settled), len(blocks.settled)):
            self.settled.append(visible(blocks.parsed(number).tokens, self._glyphs, blocks.settled[number].ordinal))
        self.tail = self._open(blocks.tail) if blocks.tail.source else ""
        return kept

    def _open(self, tail: Piece) -> str:
        """The open block. A large one is read line by line, each once: about what is seen, until it closes."""
        if len(tail.source) <= _LARGE:
            return visible(parse(tail.source, dict(self._blocks.references)), self._glyphs, tail.ordinal)
        *whole, rest = tail.source[self._rough_to :].split("\n")
        self._rough += [
            "".join(span.text for span in spans(parse_inline(line), maths=self._glyphs.maths)) for line in whole
        ]
        self._rough_to = len(tail.source) - len(rest)
        return "\n".join([*self._rough, rest])
