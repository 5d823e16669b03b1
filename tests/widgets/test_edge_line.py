"""The line between reading and writing."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual import on
from textual.app import App, ComposeResult

from tui.widgets.edge_line import EdgeLine


class EdgeApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.wanted = 0

    def compose(self) -> ComposeResult:
        yield EdgeLine("edge")

    @on(EdgeLine.EndWanted)
    def _end(self) -> None:
        self.wanted += 1

    @property
    def edge(self) -> EdgeLine:
        return self.query_one(EdgeLine)

    def text(self) -> str:
        return "\n".join(self.edge.render_line(y).text for y in range(self.edge.size.height))


@pytest.mark.parametrize("below, told", [(0, ""), (1, "1 more line below"), (12, "12 more lines below")])
async def test_it_says_how_much_is_below(below: int, told: str) -> None:
    app = EdgeApp()
    async with app.run_test(size=(60, 3)) as pilot:
        app.edge.show("", below)
        await pilot.pause()
        assert app.text().strip() == told


async def test_a_click_on_what_is_below_goes_there_and_on_nothing_does_nothing() -> None:
    app = EdgeApp()
    async with app.run_test(size=(60, 3)) as pilot:
        await pilot.click(EdgeLine)
        assert app.wanted == 0
        app.edge.show("", 3)
        await pilot.pause()
        await pilot.click(EdgeLine)
        assert app.wanted == 1


@pytest.mark.parametrize("width", [1, 5, 12, 30, 80])
async def test_a_notice_is_whole_and_no_line_is_too_long(width: int) -> None:
    notice = "The reply could not be saved: the disk is full. 磁盘已满"
    app = EdgeApp()
    async with app.run_test(size=(width, 20)) as pilot:
        app.edge.show(notice, 7)
        await pilot.pause()
        assert all(cell_len(line) <= width for line in app.text().split("\n"))
        if width >= 30:
            assert "".join(notice.split()) in "".join(app.text().replace("7 more lines below", "").split())
