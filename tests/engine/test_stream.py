"""What can happen to a stream: it begins, grows, and ends once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.engine.stream import (
    Arrived,
    Connecting,
    Ended,
    ErrorKind,
    Heard,
    Stream,
    StreamError,
    StreamStatus,
    StreamType,
    Waiting,
    Waits,
    change,
)

NEW = Stream("s1", StreamType.CHAT, "conversation1", "fake/fake", 100.0)
STARTED = change(NEW, Connecting("s1", 101.0))
GROWING = change(STARTED, Arrived("s1", 102.0, content="Hello"))


def test_the_five_types_and_six_statuses_are_named_as_the_records_name_them() -> None:
    assert [type.value for type in StreamType] == [
        "chat",
        "conversation_title_generation",
        "topic_title_generation",
        "prompt_optimization",
        "system_prompt",
    ]
    assert [status.value for status in StreamStatus] == [
        "idle",
        "connecting",
        "streaming",
        "completed",
        "error",
        "stopped",
    ]
    assert [status for status in StreamStatus if status.ended] == [
        StreamStatus.COMPLETED,
        StreamStatus.ERROR,
        StreamStatus.STOPPED,
    ]


def test_a_new_stream_waits_and_holds_nothing() -> None:
    assert NEW.status is StreamStatus.IDLE
    assert not NEW.ended
    assert (str(NEW.content), str(NEW.reasoning)) == ("", "")


def test_a_stream_connects_streams_and_completes() -> None:
    assert STARTED.status is StreamStatus.CONNECTING
    assert GROWING.status is StreamStatus.STREAMING
    done = change(GROWING, Ended("s1", 103.0, StreamStatus.COMPLETED, "stop", {"output_tokens": 2}))
    assert done.ended
    assert (str(done.content), done.finish_reason, done.usage) == ("Hello", "stop", {"output_tokens": 2})
    assert (done.created_at, done.started_at, done.first_token_at, done.ended_at) == (100.0, 101.0, 102.0, 103.0)


def test_content_and_reasoning_grow_apart() -> None:
    stream = change(STARTED, Arrived("s1", 102.0, reasoning="Let me see. "))
    stream = change(stream, Arrived("s1", 103.0, content="42", reasoning="Yes."))
    assert (str(stream.reasoning), str(stream.content)) == ("Let me see. Yes.", "42")
    assert stream.first_token_at == 102.0


def test_nothing_that_arrives_changes_nothing() -> None:
    assert change(STARTED, Arrived("s1", 102.0)) is STARTED


def test_a_stream_that_connects_again_keeps_the_time_of_its_first_request() -> None:
    assert change(STARTED, Connecting("s1", 105.0)).started_at == 101.0


@pytest.mark.parametrize("ending", [StreamStatus.COMPLETED, StreamStatus.ERROR, StreamStatus.STOPPED])
def test_what_comes_after_the_end_changes_nothing(ending: StreamStatus) -> None:
    ended = change(GROWING, Ended("s1", 103.0, ending))
    for late in (
        Connecting("s1", 104.0),
        Arrived("s1", 104.0, content="more"),
        Ended("s1", 104.0, StreamStatus.COMPLETED),
        Ended("s1", 104.0, StreamStatus.ERROR, error=StreamError(ErrorKind.NETWORK, "It broke.")),
    ):
        assert change(ended, late) is ended


def test_a_status_that_goes_on_is_no_ending() -> None:
    with pytest.raises(ValueError, match="streaming is not an ending"):
        change(GROWING, Ended("s1", 103.0, StreamStatus.STREAMING))


def test_an_older_value_stays_as_it_was() -> None:
    later = change(GROWING, Arrived("s1", 103.0, content=" there"))
    assert (str(GROWING.content), str(later.content)) == ("Hello", "Hello there")


def test_nothing_lasts_less_than_no_time_when_the_clock_goes_back() -> None:
    stream = NEW
    for event in (
        Connecting("s1", 40.0),
        Arrived("s1", 30.0, content="Hello"),
        Ended("s1", 20.0, StreamStatus.COMPLETED),
    ):
        stream = change(stream, event)
    assert (stream.started_at, stream.first_token_at, stream.ended_at) == (100.0, 100.0, 100.0)


def test_a_cursor_into_a_growing_stream_is_right_after_its_end() -> None:
    stream, seen = GROWING, len(GROWING.content)
    stream = change(stream, Arrived("s1", 103.0, content=" there"))
    stream = change(stream, Arrived("s1", 104.0, content=", you"))
    stream = change(stream, Ended("s1", 105.0, StreamStatus.COMPLETED))
    assert stream.content.since(seen) == " there, you"


def test_streams_with_the_same_values_are_equal() -> None:
    again = change(change(replace(NEW), Connecting("s1", 101.0)), Arrived("s1", 102.0, content="Hello"))
    assert again == GROWING


def test_what_it_waits_for_is_part_of_it_until_it_is_asked_or_ends() -> None:
    waiting = Waiting(7, 130.0, StreamError(ErrorKind.RATE_LIMIT, "Too many.", 429))
    waits = change(STARTED, Waits("s1", 102.0, waiting))
    assert (waits.waiting, waits.status, waits.tries) == (waiting, StreamStatus.CONNECTING, 1)
    again = change(waits, Connecting("s1", 130.0))
    assert (again.waiting, again.tries, again.quiet_since, again.started_at) == (None, 2, 130.0, 101.0)
    assert change(waits, Ended("s1", 103.0, StreamStatus.STOPPED)).waiting is None


def test_bytes_without_text_are_life_and_no_text() -> None:
    heard = change(GROWING, Heard("s1", 110.0))
    assert (heard.heard_at, heard.quiet_since, str(heard.content)) == (110.0, 102.0, "Hello")
    grown = change(heard, Arrived("s1", 111.0, reasoning="Hm"))
    assert grown.quiet_since == 111.0
    assert change(heard, Connecting("s1", 112.0)).heard_at is None, "it was another request's"
