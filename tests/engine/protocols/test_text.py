"""Halves of surrogate pairs come together, and what stays alone is replaced."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.engine.protocols.text import Halves


def whole(pieces: list[str]) -> str:
    halves = Halves()
    return "".join([*map(halves.feed, pieces), halves.end()])


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["plain", " 豆腐", "😀"], "plain 豆腐😀"),
        (["a\ud83d", "\ude00b"], "a😀b"),
        (["\ud83d", "", "\ude00"], "😀"),
        (["\ud83d\ude00"], "😀"),
        (["a\ud83d", "b"], "a\ufffdb"),
        (["a\ud83d"], "a\ufffd"),
        (["\ude00\ud83d", "\ud83d", "\ude00"], "\ufffd\ufffd😀"),
        (["\ude00", "\ude00"], "\ufffd\ufffd"),
    ],
)
def test_pairs_are_joined_across_pieces(pieces: list[str], text: str) -> None:
    assert whole(pieces) == text


@settings(deadline=None, database=None)
@given(st.lists(st.text(st.sampled_from("a\ud83d\ude00\udbff\ud800\udfff豆\U0001f600"))))
def test_what_comes_out_is_always_valid_and_does_not_depend_on_the_pieces(pieces: list[str]) -> None:
    text = whole(pieces)
    assert text.encode().decode() == text
    assert text == whole(list("".join(pieces)))
