"""Widgets that draw themselves, once they are taken out."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.geometry import Region
from textual.widget import Widget

from tui.engine import Log
from tui.widgets.edge_line import EdgeLine
from tui.widgets.row_list import Row, RowList
from tui.widgets.status_line import Status, StatusLine
from tui.widgets.transcript import Item, ItemKind, Transcript


def edge() -> EdgeLine:
    widget = EdgeLine("edge")
    widget.show("A notice", 3)
    return widget


def status() -> StatusLine:
    widget = StatusLine("status")
    widget.show(Status(("model",), "1 stream", (("esc", "stop"),)))
    return widget


@pytest.mark.parametrize("make", [edge, status, lambda: RowList(id="list"), Transcript])
async def test_a_widget_that_was_taken_out_draws_nothing_when_the_toolkit_asks_once_more(
    make: type[Widget],
) -> None:
    app: App[None] = App()
    async with app.run_test(size=(40, 10)) as pilot:
        widget = make()
        await app.mount(widget)
        if isinstance(widget, RowList):
            widget.show([Row("a", "Alpha")], "a")
        if isinstance(widget, Transcript):
            widget.show("t", [Item("r", ItemKind.REPLY, Log("# Alpha\n\n| a | b |\n|--|--|\n| 1 | 2 |\n"))])
        await pilot.pause()
        await widget.remove()
        strips = widget.render_lines(Region(0, 0, 40, 2))
        assert [strip.text.strip() for strip in strips] == ["", ""]
        assert [strip.cell_length for strip in strips] == [40, 40]
