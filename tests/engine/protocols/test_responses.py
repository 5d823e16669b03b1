"""OpenAI's responses: what is asked, and how replies are read where no conformance case looks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.engine.protocols.outcomes import Outcome, read
from tui.engine.protocols import Call, Turn
from tui.engine.protocols.families import ROOM
from tui.engine.protocols.responses import reader, request
from tui.engine.provider import Provider, WireProtocol
from tui.engine.stream import ErrorKind

ACME = Provider("acme", WireProtocol.RESPONSES, "https://acme.test/v1", think_tags=False)
OPENAI = Provider("openai", WireProtocol.RESPONSES, "https://api.openai.com/v1")


def reply(*events: object, content_type: str = "text/event-stream") -> Outcome:
    plain = content_type == "application/json"
    body = "".join(json.dumps(event) if plain else f"data: {json.dumps(event)}\n\n" for event in events)
    return read(reader(ACME, None, content_type), [body.encode()])


def kind_of(outcome: Outcome) -> ErrorKind | None:
    assert outcome.ending
    return outcome.ending.error.kind if outcome.ending.error else None


def test_a_request_gives_the_system_prompt_as_instructions() -> None:
    asked = request(ACME, "sk-1", Call("m-1", (Turn("system", "Be brief."), Turn("user", "你好"))))
    assert asked.url == "https://acme.test/v1/responses"
    assert asked.headers["Authorization"] == "Bearer sk-1"
    assert json.loads(asked.body) == {
        "model": "m-1",
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": "你好"}],
        "stream": True,
        "store": False,
    }


ALL = Call("m", (), temperature=0.0, max_tokens=7, effort="high")
LEAST = replace(ALL, thinking=False)
SEEN = {"effort": "high", "summary": "auto"}


@pytest.mark.parametrize(
    ("provider", "call", "parameters"),
    [
        (ACME, ALL, {"temperature": 0.0, "max_output_tokens": 7, "reasoning": {"effort": "high"}}),
        (ACME, LEAST, {"temperature": 0.0, "max_output_tokens": 7}),
        (OPENAI, replace(ALL, model="gpt-4.1"), {"temperature": 0.0, "max_output_tokens": 16}),
        (OPENAI, replace(ALL, model="o3", max_tokens=100), {"max_output_tokens": 100, "reasoning": SEEN}),
        (OPENAI, Call("gpt-5", ()), {"reasoning": {"summary": "auto"}}),
        (
            OPENAI,
            replace(LEAST, model="gpt-5"),
            {"max_output_tokens": 7 + ROOM, "reasoning": {"effort": "minimal"}},
        ),
        (
            OPENAI,
            replace(LEAST, model="gpt-5.2"),
            {"temperature": 0.0, "max_output_tokens": 16, "reasoning": {"effort": "none"}},
        ),
    ],
)
def test_each_model_is_asked_with_the_parameters_that_it_takes(
    provider: Provider, call: Call, parameters: dict[str, object]
) -> None:
    body = json.loads(request(provider, None, call).body)
    assert {key: body[key] for key in body.keys() - {"model", "input", "stream", "store"}} == parameters


def test_a_summary_that_is_refused_is_left_out_alone() -> None:
    asked = request(OPENAI, None, Call("o3", (), effort="low", without=frozenset({"reasoning.summary"})))
    assert json.loads(asked.body)["reasoning"] == {"effort": "low"}
    assert asked.optional == {"reasoning.effort", "store"}


def test_text_thoughts_and_refusals_are_kept_apart() -> None:
    outcome = reply(
        {"type": "response.reasoning_summary_text.delta", "delta": "Hm"},
        {"type": "response.reasoning_text.delta", "delta": "."},
        {"type": "response.output_text.delta", "delta": "Yes"},
        {"type": "response.output_text.done", "text": "Yes"},
        {"type": "response.refusal.delta", "delta": "No"},
        {"type": "response.completed", "response": {}},
        {"type": "response.output_text.delta", "delta": "late"},
    )
    assert outcome.ending
    assert (outcome.content, outcome.reasoning, outcome.refusal) == ("Yes", "Hm.", "No")
    assert outcome.ending.finish_reason == "completed"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"type": "response.completed", "response": {"status": "completed"}}, None),
        ({"type": "response.incomplete", "response": {"status": "incomplete"}}, None),
        ({"type": "response.failed", "response": {"error": {"message": "no"}}}, ErrorKind.PROVIDER),
        ({"type": "response.failed", "response": None}, ErrorKind.PROVIDER),
        ({"type": "error", "code": "no", "message": "no"}, ErrorKind.PROVIDER),
        ({"type": "response.in_progress"}, ErrorKind.TRUNCATED),
        ([], ErrorKind.TRUNCATED),
    ],
)
def test_a_reply_ends_as_its_last_event_says(event: object, kind: ErrorKind | None) -> None:
    assert kind_of(reply(event)) is kind


def test_a_whole_response_is_taken_as_the_answer() -> None:
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {
            "type": "message",
            "content": [{"type": "output_text", "text": "Yes."}, {"type": "refusal", "refusal": "No."}],
        },
    ]
    response = {"object": "response", "status": "completed", "output": output, "usage": {"input_tokens": 3}}
    outcome = reply(response, content_type="application/json")
    assert outcome.ending
    assert (outcome.content, outcome.reasoning, outcome.refusal) == ("Yes.", "Hm.", "No.")
    assert (outcome.ending.finish_reason, outcome.ending.usage) == ("completed", {"input_tokens": 3})


@pytest.mark.parametrize(
    ("document", "kind"),
    [({"error": {"message": "no"}}, ErrorKind.PROVIDER), ({}, ErrorKind.PROTOCOL), (7, ErrorKind.PROTOCOL)],
)
def test_any_other_document_is_no_reply(document: object, kind: ErrorKind) -> None:
    assert kind_of(reply(document, content_type="application/json")) is kind


def test_an_end_that_has_the_whole_is_read_where_nothing_came_before_it() -> None:
    said = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "message", "content": [{"type": "output_text", "text": "Yes."}]},
    ]
    end = {"type": "response.completed", "response": {"status": "completed", "output": said}}
    outcome = reply(end)
    assert (outcome.content, outcome.reasoning, kind_of(outcome)) == ("Yes.", "Hm.", None)
    outcome = reply({"type": "response.output_text.delta", "delta": "Yes."}, end)
    assert (outcome.content, outcome.reasoning, kind_of(outcome)) == ("Yes.", "", None)
