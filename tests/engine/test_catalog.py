"""The catalog: records by id, the branch on show, told of every change."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from tests.engine.samples import assistant, conversation, topic
from tui.engine.catalog import Catalog, CatalogEvent, Fetching, Loaded, Notice, Put
from tui.engine.records import Conversation


def chain(*numbers: int) -> list[Conversation]:
    """Conversations, each following the one before."""
    made: list[Conversation] = []
    for number in numbers:
        made.append(replace(conversation(number), parent_id=made[-1].id if made else None))
    return made


@pytest.fixture
def catalog() -> Catalog:
    catalog = Catalog()
    catalog.apply(Put(assistant()))
    catalog.apply(Put(topic()))
    return catalog


def test_assistants_come_in_the_users_order_without_the_deleted() -> None:
    catalog = Catalog()
    for each in (
        replace(assistant("a1"), position=2),
        replace(assistant("a2"), position=1),
        assistant("a3", deleted_at=9.0),
        replace(assistant("a4"), position=1),
    ):
        catalog.apply(Put(each))
    assert [each.id for each in catalog.assistants()] == ["a2", "a4", "a1"]
    assert catalog.assistant("a3") is not None


def test_topics_come_pinned_first_then_newest_first_without_the_deleted() -> None:
    catalog = Catalog()
    for each in (
        replace(topic("t1"), updated_at=5.0),
        replace(topic("t2"), updated_at=7.0),
        replace(topic("t3"), updated_at=1.0, pinned=True),
        topic("t4", deleted_at=9.0),
        replace(topic("t5"), updated_at=9.0, assistant_id="other"),
    ):
        catalog.apply(Put(each))
    assert [each.id for each in catalog.topics("assistant1")] == ["t3", "t2", "t1"]
    assert [each.id for each in catalog.topics()] == ["t3", "t5", "t2", "t1"]


def test_a_topic_that_changes_keeps_its_place_unless_what_it_is_sorted_by_changes() -> None:
    catalog = Catalog()
    t1, t2, t3 = (replace(topic(f"t{number}"), updated_at=float(number)) for number in (1, 2, 3))
    for each in (t1, t2, t3):
        catalog.apply(Put(each))
    before = catalog.topics()
    catalog.apply(Put(replace(t2, draft="More")))
    assert [(each.id, each.draft) for each in catalog.topics()] == [("t3", ""), ("t2", "More"), ("t1", "")]
    assert before == [t3, t2, t1]  # what was handed out is its taker's
    catalog.apply(Put(replace(t1, pinned=True)))
    assert [each.id for each in catalog.topics()] == ["t1", "t3", "t2"]
    catalog.apply(Put(replace(t3, deleted_at=9.0)))
    catalog.apply(Put(replace(t3, deleted_at=9.0, draft="Gone")))
    assert [each.id for each in catalog.topics()] == ["t1", "t2"]
    catalog.apply(Put(t3))
    catalog.apply(Put(replace(t2, updated_at=7.0, assistant_id="other")))
    assert [each.id for each in catalog.topics()] == ["t1", "t2", "t3"]
    assert [each.id for each in catalog.topics("other")] == ["t2"]


def test_the_branch_leads_from_the_root_to_the_head(catalog: Catalog) -> None:
    first, second, third = chain(1, 2, 3)
    edited = replace(conversation(4), parent_id=first.id)
    for each in (first, second, third, edited):
        catalog.apply(Put(each))
    catalog.apply(Put(replace(topic(), head=third.id)))
    assert catalog.branch("topic1") == [first, second, third]
    catalog.apply(Put(replace(topic(), head=edited.id)))
    assert catalog.branch("topic1") == [first, edited]
    assert catalog.before(third) == [first, second]
    assert catalog.before(first) == []


def test_what_was_deleted_is_left_out_of_the_branch(catalog: Catalog) -> None:
    first, second, third = chain(1, 2, 3)
    for each in (first, replace(second, deleted_at=9.0), third):
        catalog.apply(Put(each))
    catalog.apply(Put(replace(topic(), head=third.id)))
    assert catalog.branch("topic1") == [first, third]


def test_a_damaged_circle_of_parents_ends(catalog: Catalog) -> None:
    first, second = chain(1, 2)
    catalog.apply(Put(replace(first, parent_id=second.id)))
    catalog.apply(Put(second))
    catalog.apply(Put(replace(topic(), head=second.id)))
    assert [each.id for each in catalog.branch("topic1")] == [first.id, second.id]


def test_an_empty_or_unknown_topic_has_an_empty_branch(catalog: Catalog) -> None:
    assert catalog.branch("topic1") == []
    assert catalog.branch("nowhere") == []


def test_pages_are_loaded_from_the_end_and_what_is_in_memory_is_newer(catalog: Catalog) -> None:
    first, second, third = chain(1, 2, 3)
    catalog.apply(Put(replace(topic(), head=third.id)))
    assert not catalog.loaded("topic1")
    newer = replace(third, title="Renamed meanwhile")
    catalog.apply(Put(newer))
    catalog.apply(Loaded("topic1", (second, third), earlier=True))
    assert catalog.loaded("topic1")
    assert catalog.earlier("topic1")
    assert catalog.branch("topic1") == [second, newer]
    catalog.apply(Loaded("topic1", (first,), earlier=False))
    assert not catalog.earlier("topic1")
    assert catalog.branch("topic1") == [first, second, newer]


def test_a_fetch_that_was_stopped_leaves_no_trace(catalog: Catalog) -> None:
    catalog.apply(Fetching("small", 1, 10, "downloading"))
    assert catalog.fetching["small"].done == 1
    assert not catalog.fetching["small"].ended
    catalog.apply(Fetching("small", 0, 0, "stopped"))
    assert catalog.fetching == {}


def test_subscribers_hear_every_change_after_it_happened_and_a_failing_one_harms_nobody(
    catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[CatalogEvent] = []

    def fail(event: CatalogEvent) -> None:
        raise RuntimeError("no such widget")

    catalog.subscribe(fail)
    unsubscribe = catalog.subscribe(seen.append)
    put, notice = Put(replace(topic(), name="New")), Notice("Saving works again.")
    with caplog.at_level(logging.ERROR):
        catalog.apply(put)
        catalog.apply(notice)
    unsubscribe()
    unsubscribe()
    catalog.apply(Put(topic()))
    assert seen == [put, notice]
    assert "A subscriber failed at Put" in caplog.text


def test_two_catalogs_fed_the_same_events_hold_the_same_records(catalog: Catalog) -> None:
    other = Catalog()
    other.apply(Put(assistant()))
    other.apply(Put(topic()))
    catalog.subscribe(other.apply)
    first, second = chain(1, 2)
    for event in (
        Put(second),
        Loaded("topic1", (first,), earlier=True),
        Put(replace(topic(), head=second.id)),
        Fetching("small", 1, 10, "downloading"),
        Fetching("large", 1, 10, "downloading"),
        Fetching("small", 0, 0, "stopped"),
    ):
        catalog.apply(event)
    assert other.branch("topic1") == catalog.branch("topic1") == [first, second]
    assert other.earlier("topic1")
    assert other.fetching == catalog.fetching
