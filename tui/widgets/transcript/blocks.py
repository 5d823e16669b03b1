"""Growing Markdown in pieces: what is settled is never parsed again, only the open tail is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from markdown_it.token import Token

from tui.plain import plain
from tui.widgets.transcript.markdown import parse, parse_blocks, with_inline
from tui.widgets.transcript.render import apart, groups, parts

_MAY_DEFINE = re.compile(r" {0,3}\[(?:[^\]\\]|\\.)*(?:\]:?\s*|\]:.*)?\Z", re.DOTALL)
"""The source of a paragraph that may yet turn out to be a link definition."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A top-level block, or one item of a top-level list: the smallest source that can be drawn by itself."""

    source: str = ""
    gap: bool = False
    """A blank line stands before it."""
    ordinal: int | None = None
    """The number of its first item, if it goes on with the list before it."""


class Parsed(NamedTuple):
    """A piece's tokens, and the lines of source that they count."""

    tokens: Sequence[Token]
    lines: tuple[str, ...]


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
        self._fresh: dict[int, Parsed] = {}
        """Of pieces that have just been settled: the parse that told so need not be done again to draw them."""

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
        self.tail = Piece(tail.source + plain(text), tail.gap, tail.ordinal)
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
        last = self._settle(self.tail.source, "")
        if self.tail.source.strip():
            self._fresh[len(self.settled)] = last
            self._keep(self.tail)
        self.tail = Piece()

    def keep_tail(self) -> None:
        """No more text comes, and the tail is known to be one piece: it needs no parse."""
        self.settled.append(self.tail)
        self.tail = Piece()

    def parsed(self, number: int) -> Parsed:
        """A settled piece for whoever draws or reads it. The first time after it was settled it costs the least."""
        fresh = self._fresh.pop(number, None)
        if fresh is not None:
            return Parsed(with_inline(fresh.tokens, dict(self.references)), fresh.lines)
        source = self.settled[number].source
        return Parsed(parse(source, dict(self.references)), tuple(source.removesuffix("\n").split("\n")))

    def _settle(self, whole: str, rest: str) -> Parsed:
        """What the whole lines settle; returns the open rest of them."""
        self._new_line = False
        lines = tuple(whole.split("\n"))
        tokens = parse_blocks(whole, dict(self.references))
        *done, (last, open_tokens) = pieces(tokens, lines, self.tail, inside=self._inside)
        self._fresh.clear()
        for piece, its_tokens in done:
            self._fresh[len(self.settled)] = Parsed(its_tokens, lines)
            self._keep(piece)
        self.tail = Piece(last.source + rest, last.gap, last.ordinal)
        return Parsed(open_tokens, lines)

    def _keep(self, piece: Piece) -> None:
        self.settled.append(piece)
        if "]:" in piece.source:
            parse_blocks(piece.source, self.references)


class _Cut(NamedTuple):
    """A run of tokens, and what the piece is that begins with them; `line` is None where none does."""

    tokens: Sequence[Token]
    line: int | None = None
    gap: bool = False
    ordinal: int | None = None


def pieces(
    tokens: Sequence[Token], lines: Sequence[str], tail: Piece, *, inside: bool
) -> Iterator[tuple[Piece, Sequence[Token]]]:
    """The source cut where its blocks and its lists' items begin. `tail` says what its first block goes on with.

    Blocks stand apart, but `inside` a list or a quote only where the source has a blank line."""
    start, gap, ordinal = 0, tail.gap, tail.ordinal
    its_tokens: list[Token] = []
    for cut in _cuts(tokens, lines, tail, inside):
        if cut.line is not None:
            yield Piece("\n".join(lines[start : cut.line]) + "\n", gap, ordinal), its_tokens
            start, gap, ordinal, its_tokens = cut.line, cut.gap, cut.ordinal, []
        its_tokens += cut.tokens
    yield Piece("\n".join(lines[start:]), gap, ordinal), its_tokens


def _cuts(tokens: Sequence[Token], lines: Sequence[str], tail: Piece, inside: bool) -> Iterator[_Cut]:
    end = 0
    blocks = list(groups(tokens))
    for index, block in enumerate(blocks):
        first = block[0]
        assert first.map is not None
        line, gap = first.map[0], False
        # Behind a link definition only a blank line is a safe place: the line below it may yet become its title.
        cuts = index > 0 and (line <= end or not lines[line - 1].strip())
        if cuts and index == len(blocks) - 1 and first.type == "paragraph_open":
            cuts = not _MAY_DEFINE.match("\n".join(lines[line:]))
        if cuts:
            gap = apart(blocks[index - 1][0], first) and not (inside and not parts(lines[line - 1]))
        end = first.map[1]
        if first.type in ("bullet_list_open", "ordered_list_open"):
            begin = tail.ordinal if not index and tail.ordinal is not None else _start(first)
            for number, item in enumerate(groups(block[1:-1])):
                assert item[0].map is not None
                at, alone = item[0].map[0], [first, *item, block[-1]]
                if number:
                    yield _Cut(alone, at, parts(lines[at - 1]), begin + number)
                else:
                    yield _Cut(alone, line if cuts else None, gap)
        else:
            yield _Cut(block, line if cuts else None, gap)


def _start(token: Token) -> int:
    start = token.attrGet("start")
    return int(start) if start is not None else 1
