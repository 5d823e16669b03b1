"""The list that is drawn by lines: its cursor, what it cuts, what it draws again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from rich.cells import cell_len
from textual import on
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from tui.widgets.row_list import Row, RowList, Tone

ROWS = [
    Row("", "General", heading=True),
    Row("a", "Alpha", "⠋", Tone.STREAMING, right="41"),
    Row("b", "Beta", "▪", Tone.UNREAD, strong=True),
    Row("", "Others", heading=True),
    Row("c", "Gamma"),
]


class ListApp(App[None]):
    def __init__(self, rows: list[Row]) -> None:
        super().__init__()
        self._rows = rows
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield RowList(id="list")

    def on_mount(self) -> None:
        self.list.show(self._rows, "b")

    @property
    def list(self) -> RowList:
        return self.query_one(RowList)

    @on(RowList.Chosen)
    def _chosen(self, message: RowList.Chosen) -> None:
        self.chosen.append(message.key)


@asynccontextmanager
async def shown(rows: list[Row] = ROWS, size: tuple[int, int] = (20, 6)) -> AsyncIterator[tuple[ListApp, Pilot[None]]]:
    app = ListApp(rows)
    async with app.run_test(size=size) as pilot:
        app.list.focus()
        await pilot.pause()
        yield app, pilot


def lines(app: ListApp) -> list[str]:
    return [app.list.render_line(y).text for y in range(app.list.size.height)]


async def test_rows_are_drawn_with_sign_name_and_number() -> None:
    async with shown() as (app, _):
        assert lines(app) == [
            " General            ",
            " ⠋ Alpha         41 ",
            " ▪ Beta             ",
            " Others             ",
            "   Gamma            ",
            "                    ",
        ]


async def test_the_cursor_begins_at_the_current_row_and_steps_over_headings() -> None:
    async with shown() as (app, pilot):
        assert app.list.cursor_key == "b"
        await pilot.press("down")
        assert app.list.cursor_key == "c"
        await pilot.press("down")
        assert app.list.cursor_key == "c"
        await pilot.press("k", "k", "k", "k")
        assert app.list.cursor_key == "a"
        await pilot.press("end")
        assert app.list.cursor_key == "c"
        await pilot.press("home")
        assert app.list.cursor_key == "a"


async def test_enter_and_a_click_choose_and_a_heading_cannot_be_chosen() -> None:
    async with shown() as (app, pilot):
        await pilot.press("enter")
        await pilot.click(RowList, offset=(3, 4))
        await pilot.click(RowList, offset=(3, 3))
        await pilot.click(RowList, offset=(3, 5))
        assert app.chosen == ["b", "c"]


async def test_the_cursor_stays_on_its_row_when_rows_come_go_and_change_places() -> None:
    async with shown() as (app, pilot):
        app.list.show([ROWS[0], ROWS[2], ROWS[1], ROWS[4]], "a")
        assert app.list.cursor_key == "b"
        app.list.show([ROWS[0], ROWS[4], ROWS[1]], "a")  # its row is gone: the current one
        assert app.list.cursor_key in ("a", "c")
        app.list.show([], "")
        assert app.list.cursor_key == ""
        await pilot.press("enter", "down", "up", "home", "end", "pagedown")
        app.list.show([ROWS[0]], "")  # a heading only
        await pilot.press("enter", "down", "up", "home", "end", "pagedown")
        assert app.chosen == []
        app.list.show(ROWS, "c")
        await pilot.press("enter")
        assert len(app.chosen) == 1


async def test_the_cursor_follows_the_current_row_while_the_focus_is_elsewhere() -> None:
    async with shown() as (app, _):
        app.set_focus(None)
        await _.pause()
        app.list.show(ROWS, "c")
        assert app.list.cursor_key == "c"


async def test_a_long_list_scrolls_with_the_cursor() -> None:
    rows = [Row(str(number), f"Row {number}") for number in range(500)]
    async with shown(rows) as (app, pilot):
        await pilot.press("end")
        assert "Row 499" in "\n".join(lines(app))
        await pilot.press("pageup", "pageup")
        assert app.list.cursor_key == "489"
        await pilot.press("g")
        assert "Row 0" in lines(app)[0]
        app.list.point_at("250")
        assert any("Row 250" in line for line in lines(app))
        app.list.point_at("nobody")
        assert app.list.cursor_key == "250"


@pytest.mark.parametrize(
    "name", ["A name that is much too long", "漢字漢字漢字漢字漢字漢字漢字", "🙂" * 12, "e\u0301" * 40, ""]
)
@pytest.mark.parametrize("width", [4, 9, 15, 20, 33])
async def test_no_name_and_no_width_spoils_a_line(name: str, width: int) -> None:
    async with shown([Row("a", name, "▪", right="123")], (width, 2)) as (app, _):
        assert cell_len(lines(app)[0]) == width


async def test_a_name_that_is_cut_says_so() -> None:
    async with shown([Row("a", "A name that is much too long")]) as (app, _):
        assert lines(app)[0] == "   A name that is.. "


async def test_only_rows_that_changed_are_drawn_again() -> None:
    async with shown() as (app, _):
        drawn: list[Region] = []
        refresh = app.list.refresh

        def watch(*regions: Region, **how: bool) -> RowList:
            drawn.extend(regions)
            return refresh(*regions, **how)

        app.list.refresh = watch  # type: ignore[method-assign]
        app.list.show(ROWS, "b")
        assert drawn == []
        app.list.show([*ROWS[:4], Row("c", "Gamma", "✗", Tone.ERROR)], "b")
        assert [region.y for region in drawn] == [4]


async def test_a_drag_over_the_list_selects_nothing_that_ctrl_c_would_then_copy() -> None:
    async with shown() as (app, pilot):
        await pilot.mouse_down(app.list, offset=(2, 1))
        await pilot.hover(app.list, offset=(6, 3))
        await pilot.mouse_up(app.list, offset=(6, 3))
        assert not app.screen.selections
