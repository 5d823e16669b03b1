"""Find in the reading area: what is marked on screen, where the view goes, and that it holds still."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from tests.widgets.transcript.test_flow import grown, history
from tests.widgets.transcript.test_widget import ANSWER, Reader, reading, rows, screen
from tui.engine import Log, StreamStatus
from tui.widgets.transcript import Item, ItemKind
from tui.widgets.transcript.ink import Role


def marked(app: Reader, role: Role) -> list[str]:
    """What is shown in that role, row by row."""
    style = app.transcript.get_component_rich_style(f"transcript--{role}")
    found = (
        "".join(part.text for part in row if part.style and part.style.bgcolor == style.bgcolor) for row in screen(app)
    )
    return [text for text in found if text]


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("waited in vain")


def searched(app: Reader) -> bool:
    find = app.transcript._seeker.find
    return find is not None and find.done


async def test_matches_are_marked_and_the_current_one_is_told_from_the_others() -> None:
    async with reading([Item("r", ItemKind.REPLY, Log("One **one**.\n\n- one two\n\n```\none\n```"))]) as (app, pilot):
        before = rows(app)
        app.transcript.find("one")
        await until(pilot, lambda: searched(app))
        assert marked(app, Role.FOUND_HERE) == ["One"] and marked(app, Role.FOUND) == ["one", "one", "one"]
        app.transcript.find_next()
        await pilot.pause()
        assert marked(app, Role.FOUND_HERE) == ["one"] and marked(app, Role.FOUND) == ["One", "one", "one"]
        app.transcript.end_find()
        await pilot.pause()
        assert not marked(app, Role.FOUND_HERE) and not marked(app, Role.FOUND) and rows(app) == before


async def test_a_search_goes_on_where_threads_delay_each_of_its_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toolkit's own timers see more than a slice go by just as they begin, and then never go off."""
    async with reading(history(600)) as (app, pilot):
        late = itertools.count(step=0.008)
        monkeypatch.setattr("textual.timer._time", SimpleNamespace(get_time=lambda: time.monotonic() + next(late)))
        app.transcript.find("Question")
        await until(pilot, lambda: searched(app))
        find = app.transcript._seeker.find
        assert find is not None and find.total == 300


async def test_the_view_goes_to_a_match_far_above_and_n_goes_on_from_there() -> None:
    async with reading(history(600)) as (app, pilot):
        app.transcript.find("Question 4?")
        await until(pilot, lambda: searched(app))
        assert "   Question 4?" in rows(app) and not app.transcript.at_end
        app.transcript.find("Question 1")
        await until(pilot, lambda: searched(app))
        app.transcript.focus()
        first = rows(app)
        await pilot.press("N")
        assert rows(app) != first and marked(app, Role.FOUND_HERE) == ["Question 1"]
        await pilot.press("n")
        find = app.transcript._seeker.find
        assert find is not None and find.number == find.total  # there is none below the end


async def test_folded_reasoning_is_opened_when_the_current_match_is_in_it() -> None:
    item = replace(ANSWER, reasoning=Log("A hidden thought."), status=StreamStatus.COMPLETED)
    async with reading([item]) as (app, pilot):
        assert "hidden" not in "".join(rows(app))
        app.transcript.find("hidden")
        await until(pilot, lambda: searched(app))
        await pilot.pause()
        assert marked(app, Role.FOUND_HERE) == ["hidden"]


async def test_the_view_does_not_move_when_what_streams_in_matches() -> None:
    items = [*history(8), Item("r", ItemKind.REPLY, Log("one\n\n" * 30), status=StreamStatus.STREAMING)]
    async with reading(items) as (app, pilot):
        app.transcript.find("one")
        await until(pilot, lambda: searched(app))
        app.transcript.find_next(-1)
        await pilot.pause()
        before, number = rows(app), app.transcript._seeker.find
        assert number is not None
        total, current = number.total, number.number
        items = [*items[:-1], grown(items[-1], "one\n\n" * 20)]
        app.transcript.show("t", items)
        await pilot.pause()
        assert rows(app) == before and (number.number, number.total) == (current, total + 20)


async def test_what_streams_far_below_the_view_is_counted_too() -> None:
    items = [*history(100), Item("r", ItemKind.REPLY, Log("one"), status=StreamStatus.STREAMING)]
    async with reading(items) as (app, pilot):
        app.transcript.find("one")
        await until(pilot, lambda: searched(app))
        app.transcript.go_to_start()
        find = app.transcript._seeker.find
        assert find is not None
        total, before = find.total, rows(app)
        app.transcript.show("t", [*items[:-1], grown(items[-1], " one one")])
        await pilot.pause()
        assert find.total == total + 2 and rows(app) == before


async def test_a_match_in_the_tail_is_marked_as_it_grows() -> None:
    item = Item("r", ItemKind.REPLY, Log("the ti"), status=StreamStatus.STREAMING)
    async with reading([item]) as (app, pilot):
        app.transcript.find("tide")
        await pilot.pause()
        assert not marked(app, Role.FOUND_HERE)
        app.transcript.show("t", [grown(item, "de goes")])
        await pilot.pause()
        assert marked(app, Role.FOUND_HERE) == ["tide"]


async def test_marks_stay_on_their_words_after_a_resize() -> None:
    text = "word " * 20 + "the needle in it " + "word " * 20
    async with reading([Item("r", ItemKind.REPLY, Log(text))]) as (app, pilot):
        app.transcript.find("needle in")
        await until(pilot, lambda: searched(app))
        for width in (100, 43, 31, 26):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            assert "".join(marked(app, Role.FOUND_HERE)).replace(" ", "") == "needlein"


async def test_another_topic_ends_the_search() -> None:
    async with reading(history(4)) as (app, pilot):
        app.transcript.find("Question")
        await until(pilot, lambda: searched(app))
        app.transcript.show("other", history(4))
        await pilot.pause()
        assert not marked(app, Role.FOUND) and not marked(app, Role.FOUND_HERE)
