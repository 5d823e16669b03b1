"""Growing Markdown in pieces: what is settled is never parsed again, only the open tail is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it.token import Token

from tui.widgets.transcript.ink import clean
from tui.widgets.transcript.markdown import parse_blocks
from tui.widgets.transcript.render import groups, parts


@dataclass(frozen=True, slots=True)
class Piece:
    """A top-level block, or one item of a top-level list: the smallest source that can be drawn by itself."""

    source: str = ""
    gap: bool = False
    """A blank line stands before it."""
    ordinal: int | None = None
    """The number of its first item, if it goes on with the list before it."""


class Blocks:
    """A text's settled pieces and its open tail."""

    def __init__(self, *, inside: bool = False) -> None:
        self._inside = inside
        self.settled: list[Piece] = []
        self.tail = Piece()
        self.references: dict[str, Any] = {}
        """Link definitions of what is settled. More of them can change how an earlier piece looks."""
        self._broke = False  # the text so far ends in a carriage return
        self._new_line = False

    def add(self, text: str) -> None:
        """More text, not looked at yet."""
        if self._broke and text.startswith("\n"):
            text = text[1:]
        if "\r" in text:
            self._broke = text.endswith("\r")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        elif text:
            self._broke = False
        tail = self.tail
        self.tail = Piece(tail.source + clean(text), tail.gap, tail.ordinal)
        self._new_line = self._new_line or "\n" in text

    def settle(self) -> None:
        """See what is settled: a block is once a later one has begun with a whole line. Half a line may
        still turn out to belong to the block before it (`#` begins a heading, `#1` does not)."""
        if self._new_line:
            whole = self.tail.source.rfind("\n") + 1
            self._settle(self.tail.source[:whole], self.tail.source[whole:])

    def finish(self) -> None:
        """No more text comes: all of it is settled."""
        if not self.tail.source:
            return
        self._settle(self.tail.source, "")
        if self.tail.source.strip():
            self._keep(self.tail)
        self.tail = Piece()

    def keep_tail(self) -> None:
        """No more text comes, and the tail is known to be one piece: it needs no parse."""
        self.settled.append(self.tail)
        self.tail = Piece()

    def _settle(self, whole: str, rest: str) -> None:
        self._new_line = False
        lines = whole.split("\n")
        tokens = parse_blocks(whole, dict(self.references))
        *done, last = pieces(tokens, lines, self.tail, inside=self._inside)
        for piece in done:
            self._keep(piece)
        self.tail = Piece(last.source + rest, last.gap, last.ordinal)

    def _keep(self, piece: Piece) -> None:
        self.settled.append(piece)
        if "]:" in piece.source:
            parse_blocks(piece.source, self.references)


def pieces(tokens: Sequence[Token], lines: Sequence[str], tail: Piece, *, inside: bool) -> Iterator[Piece]:
    """The source cut where its blocks and its lists' items begin. `tail` says what its first block goes on with.

    Blocks stand apart, but `inside` a list or a quote only where the source has a blank line."""
    start, gap, ordinal = 0, tail.gap, tail.ordinal
    for line, next_gap, next_ordinal in _cuts(tokens, lines, tail, inside):
        yield Piece("\n".join(lines[start:line]) + "\n", gap, ordinal)
        start, gap, ordinal = line, next_gap, next_ordinal
    yield Piece("\n".join(lines[start:]), gap, ordinal)


def _cuts(
    tokens: Sequence[Token], lines: Sequence[str], tail: Piece, inside: bool
) -> Iterator[tuple[int, bool, int | None]]:
    end, before = 0, ""
    for index, block in enumerate(groups(tokens)):
        first = block[0]
        if first.map is None:
            continue
        line = first.map[0]
        # Behind a link definition only a blank line is a safe place: the line below it may yet become its title.
        if index and (line <= end or not lines[line - 1].strip()):
            notes = first.type == before == "footnote_open"
            yield line, not notes and not (inside and not parts(lines[line - 1])), None
        end, before = first.map[1], first.type
        if first.type in ("bullet_list_open", "ordered_list_open"):
            begin = tail.ordinal if not index and tail.ordinal is not None else _start(first)
            for number, item in enumerate(groups(block[1:-1])):
                if number and item[0].map:
                    at = item[0].map[0]
                    yield at, parts(lines[at - 1]), begin + number


def _start(token: Token) -> int:
    start = token.attrGet("start")
    return int(start) if start is not None else 1
