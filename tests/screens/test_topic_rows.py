"""The rows of the chat's list: what changed is made anew, and all else stays as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.engine import (
    Arrived,
    Assistant,
    Catalog,
    Created,
    Ended,
    Put,
    Registry,
    Stream,
    StreamStatus,
    StreamType,
    Topic,
)
from tui.glyphs import UNICODE
from tui.live import Meter
from tui.plain import line
from tui.screens import topic_rows
from tui.screens.topic_list import Order, TopicList, columns_for
from tui.screens.topic_rows import SideRows
from tui.widgets.row_list import Row

NOW = 1_800_000_000.0


class Side:
    """A catalog and a registry with rows upon them."""

    def __init__(self) -> None:
        self.catalog, self.registry, self.made = Catalog(), Registry(), SideRows(UNICODE)
        for number, name in enumerate(("General", "Translator")):
            self.catalog.apply(Put(Assistant(str(number), name, 0.0, 0.0, position=number)))
        for number in range(4):
            self.catalog.apply(Put(Topic(f"t{number}", str(number % 2), 0.0, float(number), name=f"Topic {number}")))

    @property
    def rows(self) -> dict[str, Row]:
        """By their keys; headings by what they say."""
        return {row.key or row.text: row for row in self.made.of(self.catalog, self.registry, Meter(), NOW)}

    def change(self, id: str, **fields: object) -> None:
        topic = self.catalog.topic(id)
        assert topic is not None
        self.catalog.apply(Put(replace(topic, **fields)))  # type: ignore[arg-type]

    def stream(self, id: str, type: StreamType, topic: str, text: str) -> None:
        self.registry.apply(Created(Stream(id, type, topic, "load/fake", NOW, {"topic_id": topic})))
        self.registry.apply(Arrived(id, NOW, text))


@pytest.fixture
def side() -> Side:
    return Side()


def test_each_assistant_has_its_topics_the_newest_first(side: Side) -> None:
    assert list(side.rows) == ["General", "t2", "t0", "Translator", "t3", "t1"]


def test_only_the_row_of_what_changed_is_made_anew(side: Side) -> None:
    before = side.rows
    side.change("t0", draft="a key was pressed")
    after = side.rows
    assert [key for key in after if key.startswith("t") and after[key] is not before[key]] == ["t0"]
    side.change("t0", name="Another name", updated_at=9.0)
    assert list(side.rows) == ["General", "t0", "t2", "Translator", "t3", "t1"]
    assert side.rows["t0"].text == "Another name"


def test_what_streams_shows_in_its_row_alone_and_goes_when_it_has_ended(side: Side) -> None:
    before = side.rows
    side.stream("s", StreamType.CHAT, "t1", "text")
    during = side.rows
    assert during["t1"].glyph in UNICODE.spinner
    assert all(during[key] is before[key] for key in ("t0", "t2", "t3"))
    side.registry.apply(Ended("s", NOW, StreamStatus.COMPLETED))
    assert side.rows == before


def test_a_name_shows_as_a_model_writes_it_and_the_users_own_stays(side: Side) -> None:
    side.stream("a", StreamType.TOPIC_TITLE, "t1", "High waters")
    side.stream("b", StreamType.TOPIC_TITLE, "t2", "Theirs")
    side.change("t2", name="Mine", named_by="user")
    assert (side.rows["t1"].text, side.rows["t2"].text) == ("High waters", "Mine")


def test_what_was_deleted_moved_or_lost_its_assistant_is_not_where_it_was(side: Side) -> None:
    side.rows  # noqa: B018
    side.change("t0", deleted_at=NOW)
    side.change("t2", assistant_id="1")
    assert list(side.rows) == ["General", "Translator", "t3", "t2", "t1"]
    side.stream("s", StreamType.CHAT, "t0", "it goes on for a moment")
    assert list(side.rows) == ["General", "Translator", "t3", "t2", "t1"]
    side.catalog.apply(Put(Assistant("1", "Translator", 0.0, 0.0, position=1, deleted_at=NOW)))
    assert list(side.rows) == ["General"]


def test_a_topic_whose_last_reply_was_cut_has_the_sign_of_what_was_stopped(side: Side) -> None:
    side.change("t0", last_status=StreamStatus.COMPLETED, last_cut=True)
    side.change("t2", last_status=StreamStatus.STOPPED)
    assert side.rows["t0"].glyph == side.rows["t2"].glyph == UNICODE.cut


def test_each_name_is_made_fit_to_be_shown_once_for_both_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(text: str) -> str:
        asked.append(text)
        return line(text)

    monkeypatch.setattr(topic_rows, "line", counted)
    side = Side()
    for number in range(300):
        side.catalog.apply(Put(Topic(f"n{number}", "0", 0.0, 0.0, name=f"Of  both {number}", pinned=number % 2 == 0)))
    shown = [row.text for row in side.rows.values() if "Of both" in row.text]
    every = TopicList(UNICODE).rows(
        side.catalog, side.registry, needle="", order=Order.ACTIVITY, columns=columns_for(120), now=NOW
    )
    assert len(shown) == 300 and {*shown} <= {row.text for row in every}
    assert len([text for text in asked if text.startswith("Of  both")]) == 300
