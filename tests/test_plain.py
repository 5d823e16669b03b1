"""Nothing in a model's text acts on a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.plain import Plain, bare, line, plain

ANY = st.text(st.characters(exclude_categories=[]))
MARKS = st.text(st.sampled_from("a \u0301\u200d\ufe0f\U000e0041\u05b0e\r\n\x1b"))
OBEYED = {"Cc", "Cs"}
TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206b\u2028\u2029")
TAGS = {chr(code) for code in range(0xE0000, 0xE0080)}
FLAG = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


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


def test_a_soft_hyphen_goes_and_line_ends_that_only_some_know_are_seen() -> None:
    assert plain("co\u00adop\u2028next\u2029") == "coop␤next␤"


def test_a_thousand_marks_on_a_letter_are_eight_wherever_the_text_is_cut() -> None:
    text = "z" + "\u0301" * 1000 + "a" + "\ufe0f" * 1000
    assert plain(text) == bare(text) == "z" + "\u0301" * 8 + "a" + "\ufe0f" * 8
    pieces = Plain()
    assert "".join(map(pieces.feed, text)) + pieces.end() == plain(text)


def test_words_in_letters_that_nobody_sees_go_and_flags_made_of_them_stay() -> None:
    hidden = "".join(chr(0xE0000 + ord(c)) for c in "ignore all")
    assert plain(f"hi{hidden} {FLAG}") == line(f"hi{hidden} {FLAG}") == f"hi {FLAG}"


@pytest.mark.parametrize(
    "name, shown",
    [
        ("ad\u200bmin", "admin"),
        ("ad\u200dmin\u2060\ufeff", "admin"),
        ("\u3164", ""),
        ("\u200ename\u200f", "name"),
        ("x\ufe0f\u034f", "x"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d❤\ufe0f\u200d👨", "👩\u200d❤\ufe0f\u200d👨"),
        ("क्\u200dष", "क्\u200dष"),
        ("ष\u200d\u200d\u200dक", "ष\u200dक"),
    ],
)
def test_a_name_hides_nothing(name: str, shown: str) -> None:
    assert line(name) == shown


@given(ANY | MARKS)
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    for left in (plain(text), bare(text), line(text)):
        assert {c for c in left if unicodedata.category(c) in OBEYED} <= {"\n", "\t"}
        assert not TURNING & set(left)
        assert not TAGS & set(left.replace(FLAG, ""))
        assert plain(left) == left


@given(st.lists(MARKS | ANY))
def test_a_text_in_pieces_is_as_plain_as_the_whole(pieces: list[str]) -> None:
    growing = Plain()
    assert "".join(map(growing.feed, pieces)) + growing.end() == plain("".join(pieces))


@given(ANY)
def test_a_line_is_one_line(text: str) -> None:
    assert len(line(text).splitlines()) <= 1
