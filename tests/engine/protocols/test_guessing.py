"""What a body is that is not what its content type says: events and documents are read all the same."""

from __future__ import annotations

import json

import pytest

from tests.engine.protocols.outcomes import Outcome, read
from tui.engine.protocols.dialects import for_protocol
from tui.engine.protocols.sse import LONGEST
from tui.engine.provider import Provider, WireProtocol
from tui.engine.stream import ErrorKind

LABELS = ("application/json", "text/event-stream", "text/plain", "application/octet-stream", "")
DELTA = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}
EVENTS = f"data: {json.dumps(DELTA)}\n\ndata: [DONE]\n\n".encode()
COMPLETION = {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}
MESSAGE = {"type": "message", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
RESPONSE = {"object": "response", "status": "completed", "output": [{"content": [{"text": "Hi"}]}]}
DOCUMENTS = {
    WireProtocol.OPENAI: COMPLETION,
    WireProtocol.ANTHROPIC: MESSAGE,
    WireProtocol.RESPONSES: RESPONSE,
    WireProtocol.OLLAMA: {"message": {"content": "Hi"}, "done": True},
}


def reply(protocol: WireProtocol, label: str, *pieces: bytes) -> Outcome:
    return read(for_protocol(protocol).reader(Provider("acme", protocol, ""), None, label), pieces)


def kind_of(outcome: Outcome) -> ErrorKind | None:
    assert outcome.ending
    return outcome.ending.error.kind if outcome.ending.error else None


def single(body: bytes) -> list[bytes]:
    return [body[at : at + 1] for at in range(len(body))]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("before", [b"", b"\n\r\n", b": hello\n\n", b"\xef\xbb\xbf", b"event: message\n", b"id: 1\n"])
def test_events_are_events_whatever_they_are_called(label: str, before: bytes) -> None:
    for pieces in ([before + EVENTS], single(before + EVENTS)):
        outcome = reply(WireProtocol.OPENAI, label, *pieces)
        assert (outcome.content, kind_of(outcome)) == ("Hi", None)


def test_events_that_are_called_a_document_are_shown_as_they_come() -> None:
    reader = for_protocol(WireProtocol.OPENAI).reader(Provider("acme", WireProtocol.OPENAI, ""), None, LABELS[0])
    assert reader.feed(EVENTS[:-14]).content == "Hi"


WRITTEN = [
    (protocol, label, indent)
    for protocol in WireProtocol
    for label in LABELS
    for indent in (None, 2)
    if protocol is not WireProtocol.OLLAMA or not indent or label == "application/json"  # whose lines are events
]


@pytest.mark.parametrize(("protocol", "label", "indent"), WRITTEN)
def test_a_document_is_one_whatever_it_is_called(protocol: WireProtocol, label: str, indent: int | None) -> None:
    for error, content, kind in ((None, "Hi", None), ({"message": "It is Tuesday."}, "", ErrorKind.PROVIDER)):
        document = {"error": error} if error else DOCUMENTS[protocol]
        body = b"\xef\xbb\xbf\n" + json.dumps(document, indent=indent).encode() + b"\n"
        for pieces in ([body], single(body), [body[:1], body[1:]], [body[:2], body[2:]]):
            outcome = reply(protocol, label, *pieces)
            assert (outcome.content, kind_of(outcome)) == (content, kind)


@pytest.mark.parametrize("first", [b"{}", b'{"id": 1}', b"[1]", b"{", json.dumps(COMPLETION).encode()])
def test_what_looks_like_a_document_is_no_field_of_events_that_do_come(first: bytes) -> None:
    for pieces in ([first + b"\n\n" + EVENTS], single(first + b"\n\n" + EVENTS)):
        outcome = reply(WireProtocol.OPENAI, "text/event-stream", *pieces)
        assert (outcome.content, kind_of(outcome)) == ("Hi", None)


@pytest.mark.parametrize("body", [b'{"error": {"mess', b"{" + b"x" * 100, b"[" * 100_000])
def test_half_a_document_is_none(body: bytes) -> None:
    assert kind_of(reply(WireProtocol.OPENAI, "text/event-stream", body)) is ErrorKind.TRUNCATED
    assert kind_of(reply(WireProtocol.OPENAI, "application/json", body)) is ErrorKind.PROTOCOL


@pytest.mark.parametrize("label", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("piece", [b"x" * 2**20, b": x\n" * 2**18], ids=["a line", "lines"])
def test_a_document_without_an_end_is_given_up(label: str, piece: bytes) -> None:
    reader = for_protocol(WireProtocol.OPENAI).reader(Provider("acme", WireProtocol.OPENAI, ""), None, label)
    reader.feed(b'{"error": "')
    fed = 0
    while not reader.finished and fed < 2 * LONGEST:
        fed += len(piece)
        reader.feed(piece)
    ending = reader.end()
    assert ending.error
    keep_alives = label == "text/event-stream" and piece.startswith(b":")  # which may come for ever
    assert ending.error.kind is (ErrorKind.TRUNCATED if keep_alives else ErrorKind.PROTOCOL)
