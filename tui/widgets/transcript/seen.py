"""What a reader sees of drawn lines, as text to copy: without what is drawn around it, and not broken where only the
screen was too narrow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from rich.cells import split_graphemes

from tui.widgets.transcript.ink import DECORATION, NO_BREAK, Line, Role, line_text

_WORD = re.compile(r"\w+|[^\w\s]+")
_LONG_WORD = re.compile(r"[\w./:@~%+=?&#\-]*\w[\w/]*")
"""As terminals take it for a double click: a path, an address or a number in one piece, without a full stop behind."""


class Cut(NamedTuple):
    """A line from one character up to another."""

    line: Line
    start: int
    end: int


def is_code(line: Line) -> bool:
    """Whether it is a line of a code block."""
    return any(span.ink.role is Role.CODE_EDGE for span in line)


def _runs(line: Line) -> Iterator[tuple[int, int, str]]:
    """(start, end, text) of what is its text; blanks that show a tab are one again."""
    begun, is_tab, at = not is_code(line), False, 0
    for text, ink in line:
        end = at + len(text)
        if ink.role is Role.TAB:
            is_tab = True
        elif is_tab:
            is_tab = False
            yield at, end, "\t"
        elif ink.role is Role.CODE_EDGE:
            begun = True
        elif text and ink.role not in DECORATION and (begun or text.strip()):  # blanks before code: a list's
            yield at, end, text.replace(NO_BREAK, " ") if ink.role is Role.MATH else text
        at = end


def extent(line: Line) -> tuple[int, int]:
    """From where to where its text goes, in characters."""
    runs = list(_runs(line))
    if is_code(line):
        edges = accumulate(len(text) for text, _ in line)
        after = next(end for end, span in zip(edges, line, strict=True) if span.ink.role is Role.CODE_EDGE)
        return (runs[0][0], runs[-1][1]) if runs else (after, after)
    while runs and not runs[-1][2].strip(" "):
        runs.pop()
    if not runs:
        return len(line_text(line)), len(line_text(line))
    _, end, text = runs[-1]
    return runs[0][0], end - len(text) + len(text.rstrip(" ")) if text != "\t" else end


def whole(line: Line) -> Cut:
    """All of its text."""
    return Cut(line, *extent(line))


def glue(line: Line) -> str | None:
    """What stands between it and the next line, if it goes on there; None if it ends."""
    for text, ink in reversed(line):
        if not text and ink.role in (Role.WRAPPED, Role.SPLIT):
            return " " if ink.role is Role.WRAPPED else ""
    return None


def seen(cuts: Iterable[Cut]) -> str:
    """The text of lines that stand below one another."""
    lines: list[str] = []
    joint: str | None = None
    for cut in cuts:
        text = _text(cut, goes_on=joint is not None)
        if joint is None:
            lines.append(text)
        else:
            lines[-1] += joint + text
        joint = glue(cut.line)
    return "\n".join(lines)


def _text(cut: Cut, *, goes_on: bool) -> str:
    line, first, last = cut
    code = is_code(line)
    out: list[str] = []
    for start, _, text in _runs(line):
        piece = text[max(0, first - start) : max(0, last - start)]
        if piece and (out or code or not goes_on or piece.strip()):
            out.append(piece)
    text = "".join(out)
    return text if code or glue(line) is not None else text.rstrip()


# Where one can stand in a line


def characters(line: Line) -> list[tuple[int, int, int]]:
    """(start, end, cells) of each character that a reader sees as one."""
    return list(split_graphemes(line_text(line))[0])


def at_cell(line: Line, cell: int) -> int:
    """The character in that cell; where the line is shorter, the place behind its last."""
    column = 0
    for start, _, cells in characters(line):
        column += cells
        if cell < column:
            return start
    return len(line_text(line))


def cell_of(line: Line, at: int) -> int:
    """The first cell of the character."""
    return sum(cells for start, _, cells in characters(line) if start < at)


def behind(line: Line, at: int) -> int:
    """Where the character that stands there ends."""
    return next((end for start, end, _ in characters(line) if start <= at < end), at + 1)


def word_around(line: Line, at: int) -> tuple[int, int]:
    """The word that the character is of, for a double click."""
    text, (first, last) = line_text(line), extent(line)
    for found in _LONG_WORD.finditer(text, first, last):
        if found.start() <= at < found.end():
            return found.span()
    return at, behind(line, at)


def words(line: Line) -> list[tuple[int, int]]:
    """Where each word, or each run of signs, begins and ends."""
    return [found.span() for found in _WORD.finditer(line_text(line), *extent(line))]


def paragraph(lines: Sequence[Line], number: int) -> tuple[int, int]:
    """The lines, from the first up to the last, that make one where the screen is wide enough."""
    first = last = number
    while first > 0 and glue(lines[first - 1]) is not None:
        first -= 1
    while last + 1 < len(lines) and glue(lines[last]) is not None:
        last += 1
    return first, last
