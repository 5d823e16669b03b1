"""Three protocols against a server that somebody else wrote, whose faults they meet and whose verdict they hear."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.engines import ended, engine_in
from tests.support.llmock import LlMock, llmock_server
from tests.support.waiting import eventually
from tui.engine import (
    Engine,
    ErrorKind,
    Models,
    Provider,
    Secret,
    Stream,
    StreamStatus,
    StreamType,
    Turn,
    WireProtocol,
)
from tui.engine.runner import Params

CHAT, RESPONSES, MESSAGES = WireProtocol.OPENAI, WireProtocol.RESPONSES, WireProtocol.ANTHROPIC
PROTOCOLS = [CHAT, RESPONSES, MESSAGES]
COMPLETE = {CHAT: "stop", RESPONSES: "completed", MESSAGES: "end_turn"}
BEFORE_TEXT = {CHAT: 1, RESPONSES: 4, MESSAGES: 3}
"""Events that each sends before the first piece of text."""

SAID = "你好，世界 👋🏽 — " + "one word after the other, " * 5
MORE = SAID + "and on " * 3000
"""So long that it can't be all under way before its reader stops reading."""
TURNS = (Turn("system", "Be brief."), Turn("user", "Hello?"))


@pytest.fixture(scope="module")
def llmock() -> Iterator[LlMock]:
    with llmock_server() as server:
        yield server


@pytest.fixture
async def engine(tmp_path: Path, llmock: LlMock) -> AsyncIterator[Engine]:
    providers = [
        Provider(
            str(protocol),
            protocol,
            f"{llmock.url}/{'anthropic' if protocol is MESSAGES else 'v1'}",
            api_key=Secret("sk-llmock"),
            model="claude-sonnet-4-5" if protocol is MESSAGES else "gpt-4.1",
            idle_timeout=0.3,
        )
        for protocol in PROTOCOLS
    ]
    async with engine_in(tmp_path, Models({provider.name: provider for provider in providers})) as engine:
        yield engine


def reply(text: str = SAID) -> dict[str, Any]:
    return {"type": "reply", "text": text}


async def stream(engine: Engine, protocol: WireProtocol, params: Params | None = None) -> Stream:
    return await ended(engine, await engine.start(StreamType.CHAT, "x", str(protocol), TURNS, params=params))


def kind_of(told: Stream) -> ErrorKind | None:
    return told.error.kind if told.error else None


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_reply_arrives_to_the_letter(engine: Engine, llmock: LlMock, protocol: WireProtocol) -> None:
    llmock.expect(reply())
    told = await stream(engine, protocol)
    assert (told.status, str(told.content), told.finish_reason) == (
        StreamStatus.COMPLETED,
        SAID,
        COMPLETE[protocol],
    )
    assert told.usage
    assert told.usage["output_tokens"] > 10
    assert llmock.findings() == []


@pytest.mark.parametrize(
    ("protocol", "asked"),
    [
        (
            CHAT,
            {
                "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
                "stream": True,
                "stream_options": {"include_usage": True},
                "temperature": 0.5,
                "max_tokens": 99,
                "reasoning_effort": "low",
            },
        ),
        (
            RESPONSES,
            {
                "instructions": "Be brief.",
                "input": [{"role": "user", "content": "Hello?"}],
                "stream": True,
                "store": False,
                "temperature": 0.5,
                "max_output_tokens": 99,
                "reasoning": {"effort": "low"},
            },
        ),
        (
            MESSAGES,
            {
                "system": "Be brief.",
                "messages": [{"role": "user", "content": "Hello?"}],
                "stream": True,
                "temperature": 0.5,
                "max_tokens": 99,
            },
        ),
    ],
)
async def test_what_is_asked_is_what_was_set_and_nothing_else(
    engine: Engine, llmock: LlMock, protocol: WireProtocol, asked: dict[str, object]
) -> None:
    llmock.expect()
    await stream(engine, protocol, {"temperature": 0.5, "max_tokens": 99, "reasoning_effort": "low"})
    (request,) = llmock.requests()
    assert request["body"] == {"model": request["model"], **asked}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "truncate"}, ErrorKind.TRUNCATED),
        ({"kind": "disconnect"}, ErrorKind.NETWORK),
        ({"kind": "malformed"}, ErrorKind.PROTOCOL),
        ({"kind": "stall", "stall_seconds": 5}, ErrorKind.TIMEOUT),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else None,
)
async def test_a_broken_stream_keeps_its_text_is_told_and_can_be_asked_again(
    engine: Engine, llmock: LlMock, protocol: WireProtocol, fault: dict[str, object], kind: ErrorKind
) -> None:
    broken = {"type": "stream_fault", "after_chunks": BEFORE_TEXT[protocol] + 3} | fault
    llmock.expect(reply(MORE), broken, reply())
    told = await stream(engine, protocol)
    assert (told.status, kind_of(told)) == (StreamStatus.ERROR, kind)
    assert str(told.content)
    assert MORE.startswith(str(told.content))
    await eventually(llmock.requests)  # it has seen the end: only what comes behind that is a second try to it
    assert str((await stream(engine, protocol)).content) == SAID
    assert llmock.findings() == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_what_no_second_try_can_mend_is_tried_once(
    engine: Engine, llmock: LlMock, protocol: WireProtocol
) -> None:
    llmock.expect({"type": "fail", "status": 401, "message": "No such luck.", "times": 9})
    told = await stream(engine, protocol)
    assert (kind_of(told), told.error and "No such luck" in told.error.message) == (ErrorKind.AUTH, True)
    assert len(llmock.requests()) == 1
    assert llmock.findings() == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_parameter_that_is_not_taken_is_left_out_in_a_second_try(
    engine: Engine, llmock: LlMock, protocol: WireProtocol
) -> None:
    llmock.expect({"type": "fail", "status": 400, "message": "`temperature` is deprecated for this model."}, reply())
    told = await stream(engine, protocol, {"temperature": 0.5})
    assert (told.status, str(told.content)) == (StreamStatus.COMPLETED, SAID)
    assert ["temperature" in request["body"] for request in llmock.requests()] == [True, False]
    await stream(engine, protocol, {"temperature": 0.5})
    assert ["temperature" in request["body"] for request in llmock.requests()] == [True, False, False]
    assert llmock.findings() == []
