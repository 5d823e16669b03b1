"""A selection as values: between which places of a topic, and what of a line lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tui.widgets.transcript.ink import Line, line_text
from tui.widgets.transcript.seen import Cut, behind, extent, is_code, paragraph, word_around
from tui.widgets.transcript.sheet import Sheet


class Unit(StrEnum):
    """What a selection grows by."""

    CELLS = "cells"
    WORDS = "words"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Spot:
    """A character of a drawn message. It stays the same one while lines come and go around its message."""

    key: str
    line: int
    at: int


class Point(NamedTuple):
    """The same, counted: points of one topic are in its order."""

    message: int
    line: int
    at: int


class Reach(NamedTuple):
    """From one point up to another."""

    first: Point
    last: Point

    def of(self, message: int, number: int, line: Line) -> Cut | None:
        """What of that line is in reach; None if nothing of it is, not even its end."""
        here = (message, number)
        if not self.first[:2] <= here <= self.last[:2]:
            return None
        start = self.first.at if here == self.first[:2] else 0
        end = self.last.at if here == self.last[:2] else len(line_text(line))
        return Cut(line, start, end)


def reach(one: Point, other: Point, unit: Unit, sheets: tuple[Sheet, Sheet]) -> Reach:
    """From the unit that one point is in to that of the other, both with it. `sheets`: of both, in the same order."""
    if other < one:
        one, other = other, one
        sheets = sheets[1], sheets[0]
    first, last = sheets[0].line(one.line), sheets[1].line(other.line)
    match unit:
        case Unit.CELLS:
            return Reach(one, other._replace(at=behind(last, other.at)))
        case Unit.WORDS:
            return Reach(
                one._replace(at=word_around(first, one.at)[0]), other._replace(at=word_around(last, other.at)[1])
            )
        case Unit.LINES:
            start = paragraph(sheets[0].lines, one.line)[0]
            end = paragraph(sheets[1].lines, other.line)[1]
            return Reach(Point(one.message, start, 0), Point(other.message, end, len(line_text(sheets[1].line(end)))))


def shown(cut: Cut) -> tuple[int, int]:
    """Which characters of a cut line show that it is selected: those that are its text."""
    first, last = extent(cut.line)
    if not is_code(cut.line):
        text = line_text(cut.line)
        while first < last and text[first] == " ":
            first += 1
    return max(first, cut.start), min(last, cut.end)
