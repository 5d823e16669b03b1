"""Valid replies of any words, in every protocol: wherever they are cut, the same comes of them, and it only grows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.protocols.outcomes import Outcome
from tui.engine.protocols import reading
from tui.engine.protocols.dialects import for_protocol
from tui.engine.protocols.reply import MOST
from tui.engine.protocols.sse import LONGEST
from tui.engine.provider import Provider, WireProtocol
from tui.engine.stream import ErrorKind

Piece = tuple[str, str]
"""A delta's content and reasoning."""


def _chat(pieces: list[Piece]) -> Iterator[str]:
    for content, reasoning in pieces:
        delta = {"content": content} if content else {"reasoning_content": reasoning}
        yield json.dumps({"choices": [{"index": 0, "delta": delta}]}, ensure_ascii=False)
    yield json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield "[DONE]"


def _messages(pieces: list[Piece]) -> Iterator[str]:
    yield json.dumps({"type": "message_start", "message": {"usage": {"input_tokens": 1}}})
    for content, reasoning in pieces:
        delta = {"type": "text_delta", "text": content}
        if reasoning:
            delta = {"type": "thinking_delta", "thinking": reasoning}
        yield json.dumps({"type": "content_block_delta", "index": 0, "delta": delta})
    yield json.dumps({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})
    yield json.dumps({"type": "message_stop"})


def _responses(pieces: list[Piece]) -> Iterator[str]:
    for content, reasoning in pieces:
        kind = "output_text" if content else "reasoning_summary_text"
        yield json.dumps({"type": f"response.{kind}.delta", "delta": content or reasoning}, ensure_ascii=False)
    yield json.dumps({"type": "response.completed", "response": {"status": "completed"}})


def _ollama(pieces: list[Piece]) -> Iterator[str]:
    for content, reasoning in pieces:
        yield json.dumps({"message": {"content": content, "thinking": reasoning}, "done": False}, ensure_ascii=False)
    yield json.dumps({"message": {"content": ""}, "done": True, "done_reason": "stop"})


EVENTS: dict[WireProtocol, Callable[[list[Piece]], Iterator[str]]] = {
    WireProtocol.OPENAI: _chat,
    WireProtocol.ANTHROPIC: _messages,
    WireProtocol.RESPONSES: _responses,
    WireProtocol.OLLAMA: _ollama,
}

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
pieces_of_a_reply = st.lists(texts.map(lambda t: (t, "")) | texts.map(lambda t: ("", t)), max_size=12)
noise = st.sampled_from(["", ": still here\n\n", "id: 7\n", "event: message\n", "retry: 10\n\n", "data:\n\n"])


def body(protocol: WireProtocol, pieces: list[Piece], end: str, between: str) -> bytes:
    events = EVENTS[protocol](pieces)
    if protocol is WireProtocol.OLLAMA:
        return "".join(f"{event}\n" for event in events).encode()
    return "".join(f"{between}data: {event}\n\n" for event in events).replace("\n", end).encode()


def outcome_of(protocol: WireProtocol, pieces: Iterator[bytes] | list[bytes], think_tags: bool = False) -> Outcome:
    """What comes of it; what is shown on the way is never taken back, for an outcome only adds."""
    kind = "application/x-ndjson" if protocol is WireProtocol.OLLAMA else "text/event-stream"
    reader = for_protocol(protocol).reader(Provider("acme", protocol, "", think_tags=think_tags), None, kind)
    outcome = Outcome()
    for piece in pieces:
        outcome.take(reader.feed(piece))
        if reader.finished:
            break
    outcome.take(reader.end())
    return outcome


@settings(deadline=None, database=None)
@given(st.sampled_from(WireProtocol), pieces_of_a_reply, st.sampled_from(["\n", "\r", "\r\n"]), noise, st.data())
def test_a_valid_reply_is_the_same_wherever_it_is_cut(
    protocol: WireProtocol, pieces: list[Piece], end: str, between: str, data: st.DataObject
) -> None:
    sent = body(protocol, pieces, end, between)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)))))
    cut = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    outcome = outcome_of(protocol, cut)
    assert outcome.content == "".join(content for content, _ in pieces)
    assert outcome.reasoning == "".join(reasoning for _, reasoning in pieces)
    assert outcome.ending and outcome.ending.error is None


@settings(deadline=None, database=None)
@given(st.sampled_from(WireProtocol), st.text(), st.text(), st.integers(0, 40))
def test_a_thought_in_tags_is_parted_wherever_the_tags_are_cut(
    protocol: WireProtocol, thought: str, answer: str, size: int
) -> None:
    text = f"<think>{thought}</think>{answer}"
    pieces = [(text[at : at + size + 1], "") for at in range(0, len(text), size + 1)]
    outcome = outcome_of(protocol, [body(protocol, pieces, "\n", "")], think_tags=True)
    reasoning, _, content = text.removeprefix("<think>").partition("</think>")
    assert (outcome.content, outcome.reasoning) == (content, reasoning)


@pytest.mark.parametrize("protocol", WireProtocol)
def test_a_text_is_there_as_soon_as_the_line_that_ends_its_event(protocol: WireProtocol) -> None:
    one = body(protocol, [("One. ", "")], "\n", "").split(b"\n\n" if protocol is not WireProtocol.OLLAMA else b"\n")
    at = next(n for n, event in enumerate(one) if b"One. " in event)
    before = b"\n\n".join(one[: at + 1]) + b"\n" if protocol is not WireProtocol.OLLAMA else one[0]
    reader = for_protocol(protocol).reader(Provider("acme", protocol, "", think_tags=False), None, "")
    assert not reader.feed(before)
    assert reader.feed(b"\n").content == "One. "


@pytest.mark.parametrize("protocol", WireProtocol)
def test_a_line_of_8_mib_and_100_000_tiny_events_take_time_in_proportion(protocol: WireProtocol) -> None:
    def seconds(deltas: int, size: int) -> float:
        sent = body(protocol, [("x" * size, "")] * deltas, "\n", "")
        began = time.process_time()
        outcome = outcome_of(protocol, (sent[at : at + 16384] for at in range(0, len(sent), 16384)))
        spent = time.process_time() - began
        assert len(outcome.content) == deltas * size and outcome.ending and outcome.ending.error is None
        return spent

    assert seconds(1, 8 * 2**20) < 6 * (seconds(1, 2**21) + 0.1)
    many = 100_000 if protocol is WireProtocol.OPENAI else 12_000
    assert seconds(many, 1) < 6 * (seconds(many // 4, 1) + 0.1)  # four times as many; copying all would make it sixteen


@pytest.mark.parametrize("protocol", WireProtocol)
def test_what_has_no_end_is_given_up_and_what_came_is_kept(protocol: WireProtocol) -> None:
    def event(text: str) -> bytes:
        said = next(event for event in EVENTS[protocol]([(text, "")]) if text in event)
        return f"{said}\n".encode() if protocol is WireProtocol.OLLAMA else f"data: {said}\n\n".encode()

    def line() -> Iterator[bytes]:
        yield event("Kept. ") + (b'{"message":' if protocol is WireProtocol.OLLAMA else b"data: ")
        yield from [b"x" * 2**20] * (2 * LONGEST // 2**20)
        raise AssertionError("it reads on")

    def deltas() -> Iterator[bytes]:
        yield from [event("y" * 2**18)] * (2 * MOST // 2**18)
        raise AssertionError("it reads on")

    for pieces, what, kept in ((line(), "one event", len("Kept. ")), (deltas(), "text", MOST + 2**18)):
        outcome = outcome_of(protocol, pieces)
        assert len(outcome.content) == kept
        assert outcome.ending and outcome.ending.error and outcome.ending.error.kind is ErrorKind.PROTOCOL
        assert f"{what} without an end" in outcome.ending.error.message


@pytest.mark.parametrize("protocol", WireProtocol)
@pytest.mark.parametrize("piece", [b"\n", b"\n" * 1000])
def test_a_flood_without_a_word_is_given_up_too_but_not_between_words(
    protocol: WireProtocol, piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BARREN", 2**20)
    said = next(event for event in EVENTS[protocol]([("Kept. ", "")]) if "Kept. " in event)
    word = f"{said}\n".encode() if protocol is WireProtocol.OLLAMA else f"data: {said}\n\n".encode()
    few = [piece] * (2**20 // max(64, len(piece)) - 2)

    def endless() -> Iterator[bytes]:
        yield from [word, *few, word, *few, *few]
        raise AssertionError("it reads on")

    outcome = outcome_of(protocol, endless())
    assert outcome.content == "Kept. Kept. "
    assert outcome.ending and outcome.ending.error and outcome.ending.error.kind is ErrorKind.PROTOCOL
    assert "a flood without a word" in outcome.ending.error.message
