"""Where a match stands in drawn lines, and how a marked line looks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from tui.widgets.transcript.ink import CELL, DECORATION, PLAIN, ROW, Line, Role, Span, line_text


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
    runs = list(_runs(lines))
    if not "".join(run.text for run in runs).startswith("".join(text.split())):
        times: Counter[str] = Counter()
        for match, (start, end) in enumerate(matches):
            wanted = text[start:end]
            yield from (Place(match, *place) for place in _by_words(lines, wanted, times[wanted]))
            times[wanted] += 1
        return
    ends = list(accumulate(len(run.text) for run in runs))
    at = first = 0
    for match, (start, end) in enumerate(matches):
        first, at = first + _count(text[at:start]), start
        last = first + _count(text[start:end])
        for number in range(bisect_right(ends, first), len(ends)):
            run = runs[number]
            begin = ends[number] - len(run.text)
            if begin >= last:
                break
            shown = run.columns[max(0, first - begin) : last - begin]
            if shown:
                yield Place(match, run.line, shown[0], shown[-1] + 1)


class _Run(NamedTuple):
    """Characters that are read one after the other, without blanks: of a line, or of a cell in a line."""

    line: int
    text: str
    columns: Sequence[int]


def _runs(lines: Sequence[Line]) -> Iterator[_Run]:
    """The lines in the order in which they are read: in a row of a table one cell after the other."""
    row: list[list[_Run]] = []
    for number, line in enumerate(lines):
        cells = list(_cells(number, line))
        if ROW in line or CELL not in line:
            yield from _by_cells(row)
            row = []
        row.append(cells)
    yield from _by_cells(row)


def _by_cells(row: Sequence[Sequence[_Run]]) -> Iterator[_Run]:
    for cell in range(max(map(len, row), default=0)):
        yield from (line[cell] for line in row if cell < len(line))


def _cells(number: int, line: Line) -> Iterator[_Run]:
    """The line, or what it shows of each cell."""
    letters: list[str] = []
    columns: list[int] = []
    at = 0
    for text, ink in line:
        if ink.role is Role.CELL:
            yield _Run(number, "".join(letters), columns)
            letters, columns = [], []
        elif ink.role not in DECORATION:
            here = [index for index, character in enumerate(text) if not character.isspace()]
            letters += [text[index] for index in here]
            columns += [at + index for index in here]
        at += len(text)
    yield _Run(number, "".join(letters), columns)


def _count(text: str) -> int:
    """Its characters but for blanks."""
    return sum(map(len, text.split()))


def _by_words(lines: Sequence[Line], wanted: str, before: int) -> Iterator[tuple[int, int, int]]:
    """For a table without columns, which says its head in each row: the whole where it stands the next time after as
    many `before`, else each word where it comes next."""
    rows = [line_text(line) for line in lines]
    whole = [
        (number, found.start(), found.end())
        for number, row in enumerate(rows)
        for found in re.finditer(re.escape(wanted), row)
    ]
    if whole:
        yield whole[min(before, len(whole) - 1)]
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
