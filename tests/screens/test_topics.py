"""The list of all topics by keys: filtering as one types, and what can be done with a topic."""

from __future__ import annotations

import pytest

from tests.support.front_end import FrontEnd
from tui.engine import Topic
from tui.screens.chat import ChatScreen
from tui.screens.topics import TopicsScreen
from tui.widgets.row_list import RowList

ENDLESS = "n=100000 tps=5"


async def named(front: FrontEnd, *names: str) -> list[str]:
    """Topics with these names, the last one the newest; the list of all is open then."""
    ids: list[str] = []
    for name in names:
        id = await front.ask_elsewhere(f"{name} n=2 tag={len(ids)}")
        await front.until(lambda id=id: not running(front, id), "its reply")  # type: ignore[misc]
        await front.engine.rename_topic(id, name)
        ids.append(id)
    await front.pilot.press("f3")
    await front.shows("sorted by activity")
    return ids


def running(front: FrontEnd, topic_id: str) -> int:
    return sum(s.metadata.get("topic_id") == topic_id for s in front.engine.registry.find(live=True))


def topic(front: FrontEnd, id: str) -> Topic:
    found = front.engine.catalog.topic(id)
    assert found is not None
    return found


def under_cursor(front: FrontEnd) -> str:
    return front.app.screen.query_one(RowList).cursor_key


def listed(front: FrontEnd) -> list[str]:
    return [row[3:40].split("  ")[0] for row in front.rows[6:-2] if row.strip()]


async def test_typing_filters_enter_opens_and_what_was_typed_counts_at_once(front: FrontEnd) -> None:
    first, _ = await named(front, "Tides", "月亮与潮汐")
    await front.pilot.press(*"TID", "enter")
    await front.until(lambda: isinstance(front.app.screen, ChatScreen), "the chat")
    assert front.app.session.topic_id == first
    await front.pilot.press("f3")
    await front.shows(r"^ 1 of 3 topics")


async def test_escape_takes_the_filter_back_and_then_goes_back(front: FrontEnd) -> None:
    await named(front, "Tides", "月亮与潮汐")
    await front.pilot.press(*"潮汐")
    await front.shows(r"^ 1 of 3 topics")
    assert listed(front) == ["月亮与潮汐"]
    await front.pilot.press("escape")
    await front.shows(r"^ 3 topics")
    assert isinstance(front.app.screen, TopicsScreen)
    await front.pilot.press("escape")
    await front.until(lambda: isinstance(front.app.screen, ChatScreen), "the chat")


async def test_the_cursor_stays_on_its_topic_while_others_come_go_and_move(front: FrontEnd) -> None:
    one, two, three = await named(front, "One", "Two", "Three")
    await front.pilot.press(*"two")
    await front.until(lambda: under_cursor(front) == two, "the cursor")
    await front.pilot.press("escape")
    assert under_cursor(front) == two
    await front.pilot.press("alt+o")
    assert under_cursor(front) == two
    await front.engine.pin_topic(one, True)
    await front.engine.delete_topic(three)
    await front.shows_no("Three")
    assert under_cursor(front) == two
    await front.pilot.press(*"xyz")
    await front.shows("No topic matches")
    await front.pilot.press("enter", "alt+d", "alt+r", "alt+m", "alt+t", "alt+s", "alt+p", "escape")
    await front.shows("One")  # nothing was there to act upon


async def test_the_header_says_by_what_it_is_sorted(front: FrontEnd) -> None:
    await named(front, "Beta", "Alpha")
    assert listed(front)[-2:] == ["Alpha", "Beta"]
    await front.pilot.press("tab", "o")
    await front.shows("sorted by name")
    assert listed(front)[0] == "Alpha"
    for order in ("assistant", "state", "activity"):
        await front.pilot.press("o")
        await front.shows(f"sorted by {order}")


async def test_a_letter_acts_in_the_list_and_with_alt_in_the_filter(front: FrontEnd) -> None:
    [id] = await named(front, "Tides")
    await front.pilot.press(*"tid", "alt+p")
    await front.until(lambda: topic(front, id).pinned, "the pin")
    await front.shows("alt\\+r rename")
    await front.pilot.press("tab", "p")
    await front.until(lambda: not topic(front, id).pinned, "no pin")
    await front.shows("  r rename")
    await front.pilot.press("/", "e")
    await front.shows(r"^  e$")  # the last filter stood selected


async def test_renaming_takes_what_was_typed_and_esc_leaves_it(front: FrontEnd) -> None:
    [id] = await named(front, "Tides")
    await front.pilot.press(*"tid", "alt+r", "end", *" and moons", "enter")
    await front.until(lambda: topic(front, id).name == "Tides and moons", "the name")
    assert topic(front, id).named_by == "user"
    await front.pilot.press("alt+r", "x", "escape")
    assert topic(front, id).name == "Tides and moons"
    assert isinstance(front.app.screen, TopicsScreen)


async def test_an_empty_name_leaves_it_to_the_model(front: FrontEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front.server, "title", "High waters")
    [id] = await named(front, "Tides")
    await front.pilot.press(*"tid", "alt+r", "ctrl+u", "enter")
    await front.until(lambda: topic(front, id).named_by == "model", "the model's name")
    assert topic(front, id).name == "High waters"


async def test_a_model_names_a_topic_anew(front: FrontEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front.server, "title", "High waters")
    [id] = await named(front, "Tides")
    await front.pilot.press(*"tid", "tab", "t")
    await front.until(lambda: topic(front, id).named_by == "model", "the model's name")
    await front.pilot.press("escape")
    await front.shows("High waters +new")


async def test_a_topic_in_which_nothing_was_said_cannot_be_named(front: FrontEnd) -> None:
    await front.pilot.press("f3", "alt+t")
    await front.shows("There is nothing yet that a name could be made of")


async def test_a_topic_moves_to_another_assistant(front: FrontEnd) -> None:
    [id] = await named(front, "Tides")
    await front.pilot.press(*"tid", "alt+m")
    await front.shows("There is no other assistant to move it to")
    other = await front.engine.new_assistant("Translator [b]")
    await front.pilot.press("alt+m")
    await front.shows("Move Tides to")
    await front.pilot.press("enter")
    await front.until(lambda: topic(front, id).assistant_id == other.id, "the move")
    await front.shows(r"Translator \[b\] answers in Tides from now on")


async def test_what_was_deleted_comes_back_the_last_first(front: FrontEnd) -> None:
    one, two = await named(front, "One", "Two")
    await front.pilot.press(*"two", "tab", "d")
    await front.shows(r"Deleted Two\. alt\+u brings it back\.")
    await front.pilot.press("escape", *"one", "alt+d")
    await front.shows(r"Deleted One\. alt\+u brings it back\.")
    await front.pilot.press("escape", "alt+u")
    await front.until(lambda: topic(front, one).deleted_at is None, "the one deleted last")
    assert topic(front, two).deleted_at is not None and under_cursor(front) == one
    await front.pilot.press("alt+u", "alt+u")
    await front.until(lambda: topic(front, two).deleted_at is None, "the other")
    await front.shows("Nothing was deleted here")


async def test_the_chat_shows_another_topic_when_its_own_was_deleted(front: FrontEnd) -> None:
    shown = front.app.session.topic_id
    await front.engine.send(shown, f"Here. {ENDLESS} tag=here")
    await front.exchange("here", 3)
    await front.pilot.press("f3", "alt+d")
    await front.until(lambda: front.engine.registry.live == 0, "the end of its stream")
    assert front.app.session.topic is not None and front.app.session.topic_id != shown
    await front.pilot.press("f2", "h", "i")
    assert front.composer.text == "hi"
    await front.pilot.press("f3", "alt+u")
    await front.until(lambda: front.app.session.topic_id == shown, "the topic again")


async def test_stopping_stops_this_topics_streams_only(front: FrontEnd) -> None:
    one = await front.ask_elsewhere(f"First. {ENDLESS} tag=one")
    two = await front.ask_elsewhere(f"Other. {ENDLESS} tag=two")
    await front.exchange("two", 3)
    await front.pilot.press("f3", *"first", "tab", "s")
    await front.shows("Stopped 1 stream in First")
    assert running(front, one) == 0 and running(front, two) == 1
    await front.pilot.press("s")
    await front.shows("Nothing streams in this topic")


async def test_a_hostile_name_is_shown_as_text(front: FrontEnd) -> None:
    await named(front, "[red]Not\x1b[31m red[/red]")
    await front.shows(r"\[red\]Not␛\[31m red\[/red\]")
    await front.pilot.press(*"red", "alt+d")
    await front.shows(r"Deleted \[red\]Not")


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (200, 50)])
async def test_every_size_has_room_for_the_names(front: FrontEnd, size: tuple[int, int]) -> None:
    await named(front, "A topic")
    await front.pilot.resize_terminal(*size)
    await front.shows(r"^ ▪ A topic +")
    await front.until(lambda: all(len(row) <= size[0] for row in front.rows), "rows of that width")
