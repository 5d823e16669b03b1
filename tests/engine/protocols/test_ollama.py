"""Ollama's chat: what is asked, and how replies are read where no conformance case looks."""

from __future__ import annotations

import json

import pytest

from tests.engine.protocols.outcomes import Outcome, read
from tui.engine.protocols import Call, Turn
from tui.engine.protocols.ollama import reader, request
from tui.engine.provider import Provider, WireProtocol
from tui.engine.stream import ErrorKind

ACME = Provider("acme", WireProtocol.OLLAMA, "http://127.0.0.1:11434/", think_tags=False)
HI = {"message": {"content": "Hi"}, "done": False}
END = {"message": {"content": ""}, "done": True, "done_reason": "stop", "eval_count": 2}


def reply(*pieces: bytes) -> Outcome:
    return read(reader(ACME, None, "application/x-ndjson"), pieces)


def line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def kind_of(outcome: Outcome) -> ErrorKind | None:
    assert outcome.ending
    return outcome.ending.error.kind if outcome.ending.error else None


def test_a_request_asks_for_nothing_that_was_not_asked_for() -> None:
    asked = request(ACME, None, Call("m-1", (Turn("system", "Be brief."), Turn("user", "你好"))))
    assert asked.url == "http://127.0.0.1:11434/api/chat"
    assert "Authorization" not in asked.headers
    assert json.loads(asked.body) == {
        "model": "m-1",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "你好"}],
        "stream": True,
    }


def test_parameters_are_sent_when_they_are_asked_for() -> None:
    call = Call("m", (), temperature=0.0, max_tokens=7, thinking=False)
    body = json.loads(request(ACME, None, call).body)
    assert (body["options"], body["think"]) == ({"temperature": 0.0, "num_predict": 7}, False)


@pytest.mark.parametrize(
    ("call", "think"),
    [
        (Call("qwen3:4b", ()), None),
        (Call("qwen3:4b", (), effort="low"), True),
        (Call("qwen3:4b", (), thinking=True), True),
        (Call("qwen3:4b", (), effort="high", thinking=False), False),
        (Call("gpt-oss:20b", (), effort="high"), "high"),
        (Call("someone/gpt-oss", (), thinking=True), "medium"),
        (Call("gpt-oss:20b", (), thinking=False), "low"),
        (Call("gemma3", (), effort="low", without=frozenset({"think"})), None),
    ],
)
def test_levels_of_thinking_are_told_only_to_models_that_know_them(call: Call, think: object) -> None:
    assert json.loads(request(ACME, None, call).body).get("think") == think


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ([line(HI), line(END)], None),
        ([line(HI), line(END)[:-1]], None),
        ([line(HI), b"\n\r\n", line(END).replace(b"\n", b"\r\n"), line({"error": "too late"})], None),
        ([line(HI)], ErrorKind.TRUNCATED),
        ([line(HI), line(END)[:-10]], ErrorKind.TRUNCATED),
        ([line(HI), b'{"message":{"content":"Hello"}'], ErrorKind.TRUNCATED),
        ([b"\xef\xbb\xbf", line(HI), line(END)], None),
        ([line(HI), b"what\n"], ErrorKind.PROTOCOL),
        ([line(HI), line({"error": "out of memory"})], ErrorKind.PROVIDER),
    ],
)
def test_a_reply_is_whole_only_with_its_last_line(pieces: list[bytes], kind: ErrorKind | None) -> None:
    for cut in (pieces, [b"".join(pieces)], [bytes([byte]) for byte in b"".join(pieces)]):
        outcome = reply(*cut)
        assert (outcome.content, kind_of(outcome)) == ("Hi", kind)


def test_an_endless_line_ends_the_reply() -> None:
    assert kind_of(reply(line(HI), *[b"x" * 2**20] * 33)) is ErrorKind.PROTOCOL


def test_a_web_page_is_no_reply() -> None:
    assert kind_of(read(reader(ACME, None, "text/html"), [])) is ErrorKind.PROTOCOL
