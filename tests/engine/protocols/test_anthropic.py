"""Anthropic's messages: what is asked, and how replies are read where no conformance case looks."""

from __future__ import annotations

import json

import pytest

from tests.engine.protocols.outcomes import Outcome, read
from tui.engine.protocols import Call, Turn
from tui.engine.protocols.anthropic import reader, request
from tui.engine.protocols.families import ROOM
from tui.engine.provider import Provider, WireProtocol
from tui.engine.stream import ErrorKind

ACME = Provider("acme", WireProtocol.ANTHROPIC, "https://acme.test", think_tags=False)
TURNS = (Turn("system", "Be brief."), Turn("user", "你好"), Turn("assistant", " "), Turn("user", "?"))


def reply(*events: object, content_type: str = "text/event-stream") -> Outcome:
    plain = content_type == "application/json"
    body = "".join(json.dumps(event) if plain else f"data: {json.dumps(event)}\n\n" for event in events)
    return read(reader(ACME, None, content_type), [body.encode()])


def budget(tokens: int) -> dict[str, object]:
    return {"thinking": {"type": "enabled", "budget_tokens": tokens}}


def kind_of(outcome: Outcome) -> ErrorKind | None:
    assert outcome.ending
    return outcome.ending.error.kind if outcome.ending.error else None


def test_a_request_holds_the_system_prompt_apart_and_the_bound_that_the_protocol_wants() -> None:
    asked = request(ACME, "sk-1", Call("m-1", TURNS))
    assert asked.url == "https://acme.test/v1/messages"
    assert (asked.headers["x-api-key"], asked.headers["anthropic-version"]) == ("sk-1", "2023-06-01")
    assert json.loads(asked.body) == {
        "model": "m-1",
        "max_tokens": 8192,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "你好"}, {"role": "user", "content": "?"}],
        "stream": True,
    }


ADAPTIVE = {"type": "adaptive"}
SUMMED_UP = {"type": "adaptive", "display": "summarized"}


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        (Call("m", (), temperature=0.5, max_tokens=7), {"max_tokens": 7, "temperature": 0.5}),
        (Call("m", (), effort="high"), {"max_tokens": 8192}),
        (Call("m", (), thinking=False), {"max_tokens": 8192}),
        # A budget
        (Call("claude-sonnet-4-5", (), temperature=0.5), {"max_tokens": 8192, "temperature": 0.5}),
        (Call("claude-sonnet-4-5", (), thinking=False, effort="high"), {"max_tokens": 8192}),
        (Call("claude-sonnet-4-5", (), temperature=0.5, effort="low"), {"max_tokens": 8192 + 2048, **budget(2048)}),
        (Call("claude-3-7-sonnet-latest", (), thinking=True), {"max_tokens": 8192 + 8192, **budget(8192)}),
        (Call("claude-opus-4-1", (), effort="high", max_tokens=4000), {"max_tokens": 4000, **budget(2000)}),
        (Call("claude-opus-4-1", (), effort="high", max_tokens=1100), {"max_tokens": 1100, **budget(1024)}),
        (Call("claude-opus-4-1", (), effort="high", max_tokens=1024), {"max_tokens": 1024}),
        (Call("claude-3-5-haiku-latest", (), effort="high"), {"max_tokens": 8192}),
        # Effort
        (Call("claude-opus-4-6", (), temperature=0.5), {"max_tokens": 32_000, "temperature": 0.5}),
        (
            Call("claude-opus-4-6", (), temperature=0.5, effort="low"),
            {"max_tokens": 32_000, "thinking": ADAPTIVE, "output_config": {"effort": "low"}},
        ),
        (Call("claude-opus-4-8", (), temperature=0.5), {"max_tokens": 32_000}),
        (
            Call("claude-opus-4-8", (), effort="high", max_tokens=9),
            {"max_tokens": 9, "thinking": SUMMED_UP, "output_config": {"effort": "high"}},
        ),
        # Reasoning by default, and its switches
        (Call("claude-sonnet-5", (), temperature=0.5), {"max_tokens": 32_000, "thinking": SUMMED_UP}),
        (
            Call("claude-sonnet-5", (), thinking=False, max_tokens=9),
            {"max_tokens": 9, "thinking": {"type": "disabled"}},
        ),
        (
            Call("claude-sonnet-5-5", (), thinking=False, max_tokens=9),
            {"max_tokens": 9, "thinking": {"type": "between_tools"}},
        ),
        (
            Call("claude-opus-5-5", (), thinking=False, max_tokens=9, effort="high"),
            {"max_tokens": 9 + ROOM, "output_config": {"effort": "low"}},
        ),
    ],
)
def test_each_model_is_asked_with_the_parameters_that_it_takes(call: Call, parameters: dict[str, object]) -> None:
    asked = request(ACME, None, call)
    body = json.loads(asked.body)
    assert {name: body[name] for name in body.keys() - {"model", "messages", "stream"}} == parameters
    assert "max_tokens" not in asked.optional


def test_numbers_of_several_reports_stand_together_and_null_erases_none() -> None:
    outcome = reply(
        {"type": "message_start", "message": {"usage": {"input_tokens": 11, "output_tokens": 1}}},
        {"type": "message_delta", "delta": {}, "usage": {"input_tokens": None, "output_tokens": 6}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": None},
    )
    assert outcome.ending
    assert outcome.ending.usage == {"input_tokens": 11, "output_tokens": 6}
    assert outcome.ending.finish_reason == "end_turn"


def test_what_was_sent_is_counted_as_it_is_reported() -> None:
    usage = {"input_tokens": 1, "cache_read_input_tokens": 20, "cache_creation_input_tokens": None, "output_tokens": 2}
    outcome = reply({"type": "message_start", "message": {"usage": usage}}, {"type": "message_stop"})
    assert outcome.ending
    assert outcome.ending.usage == {"input_tokens": 1, "output_tokens": 2}


def test_the_end_of_another_protocol_is_no_end_and_no_harm() -> None:
    text = b'data: {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}}\n\n'
    stop = b'data: {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}\n\n'
    for pieces, kind in (([text, b"data: [DONE]\n\n"], ErrorKind.TRUNCATED), ([text, stop, b"data: [DONE]\n\n"], None)):
        outcome = read(reader(ACME, None, ""), pieces)
        assert (outcome.content, kind_of(outcome)) == ("Hi", kind)


def test_a_message_that_stops_is_whole_though_it_gave_no_reason() -> None:
    assert kind_of(reply({"type": "message_stop"})) is None
    assert kind_of(reply({"type": "ping"})) is ErrorKind.TRUNCATED


def test_a_whole_message_is_taken_as_the_answer() -> None:
    blocks = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Yes."}, {"type": "tool_use"}]
    message = {"type": "message", "content": blocks, "stop_reason": "end_turn", "usage": {"input_tokens": 3}}
    outcome = reply(message, content_type="application/json")
    assert (outcome.content, outcome.reasoning, kind_of(outcome)) == ("Yes.", "Hm.", None)


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, ErrorKind.PROVIDER),
        ({"error": "no"}, ErrorKind.PROVIDER),
        ({}, ErrorKind.PROTOCOL),
        ([], ErrorKind.PROTOCOL),
    ],
)
def test_any_other_document_is_no_reply(document: object, kind: ErrorKind) -> None:
    assert kind_of(reply(document, content_type="application/json")) is kind


def test_an_error_event_needs_no_json() -> None:
    outcome = read(reader(ACME, None, ""), [b"event: error\ndata: upstream is gone\n\n"])
    assert outcome.ending
    assert outcome.ending.error
    assert outcome.ending.error.message == "acme broke off with an error: upstream is gone. Try again."
