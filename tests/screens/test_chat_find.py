"""Find in the chat: ctrl+f, a needle, what it says of it, and the way back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.front_end import FrontEnd, front_end
from tests.support.history import write_topic
from tests.support.load_server import LoadServer
from tui.widgets.find_line import FindLine, standing


@pytest.fixture
async def long(tmp_path: Path, load_server: LoadServer) -> AsyncIterator[FrontEnd]:
    """A topic of 450 conversations, of which the last ones are loaded."""
    await write_topic(tmp_path / "data", 450)
    async with front_end(tmp_path, load_server) as front:
        await front.shows("Answer 449")
        yield front


async def test_it_finds_as_one_types_also_what_is_still_on_disk(long: FrontEnd) -> None:
    assert long.engine.catalog.earlier(long.app.session.topic_id)
    await long.pilot.press("d", "ctrl+f", *"Question 7?")
    await long.shows(r"Find  Question 7\? +1 of 1\n")
    assert "   Question 7?" in long.text and "enter next  up previous  esc close" in long.status
    assert long.composer.text == "d"


async def test_enter_and_up_go_through_the_matches_with_their_numbers(long: FrontEnd) -> None:
    await long.pilot.press("ctrl+f", *"second")
    first = int((await long.shows(r"Find  second +(\d+) of 450\n"))[1])
    assert 440 < first < 450  # the first one on screen
    for key, number in (("up", first - 1), ("shift+enter", first - 2), ("enter", first - 1), ("down", first)):
        await long.pilot.press(key)
        await long.shows(rf"Find  second +{number} of 450\n")
    await long.pilot.press(*["enter"] * (451 - first))
    await long.shows(r"Find  second +1 of 450\n")
    assert "   Question 0?" in long.text


async def test_escape_closes_it_and_gives_the_focus_back(long: FrontEnd) -> None:
    for place in (long.composer, long.transcript):
        long.app.screen.set_focus(place)
        await long.pilot.press("ctrl+f", *"Answer")
        await long.shows(r"Find  Answer +\d+ of 450\n")
        await long.pilot.press("escape")
        await long.shows_no("^ +Find ")
        assert long.app.focused is place and not long.composer.text


async def test_the_last_needle_is_offered_again(long: FrontEnd) -> None:
    await long.pilot.press("ctrl+f", *"Answer 44", "escape", "ctrl+f")
    await long.shows(r"Find  Answer 44 +11 of 11\n|Find  Answer 44 +\d+ of 11\n")
    await long.pilot.press(*"nowhere")
    await long.shows(r"Find  nowhere +nothing found\n")


async def test_tab_leads_from_the_needle_to_the_text_where_n_goes_on(long: FrontEnd) -> None:
    await long.pilot.press("ctrl+f", *"Question 3")
    await long.shows(r"Find  Question 3 +111 of 111\n")
    await long.pilot.press("tab", "N", "N")
    assert long.app.focused is long.transcript
    await long.shows(r"Find  Question 3 +109 of 111\n")


async def test_another_topic_closes_it(long: FrontEnd) -> None:
    await long.pilot.press("ctrl+f", *"Answer", "ctrl+n", *"hello")
    assert long.composer.text == "hello" and not long.chat.query_one(FindLine).display


async def test_a_reply_that_streams_is_counted_as_it_comes(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Count. n=400 tps=400 tag=flow")
    await front.shows("flow-0")
    await front.pilot.press("ctrl+f", *"flow-00")
    await front.shows(r"Find  flow-00 +1 of \d+\n")
    await front.shows("Find  flow-00 +1 of [2-9][0-9]\n")
    front.transcript.go_to_end()
    await front.shows("end-of-flow")
    assert front.transcript._seeker.find is not None
    assert front.transcript._seeker.find.total == front.server.wait_for("flow").content.count("flow-00")


@pytest.mark.parametrize(
    ("needle", "number", "total", "done", "words"),
    [
        ("  ", 0, 0, True, ""),
        ("a", 0, 0, True, "nothing found"),
        ("a", 0, 0, False, "searching"),
        ("a", 3, 17, True, "3 of 17"),
        ("a", 2503, 12506, False, "2,503 of 12,506 so far"),
    ],
)
def test_the_line_says_how_the_search_stands(needle: str, number: int, total: int, done: bool, words: str) -> None:
    assert standing(needle, number, total, done) == words
