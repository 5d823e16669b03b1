"""Chat completions: what is asked, and how replies are read where no conformance case looks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.protocols.outcomes import Outcome, read
from tui.engine.protocols import Call, Delta, Ending, Turn
from tui.engine.protocols.families import ROOM
from tui.engine.protocols.openai import reader, request
from tui.engine.provider import Provider, WireProtocol
from tui.engine.stream import ErrorKind

ACME = Provider("acme", WireProtocol.OPENAI, "https://acme.test/v1", think_tags=False)
HELLO = Call("m-1", (Turn("system", "Be brief."), Turn("user", "你好")))


def event(chunk: object) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()


def delta(**fields: object) -> bytes:
    return event({"choices": [{"index": 0, "delta": fields, "finish_reason": None}]})


STOP = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
DONE = b"data: [DONE]\n\n"


def reply(*pieces: bytes, content_type: str = "text/event-stream", provider: Provider = ACME) -> Outcome:
    return read(reader(provider, None, content_type), pieces)


def end_of(outcome: Outcome) -> Ending:
    assert outcome.ending
    return outcome.ending


def kind_of(outcome: Outcome) -> ErrorKind | None:
    error = end_of(outcome).error
    return error.kind if error else None


# What is asked


def test_a_request_asks_for_a_stream_and_for_nothing_that_was_not_asked_for() -> None:
    asked = request(ACME, "sk-1", HELLO)
    assert asked.url == "https://acme.test/v1/chat/completions"
    assert asked.headers["Authorization"] == "Bearer sk-1"
    assert json.loads(asked.body) == {
        "model": "m-1",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "你好"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_without_a_key_nothing_is_said_about_one() -> None:
    assert "Authorization" not in request(ACME, None, HELLO).headers


ALL = Call("m", (), temperature=0.0, max_tokens=7, effort="low")
LEAST = replace(ALL, thinking=False)


@pytest.mark.parametrize(
    ("base_url", "call", "parameters"),
    [
        ("https://acme.test/v1", ALL, {"temperature": 0.0, "max_tokens": 7, "reasoning_effort": "low"}),
        ("https://acme.test/v1", LEAST, {"temperature": 0.0, "max_tokens": 7}),
        (
            "https://api.openai.com/v1",
            ALL,
            {"temperature": 0.0, "max_completion_tokens": 7, "reasoning_effort": "low"},
        ),
        (
            "https://acme.openai.azure.com/openai/v1",
            replace(ALL, model="o4-mini"),
            {"max_completion_tokens": 7, "reasoning_effort": "low"},
        ),
        (
            "https://api.openai.com/v1",
            replace(ALL, model="gpt-4.1"),
            {"temperature": 0.0, "max_completion_tokens": 7},
        ),
        (
            "https://api.openai.com/v1",
            replace(LEAST, model="gpt-5-mini"),
            {"max_completion_tokens": 7 + ROOM, "reasoning_effort": "minimal"},
        ),
        (
            "https://api.openai.com/v1",
            replace(LEAST, model="gpt-5.1"),
            {"temperature": 0.0, "max_completion_tokens": 7, "reasoning_effort": "none"},
        ),
        ("https://api.openai.com/v1", Call("o3", (), thinking=False), {"reasoning_effort": "low"}),
        (
            "https://openrouter.ai/api/v1",
            ALL,
            {"temperature": 0.0, "max_tokens": 7, "reasoning": {"effort": "low"}},
        ),
        (
            "https://openrouter.ai/api/v1",
            LEAST,
            {"temperature": 0.0, "max_tokens": 7 + ROOM, "reasoning": {"enabled": False}},
        ),
        ("https://api.deepseek.com", Call("deepseek-chat", (), effort="high"), {"reasoning_effort": "high"}),
        ("https://api.deepseek.com", Call("deepseek-chat", (), thinking=False), {"thinking": {"type": "disabled"}}),
    ],
)
def test_each_server_is_asked_with_the_parameters_that_it_takes(
    base_url: str, call: Call, parameters: dict[str, object]
) -> None:
    asked = request(Provider("p", WireProtocol.OPENAI, base_url), None, call)
    body = json.loads(asked.body)
    assert {key: body[key] for key in body.keys() - {"model", "messages", "stream", "stream_options"}} == parameters
    assert asked.optional == {"stream_options", *parameters}


def test_the_embedded_model_is_told_not_to_think_through_its_template() -> None:
    local = Provider("local", WireProtocol.OPENAI, "http://127.0.0.1:1/v1", embedded=True)
    assert json.loads(request(local, None, LEAST).body)["chat_template_kwargs"] == {"enable_thinking": False}
    assert "chat_template_kwargs" not in json.loads(request(local, None, ALL).body)


def test_what_a_provider_refused_is_left_out_and_the_bound_is_called_by_its_other_name() -> None:
    refused = frozenset({"temperature", "reasoning_effort", "max_tokens", "stream_options"})
    assert json.loads(request(ACME, None, replace(ALL, without=refused)).body) == {
        "model": "m",
        "messages": [],
        "stream": True,
        "max_completion_tokens": 7,
    }


def test_half_a_character_in_a_question_does_not_stop_it() -> None:
    assert "a?" in json.loads(request(ACME, None, Call("m", (Turn("user", "a\ud83d"),))).body)["messages"][0]["content"]


# How a reply is read


def test_all_text_of_one_piece_is_one_delta() -> None:
    reading = reader(ACME, None, "text/event-stream")
    assert reading.feed(delta(content="a") + delta(reasoning="b") + delta(content="c")) == Delta("ac", "b")
    assert reading.feed(b": keep-alive\n\n") == Delta()


def test_the_readers_state_follows_the_protocols_signals() -> None:
    reading = reader(ACME, None, "")
    seen = []
    for piece in (delta(content="a"), STOP, DONE, delta(content="after")):
        reading.feed(piece)
        seen.append((reading.answered, reading.finished))
    assert seen == [(False, False), (True, False), (True, True), (True, True)]
    assert reading.end() == Ending(finish_reason="stop")


def test_nothing_after_done_counts_though_it_comes_in_the_same_piece() -> None:
    assert reply(delta(content="a") + STOP + DONE + delta(content="b") + event({"error": "late"})).content == "a"


def test_halves_of_a_character_are_joined_for_content_and_reasoning_apart() -> None:
    halves = (
        delta(content="a\ud83d"),
        delta(reasoning_content="b\ud83d"),
        delta(content="\ude00"),
        delta(reasoning="c"),
    )
    outcome = reply(*halves, STOP, DONE)
    assert (outcome.content, outcome.reasoning) == ("a😀", "b\ufffdc")


def test_half_a_character_at_the_end_is_replaced_and_not_lost() -> None:
    outcome = reply(delta(content="a\ud83d"), STOP, DONE)
    assert outcome.content == "a\ufffd"


def test_half_a_character_in_a_finish_reason_is_replaced() -> None:
    odd = event({"choices": [{"delta": {}, "finish_reason": "a\ud83d"}]})
    assert end_of(reply(odd)).finish_reason == "a\ufffd"


def test_half_a_tag_at_the_end_belongs_to_the_answer() -> None:
    thinker = Provider("acme", WireProtocol.OPENAI, "", think_tags=True)
    assert reply(delta(content="<thin"), STOP, DONE, provider=thinker).content == "<thin"
    cut = reply(delta(content="<think>why</th"), provider=thinker)
    assert (cut.content, cut.reasoning, kind_of(cut)) == ("", "why</th", ErrorKind.TRUNCATED)


@pytest.mark.parametrize(
    ("fields", "reasoning"),
    [
        ({"reasoning_content": "a", "reasoning": "b"}, "a"),
        ({"reasoning_content": None, "reasoning": "b"}, "b"),
        ({"reasoning_content": "", "reasoning": "b"}, "b"),
        ({"reasoning": "b", "reasoning_details": [{"type": "reasoning.text", "text": "c"}]}, "b"),
        ({"reasoning": "", "reasoning_details": [{"type": "reasoning.text", "text": "c"}]}, ""),
        (
            {"reasoning_details": [{"type": "reasoning.text", "text": "c"}, {"type": "reasoning.text", "text": "d"}]},
            "cd",
        ),
        ({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}, {"type": "reasoning.summary"}]}, ""),
        ({"content": [{"type": "thinking", "thinking": "e"}]}, "e"),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "e"}]}], "reasoning": "b"}, "b"),
        ({"reasoning": {"text": "no"}}, ""),
    ],
)
def test_reasoning_is_found_once_under_its_many_names(fields: dict[str, object], reasoning: str) -> None:
    outcome = reply(delta(**fields), STOP)
    assert (outcome.content, outcome.reasoning) == ("", reasoning)


def test_only_the_first_choice_is_read() -> None:
    other = event({"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "length"}]})
    outcome = reply(other, delta(content="yes"), STOP, other)
    assert (outcome.content, end_of(outcome).finish_reason) == ("yes", "stop")


@pytest.mark.parametrize(
    ("chunk", "usage"),
    [
        ({"usage": {"prompt_tokens": 1, "completion_tokens": 2}}, {"input_tokens": 1, "output_tokens": 2}),
        ({"usage": {"prompt_tokens": 3}, "x_groq": {"usage": {"prompt_tokens": 9}}}, {"input_tokens": 3}),
        ({"x_groq": {"usage": {"prompt_tokens": 9}}}, {"input_tokens": 9}),
        ({"usage": {}}, None),
        ({"usage": {"prompt_tokens": "many", "completion_tokens": True}}, None),
        ({"usage": [1, 2]}, None),
    ],
)
def test_usage_is_what_the_provider_counted_and_nothing_else(
    chunk: dict[str, Any], usage: dict[str, int] | None
) -> None:
    assert end_of(reply(event(chunk), event({"usage": None}), STOP)).usage == usage


# How a reply fails


def test_an_error_in_the_stream_keeps_what_came_before_it_and_with_it() -> None:
    last = {"choices": [{"delta": {"content": "b"}}], "error": {"message": "Out of memory.", "code": "oom"}}
    outcome = reply(delta(content="a"), event(last), DONE)
    assert outcome.content == "ab"
    error = end_of(outcome).error
    assert error
    assert (error.kind, error.message) == (
        ErrorKind.PROVIDER,
        "acme broke off with an error: Out of memory. (oom). Try again.",
    )


@pytest.mark.parametrize(
    "piece",
    [
        event({"error": "no"}),
        event({"error": {}}),
        event({"object": "error", "message": "no", "code": 400}),
        b"event: error\ndata: no\n\n",
        b"event: error\ndata: [1]\n\n",
        b'event: error\ndata: {"message": "no"}\n\n',
        b'error: {"code": 500, "message": "no"}\n\n',
    ],
)
def test_errors_have_many_shapes(piece: bytes) -> None:
    assert kind_of(reply(piece)) is ErrorKind.PROVIDER


@pytest.mark.parametrize("error", [None, "", False, 0])
def test_no_error_has_many_shapes_too(error: object) -> None:
    assert kind_of(reply(event({"error": error, "choices": []}), STOP, DONE)) is None


def test_an_error_as_a_field_counts_only_if_nothing_else_came() -> None:
    assert kind_of(reply(delta(content="a"), b'error: {"message": "no"}\n\n')) is ErrorKind.TRUNCATED
    assert kind_of(reply(b'error: {"message": "no"}\n\n', delta(content="a"), STOP)) is None


def test_a_reply_that_brings_nothing_is_cut_off_and_may_be_tried_again() -> None:
    ending = end_of(reply())
    assert ending.error
    assert ending.error.kind is ErrorKind.TRUNCATED
    assert ending.retryable


@pytest.mark.parametrize("data", ["{", "<html>", "[1", '{"n": ' + "9" * 5000 + "}", "[" * 200_000])
def test_what_cannot_be_read_ends_the_reply_and_keeps_its_text(data: str) -> None:
    outcome = reply(delta(content="a"), f"data: {data}\n\n".encode(), delta(content="b"), STOP)
    assert (outcome.content, kind_of(outcome)) == ("a", ErrorKind.PROTOCOL)


def test_an_endless_event_ends_the_reply() -> None:
    reading = reader(ACME, None, "text/event-stream")
    shown = [reading.feed(delta(content="a"))]
    for _ in range(64):
        shown.append(reading.feed(b"data: " + b"x" * 2**20))
        if reading.finished:
            break
    outcome = Outcome()
    outcome.take(reading.end())
    assert kind_of(outcome) is ErrorKind.PROTOCOL
    assert len(shown) < 40


def test_a_web_page_is_no_reply() -> None:
    reading = reader(ACME, None, "Text/HTML; charset=utf-8")
    assert reading.finished
    ending = reading.end()
    assert ending.error
    assert ending.error.kind is ErrorKind.PROTOCOL
    assert "base_url" in ending.error.message


def whole(document: object) -> Outcome:
    body = json.dumps(document).encode()
    return reply(body[:9], body[9:], content_type="application/json; charset=utf-8")


def test_a_whole_completion_is_taken_as_the_answer() -> None:
    message = {"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."}
    outcome = whole(
        {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3}}
    )
    assert (outcome.content, outcome.reasoning) == ("Yes.", "Hm.")
    assert (end_of(outcome).finish_reason, end_of(outcome).usage) == ("stop", {"input_tokens": 3})
    assert kind_of(outcome) is None


@pytest.mark.parametrize("document", [{}, [], None, "text", {"choices": []}, {"status": "ok"}])
def test_any_other_document_is_no_reply(document: object) -> None:
    assert kind_of(whole(document)) is ErrorKind.PROTOCOL


def test_a_whole_message_in_a_chunk_is_read_where_no_delta_came_before_it() -> None:
    message = {"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."}
    last = event({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    outcome = reply(delta(role="assistant", content=""), last, DONE)
    assert (outcome.content, outcome.reasoning, kind_of(outcome)) == ("Yes.", "Hm.", None)
    outcome = reply(delta(content="Ye"), delta(content="s."), last, DONE)
    assert (outcome.content, outcome.reasoning, kind_of(outcome)) == ("Yes.", "", None)


def test_a_key_in_an_error_is_not_shown() -> None:
    ending = read(reader(ACME, "sk-secret", ""), [event({"error": "sk-secret is over its limit"})]).ending
    assert ending
    assert ending.error
    assert "sk-secret" not in ending.error.message


texts = st.text(st.sampled_from("<think></a\ud83d\ude00豆"), max_size=12)


@settings(deadline=None, database=None)
@given(st.lists(st.tuples(texts, texts)), st.booleans(), st.data())
def test_any_cutting_of_a_stream_gives_the_same_reply(
    parts: list[tuple[str, str]], think_tags: bool, data: st.DataObject
) -> None:
    provider = Provider("acme", WireProtocol.OPENAI, "", think_tags=think_tags)
    stream = b"".join(delta(content=content, reasoning=reasoning) for content, reasoning in parts) + STOP + DONE
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    cut, as_one = reply(*pieces, provider=provider), reply(stream, provider=provider)
    assert (cut.content, cut.reasoning) == (as_one.content, as_one.reasoning)
    assert kind_of(cut) is kind_of(as_one) is None
