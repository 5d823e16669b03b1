"""Where a match stands in drawn lines, and how a marked line looks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from tui.widgets.transcript.ink import DECORATION, PLAIN, Line, Role, Span, line_text


class Mark(NamedTuple):
    """Characters of a line, from `start` up to `end`, to be shown in a role."""

    start: int
    end: int
    role: Role


class Place(NamedTuple):
    """Where some of a match is on show: the match's number, the line's, and from where to where in it."""

    match: int
    line: int
    start: int
    end: int


def places(lines: Sequence[Line], text: str, matches: Sequence[tuple[int, int]]) -> Iterator[Place]:
    """Where the matches, ascending ranges of `text`, are on show in the lines.

    The lines show the text's characters in its order; what else they show is blanks and decoration."""
    rows = [_bare(line) for line in lines]
    bare = ["".join(row.split()) for row in rows]
    if not "".join(bare).startswith("".join(text.split())):
        for match, (start, end) in enumerate(matches):
            yield from (Place(match, *place) for place in _by_words(rows, text[start:end]))
        return
    ends = list(accumulate(map(len, bare)))
    at = first = 0
    for match, (start, end) in enumerate(matches):
        first, at = first + _count(text[at:start]), start
        last = first + _count(text[start:end])
        for number in range(bisect_right(ends, first), len(ends)):
            begin = ends[number] - len(bare[number])
            if begin >= last:
                break
            columns = [column for column, character in enumerate(rows[number]) if not character.isspace()]
            shown = columns[max(0, first - begin) : last - begin]
            if shown:
                yield Place(match, number, shown[0], shown[-1] + 1)


def _count(text: str) -> int:
    """Its characters but for blanks."""
    return sum(map(len, text.split()))


def _bare(line: Line) -> str:
    """The line's text, with blanks for what is decoration."""
    return "".join(" " * len(span.text) if span.ink.role in DECORATION else span.text for span in line)


def _by_words(rows: Sequence[str], wanted: str) -> Iterator[tuple[int, int, int]]:
    """For lines in another order, as in the wrapped cells of a table: the whole, else each word where it comes next."""
    for number, row in enumerate(rows):
        if (start := row.find(wanted)) >= 0:
            yield number, start, start + len(wanted)
            return
    after = 0
    for word in wanted.split():
        for number in range(after, len(rows)):
            if (start := rows[number].find(word)) >= 0:
                yield number, start, start + len(word)
                after = number
                break


def together(*several: Mapping[int, list[Mark]]) -> Mapping[int, list[Mark]]:
    """Marks of rows from several sides; where they overlap the later one shows."""
    rows: dict[int, list[Mark]] = {}
    for marks in several:
        for row, of_row in marks.items():
            rows.setdefault(row, []).extend(of_row)
    return rows


def marked(line: Line, marks: Sequence[Mark]) -> Line:
    """The line with some of its characters in other roles; what the text itself asks for stays. A mark may be behind
    its end."""
    missing = max(mark.end for mark in marks) - len(line_text(line))
    if missing > 0:
        line = (*line, Span(" " * missing, PLAIN))
    roles = [span.ink.role for span in line for _ in span.text]
    for start, end, role in marks:
        roles[start:end] = [role] * len(roles[start:end])
    out: list[Span] = []
    at = 0
    for text, ink in line:
        begin = 0
        for index in range(1, len(text) + 1):
            if index == len(text) or roles[at + index] != roles[at + index - 1]:
                out.append(Span(text[begin:index], ink._replace(role=roles[at + index - 1])))
                begin = index
        at += len(text)
    return tuple(out)
