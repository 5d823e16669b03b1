"""Which topics are listed, in which order, and what their rows say: without a screen."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from tui.engine import (
    Arrived,
    Assistant,
    Catalog,
    Conversation,
    Created,
    Ended,
    Loaded,
    Message,
    Put,
    Registry,
    Stream,
    StreamStatus,
    StreamType,
    Topic,
)
from tui.glyphs import ASCII, UNICODE
from tui.screens.topic_list import Columns, Order, TopicList, columns_for, moment
from tui.widgets.row_list import Row

NOW = time.mktime((2026, 11, 24, 14, 5, 0, 0, 0, -1))
DAY = 86_400.0
WIDE = columns_for(120)


class Topics:
    """A catalog and a registry with a list upon them."""

    def __init__(self) -> None:
        self.catalog, self.registry, self.list = Catalog(), Registry(), TopicList(UNICODE)
        for number, name in enumerate(("General", "Translator", "料理の先生")):
            self.catalog.apply(Put(Assistant(str(number), name, 0.0, 0.0, position=number)))

    def put(self, id: str, name: str | None, assistant: int = 0, **fields: Any) -> Topic:
        fields = {"updated_at": NOW - DAY, "name": name} | fields
        topic = Topic(id, str(assistant), 0.0, **fields)
        self.catalog.apply(Put(topic))
        return topic

    def stream(self, id: str, type: StreamType, topic: str, text: str = "", related: str = "c") -> None:
        self.registry.apply(Created(Stream(id, type, related, "load/fake", NOW, {"topic_id": topic})))
        if text:
            self.registry.apply(Arrived(id, NOW, text))

    def rows(self, needle: str = "", order: Order = Order.ACTIVITY, columns: Columns = WIDE) -> list[Row]:
        return self.list.rows(self.catalog, self.registry, needle=needle, order=order, columns=columns, now=NOW)

    def ids(self, needle: str = "", order: Order = Order.ACTIVITY) -> str:
        return "".join(row.key for row in self.rows(needle, order))


@pytest.fixture
def topics() -> Topics:
    made = Topics()
    made.put("a", "Tidal forces", updated_at=NOW - 60)
    made.put("b", "french Menu", 1, updated_at=NOW - DAY, last_status=StreamStatus.ERROR)
    made.put("c", "月亮与潮汐", 2, updated_at=NOW - 2 * DAY, unread=True)
    made.put("d", "Bread", updated_at=NOW - 3 * DAY, pinned=True)
    made.put("e", "Contract", 1, updated_at=NOW - 4 * DAY, last_status=StreamStatus.STOPPED)
    return made


@pytest.mark.parametrize(
    ("needle", "ids"),
    [
        ("", "dabce"),
        ("TIDAL", "a"),
        ("menu FRENCH", "b"),
        ("translator", "be"),
        ("general br", "d"),
        ("潮汐", "c"),
        ("先生", "c"),
        ("ｍｅｎｕ", "b"),
        ("nobody", ""),
        ("   ", "dabce"),
    ],
)
def test_the_filter_looks_for_every_word_in_name_and_assistant(topics: Topics, needle: str, ids: str) -> None:
    assert topics.ids(needle) == ids


@pytest.mark.parametrize(
    ("order", "ids"),
    [(Order.ACTIVITY, "dabce"), (Order.NAME, "debac"), (Order.ASSISTANT, "dabec"), (Order.STATE, "dcbea")],
)
def test_the_pinned_come_first_in_every_order(topics: Topics, order: Order, ids: str) -> None:
    assert topics.ids(order=order) == ids


def test_the_orders_go_round() -> None:
    order, seen = Order.ACTIVITY, []
    for _ in Order:
        seen.append(order)
        order = order.next
    assert set(seen) == set(Order) and order is Order.ACTIVITY


def test_what_runs_comes_first_by_state_and_falls_back_when_it_has_ended(topics: Topics) -> None:
    topics.stream("s", StreamType.CHAT, "a", "text")
    assert topics.ids(order=Order.STATE) == "dacbe"
    topics.registry.apply(Ended("s", NOW, StreamStatus.COMPLETED))
    assert topics.ids(order=Order.STATE) == "dcbea"


def test_a_row_says_state_assistant_questions_and_when(topics: Topics) -> None:
    rows = {row.key: row for row in topics.rows()}
    assert rows["b"].glyph == UNICODE.error
    assert rows["b"].right.split() == ["failed", "Translator", "0", "23", "Nov", "14:05"]
    assert rows["c"].strong and rows["c"].right.startswith("new ")
    assert rows["d"].text == "▴ Bread"
    assert {cell_len(row.right) for row in rows.values()} == {cell_len(WIDE.titles)}


def test_a_topic_whose_last_reply_was_cut_says_so_with_its_sign_and_stands_with_the_stopped(topics: Topics) -> None:
    topics.put("f", "Long answer", updated_at=NOW, last_status=StreamStatus.COMPLETED, last_cut=True, unread=True)
    [row] = topics.rows("long answer")
    assert row.glyph == UNICODE.cut and row.right.startswith("cut ") and row.strong
    assert topics.ids(order=Order.STATE) == "dcbfea"


@pytest.mark.parametrize("width", [120, 100, 99, 80, 70, 69, 40])
def test_a_name_keeps_its_room_at_every_width(topics: Topics, width: int) -> None:
    columns = columns_for(width)
    assert {cell_len(row.right) for row in topics.rows(columns=columns)} == {cell_len(columns.titles)}
    assert width - cell_len(columns.titles) >= width * 0.4


def test_several_streams_of_a_topic_are_counted_with_its_state(topics: Topics) -> None:
    topics.stream("s", StreamType.CHAT, "a", "text")
    topics.stream("t", StreamType.CONVERSATION_TITLE, "a", "text")
    [row] = topics.rows("tidal")
    assert row.right.startswith("2 streaming ") and row.glyph in UNICODE.spinner
    topics.registry.apply(Ended("s", NOW, StreamStatus.COMPLETED))
    [row] = topics.rows("tidal")
    assert row.right.startswith("naming ")


def test_a_name_shows_and_is_found_while_a_model_writes_it(topics: Topics) -> None:
    topics.stream("t", StreamType.TOPIC_TITLE, "a", "Title: High waters\x1b\nBecause", related="a")
    [row] = topics.rows("waters")
    assert row.key == "a" and row.text == "High waters"
    topics.registry.apply(Ended("t", NOW, StreamStatus.ERROR))
    assert topics.ids("waters") == ""
    [row] = topics.rows("tidal")
    assert row.text == "Tidal forces"


def test_a_name_that_the_user_gave_stays_while_a_model_writes_another(topics: Topics) -> None:
    topics.put("a", "Mine", named_by="user")
    topics.stream("t", StreamType.TOPIC_TITLE, "a", "Theirs", related="a")
    assert [row.text for row in topics.rows("mine")] == ["Mine"]


def test_questions_that_were_counted_are_told_without_a_look_at_them(topics: Topics) -> None:
    topics.put("q", "Counted", head="c9", conversations=1234)
    assert "1234" in next(row for row in topics.rows() if row.key == "q").right


def test_questions_are_counted_as_far_as_they_are_known(topics: Topics) -> None:
    topics.put("f", "Long", head="q2", updated_at=NOW)

    def questions() -> str:
        [row] = topics.rows("long")
        return row.right[len("State       ") + 18 : -14].strip()

    assert questions() == ""  # nothing of it was read yet
    said = [
        Conversation(f"q{n}", "f", Message(f"m{n}", "user", "?", NOW), NOW, parent_id=f"q{n - 1}" if n else None)
        for n in range(3)
    ]
    topics.catalog.apply(Loaded("f", tuple(said[1:]), earlier=True))
    assert questions() == "2+"
    topics.catalog.apply(Loaded("f", tuple(said), earlier=False))
    assert questions() == "3"
    topics.catalog.apply(Put(replace(said[1], deleted_at=NOW)))
    assert questions() == "2"


def test_rows_are_made_anew_only_for_what_changed(topics: Topics) -> None:
    before = {row.key: row for row in topics.rows()}
    topics.catalog.apply(Put(replace(topics.put("b", "French menu", 1), unread=True)))
    after = {row.key: row for row in topics.rows("")}
    assert {key for key in after if after[key] is not before[key]} == {"b"}


def test_another_name_of_an_assistant_shows_in_all_its_rows(topics: Topics) -> None:
    topics.rows()
    topics.catalog.apply(Put(Assistant("1", "Interpreter", 0.0, 0.0, position=1)))
    assert topics.ids("interpreter") == "be" and topics.ids("translator") == ""


def test_deleted_topics_are_not_listed(topics: Topics) -> None:
    topics.put("a", "Tidal forces", deleted_at=NOW)
    assert topics.ids() == "dbce" and topics.list.total == 4


def test_ascii_says_pinned_in_ascii(topics: Topics) -> None:
    topics.list = TopicList(ASCII)
    assert topics.rows()[0].text == "^ Bread"


@pytest.mark.parametrize(
    ("days", "width", "written"),
    [(0, 6, "14:05"), (3, 6, "21 Nov"), (400, 6, "2025"), (3, 12, "21 Nov 14:05"), (400, 12, "20 Oct  2025")],
)
def test_a_date_is_as_short_as_it_can_be(days: int, width: int, written: str) -> None:
    assert moment(time.mktime((2026, 11, 24 - days, 14, 5, 0, 0, 0, -1)), NOW, width) == written
