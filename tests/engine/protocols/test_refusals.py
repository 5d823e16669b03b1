"""Refusals because of a parameter, in the words of those who refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tui.engine.protocols.refusals import refused

CHAT = {"stream_options", "temperature", "max_tokens", "reasoning_effort"}
RESPONSES = {"store", "temperature", "max_output_tokens", "reasoning.effort", "reasoning.summary"}
CLAUDE = {"temperature", "thinking", "output_config.effort"}
OLLAMA = {"think", "options.temperature", "options.num_predict"}


def openai(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def anthropic(message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}


def extra(*names: str) -> list[dict[str, Any]]:
    return [
        {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": 1}
        for name in names
    ]


UNVERIFIED = "Your organization must be verified to generate reasoning summaries. Please go to: https://acme.test"


@pytest.mark.parametrize(
    ("said", "sent", "names"),
    [
        (
            openai(
                "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is "
                "supported.",
                "temperature",
                "unsupported_value",
            ),
            CHAT,
            {"temperature"},
        ),
        (
            openai(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                "instead.",
                "max_tokens",
                "unsupported_parameter",
            ),
            CHAT,
            {"max_tokens"},
        ),
        (openai("Unrecognized request argument supplied: reasoning_effort"), CHAT, {"reasoning_effort"}),
        (
            openai(
                "Unsupported value: 'minimal' is not supported with the 'gpt-5.1' model.",
                "reasoning.effort",
                "unsupported_value",
            ),
            RESPONSES,
            {"reasoning.effort"},
        ),
        (openai(UNVERIFIED, "reasoning.summary", "unsupported_value"), RESPONSES, {"reasoning.summary"}),
        (openai(UNVERIFIED), RESPONSES, {"reasoning.effort", "reasoning.summary"}),
        (openai("Unknown parameter: 'reasoning'.", "reasoning"), RESPONSES, {"reasoning.effort", "reasoning.summary"}),
        (anthropic("`temperature` is deprecated for this model."), CLAUDE, {"temperature"}),
        (
            anthropic('"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and …'),
            CLAUDE,
            {"thinking", "output_config.effort"},
        ),
        (
            anthropic("adaptive thinking is not supported on this model"),
            CLAUDE,
            {"thinking", "output_config.effort"},
        ),
        (
            anthropic("This model does not support the effort parameter."),
            {"temperature", "output_config.effort"},
            {"output_config.effort"},
        ),
        ({"error": '"gemma3" does not support thinking'}, OLLAMA, {"think"}),
        ({"error": 'think value "medium" is not supported for this model'}, OLLAMA, {"think"}),
        (
            {"error": {"message": "Reasoning is mandatory for this endpoint and cannot be disabled.", "code": 400}},
            {"reasoning", "max_tokens", "stream_options"},
            {"reasoning"},
        ),
        ({"detail": extra("reasoning_effort", "stream_options")}, CHAT, {"reasoning_effort", "stream_options"}),
        ({"object": "error", "message": {"detail": extra("reasoning_effort")}}, CHAT, {"reasoning_effort"}),
        ([openai("Unknown name stream_options")], CHAT, {"stream_options"}),
    ],
)
def test_the_parameter_that_is_not_taken_is_found(said: object, sent: set[str], names: set[str]) -> None:
    body = json.dumps(said).encode()
    assert refused(400, body, sent) == refused(422, body, sent) == names


@pytest.mark.parametrize(
    "said",
    [
        openai("Invalid 'temperature': decimal above maximum value. Expected a value <= 2.", "temperature"),
        openai("max_tokens is too large: 100000. This model supports at most 4096 completion tokens."),
        openai("The model `thinking-1` does not exist or is not supported.", None, "model_not_found"),
        openai("Unknown model 'temperature-reasoning_effort'.", "model"),
        openai("Unsupported role: 'user' does not support temperature", "messages[0].role"),
        openai("This model's maximum context length is 10 tokens; max_tokens is not supported beyond that."),
        openai("not supported: " + "temperature " * 200),
        {"detail": [{"type": "missing", "loc": ["body", "messages"], "msg": "Field required"}]},
        {"error": None},
        [],
        "temperature",
        7,
    ],
)
def test_what_is_wrong_otherwise_is_left_for_the_user_to_know(said: object) -> None:
    assert refused(400, json.dumps(said).encode(), CHAT) == frozenset()


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"<html>unsupported temperature</html>", b"[" * 100_000])
def test_what_is_no_json_says_nothing(body: bytes) -> None:
    assert refused(400, body, CHAT) == frozenset()


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_other_answers_are_about_other_things(status: int) -> None:
    assert refused(status, json.dumps(openai("Unsupported", "temperature")).encode(), CHAT) == frozenset()
