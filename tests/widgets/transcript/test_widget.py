"""The reading area in a Textual app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from rich.segment import Segment
from textual import on
from textual.app import App, ComposeResult
from textual.events import MouseScrollUp
from textual.geometry import Region
from textual.pilot import Pilot

from tests.widgets.transcript.corpus import HOSTILE, PROSE
from tests.widgets.transcript.test_flow import grown, history
from tui.engine import EMPTY, Log, StreamStatus
from tui.widgets.transcript import ASCII, Item, ItemKind, Transcript

ANSWER = Item("r", ItemKind.REPLY, Log("Yes."), Log("Hm."), StreamStatus.STREAMING, thought="thought for 6 s")


class Reader(App[None]):
    """An app with nothing but a transcript."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def compose(self) -> ComposeResult:
        yield Transcript()

    @property
    def transcript(self) -> Transcript:
        return self.query_one(Transcript)

    @on(Transcript.EarlierWanted)
    def _earlier(self) -> None:
        self.heard.append("earlier")

    @on(Transcript.Moved)
    def _moved(self) -> None:
        self.heard.append("moved")


@asynccontextmanager
async def reading(items: list[Item], width: int = 80, height: int = 24) -> AsyncIterator[tuple[Reader, Pilot[None]]]:
    app = Reader()
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        app.transcript.show("t", items)
        await pilot.pause()
        yield app, pilot


def screen(app: Reader) -> list[list[Segment]]:
    """What is painted, row by row."""
    return [list(strip) for strip in app.screen._compositor.render_strips()]


def rows(app: Reader) -> list[str]:
    return ["".join(segment.text for segment in row).rstrip() for row in screen(app)]


async def test_a_question_is_told_from_its_reply_by_a_bar_and_weight() -> None:
    question = Item("q", ItemKind.QUESTION, Log("How do\n  tides *work*?"))
    async with reading([question, Item("r", ItemKind.REPLY, Log("They *rise*."))]) as (app, _):
        accent = app.transcript.get_component_rich_style("transcript--question-bar").bgcolor
        assert rows(app)[1:5] == ["   How do", "     tides *work*?", "", "   They rise."]
        bars = [any(segment.style and segment.style.bgcolor == accent for segment in row) for row in screen(app)[:5]]
        assert bars == [False, True, True, False, False]
        assert all(segment.style and segment.style.bold for segment in screen(app)[1] if "How" in segment.text)


async def test_what_a_reply_waits_for_shows_until_its_first_text() -> None:
    waiting = Item("r", ItemKind.REPLY, EMPTY, status=StreamStatus.CONNECTING, waiting="⠹ waiting for a/b, 3 s")
    async with reading([waiting]) as (app, pilot):
        assert rows(app)[0] == "   ⠹ waiting for a/b, 3 s"
        app.transcript.show("t", [replace(grown(waiting, "Text"))])
        await pilot.pause()
        assert rows(app)[:2] == ["   Text▌", ""]


async def test_the_note_of_an_error_stands_below_what_had_arrived() -> None:
    note = "Can't reach ollama. ctrl+r tries again."
    failed = Item("r", ItemKind.REPLY, Log("Half an ans"), status=StreamStatus.ERROR, note=note)
    async with reading([failed]) as (app, _):
        assert rows(app)[:3] == ["   Half an ans", "", f"   {note}"]


async def test_no_control_character_of_a_text_reaches_the_terminal() -> None:
    message = "\x1b[2Jhidden\x9b\u202e"
    items = [
        Item("q", ItemKind.QUESTION, Log(HOSTILE)),
        Item("r", ItemKind.REPLY, Log(HOSTILE), Log(HOSTILE), header=message, note=message, thought=message),
    ]
    async with reading(items, height=60) as (app, pilot):
        app.transcript.toggle_reasoning()
        await pilot.pause()
        painted = "".join(rows(app))
        assert painted.count("[bold]markup[/bold]") == 3
        assert not set(painted) & {*map(chr, range(32)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\u2066"}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50), (24, 6)])
async def test_every_row_fills_the_width_and_prose_does_not_stretch(size: tuple[int, int]) -> None:
    async with reading([Item("r", ItemKind.REPLY, Log(PROSE + "word " * 100))], *size) as (app, _):
        assert {sum(segment.cell_length for segment in row) for row in screen(app)} == {size[0]}
        assert max(map(len, rows(app))) <= 104


async def test_keys_and_wheel_move_the_view() -> None:
    async with reading(history(40)) as (app, pilot):
        transcript = app.transcript
        transcript.focus()
        end = rows(app)
        for back, forth in (("k", "j"), ("up", "down"), ("pageup", "pagedown"), ("home", "end"), ("g", "G")):
            await pilot.press(back)
            await pilot.pause()
            assert rows(app) != end and not transcript.at_end and transcript.lines_below > 0
            await pilot.press(forth)
            await pilot.pause()
            assert rows(app) == end and transcript.at_end and transcript.lines_below == 0
        await pilot._post_mouse_events([MouseScrollUp], widget=transcript)
        await pilot.pause()
        assert transcript.lines_below == 3


async def test_reasoning_opens_by_a_click_on_its_label() -> None:
    async with reading([ANSWER]) as (app, pilot):
        assert rows(app)[:3] == ["   ✧ thought for 6 s", "", "   Yes.▌"]
        await pilot.click(Transcript, offset=(5, 0))
        await pilot.pause()
        assert rows(app)[:4] == ["   ✧ thought for 6 s", "     Hm.", "", "   Yes.▌"]
        await pilot.click(Transcript, offset=(5, 3))
        await pilot.pause()
        assert rows(app)[1] == "     Hm."


async def test_only_rows_that_changed_are_painted_again() -> None:
    item = Item("r", ItemKind.REPLY, Log("one\n\ntwo"), status=StreamStatus.STREAMING)
    async with reading([item]) as (app, _):
        drawn: list[Region] = []
        app.transcript.refresh = lambda *regions, **_: drawn.extend(regions)  # type: ignore[method-assign, assignment]
        app.transcript.show("t", [item])
        assert not drawn
        app.transcript.show("t", [grown(item, " three")])
        assert drawn == [Region(0, 2, 80, 1)]


async def test_earlier_messages_are_asked_for_once_near_the_start() -> None:
    items = history(40)
    async with reading(items[20:]) as (app, pilot):
        app.transcript.show("t", items[20:], earlier=True)
        await pilot.pause()
        assert "earlier" not in app.heard
        app.transcript.go_to_start()
        app.transcript.move(1)
        await pilot.pause()
        assert app.heard.count("earlier") == 1
        app.transcript.show("t", items, earlier=False)
        app.transcript.go_to_start()
        await pilot.pause()
        assert app.heard.count("earlier") == 1


async def test_who_listens_hears_of_lines_below() -> None:
    async with reading(history(40)) as (app, pilot):
        app.heard.clear()
        app.transcript.page(-1)
        await pilot.pause()
        assert app.heard == ["moved"] and app.transcript.lines_below == 22


async def test_another_theme_colours_what_was_painted_before() -> None:
    async with reading([Item("r", ItemKind.REPLY, Log("text"))]) as (app, pilot):
        before = screen(app)[0]
        app.theme = "textual-light"
        await pilot.pause()
        after = screen(app)[0]
        assert [segment.text for segment in before] == [segment.text for segment in after]
        assert before[0].style != after[0].style


async def test_a_resize_wraps_anew() -> None:
    async with reading([Item("r", ItemKind.REPLY, Log("word " * 30))]) as (app, pilot):
        assert rows(app)[0].count("word") == 15
        await pilot.resize_terminal(40, 24)
        await pilot.pause()
        assert rows(app)[0].count("word") == 7


async def test_what_was_shown_before_the_first_layout_is_there_after_it() -> None:
    class Early(Reader):
        def on_mount(self) -> None:
            self.transcript.show("t", history(2)[:1])

    app = Early()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert rows(app)[1] == "   Question 0?"


async def test_marks_can_be_ascii() -> None:
    class Plain(Reader):
        def compose(self) -> ComposeResult:
            yield Transcript(glyphs=ASCII)

    app = Plain()
    async with app.run_test(size=(80, 24)) as pilot:
        app.transcript.show("t", [replace(ANSWER, content=Log("- [ ] a\n- b"))])
        await pilot.pause()
        assert rows(app)[:4] == ["   ~ thought for 6 s", "", "   [ ] a", "   - b_"]
