"""Every conformance case, against the pure readers: as given, in one piece, byte by byte."""

from __future__ import annotations

import pytest

from tests.engine.protocols.cases import Case, cases
from tests.engine.protocols.outcomes import Outcome, assert_expected, assert_on_the_way
from tui.engine.protocols import Ending
from tui.engine.protocols.dialects import for_protocol
from tui.engine.protocols.failures import http_failure
from tui.engine.protocols.sse import Decoder
from tui.engine.stream import ErrorKind
from tui.engine.unpacking import unpacker

CUTS = ("as given", "in one piece", "byte by byte")
REPLIES = [case for case in cases() if case.protocol]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("case", cases("sse-"), ids=lambda case: case.name)
def test_events_are_what_the_standard_says_however_the_bytes_are_cut(case: Case, cut: str) -> None:
    decoder = Decoder()
    events = [event for piece in case.cuts()[cut] for event in decoder.feed(piece)] + decoder.end()
    assert [{"event": e.event, "data": e.data, "id": e.id} for e in events] == case.expected["events"]
    assert decoder.last_event_id == case.expected["last_event_id"]
    assert decoder.retry == case.expected["retry"]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("case", [case for case in REPLIES if case.status == 200], ids=lambda case: case.name)
def test_a_reply_is_what_was_meant_however_the_bytes_are_cut(case: Case, cut: str) -> None:
    assert case.protocol
    reader = for_protocol(case.protocol).reader(case.provider(), None, case.content_type)
    unpack = unpacker(case.encoding)
    outcome = Outcome()
    for piece in (piece for sent in case.cuts()[cut] for piece in unpack.pieces(sent)):
        outcome.take(reader.feed(piece))
        assert_on_the_way(outcome, case)
        if reader.finished:
            break
    ending = reader.end()
    if case.end == "reset" and not case.expected["complete"]:  # that it broke is known to the wire only
        assert ending.error and ending.error.kind is ErrorKind.TRUNCATED
        assert outcome.content + ending.rest.content == case.expected["content"]
        return
    outcome.take(ending)
    assert_expected(outcome, case)


@pytest.mark.parametrize("case", [case for case in REPLIES if case.status != 200], ids=lambda case: case.name)
def test_a_refusal_is_told_by_its_status_and_its_body(case: Case) -> None:
    failure = http_failure(case.provider(), None, case.status, dict(case.headers), case.body, case.now)
    outcome = Outcome()
    outcome.take(Ending(error=failure.error, retryable=failure.retryable, after_s=failure.after_s))
    assert_expected(outcome, case)
