"""The bottom line: what it says at which width, and that nothing in it moves."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from tui.widgets.status_line import Status, StatusLine

HINTS = (("esc", "stop"), ("^n", "new"), ("f1", "help"), ("f3", "topics"), ("^q", "quit"))
FULL = Status(("local/smollm2", "instruct"), "⠹ 2 streams  ~ 41 tok/s   0:12", HINTS)


class LineApp(App[None]):
    def compose(self) -> ComposeResult:
        yield StatusLine("status")


async def line(status: Status, width: int) -> str:
    app = LineApp()
    async with app.run_test(size=(width, 1)):
        widget = app.query_one(StatusLine)
        widget.show(status)
        return widget.render_line(0).text


async def test_a_wide_line_says_all_with_the_keys_at_the_right() -> None:
    shown = await line(FULL, 120)
    assert shown.startswith(" local/smollm2  instruct  ⠹ 2 streams  ~ 41 tok/s   0:12  ")
    assert shown.endswith("  esc stop  ^n new  f1 help  f3 topics  ^q quit ")


async def test_a_narrow_line_keeps_the_keys_that_matter_most_and_what_streams() -> None:
    shown = await line(FULL, 80)
    assert "esc stop  ^n new  f1 help" in shown
    assert "⠹ 2 streams  ~ 41 tok/s   0:12" in shown
    assert "local/smollm2" in shown


@pytest.mark.parametrize("width", [1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 100, 200])
@pytest.mark.parametrize("status", [FULL, Status(), Status(("漢字" * 30,), "", HINTS), Status((), "x" * 50)])
async def test_at_no_width_does_it_break_or_show_half_a_hint(width: int, status: Status) -> None:
    shown = await line(status, width)
    assert cell_len(shown) == width
    for key, word in status.hints:
        if f" {key} " in shown:
            assert f" {key} {word}" in shown


async def test_numbers_that_change_move_nothing() -> None:
    before = await line(FULL, 100)
    for state in ("⠼ 2 streams  ~  7 tok/s   0:09", "⠦ 2 streams  ~120 tok/s   9:59", "⠋ 1 stream   ~ 41 tok/s   0:12"):
        after = await line(Status(FULL.left, state, HINTS), 100)
        assert after.index("esc stop") == before.index("esc stop")
        assert after.index("tok/s") == before.index("tok/s")
