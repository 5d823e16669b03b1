"""Whatever comes, whatever the protocol: a reader never raises, and gives one ending."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.protocols.cases import Case, cases
from tests.engine.protocols.outcomes import Outcome, assert_on_the_way, read
from tui.engine.protocols import Delta
from tui.engine.protocols.dialects import for_protocol
from tui.engine.provider import Provider, WireProtocol

NAMES = """choices delta message content reasoning reasoning_details type text thinking usage index finish_reason error
object x_groq prompt_tokens completion_tokens_details refusal response output summary status incomplete_details done
done_reason content_block stop_reason code"""
TYPES = """stop error message message_start message_delta content_block_delta text_delta response.completed response
response.failed response.output_text.delta text [DONE] <think> a\ud83d"""

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", *TYPES.split()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, database=None)
@given(
    st.sampled_from(WireProtocol),
    st.lists(values, max_size=4),
    st.sampled_from(["data: {}\n\n", "event: error\ndata: {}\n\n", "error: {}\n\n", "{}\n", "{}"]),
    st.sampled_from(["text/event-stream", "application/json", "application/x-ndjson", "text/html", ""]),
)
def test_no_json_is_too_strange(protocol: WireProtocol, chunks: list[object], frame: str, content_type: str) -> None:
    pieces = [frame.replace("{}", json.dumps(chunk)).encode() for chunk in chunks]
    assert read(for_protocol(protocol).reader(Provider("acme", protocol, ""), None, content_type), pieces).ending


@settings(deadline=None, database=None)
@given(st.sampled_from(WireProtocol), st.lists(st.binary()))
def test_no_bytes_are_too_strange(protocol: WireProtocol, pieces: list[bytes]) -> None:
    assert read(for_protocol(protocol).reader(Provider("acme", protocol, ""), None, ""), pieces).ending


@pytest.mark.parametrize(
    "case",
    [case for case in cases() if case.protocol and case.expected["complete"] and not case.encoding],
    ids=lambda case: case.name,
)
def test_a_reply_cut_off_anywhere_shows_a_beginning_and_is_complete_only_with_its_end(case: Case) -> None:
    assert case.protocol
    complete = False
    for length in range(0, len(case.body), max(1, len(case.body) // 150)):
        reader = for_protocol(case.protocol).reader(case.provider(), None, case.content_type)
        outcome = Outcome()
        outcome.take(reader.feed(case.body[:length]))
        assert_on_the_way(outcome, case)
        outcome.take(reader.end())  # where half a tag or half a character is given back as text
        assert outcome.ending
        assert outcome.ending.error is None or not complete
        complete = outcome.ending.error is None
        assert outcome.content == case.expected["content"] or not complete


DAMAGE = [
    b"",
    b"\r",
    b"\n",
    b"\r\n",
    b"data:",
    b"{",
    b"}",
    b"[",
    b'"',
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xf0\x9f",
    b":",
    b"null",
]
DAMAGE += [b"event: error\n", b"error: x\n", b"\\ud83d", b"<think>", b"</think>", b" ", b"\0"]
LABELS = ["text/event-stream", "application/json", "application/x-ndjson", "text/plain", ""]
BODIES = [case.body[:4000] for case in cases() if case.protocol and case.status == 200 and not case.encoding]


@settings(deadline=None, database=None)
@given(
    st.sampled_from(BODIES),
    st.sampled_from(WireProtocol),
    st.sampled_from(LABELS),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 5), st.sampled_from(DAMAGE)), max_size=5),
    st.data(),
)
def test_what_comes_of_a_damaged_body_does_not_depend_on_how_it_is_cut(
    body: bytes, protocol: WireProtocol, label: str, damage: list[tuple[int, int, bytes]], data: st.DataObject
) -> None:
    for at, gone, new in damage:
        body = body[:at] + new + body[at + gone :]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=30)))
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    def told(pieces: list[bytes]) -> tuple[object, ...]:
        reader = for_protocol(protocol).reader(Provider("acme", protocol, ""), "sk-abcdefgh", label)
        outcome = read(reader, pieces)
        assert outcome.ending
        ending = replace(outcome.ending, rest=Delta())
        return outcome.content, outcome.reasoning, outcome.refusal, ending

    assert told([body]) == told(pieces) == told([body[at : at + 1] for at in range(len(body))])


FLOODS = {
    "choices": b'{"choices":[' + b"{}," * 2**19 + b"{}]}",
    "signs that may write a key": b'{"choices":[{"delta":{"content":"' + b"&" * 2**20 + b'"}}]}',
    "a key's first letter": b'{"choices":[{"delta":{"content":"' + b"s" * 2**20 + b'"}}]}',
    "an error": b'{"error":{"message":"' + b"&#x73;" * 2**18 + b'"}}',
    "what is no JSON": b"&#x73;" * 2**18,
}


@pytest.mark.parametrize("data", FLOODS.values(), ids=FLOODS)
def test_an_event_full_of_one_thing_costs_little_more_than_any_other(data: bytes) -> None:
    def seconds(data: bytes) -> float:
        reader = for_protocol(WireProtocol.OPENAI).reader(Provider("acme", WireProtocol.OPENAI, ""), "sk-abcdefgh", "")
        began = time.process_time()
        reader.feed(b"data: " + data + b"\n\n")
        reader.end()
        return time.process_time() - began

    plain = json.dumps({"choices": [{"delta": {"content": "word " * 2**20}}]}).encode()  # of 5 MB
    assert seconds(data) < 8 * (seconds(plain) + 0.02)
