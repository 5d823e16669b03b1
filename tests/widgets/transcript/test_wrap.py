"""Lines break at the right cell and lose nothing but blanks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.transcript.ink import PLAIN, Ink, Role, Span, line_text, line_width
from tui.widgets.transcript.wrap import chop, expand_tabs, wrap

characters = st.sampled_from(
    [*"ab  c,.(/«\n", "潮", "汐", "，", "。", "（", "」", "e\u0301", "👩‍👩‍👧", "🇩🇪", "☑\ufe0f", "한"]
)
text = st.lists(characters, max_size=60).map("".join)


def wrapped(source: str, width: int) -> list[str]:
    return [line_text(line) for line in wrap([Span(source, PLAIN)], width)]


@given(text, st.integers(2, 30))
def test_no_line_is_wider_than_asked_and_no_character_is_lost(source: str, width: int) -> None:
    lines = wrapped(source, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == source.replace(" ", "").replace("\n", "")


@given(st.text(alphabet="ab  /c=\n", max_size=60), st.integers(1, 12))
def test_the_quick_way_for_ascii_breaks_as_the_other_one_does(source: str, width: int) -> None:
    wide = wrapped(source.replace("c", "ç"), width)
    assert wrapped(source, width) == [line.replace("ç", "c") for line in wide]


@given(text, st.integers(2, 30), st.lists(st.integers(0, 60), max_size=5))
def test_ink_changes_nothing_about_where_lines_break(source: str, width: int, cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(source)]
    spans = [Span(source[start:end], Ink(bold=bool(index % 2))) for index, (start, end) in enumerate(pairwise(bounds))]
    assert [line_text(line) for line in wrap(spans, width)] == wrapped(source, width)


@pytest.mark.parametrize(
    ("source", "width", "lines"),
    [
        ("one two three", 8, ["one two", "three"]),
        ("  indented text goes on", 12, ["  indented", "text goes on"]),
        ("a\n\nb", 9, ["a", "", "b"]),
        ("abcdefghij kl", 4, ["abcd", "efgh", "ij", "kl"]),
        ("see https://e.example/one/two?x=three", 20, ["see", "https://e.example/", "one/two?x=three"]),
        ("你好，世界。再见", 6, ["你好，", "世界。", "再见"]),
        ("空格（测试）", 6, ["空格", "（测", "试）"]),
        ("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 4, ["👩‍👩‍👧👩‍👩‍👧", "👩‍👩‍👧"]),
    ],
)
def test_lines_break_where_a_reader_expects_it(source: str, width: int, lines: list[str]) -> None:
    assert wrapped(source, width) == lines


@given(text.map(lambda each: each.replace("\n", "")), st.integers(2, 20))
def test_code_keeps_every_blank_where_it_breaks(source: str, width: int) -> None:
    pieces = chop((Span(source, PLAIN),), width)
    assert "".join(map(line_text, pieces)) == source
    assert all(line_width(piece) <= width for piece in pieces)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("call(one, two, three)", ["call(one, ", "two, three)"]),
        ("path/to/something", ["path/to/", "something"]),
        ("abcdefghijklmnop", ["abcdefghijk", "lmnop"]),
        ("a bcdefghijklmnop", ["a bcdefghij", "klmnop"]),
    ],
)
def test_code_breaks_behind_a_blank_or_a_mark_if_one_is_near(source: str, lines: list[str]) -> None:
    assert list(map(line_text, chop((Span(source, PLAIN),), 11))) == lines


def test_tabs_in_code_become_blanks_up_to_the_next_stop() -> None:
    line = expand_tabs([Span("a\t", PLAIN), Span("汐\tb", Ink(Role.CODE))])
    assert line_text(line) == "a   汐  b"
