"""The last gate before the terminal: nothing that was drawn is obeyed, and nothing changes its width."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tui.harmless import Harmless
from tui.plain import bare

GROUND = Color(0, 0, 0)


@pytest.mark.parametrize(
    "drawn, left",
    [
        ("plain", "plain"),
        ("grüß 漢字 🙂 e\u0301", "grüß 漢字 🙂 e\u0301"),
        ("a\x1b[31mb", "a[31mb"),
        ("\x9b31m\x9d0;x\x9c", "31m0;x"),
        ("\u202ex\u202c\u2066y\u2069", "xy"),
        ("a\tb\nc\rd\x08\x07\x7f", "abcd"),
        ("שלום\u200f", "שלום\u200f"),
    ],
)
def test_what_a_terminal_obeys_goes_and_the_width_stays(drawn: str, left: str) -> None:
    assert bare(drawn) == left
    assert cell_len(left) == cell_len(drawn)


def test_half_a_character_becomes_one_that_can_be_written() -> None:
    bare("\ud83d").encode("utf-8")


def test_drawn_lines_keep_their_styles_and_are_not_made_again_without_need() -> None:
    red = Style(color="red")
    harmless = [Segment("one", red), Segment(" ")]
    assert Harmless().apply(harmless, GROUND) is harmless
    assert Harmless().apply([Segment("t\x1bwo", red), Segment("✧")], GROUND) == [Segment("two", red), Segment("✧")]
