"""A picture is kept as a text from which it can be had again."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tests.snapshots.picture import Picture, picture, read, written
from tests.snapshots.show import svg


def painted(colour: str, words: str = "two") -> Picture:
    plain, strong = Style.parse(f"{colour} on #000000"), Style.parse(f"bold {colour} on #101010")
    return picture([Strip([Segment("a 终端 = ", plain), Segment(words, strong)]), Strip([Segment("  ", plain)])])


def test_what_is_written_is_read_again() -> None:
    dark, light = painted("#ffffff"), painted("#eeeeee")
    assert read(written(dark, light)) == (dark, light)


def test_another_style_is_another_text() -> None:
    dark, light = painted("#ffffff"), painted("#eeeeee")
    assert written(dark, light) != written(dark, dark)


def test_themes_that_show_other_words_are_refused() -> None:
    with pytest.raises(ValueError, match="different texts"):
        written(painted("#ffffff"), painted("#ffffff", "three"))


def test_it_can_be_drawn() -> None:
    assert "two" in svg(painted("#ffffff"), 12, "two words")
