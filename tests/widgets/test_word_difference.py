"""The difference of two texts goes by words, and loses nothing of either."""

from __future__ import annotations

import pytest

from tui.widgets.word_difference import Piece, word_difference


def test_words_that_stay_went_and_came_are_told_apart() -> None:
    assert word_difference("Tell me tides", "Explain me tides") == [
        Piece("-", "Tell"),
        Piece("+", "Explain"),
        Piece(" ", " me tides"),
    ]


def test_chinese_is_compared_by_the_character() -> None:
    assert word_difference("潮汐是什么", "潮汐为什么") == [
        Piece(" ", "潮汐"),
        Piece("-", "是"),
        Piece("+", "为"),
        Piece(" ", "什么"),
    ]


def test_a_gap_between_other_words_is_of_these_so_that_both_can_be_read() -> None:
    assert word_difference("Tell me of tides, now", "Explain all about tides, now ") == [
        Piece("-", "Tell me of"),
        Piece("+", "Explain all about"),
        Piece(" ", " tides, now"),
        Piece("+", " "),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [("", "all new"), ("gone", ""), ("a\n\nb [bold]c[/]", "a b\n[b] 潮 c_d"), ("same", "same"), (" a b ", " c d ")],
)
def test_both_texts_can_be_read_out_of_it_whole(before: str, after: str) -> None:
    pieces = word_difference(before, after)
    assert "".join(piece.text for piece in pieces if piece.sign != "+") == before
    assert "".join(piece.text for piece in pieces if piece.sign != "-") == after
