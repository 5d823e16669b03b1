"""Chat completions, Responses and Messages as the embedded model's server speaks them, through the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engines import ended, engine_in, grown
from tests.engine.protocols.outcomes import Outcome
from tests.support.thinking_model import thinking_model
from tui.engine import (
    Engine,
    ErrorKind,
    Models,
    Provider,
    Role,
    Secret,
    Stream,
    StreamStatus,
    StreamType,
    Turn,
    WireProtocol,
)
from tui.engine.embedded.server import Endpoint
from tui.engine.protocols import Call
from tui.engine.runner import Params
from tui.engine.wire import exchange, make_client

CHAT, RESPONSES, MESSAGES = WireProtocol.OPENAI, WireProtocol.RESPONSES, WireProtocol.ANTHROPIC
PROTOCOLS = [CHAT, RESPONSES, MESSAGES]
CUT = {CHAT: "length", RESPONSES: "completed", MESSAGES: "max_tokens"}
"""How each says that the bound was reached. This server's Responses do not."""

STORY = (Turn("system", "You are a storyteller."), Turn("user", "Tell me a long story about a fox in the forest."))


def models(url: str, key: str) -> Models:
    """The same server by each of its protocols."""
    root = url.removesuffix("/v1")
    known = {
        str(protocol): Provider(
            str(protocol),
            protocol,
            root if protocol is MESSAGES else url,
            api_key=Secret(key),
            model="smollm2",
            think_tags=False,
        )
        for protocol in PROTOCOLS
    }
    return Models(known, dict.fromkeys(Role, str(CHAT)))


async def stream(
    engine: Engine, protocol: WireProtocol, turns: tuple[Turn, ...] = STORY, params: Params | None = None
) -> Stream:
    """What came of asking by that protocol."""
    id = await engine.start(StreamType.CHAT, "x", str(protocol), turns, params=params)
    return await ended(engine, id)


@pytest.fixture
async def engine(tmp_path: Path, model_server: Endpoint) -> AsyncIterator[Engine]:
    async with engine_in(tmp_path, models(model_server.base_url, model_server.key)) as engine:
        yield engine


@pytest.fixture(scope="module")
def thinker() -> Iterator[tuple[str, str]]:
    with thinking_model() as place:
        yield place


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_reply_has_content_usage_and_a_reason_and_keeps_its_bound(
    engine: Engine, protocol: WireProtocol
) -> None:
    told = await stream(engine, protocol, params={"temperature": 0.2, "max_tokens": 24})
    assert (told.status, told.error, str(told.reasoning)) == (StreamStatus.COMPLETED, None, "")
    assert len(str(told.content)) > 24
    assert told.finish_reason == CUT[protocol]
    assert told.usage is not None
    assert told.usage["output_tokens"] == 24


async def test_the_same_is_sent_by_each_protocol(engine: Engine) -> None:
    """The prompt is as many tokens long, system prompt and all, and without chance the answer is the same."""
    asked = [await stream(engine, protocol, params={"temperature": 0, "max_tokens": 8}) for protocol in PROTOCOLS]
    chat, responses, messages = (told.usage["input_tokens"] for told in asked if told.usage)
    assert chat == responses >= messages > 0  # which does not count what the server still has in its cache
    assert len({str(told.content) for told in asked}) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_reasoning_is_kept_apart_from_content(
    tmp_path: Path, thinker: tuple[str, str], protocol: WireProtocol
) -> None:
    async with engine_in(tmp_path, models(*thinker)) as engine:
        told = await stream(engine, protocol, params={"temperature": 0, "max_tokens": 24})
    assert (told.status, told.finish_reason) == (StreamStatus.COMPLETED, CUT[protocol])
    assert len(str(told.reasoning)) > 10
    assert len(str(told.content)) > 10
    assert "think>" not in f"{told.reasoning}{told.content}"


async def test_the_embedded_model_does_not_reason_where_it_should_not(thinker: tuple[str, str]) -> None:
    url, key = thinker
    own = Provider("local", CHAT, url, model="smollm2", think_tags=False, embedded=True)
    call = Call("smollm2", STORY, temperature=0.0, max_tokens=24)
    reasoned, told = Outcome(), Outcome()
    async with await make_client() as client:
        for outcome, asked in ((reasoned, call), (told, replace(call, thinking=False))):
            async with aclosing(exchange(client, own, key, asked)) as parts:
                async for part in parts:
                    outcome.take(part)
    assert reasoned.reasoning
    assert (told.reasoning, len(told.content) > 10) == ("", True)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_stop_keeps_what_was_said(engine: Engine, protocol: WireProtocol) -> None:
    id = await engine.start(StreamType.CHAT, "x", str(protocol), STORY, params={"temperature": 0})
    await grown(engine, id, 20)
    await engine.stop(id)
    told = await ended(engine, id)
    assert (told.status, len(str(told.content)) >= 20) == (StreamStatus.STOPPED, True)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_wrong_key_is_told(tmp_path: Path, model_server: Endpoint, protocol: WireProtocol) -> None:
    async with engine_in(tmp_path, models(model_server.base_url, "wrong-key")) as engine:
        refused = (await stream(engine, protocol)).error
        assert refused
        assert (refused.kind, refused.http_status) == (ErrorKind.AUTH, 401)
        assert "wrong-key" not in refused.message


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_too_long_a_question_is_told(engine: Engine, protocol: WireProtocol) -> None:
    told = await stream(engine, protocol, (Turn("user", "river " * 6000),))
    assert told.error
    assert (told.error.kind, "too long for the model" in told.error.message) == (ErrorKind.BAD_REQUEST, True)
