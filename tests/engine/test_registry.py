"""The registry: streams by id, by type and by what they are for; told of every change; bounded."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import pytest

from tui.engine.registry import Registry
from tui.engine.stream import (
    Arrived,
    Connecting,
    Created,
    Dropped,
    Ended,
    Stream,
    StreamEvent,
    StreamStatus,
    StreamType,
    Waiting,
    Waits,
)


def stream(id: str, type: StreamType = StreamType.CHAT, related_id: str = "c1") -> Stream:
    return Stream(id, type, related_id, "fake/fake", 100.0)


def ended(id: str) -> Ended:
    return Ended(id, 102.0, StreamStatus.COMPLETED)


def ids(registry: Registry, *args: object, live: bool = False) -> list[str]:
    return [found.id for found in registry.find(*args, live=live)]  # type: ignore[arg-type]


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    for each in (
        stream("s1"),
        stream("s2", StreamType.TOPIC_TITLE, "t1"),
        stream("s3", related_id="c2"),
        stream("s4"),
        stream("s5", StreamType.CONVERSATION_TITLE, "c1"),
    ):
        registry.apply(Created(each))
    return registry


def test_a_stream_is_found_by_its_id(registry: Registry) -> None:
    assert registry.get("s2") == stream("s2", StreamType.TOPIC_TITLE, "t1")
    assert registry.get("s9") is None
    assert len(registry) == 5


def test_streams_are_found_by_type_by_related_id_and_by_both_in_the_order_of_creation(registry: Registry) -> None:
    assert ids(registry) == ["s1", "s2", "s3", "s4", "s5"]
    assert ids(registry, StreamType.CHAT) == ["s1", "s3", "s4"]
    assert ids(registry, None, "c1") == ["s1", "s4", "s5"]
    assert ids(registry, StreamType.CHAT, "c1") == ["s1", "s4"]
    assert ids(registry, StreamType.SYSTEM_PROMPT) == []
    assert ids(registry, None, "nobody") == []


def test_live_streams_are_found_apart(registry: Registry) -> None:
    registry.apply(ended("s1"))
    assert ids(registry, live=True) == ["s2", "s3", "s4", "s5"]
    assert ids(registry, StreamType.CHAT, "c1", live=True) == ["s4"]
    assert ids(registry, StreamType.CHAT, "c1") == ["s1", "s4"]
    assert registry.live == 4


def test_looking_up_costs_the_same_among_many() -> None:
    def cost(count: int) -> float:
        registry = Registry(keep_ended=count)
        for number in range(count):
            registry.apply(Created(stream(f"s{number}", related_id=f"c{number}")))
            registry.apply(ended(f"s{number}"))
        registry.apply(Created(stream("live", related_id="wanted")))
        start = time.perf_counter()
        for _ in range(200):
            assert registry.get("live") is not None
            assert ids(registry, StreamType.CHAT, "wanted") == ["live"]
            assert ids(registry, StreamType.CHAT, live=True) == ["live"]
        return time.perf_counter() - start

    assert min(cost(20_000) for _ in range(3)) < 10 * min(cost(20) for _ in range(3))


def test_an_event_for_no_stream_and_a_second_creation_change_nothing(registry: Registry) -> None:
    seen: list[StreamEvent] = []
    registry.subscribe(seen.append)
    registry.apply(Arrived("s9", 101.0, "text"))
    registry.apply(Dropped("s9"))
    registry.apply(Arrived("s1", 101.0))
    registry.apply(Created(stream("s1", related_id="other")))
    assert seen == []
    assert len(registry) == 5
    assert ids(registry, None, "other") == []


def test_a_subscriber_hears_every_change_after_it_happened(registry: Registry) -> None:
    seen: list[tuple[StreamEvent, str]] = []

    def look(event: StreamEvent) -> None:
        found = registry.get("s1")
        assert found is not None
        seen.append((event, f"{found.status} {found.content}"))

    registry.subscribe(look)
    events: list[StreamEvent] = [Connecting("s1", 101.0), Arrived("s1", 102.0, "Hello"), ended("s1")]
    for event in events:
        registry.apply(event)
    assert seen == list(zip(events, ["connecting ", "streaming Hello", "completed Hello"], strict=True))


def test_an_ending_is_told_once(registry: Registry) -> None:
    seen: list[StreamEvent] = []
    registry.subscribe(seen.append)
    registry.apply(ended("s1"))
    registry.apply(Ended("s1", 103.0, StreamStatus.STOPPED))
    registry.apply(Arrived("s1", 104.0, "late"))
    assert seen == [ended("s1")]


def test_one_who_unsubscribed_hears_nothing_more_and_may_do_so_twice(registry: Registry) -> None:
    seen: list[StreamEvent] = []
    unsubscribe = registry.subscribe(seen.append)
    registry.apply(Connecting("s1", 101.0))
    unsubscribe()
    unsubscribe()
    registry.apply(Arrived("s1", 102.0, "text"))
    assert seen == [Connecting("s1", 101.0)]


def test_the_same_function_may_subscribe_twice_and_leave_once(registry: Registry) -> None:
    seen: list[StreamEvent] = []
    first = registry.subscribe(seen.append)
    registry.subscribe(seen.append)
    first()
    registry.apply(Connecting("s1", 101.0))
    assert len(seen) == 1


def test_a_subscriber_that_fails_takes_neither_the_stream_nor_the_others_with_it(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[StreamEvent] = []

    def fail(event: StreamEvent) -> None:
        raise RuntimeError("no such widget")

    registry.subscribe(fail)
    registry.subscribe(seen.append)
    with caplog.at_level(logging.ERROR):
        registry.apply(ended("s1"))
    assert seen == [ended("s1")]
    assert "A subscriber failed at Ended" in caplog.text


def test_subscribers_may_come_and_go_while_they_are_told(registry: Registry) -> None:
    seen: list[str] = []

    def leave(event: StreamEvent) -> None:
        seen.append("first")
        unsubscribe()
        registry.subscribe(lambda event: seen.append("new"))

    unsubscribe = registry.subscribe(leave)
    registry.subscribe(lambda event: seen.append("second"))
    registry.apply(Connecting("s1", 101.0))
    assert seen == ["first", "second"]
    registry.apply(ended("s1"))
    assert seen == ["first", "second", "second", "new"]


def test_streams_may_be_dropped_while_they_are_walked(registry: Registry) -> None:
    found = []
    for each in registry.find(StreamType.CHAT):
        found.append(each.id)
        registry.apply(Dropped("s3"))
    assert found == ["s1", "s4"]


def test_ended_streams_stay_up_to_a_number_and_the_oldest_go_first() -> None:
    registry = Registry(keep_ended=2)
    seen: list[StreamEvent] = []
    registry.subscribe(lambda event: seen.append(event) if isinstance(event, Dropped) else None)
    for number in range(1, 6):
        registry.apply(Created(stream(f"s{number}")))
    for id in ("s2", "s1", "s4", "s5"):
        registry.apply(ended(id))
    assert ids(registry) == ["s3", "s4", "s5"]
    assert seen == [Dropped("s2"), Dropped("s1")]
    assert ids(registry, None, "c1") == ["s3", "s4", "s5"]


def test_a_stream_whose_record_is_not_saved_stays_until_it_is() -> None:
    registry = Registry(keep_ended=1)
    for id in ("s1", "s2", "s3"):
        registry.apply(Created(stream(id)))
    registry.hold("s1")
    for id in ("s1", "s2", "s3"):
        registry.apply(ended(id))
    assert ids(registry) == ["s1"]
    registry.apply(Created(stream("s4")))
    registry.apply(ended("s4"))
    assert ids(registry) == ["s1"]
    registry.release("s1")
    registry.apply(Created(stream("s5")))
    registry.apply(ended("s5"))
    assert ids(registry) == ["s5"]


def test_a_stream_that_two_save_stays_until_both_are_done() -> None:
    registry = Registry(keep_ended=0)
    registry.apply(Created(stream("s1")))
    registry.hold("s1")
    registry.hold("s1")
    registry.apply(ended("s1"))
    registry.release("s1")
    assert ids(registry) == ["s1"]
    registry.release("s1")
    assert ids(registry) == []
    registry.release("s1")  # once too often is nothing


def test_dropping_removes_a_stream_from_every_index(registry: Registry) -> None:
    registry.apply(ended("s1"))
    registry.apply(Dropped("s1"))
    registry.apply(Dropped("s4"))
    assert registry.get("s1") is None
    assert ids(registry, StreamType.CHAT) == ["s3"]
    assert ids(registry, None, "c1") == ["s5"]
    assert registry.live == 3
    registry.apply(Arrived("s4", 105.0, "late"))
    assert registry.get("s4") is None


def test_two_registries_fed_the_same_events_hold_the_same_streams(registry: Registry) -> None:
    first, second = Registry(keep_ended=1), Registry(keep_ended=1000)
    first.subscribe(second.apply)
    for number in range(4):
        first.apply(Created(stream(f"s{number}", related_id=f"c{number % 2}")))
        first.apply(Arrived(f"s{number}", 101.0, f"text {number}", "thought"))
    for number in range(3):
        first.apply(ended(f"s{number}"))
    assert list(first.find()) == list(second.find())
    assert [found.id for found in second.find()] == ["s2", "s3"]
    assert list(first.find(live=True)) == list(second.find(live=True))


def test_a_stream_that_is_created_ended_counts_as_ended() -> None:
    registry = Registry(keep_ended=1)
    for id in ("s1", "s2"):
        registry.apply(Created(Stream(id, StreamType.CHAT, "c1", "m", 1.0, status=StreamStatus.STOPPED)))
    assert ids(registry) == ["s2"]
    assert registry.live == 0


def test_places_are_those_of_each_providers_queue_by_turn() -> None:
    registry = Registry()
    for id, model, turn in (("a", "p/m", 9), ("b", "q/m", 5), ("c", "p/n", 3), ("d", "p/m", None), ("e", "p/m", 4)):
        registry.apply(Created(replace(stream(id), model=model)))
        registry.apply(Waits(id, 2.0, Waiting(turn, 9.0)))
    assert registry.places() == {"c": 1, "e": 2, "a": 3, "b": 1}
    registry.apply(Connecting("c", 3.0))
    registry.apply(ended("e"))
    assert registry.places() == {"a": 1, "b": 1}
