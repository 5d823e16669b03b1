"""Nothing in a model's text acts on a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tui.plain import line, plain

ANY = st.text(st.characters(exclude_categories=[]))


def test_escape_sequences_become_visible() -> None:
    assert plain("\x1b[31mred\x1b]52;c;eA==\x07\x9b2J") == "␛[31mred␛]52;c;eA==␇␦2J"


def test_a_lone_carriage_return_or_backspace_hides_nothing() -> None:
    assert plain("rm -rf /\rls  ") == "rm -rf /␍ls  "
    assert plain("a\bb\x7f") == "a␈b␡"


def test_line_ends_of_windows_are_line_ends() -> None:
    assert plain("a\r\nb") == "a\nb"


def test_text_that_would_reorder_what_is_around_it_is_shown() -> None:
    assert plain("a\u202eb\u2066c\u2069") == "a␦b␦c␦"


def test_ordinary_text_of_any_language_stays() -> None:
    text = "naïve\t“ok”\n终端 日本語 עברית العربية \u200f हिन्दी 👩‍👩‍👧 e\u0301\n"
    assert plain(text) == text


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert plain("a\ud83d") == "a\ufffd"


@given(ANY)
def test_no_control_character_is_left_but_newline_and_tab(text: str) -> None:
    left = {c for c in plain(text) if unicodedata.category(c) in ("Cc", "Cs")}
    assert left <= {"\n", "\t"}


@given(ANY)
def test_every_sign_takes_the_place_of_one_character(text: str) -> None:
    assert len(plain(text)) == len(text.replace("\r\n", "\n"))


@given(ANY)
def test_a_line_is_one_line(text: str) -> None:
    assert len(line(text).splitlines()) <= 1
