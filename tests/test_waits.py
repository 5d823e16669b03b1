"""What a stream waits for, in words for each place that tells it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.engine import ErrorKind, Models, Provider, Stream, StreamError, StreamStatus, StreamType, Waiting, WireProtocol
from tui.waits import at_a_glance, in_short, ordinal, waits_for

MODELS = Models({"acme": Provider("acme", WireProtocol.OPENAI, "http://acme/v1", idle_timeout=90, max_retries=2)})
BUSY = StreamError(ErrorKind.RATE_LIMIT, "acme had too many requests (429). Try again in 7 s.", 429)
DOWN = StreamError(ErrorKind.NETWORK, "Can't reach acme.")
NOW = 1000.0
IDLE = Stream("s1", StreamType.CHAT, "c1", "acme/m", NOW - 40)
ASKED = replace(IDLE, status=StreamStatus.CONNECTING, tries=1, started_at=NOW - 40, quiet_since=NOW - 40)
STREAMS = replace(ASKED, status=StreamStatus.STREAMING, first_token_at=NOW - 38)


def heard(stream: Stream, ago: float) -> Stream:
    return replace(stream, heard_at=NOW - ago)


def pausing(error: StreamError, seconds: float, turn: int | None = None, stream: Stream = ASKED) -> Stream:
    return replace(stream, waiting=Waiting(turn, NOW + seconds, error))


CASES = {
    "not on the disk yet": (IDLE, 0, "saving the question, 40 s", "", ""),
    "not in the queue yet": (replace(IDLE, type=StreamType.TOPIC_TITLE, created_at=NOW), 0, "waiting for acme", "", ""),
    "in the queue": (
        replace(IDLE, waiting=Waiting(3)),
        3,
        "3rd in the queue of acme, 40 s",
        "3rd in queue",
        "3rd",
    ),
    "in a queue that is held": (
        pausing(BUSY, 6.2, 6, IDLE),
        2,
        "2nd in the queue of acme, held for 7 s: acme had too many requests (429)",
        "held 7 s",
        "7 s",
    ),
    "refused itself": (
        pausing(BUSY, 7.0, 3),
        1,
        "retry 1 of 2 in 7 s: acme had too many requests (429)",
        "retry in 7 s",
        "7 s",
    ),
    "between two tries": (
        pausing(DOWN, 0.2, stream=replace(ASKED, tries=2)),
        0,
        "retry 2 of 2 in 1 s: acme can't be reached",
        "retry in 1 s",
        "1 s",
    ),
    "its time has come, its turn has not": (
        pausing(BUSY, -1.0, 3),
        1,
        "1st in the queue of acme, 40 s",
        "1st in queue",
        "1st",
    ),
    "asked a moment ago": (replace(ASKED, quiet_since=NOW - 19), 0, "waiting for acme, 40 s", "", ""),
    "silent": (
        ASKED,
        0,
        "waiting for acme, no byte for 40 s; given up after 90 s",
        "no byte 40 s",
        "40 s",
    ),
    "kept alive": (
        heard(ASKED, 3),
        0,
        "waiting for acme, no text for 40 s, but keep-alives still come, the last 3 s ago",
        "no text 40 s",
        "40 s",
    ),
    "was kept alive once": (
        heard(ASKED, 30),
        0,
        "waiting for acme, no byte for 30 s and no text for 40 s; given up after 90 s",
        "no byte 40 s",
        "40 s",
    ),
    "text came a moment ago": (replace(STREAMS, quiet_since=NOW - 5), 0, "waiting for acme, 40 s", "", ""),
    "ended": (replace(STREAMS, status=StreamStatus.STOPPED), 0, "waiting for acme, 40 s", "", ""),
}


@pytest.mark.parametrize(("stream", "place", "words", "short", "glance"), CASES.values(), ids=CASES)
def test_it_is_said_for_what_and_how_long(stream: Stream, place: int, words: str, short: str, glance: str) -> None:
    assert waits_for(stream, place, MODELS, NOW) == words
    assert in_short(stream, place, NOW) == short
    assert at_a_glance(stream, place, NOW) == glance


def test_a_provider_that_was_removed_meanwhile_is_told_of_too() -> None:
    assert waits_for(ASKED, 0, Models(), NOW) == "waiting for acme, no byte for 40 s"
    assert waits_for(pausing(DOWN, 5.0), 0, Models(), NOW) == "retry 1 in 5 s: acme can't be reached"


def test_a_providers_name_can_do_nothing_to_a_terminal() -> None:
    stream = replace(IDLE, model="a\x1b[31mc/m", created_at=NOW)
    assert "\x1b" not in waits_for(stream, 1, MODELS, NOW)
    assert "\x1b" not in waits_for(pausing(DOWN, 5.0, 2, stream), 1, MODELS, NOW)


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (121, "121st")]
)
def test_places_are_told_as_they_are_spoken(number: int, said: str) -> None:
    assert ordinal(number) == said
