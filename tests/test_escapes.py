"""What the gate makes of the bytes of a slow line: whole sequences, plain text, and Esc only where it was alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.escapes import GIVE_UP, HOLD, LONE_AFTER, LONE_ESCAPE, EscapeGate, Pasted

SEQUENCES = {
    "up": "\x1b[A",
    "f1": "\x1bOP",
    "f1 in CSI": "\x1b[11~",
    "f1 on the console": "\x1b[[A",
    "ctrl+end": "\x1b[1;5F",
    "shift+pageup": "\x1b[5;2~",
    "shift+tab": "\x1b[Z",
    "shift+enter": "\x1b[13;2u",
    "mouse": "\x1b[<35;10;20M",
    "mouse, X10": "\x1b[M !!",
    "mouse, urxvt": "\x1b[35;10;20M",
    "focus": "\x1b[I",
    "a mode's report": "\x1b[?2026;2$y",
    "the cursor's place": "\x1b[12;40R",
}
OURS = {
    "alt+enter": ("\x1b\r", "\x1b[13;3u"),
    "alt+x": ("\x1bx", "\x1b[120;3u"),
    "alt+1": ("\x1b1", "\x1b[49;3u"),
    "alt+b stays the shell's": ("\x1bb", "\x1bb"),
    "alt+backspace stays the shell's": ("\x1b\x7f", "\x1b\x7f"),
    "shift+enter of modifyOtherKeys": ("\x1b[27;2;13~", "\x1b[13;2u"),
    "alt+down with a meta Esc": ("\x1b\x1b[B", "\x1b[1;3B"),
    "alt+up with a meta Esc in application mode": ("\x1b\x1bOA", "\x1b[1;3A"),
    "alt+pageup with a meta Esc": ("\x1b\x1b[5~", "\x1b[5;3~"),
}
ALL = {name: (sequence, sequence) for name, sequence in SEQUENCES.items()} | OURS
ANSWERS = {
    "colour, ended by BEL": "\x1b]11;rgb:1111/1111/1111\x07",
    "colour, ended by ST": "\x1b]11;rgb:1111/1111/1111\x1b\\",
    "terminal's name": "\x1bP>|XTerm(390)\x1b\\",
    "kitty's graphics": "\x1b_Gi=31;OK\x1b\\",
}


def whole(text: str) -> list[str]:
    return EscapeGate().feed(text, 0.0)


@pytest.mark.parametrize("name", ALL)
def test_a_whole_sequence_passes_at_once_in_the_form_that_the_parser_knows(name: str) -> None:
    given_, passed = ALL[name]
    assert whole(given_) == [passed]


@pytest.mark.parametrize("pause", [0.1, 0.3])
@pytest.mark.parametrize("name", ALL)
def test_a_sequence_split_anywhere_comes_out_whole_and_is_no_escape(name: str, pause: float) -> None:
    given_, passed = ALL[name]
    # Esc, and after 150 ms a letter or another Esc, are two keys.
    first = 2 if pause >= LONE_AFTER and given_[1] not in "[O\r" else 1
    for at in range(first, len(given_)):
        gate = EscapeGate()
        pieces = gate.feed(given_[:at], 0.0)
        now = 0.0
        while (now := now + 0.05) < pause:
            pieces += gate.tick(now)
        pieces += gate.feed(given_[at:], pause)
        assert pieces == [passed], f"split at {at}"
        assert gate.tick(pause + GIVE_UP) == []


def test_a_sequence_that_drips_byte_by_byte_comes_out_whole() -> None:
    gate, pieces = EscapeGate(), list[str]()
    for at, character in enumerate("\x1b[1;5F"):
        pieces += gate.tick(at * 0.15)
        pieces += gate.feed(character, at * 0.15)
    assert pieces == ["\x1b[1;5F"]


def test_a_lone_escape_acts_after_its_time_and_once() -> None:
    gate = EscapeGate()
    assert gate.feed("\x1b", 0.0) == []
    assert gate.tick(HOLD - 0.01) == []
    assert gate.tick(HOLD) == [LONE_ESCAPE]
    assert gate.tick(10.0) == []


def test_a_letter_soon_after_an_escape_makes_one_key_with_it_and_a_later_one_does_not() -> None:
    soon, late = EscapeGate(), EscapeGate()
    assert soon.feed("\x1b", 0.0) + soon.feed("x", LONE_AFTER - 0.01) == ["\x1b[120;3u"]
    assert late.feed("\x1b", 0.0) + late.feed("x", LONE_AFTER) == [LONE_ESCAPE, "x"]


def test_enter_after_an_escape_is_alt_enter_also_when_it_is_late() -> None:
    gate = EscapeGate()
    assert gate.feed("\x1b", 0.0) + gate.feed("\r", 0.3) == ["\x1b[13;3u"]


def test_escape_twice_in_one_piece_is_one_escape() -> None:
    gate = EscapeGate()
    assert gate.feed("\x1b\x1b", 0.0) == []
    assert gate.tick(HOLD) == [LONE_ESCAPE]


def test_a_sequence_that_never_goes_on_is_thrown_away_and_types_nothing() -> None:
    gate = EscapeGate()
    assert gate.feed("\x1b[1;", 0.0) == []
    assert gate.tick(GIVE_UP - 0.01) == []
    assert gate.tick(GIVE_UP) == []
    assert gate.feed("a", 2.0) == ["a"]


def test_the_time_of_a_held_piece_counts_from_its_own_escape() -> None:
    gate = EscapeGate()
    assert gate.feed("\x1b[A\x1b", 0.0) == ["\x1b[A"]
    assert gate.feed("[B\x1b", 0.3) == ["\x1b[B"]
    assert gate.tick(0.5) == []
    assert gate.tick(0.31 + HOLD) == [LONE_ESCAPE]


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_of_the_terminal_is_no_key_however_it_is_split(name: str) -> None:
    answer = ANSWERS[name]
    assert whole(f"a{answer}b") == ["a", "b"]
    for at in range(1, len(answer)):
        gate = EscapeGate()
        assert gate.feed("a" + answer[:at], 0.0) + gate.feed(answer[at:] + "b", 0.1) == ["a", "b"], f"split at {at}"


@pytest.mark.parametrize("letter", "]P_")
def test_a_letter_that_might_begin_an_answer_is_a_key_if_none_follows(letter: str) -> None:
    gate = EscapeGate()
    assert gate.feed("\x1b" + letter, 0.0) == []
    assert gate.tick(HOLD) == [f"\x1b[{ord(letter)};3u"]
    assert gate.feed("\x1b" + letter, 5.0) + gate.feed("hello", 5.2) == [f"\x1b[{ord(letter)};3u", "hello"]


def test_plain_text_passes_at_once_between_keys() -> None:
    assert whole("ab\x1b[Acd\x1bOPe") == ["ab", "\x1b[A", "cd", "\x1bOP", "e"]


PARTS = st.lists(
    st.one_of(st.sampled_from([given_ for given_, _ in ALL.values()]), st.text("abcñ漢 \r\t", min_size=1, max_size=4)),
    max_size=8,
)


@given(PARTS, st.lists(st.integers(1, 4), min_size=1, max_size=9))
def test_any_cutting_of_keys_and_text_gives_the_same_keys(parts: list[str], sizes: list[int]) -> None:
    text = "".join(parts)
    gate, pieces, at, turn = EscapeGate(), list[str](), 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        pieces += gate.feed(text[at : at + size], turn * 0.1)
        at, turn = at + size, turn + 1
    assert "".join(pieces) == "".join(whole(text))
    assert LONE_ESCAPE not in pieces


@given(st.text(st.sampled_from("\x1b[O]P1;~AMu\r\x07\\ax"), max_size=24))
def test_whatever_comes_in_nothing_is_held_forever(text: str) -> None:
    gate = EscapeGate()
    gate.feed(text, 0.0)
    gate.tick(HOLD)
    gate.tick(GIVE_UP)
    assert gate.feed("z", 10.0) == ["z"]


NOT_KEYS = "\x1b x\x1bx \x11\x03\r \x1b[A \x1b]0;t\x07 \x1b[200~ \x1b[20 \x1b\x1b \x1bP1 \x1b"


@pytest.mark.parametrize("step", [1, 2, 3, 5, 1000])
def test_a_paste_comes_whole_and_nothing_in_it_is_a_key_however_slow_the_line(step: int) -> None:
    gate, sent = EscapeGate(), f"a\x1b[200~{NOT_KEYS}\x1b[201~\x1b[A"
    pieces: list[str] = []
    for number, at in enumerate(range(0, len(sent), step)):
        pieces += gate.feed(sent[at : at + step], number * 0.1)
        if 8 < at < len(sent) - 10:  # in the midst of it, the line stands still
            assert gate.tick(number * 0.1 + 0.05) == []
    assert pieces[0] == "a" and "".join(pieces[2:]) == "\x1b[A"
    assert isinstance(pieces[1], Pasted) and pieces[1] == NOT_KEYS


def test_a_paste_that_stands_still_for_long_is_waited_for() -> None:
    gate = EscapeGate()
    assert gate.feed("\x1b[200~one\x1b", 0.0) == [] and gate.tick(60.0) == []
    assert gate.feed("[201~", 60.0) == [Pasted("one")]


@pytest.mark.parametrize(
    ("sent", "pieces"),
    [
        ("\x1b[200~a\x1b[201~\x11evil\r\x1b[201~b", [Pasted("a\x1b[201~\x11evil\r"), "b"]),
        ("\x1b[200~a\x1b[200~b\x1b[201~\x11evil\r\x1b[201~", [Pasted("a\x1b[200~b\x1b[201~\x11evil\r")]),
        ("\x1b[200~a\x1b[201~\r\x1b[200~b\x1b[201~\r", [Pasted("a"), "\r", Pasted("b"), "\r"]),
        ("\x1b[200~a\x1b[201~\r", [Pasted("a"), "\r"]),
    ],
)
def test_a_paste_that_holds_an_end_of_its_own_ends_with_the_terminals(sent: str, pieces: list[str]) -> None:
    assert EscapeGate().feed(sent, 0.0) == pieces
