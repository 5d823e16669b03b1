"""Where a match stands in drawn lines, at any width."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.widgets.transcript.corpus import TEXTS
from tui.engine import Log
from tui.widgets.transcript.ink import UNICODE, Ink, Role, Span, line_text
from tui.widgets.transcript.item import Item, ItemKind, Part
from tui.widgets.transcript.marks import Mark, marked, places
from tui.widgets.transcript.sheet import Sheet
from tui.widgets.transcript.text import Texts

TABLE = "| Key | Text |\n|---|---|\n| a | some words to wrap in here |\n| b | and more words to wrap |"


def sheet(text: str, width: int, kind: ItemKind = ItemKind.REPLY) -> Sheet:
    return Sheet(Item("r", kind, Log(text)), width, UNICODE)


def pieces(text: str) -> list[str]:
    texts = Texts(UNICODE)
    texts.read(Log(text), ended=True)
    return texts.settled


def shown(text: str, width: int, needle: str) -> list[list[str]]:
    """What is marked for each match, line by line."""
    drawn = sheet(text, width)
    out: list[list[str]] = []
    for number, piece in enumerate(pieces(text)):
        start, size = drawn.extent(Part.CONTENT, number)
        lines = [drawn.line(at) for at in range(start, start + size)]
        matches = [found.span() for found in re.finditer(needle, piece)]
        marks: list[list[str]] = [[] for _ in matches]
        for match, line, begin, end in places(lines, piece, matches):
            marks[match].append(line_text(lines[line])[begin:end])
        out += marks
    return out


def test_a_match_that_wraps_is_marked_on_each_of_its_lines() -> None:
    assert shown("word word the **tide goes** out", 24, "the tide goes out") == [["the tide", "goes out"]]


def test_code_that_wraps_is_marked_without_the_mark_of_wrapping() -> None:
    assert shown("```\nabcdefghijklmnopqrstuv\n```", 19, "[h-s]+") == [["hijkl", "mnopqrs"]]


def test_words_in_the_wrapped_cells_of_a_table_are_found_where_they_stand() -> None:
    assert shown(TABLE, 27, "wrap") == [["wrap"], ["wrap"]]
    assert shown(TABLE, 27, "some words to wrap in") == [["some words to", "wrap in"]]


def test_a_match_in_one_cell_is_not_marked_in_the_cell_beside_it() -> None:
    table = "| Left | Right |\n|---|---|\n| one two three four five | two three one four six |"
    assert shown(table, 24, "two three") == [["two", "three"], ["two", "three"]]
    assert shown(table, 24, "three four") == [["three", "four"]]


@pytest.mark.parametrize("width", [24, 34])
def test_in_a_table_without_columns_or_turned_each_match_is_marked_at_a_place_of_its_own(width: int) -> None:
    names = ["alpha", "beta", "gamma", "delta", "epsilon"]
    table = "\n".join(["|" + "|".join(row) + "|" for row in (names, ["---"] * 5, ["same"] * 5, ["other"] * 5)])
    drawn = sheet(table, width)
    assert ("alpha     same   other" in line_text(drawn.line(0))) is (width == 34)
    [piece] = pieces(table)
    matches = [found.span() for found in re.finditer("same|other", piece)]
    lines = [drawn.line(at) for at in range(drawn.height)]
    assert len({place[1:] for place in places(lines, piece, matches)}) == 10


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(TEXTS),
    st.integers(14, 120),
    st.sampled_from(["e", "[a-z]+ [a-z]+", "引力", "[^\\s]", "point", "code", "\\S+\\s+\\S+\\s+\\S+", "月球.*隆起"]),
)
def test_what_is_marked_is_what_was_found(text: str, width: int, needle: str) -> None:
    assume("|" not in text or width >= 40)  # with less, a table without columns says its head in each row
    wanted = [
        ["".join(found[0].split())]
        for piece in pieces(text)
        for found in re.finditer(needle, piece)
        if found[0].strip()
    ]
    assert [["".join("".join(marks).split())] for marks in shown(text, width, needle) if marks] == wanted


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_question_is_marked_where_it_stands(width: int) -> None:
    text = "How do the tides work, and why are there two of them each day?"
    drawn = sheet(text, width, ItemKind.QUESTION)
    start, size = drawn.extent(Part.CONTENT, 0)
    lines = [drawn.line(at) for at in range(start, start + size)]
    at = text.index("why")
    [place] = places(lines, text, [(at, at + 3)])
    assert line_text(lines[place.line])[place.start : place.end] == "why"


def test_a_marked_line_keeps_its_text_and_what_the_text_asks_for() -> None:
    bold = Ink(bold=True)
    line = (Span("one ", Ink()), Span("two three", bold), Span("", Ink(Role.WRAPPED)))
    both = marked(line, [Mark(2, 7, Role.FOUND), Mark(8, 13, Role.FOUND_HERE)])
    assert line_text(both) == line_text(line)
    assert [(span.text, span.ink.role, span.ink.bold) for span in both] == [
        ("on", Role.TEXT, False),
        ("e ", Role.FOUND, False),
        ("two", Role.FOUND, True),
        (" ", Role.TEXT, True),
        ("three", Role.FOUND_HERE, True),
    ]
