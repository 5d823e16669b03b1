"""Selecting in the reading area, by mouse and by keys, while a stream grows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual import on
from textual.events import MouseMove
from textual.pilot import Pilot

from tests.support.waiting import eventually
from tests.widgets.transcript.test_flow import grown, history
from tests.widgets.transcript.test_widget import Reader, rows, screen
from tui.engine import Log, StreamStatus
from tui.widgets.transcript import Item, ItemKind, Transcript
from tui.widgets.transcript.excerpts import Form

CODE = "def f(x):\n\treturn x"
REPLY = Item(
    "r",
    ItemKind.REPLY,
    Log(
        "Tides are long words that wrap somewhere here because the view is narrow.\n\n"
        f"```py\n{CODE}\n```\n\nThe **end**."
    ),
)
QUESTION = Item("q", ItemKind.QUESTION, Log("How do tides work?"))
BOTH = [QUESTION, REPLY]
STREAM = replace(REPLY, status=StreamStatus.STREAMING)


class Copier(Reader):
    """A reader who keeps what is copied."""

    def __init__(self) -> None:
        super().__init__()
        self.copied: list[str] = []
        self.missed: list[str] = []
        self.topics: list[Form] = []

    @on(Transcript.CopyWanted)
    def _copied(self, message: Transcript.CopyWanted) -> None:
        self.copied.append("".join(message.pieces))

    @on(Transcript.SaveWanted)
    def _saved(self, message: Transcript.SaveWanted) -> None:
        self.copied.append(f"{message.code.language}: {message.code.text}")

    @on(Transcript.TopicWanted)
    def _topic(self, message: Transcript.TopicWanted) -> None:
        self.topics.append(message.form)

    @on(Transcript.Missed)
    def _missed(self, message: Transcript.Missed) -> None:
        self.missed.append(message.what)


@asynccontextmanager
async def copying(items: list[Item], width: int = 40, height: int = 20) -> AsyncIterator[tuple[Copier, Pilot[None]]]:
    app = Copier()
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        app.transcript.show("t", items)
        app.transcript.focus()
        await pilot.pause()
        yield app, pilot


def selected(app: Copier) -> list[str]:
    """What is painted as selected, row by row; the cursor's cell belongs to it."""
    area = app.transcript
    grounds = {area.get_component_rich_style(f"transcript--{role}").bgcolor for role in ("selected", "cursor")}
    found = ["".join(s.text for s in row if s.style and s.style.bgcolor in grounds) for row in screen(app)]
    return [text for text in found if text]


def row_of(app: Copier, text: str) -> int:
    return next(y for y, row in enumerate(rows(app)) if text in row)


async def pull(pilot: Pilot[None], place: tuple[int, int], button: int = 1) -> None:
    """Move the mouse with its button down."""
    await pilot._post_mouse_events([MouseMove], Transcript, place, button=button)


async def drag(pilot: Pilot[None], start: tuple[int, int], *way: tuple[int, int]) -> None:
    await pilot.mouse_down(Transcript, offset=start)
    for place in way:
        await pull(pilot, place)
    await pilot.mouse_up(Transcript, offset=way[-1])
    await pilot.pause()


# By mouse


async def test_dragging_selects_from_cell_to_cell_and_y_copies_it() -> None:
    async with copying(BOTH) as (app, pilot):
        y = row_of(app, "Tides are")
        await drag(pilot, (9, y), (5, y + 1), (13, y + 1))
        assert selected(app) == ["are long words that wrap", "somewhere h"]
        assert app.transcript.selecting
        await pilot.press("y")
        await pilot.pause()
        assert app.copied == ["are long words that wrap somewhere h"]
        assert not app.transcript.selecting and not selected(app)


async def test_dragging_upwards_selects_the_same() -> None:
    async with copying(BOTH) as (app, pilot):
        y = row_of(app, "Tides are")
        await drag(pilot, (13, y + 1), (9, y))
        await pilot.press("enter")
        assert app.copied == ["are long words that wrap somewhere h"]


async def test_margins_and_bars_are_not_selected() -> None:
    async with copying(BOTH) as (app, pilot):
        y, last = row_of(app, "How do"), row_of(app, "return")
        await drag(pilot, (0, y), (39, last))
        assert selected(app)[0] == "How do tides work?" and selected(app)[-2:] == ["def f(x):", "    return x"]
        await pilot.press("y")
        assert app.copied[0].startswith("How do tides work?\n\nTides are long") and app.copied[0].endswith(
            "\n\n" + CODE
        )


async def test_a_click_selects_nothing_and_takes_a_selection_away() -> None:
    async with copying(BOTH) as (app, pilot):
        await pilot.click(Transcript, offset=(9, 5))
        assert not app.transcript.selecting
        await drag(pilot, (3, 4), (9, 5))
        assert selected(app)
        await pilot.click(Transcript, offset=(9, 5))
        assert not selected(app)


async def test_a_double_click_selects_a_word_and_a_triple_click_the_whole_paragraph() -> None:
    async with copying(BOTH) as (app, pilot):
        y = row_of(app, "Tides are")
        await pilot.click(Transcript, offset=(5, y), times=2)
        assert selected(app) == ["Tides"]
        await pilot.click(Transcript, offset=(20, y + 1), times=3)
        assert selected(app)[0].startswith("Tides are") and selected(app)[-1].endswith("narrow.")
        await pilot.press("ctrl+c", "y")
        assert app.copied == ["Tides are long words that wrap somewhere here because the view is narrow."]


async def test_dragging_beyond_an_edge_scrolls_until_the_button_is_up() -> None:
    async with copying(history(40)) as (app, pilot):
        area = app.transcript
        await pilot.mouse_down(Transcript, offset=(20, 10))
        await pull(pilot, (10, 0))
        await eventually(lambda: area.lines_below > 30, what="the view to scroll up")
        await pilot.mouse_up(Transcript, offset=(10, 0))
        await pilot.pause()
        below, shown = area.lines_below, rows(app)
        assert area._scroller is None and area.selecting
        await pilot.press("o")
        assert area.lines_below < below and rows(app) != shown
        await pilot.press("y")
        assert len(app.copied[0].splitlines()) > 30


async def test_a_button_that_went_up_elsewhere_does_not_hold_the_view() -> None:
    async with copying(BOTH) as (app, pilot):
        await pilot.mouse_down(Transcript, offset=(9, 5))
        await pull(pilot, (12, 6))
        await pull(pilot, (20, 7), button=0)
        assert app.mouse_captured is None and app.transcript.selecting and not app.transcript._picker.pressed
        await pilot.press("y")
        app.transcript.show("t", [*BOTH, replace(QUESTION, key="q2", content=Log("And why?"))])
        await pilot.pause()
        assert "And why?" in "\n".join(rows(app))


async def test_a_topic_that_changes_under_the_button_leaves_the_mouse_free() -> None:
    async with copying(BOTH) as (app, pilot):
        await pilot.mouse_down(Transcript, offset=(9, 5))
        await pull(pilot, (12, 6))
        app.transcript.show("other", history(4))
        await pilot.mouse_up(Transcript, offset=(12, 6))
        assert app.mouse_captured is None and not app.transcript.selecting


async def test_a_search_ends_a_selection() -> None:
    async with copying([replace(REPLY, reasoning=Log("needle"))]) as (app, pilot):
        await pilot.press("v", "k")
        app.transcript.find("needle")
        await pilot.pause()
        assert not app.transcript.selecting and not selected(app)


# While text streams in


async def test_the_view_holds_still_while_something_is_selected_and_goes_on_afterwards() -> None:
    filler = [*history(6), STREAM]
    async with copying(filler) as (app, pilot):
        area = app.transcript
        await pilot.press("v", "k")
        held, item, marked = rows(app), STREAM, selected(app)
        for number in range(30):
            item = grown(item, f"\n\nNew {number}.")
            area.show("t", [*filler[:-1], item])
            await pilot.pause()
        assert rows(app) == held and selected(app) == marked
        assert 30 <= area.lines_below <= 90
        await pilot.press("y")
        await pilot.pause()
        assert "New 29." in "\n".join(rows(app)) and area.at_end and area.lines_below == 0
        assert "New" not in app.copied[0]


async def test_a_held_view_holds_still_also_under_a_button_that_is_down() -> None:
    filler = [*history(6), STREAM]
    async with copying(filler) as (app, pilot):
        before = rows(app)
        await pilot.mouse_down(Transcript, offset=(9, 10))
        app.transcript.show("t", [*filler[:-1], grown(STREAM, "\n\nmore" * 20)])
        await pilot.pause()
        assert rows(app) == before
        await pilot.mouse_up(Transcript, offset=(9, 10))
        await pilot.pause()
        assert rows(app) != before and app.transcript.at_end


async def test_messages_that_come_above_do_not_move_a_selection() -> None:
    items = history(30)
    async with copying(items[10:]) as (app, pilot):
        await pilot.press("g", "v", "j", "j")
        before, marked = rows(app), selected(app)
        app.transcript.show("t", items)
        await pilot.pause()
        assert rows(app) == before and selected(app) == marked
        await pilot.press("g")
        assert "Question 0?" in rows(app)[1] and len(selected(app)) > len(marked)


async def test_a_new_message_waits_until_the_selection_is_given_up() -> None:
    async with copying(BOTH) as (app, pilot):
        await pilot.press("v")
        more = replace(QUESTION, key="q2", content=Log("And why?"))
        app.transcript.show("t", [*BOTH, more])
        await pilot.pause()
        assert "And why?" not in "\n".join(rows(app)) and app.transcript.lines_below > 0
        assert app.transcript.give_up()
        await pilot.pause()
        assert "And why?" in "\n".join(rows(app))


async def test_the_reader_who_has_scrolled_away_stays_there_after_the_selection() -> None:
    filler = [*history(20), STREAM]
    async with copying(filler) as (app, pilot):
        await pilot.press("pageup", "pageup", "v", "j", "l")
        before = rows(app)
        app.transcript.show("t", [*filler[:-1], grown(STREAM, "\n\nmore" * 20)])
        await pilot.press("y")
        await pilot.pause()
        assert rows(app) == before and not app.transcript.at_end


async def test_another_width_ends_the_selection_another_height_does_not() -> None:
    async with copying(BOTH) as (app, pilot):
        await pilot.press("v", "k")
        await pilot.resize_terminal(40, 15)
        await pilot.pause()
        assert app.transcript.selecting and selected(app) == [" ", "T"]
        await pilot.resize_terminal(50, 15)
        await pilot.pause()
        assert not app.transcript.selecting and not selected(app)


async def test_another_topic_ends_the_selection() -> None:
    async with copying(BOTH) as (app, pilot):
        await pilot.press("v", "k")
        app.transcript.show("other", history(4))
        await pilot.pause()
        assert not app.transcript.selecting and not selected(app)


# By keys


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["v", "enter"], "T"),
        (["v", "w", "w", "y"], "The end."),
        (["v", "e", "y"], "The"),
        (["v", "$", "y"], "The end."),
        (["v", "$", "0", "y"], "T"),
        (["v", "right", "l", "left", "y"], "Th"),
        (["V", "y"], "The end."),
        (["v", "e", "v", "v", "y"], "e"),
        (["v", "k", "k", "$", "V", "y"], "\treturn x\n\nThe end."),
        (["v", "e", "l", "l", "o", "e", "b", "y"], "The e"),
        (["v", "b", "y"], "x\n\nT"),
        (["v", "escape", "v", "y"], "T"),
    ],
)
async def test_the_cursor_walks_as_in_vim(keys: list[str], text: str) -> None:
    async with copying(BOTH) as (app, pilot):
        for key in keys:
            if key == "escape":
                assert app.transcript.give_up()
            else:
                await pilot.press(key)
        await pilot.pause()
        assert app.copied == [text]


async def test_the_cursor_takes_the_view_along_over_the_whole_topic() -> None:
    items = history(60)
    async with copying(items) as (app, pilot):
        await pilot.press("v", *["pageup"] * 3, *["k"] * 30, "g", "0", "y")
        copied = app.copied[0].lstrip("\n")
        assert copied.startswith("Question 0?") and "Question 58?" in copied
        assert rows(app)[1] == "   Question 0?"
        await pilot.press("v", "G", "$", "y")
        assert "Question 0?" in app.copied[1] and len(app.copied[1]) >= len(copied)


async def test_the_column_is_kept_over_shorter_lines() -> None:
    async with copying([replace(REPLY, content=Log("long enough line\nx\nanother long line"))]) as (app, pilot):
        await pilot.press("v", *["l"] * 8, "v", "k", "k", "v", "j", "j", "y")
        first, _, last = app.copied[0].split("\n")
        assert len(last) - 1 == len("long enough line") - len(first) == 8


async def test_v_and_c_together_copy_the_code_under_the_cursor() -> None:
    async with copying(BOTH) as (app, pilot):
        await pilot.press("v", "k", "k", "c")
        assert app.copied == [CODE] and not app.transcript.selecting


async def test_what_can_be_done_is_said() -> None:
    async with copying(BOTH) as (app, pilot):
        area = app.transcript
        assert area.hints == ("reading.select", "reading.copy", "reading.copy_code")
        app.heard.clear()
        await pilot.press("v")
        await pilot.pause()
        assert area.hints[:3] == ("reading.copy", "reading.copy_source", "stream.stop") and "moved" in app.heard
        await pilot.press("v")
        assert area.hints[0] == "reading.select"


async def test_keys_for_a_selection_do_nothing_without_one() -> None:
    async with copying(history(20)) as (app, pilot):
        before = rows(app)
        await pilot.press("h", "l", "w", "b", "e", "0", "$", "o", "enter")
        assert rows(app) == before and not app.copied and not app.transcript.selecting


# Without a selection


async def test_a_message_a_code_block_and_a_topic_are_copied_by_one_key_each() -> None:
    async with copying(BOTH) as (app, pilot):
        await pilot.press("Y", "y", "c", "s", "T", "t")
        await pilot.pause()
        as_seen = f"Tides are long words that wrap somewhere here because the view is narrow.\n\n{CODE}\n\nThe end."
        assert app.copied == [str(REPLY.content), as_seen, CODE, f"py: {CODE}"]
        assert app.topics == [Form.SOURCE, Form.SEEN]


async def test_the_message_at_the_mark_is_the_one_that_is_copied() -> None:
    async with copying(BOTH) as (app, pilot):
        await pilot.press("[", "[", "Y")
        assert app.copied == ["How do tides work?"]


async def test_an_empty_topic_takes_every_key_and_click_in_its_stride() -> None:
    async with copying([]) as (app, pilot):
        await pilot.press("v", "V", "k", "g", "G", "y", "Y", "c", "s", "[", "]", "{", "}", "enter", "w")
        await pilot.click(Transcript, offset=(5, 5), times=3)
        await drag(pilot, (5, 5), (9, 9))
        assert not app.copied and not app.transcript.selecting and not app.transcript.give_up()
        assert app.missed[0] == "There is nothing to select yet."


async def test_where_there_is_no_code_it_is_said() -> None:
    async with copying([QUESTION]) as (app, pilot):
        await pilot.press("c", "s", "}")
        await pilot.pause()
        assert not app.copied and app.missed == ["There is no code block here."] * 2 + ["There is no next code block."]
