"""The keys and what they do, in two columns."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tui.screens.help import help_rows
from tui.widgets.key_table import lines

ROWS = help_rows({})


@pytest.mark.parametrize("width", [2, 10, 34, 66, 82, 200])
def test_at_no_width_is_a_line_too_long_or_a_word_lost(width: int) -> None:
    drawn = lines(ROWS, width)
    keys = min(26, width // 2)
    for part, left, right in drawn:
        assert cell_len(part) <= width and cell_len(left) <= keys and cell_len(right) <= width - keys
    for column, of in ((1, [keys for keys, _ in ROWS]), (2, [what for keys, what in ROWS if keys])):
        assert "".join(line[column].replace(" ", "") for line in drawn) == "".join("".join(of).split())


def test_what_is_long_goes_on_below_and_a_heading_has_room_around_it() -> None:
    assert lines([("^r", "Answer again"), ("", "Reading"), ("j down", "One line down")], 22) == [
        ("", "^r", "Answer"),
        ("", "", "again"),
        ("", "", ""),
        ("Reading", "", ""),
        ("", "", ""),
        ("", "j down", "One line"),
        ("", "", "down"),
    ]
