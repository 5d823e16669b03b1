"""The plain text of a message: what is seen, whatever the width."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.widgets.transcript.corpus import LINES, TEXTS
from tests.widgets.transcript.test_blocks import texts
from tui.engine import EMPTY, Log
from tui.widgets.transcript.body import Body
from tui.widgets.transcript.ink import DECORATION, UNICODE, Line
from tui.widgets.transcript.render import Page
from tui.widgets.transcript.text import Texts

WIDE = 3_000
"""Cells, in which nothing of the corpus wraps."""


def read(text: str) -> Texts:
    found = Texts(UNICODE)
    found.read(Log(text), ended=True)
    return found


def seen_of(texts: Texts) -> str:
    """All that is seen. Half a definition may have begun a piece of its own: where pieces end is nothing to see."""
    return "\n".join(piece for piece in texts.settled if piece)


def bare(lines: list[Line]) -> str:
    return "".join("".join(span.text for line in lines for span in line if span.ink.role not in DECORATION).split())


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a **bold** and *slanted* `word`", "a bold and slanted word"),
        ("[here](https://e.example/x) ![cat](c.png)", "here (https://e.example/x) cat (c.png)"),
        ("# Title", "Title"),
        ("```py\n\tx = 1\n\ny\n```", "    x = 1\n\ny\n"),
        ("> a\n> b", "a\nb"),
        ("| A | B |\n|---|---|\n| *x* | `y` |", "A   B\nx   y"),
        ("&amp; \\* $a_1$ <b>", "& * a₁ <b>"),
        ("月球对**近侧**的引力", "月球对近侧的引力"),
        ("***", ""),
    ],
)
def test_it_is_what_a_reader_sees(source: str, text: str) -> None:
    assert read(source).settled == [text]


def test_items_are_pieces_with_the_marks_that_are_drawn() -> None:
    assert read("3. a\n9. b\n\n- [x] c\n  - d").settled == [" 3. a", " 4. b", "☑ c\n▫ d"]


@settings(max_examples=300, deadline=None)
@given(st.one_of(texts, st.lists(st.sampled_from(LINES), max_size=14).map("\n".join)))
def test_each_piece_has_the_characters_of_its_lines_in_their_order(text: str) -> None:
    body = Body(Page(WIDE, UNICODE, edge=WIDE), lambda lines, first: lines)
    body.finish(text)
    for piece, found in enumerate(read(text).settled):
        start, size = body.extent(piece)
        assert bare(body.settled[start : start + size]) == "".join(found.split())


HALVES = [
    "[one]:",
    "[one]: /url",
    "/url",
    '"title',
    'more"',
    "",
    "text",
    "# Head",
    "- item",
    "[a",
    "b]: /x",
    "    note",
]
"""Lines out of which definitions come together, or not."""


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(texts, st.lists(st.sampled_from(HALVES), max_size=12).map("\n".join)),
    st.lists(st.integers(0, 400), max_size=20),
)
@example("[one]:\n\n[one]:\n[one]:\n[one]:", [15])
@example("[one]:\n\n[one]:\n\n[one]:\n[one]:", [])
def test_any_cutting_of_a_text_is_read_as_the_whole_is(text: str, cuts: list[int]) -> None:
    log, grown, start = EMPTY, Texts(UNICODE), 0
    for cut in [*sorted({min(cut, len(text)) for cut in cuts}), len(text)]:
        log = log.append(text[start:cut])
        start = cut
        before = list(grown.settled)
        kept = grown.read(log, ended=False)
        assert grown.settled[:kept] == before[:kept]
    grown.read(log, ended=True)
    assert seen_of(grown) == seen_of(read(text)) and not grown.tail


@pytest.mark.parametrize("text", TEXTS)
def test_what_has_ended_may_go_on_after_all(text: str) -> None:
    grown, log = Texts(UNICODE), Log(text[:50])
    grown.read(log, ended=True)
    grown.read(log.append(text[50:]), ended=True)
    assert grown.settled == read(text).settled


def test_a_large_open_block_is_read_a_line_at_a_time() -> None:
    log, grown = Log("1. One item:\n"), Texts(UNICODE)
    for number in range(400):
        log = log.append(f"   - **Point** {number} of it\n")
        grown.read(log, ended=False)
    assert "Point 7 of it" in grown.tail and grown.tail.count("Point") == 400
    grown.read(log.append("\n# End\n\nText"), ended=False)
    assert grown.settled[0].count("▪ Point") == 400 and grown.tail == "End\nText"
