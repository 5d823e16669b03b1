"""Ollama's own chat against a server that somebody else wrote, with the embedded model or llmock behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.engine.engines import ended, engine_in, grown
from tests.support.llmock import LlMock, llmock_server
from tests.support.ollama_proxy import OllamaProxy, ollama_proxy
from tui.engine import Engine, ErrorKind, Models, Provider, Stream, StreamStatus, StreamType, Turn, WireProtocol
from tui.engine.embedded.server import Endpoint
from tui.engine.runner import Params

SAID = "你好，世界 👋🏽 — " + "one word after the other, " * 5
TURNS = (Turn("system", "Be brief."), Turn("user", "Hello?"))
STORY = (Turn("system", "You are a storyteller."), Turn("user", "Tell me a long story about a fox in the forest."))
REAL = "ollama/real/smollm2"


@pytest.fixture(scope="module")
def llmock() -> Iterator[LlMock]:
    with llmock_server() as server:
        yield server


@pytest.fixture(scope="module")
def proxy(llmock: LlMock, model_server: Endpoint) -> Iterator[OllamaProxy]:
    behind = {"mock": (f"{llmock.url}/v1", "sk-llmock"), "real": (model_server.base_url, model_server.key)}
    with ollama_proxy(behind) as server:
        yield server


def provider(proxy: OllamaProxy) -> Models:
    return Models({"ollama": Provider("ollama", WireProtocol.OLLAMA, proxy.url, model="mock/gpt-4.1")})


@pytest.fixture
async def engine(tmp_path: Path, proxy: OllamaProxy) -> AsyncIterator[Engine]:
    async with engine_in(tmp_path, provider(proxy)) as engine:
        yield engine


async def start(engine: Engine, model: str = "ollama", params: Params | None = None) -> str:
    turns = STORY if model == REAL else TURNS
    return await engine.start(StreamType.CHAT, "x", model, turns, params=params)


async def stream(engine: Engine, model: str = "ollama", params: Params | None = None) -> Stream:
    return await ended(engine, await start(engine, model, params))


async def test_a_reply_arrives_to_the_letter_and_what_was_set_is_asked(engine: Engine, llmock: LlMock) -> None:
    llmock.expect({"type": "reply", "text": SAID})
    told = await stream(engine, params={"temperature": 0.5, "max_tokens": 99, "thinking": False})
    assert (told.status, told.error, str(told.content)) == (StreamStatus.COMPLETED, None, SAID)
    assert told.finish_reason == "stop"
    assert told.usage is not None and told.usage["output_tokens"] > 10 and told.usage["input_tokens"] == 3
    [request] = llmock.requests()
    assert request["body"]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
    ]
    assert (request["body"]["temperature"], request["body"]["max_tokens"]) == (0.5, 99)


async def test_a_real_model_answers_and_keeps_its_bound(engine: Engine) -> None:
    told = await stream(engine, REAL, {"temperature": 0, "max_tokens": 16})
    assert (told.status, told.error) == (StreamStatus.COMPLETED, None)
    assert 20 < len(told.content) < 200


async def test_a_stop_keeps_what_was_said(engine: Engine) -> None:
    id = await start(engine, REAL, {"temperature": 0})
    await grown(engine, id, 5)
    await engine.stop(id)
    told = await ended(engine, id)
    assert (told.status, len(told.content) >= 5) == (StreamStatus.STOPPED, True)


async def test_an_error_in_a_reply_that_had_begun_well_is_told_and_its_text_kept(
    engine: Engine, llmock: LlMock
) -> None:
    broken = {"type": "stream_fault", "kind": "disconnect", "after_chunks": 4}
    llmock.expect({"type": "reply", "text": SAID * 50}, broken)
    told = await stream(engine)
    assert told.status is StreamStatus.ERROR and told.error is not None
    assert told.error.kind is ErrorKind.PROVIDER
    assert str(told.content) and (SAID * 50).startswith(str(told.content))


async def test_what_it_refuses_is_told_in_its_words(engine: Engine) -> None:
    told = await stream(engine, "ollama/nobody/small")
    assert told.error is not None
    assert (told.error.kind, told.error.http_status) == (ErrorKind.BAD_REQUEST, 400)
    assert "Unknown provider prefix: 'nobody'" in told.error.message


async def test_a_server_that_dies_leaves_a_reply_that_is_no_whole_one(tmp_path: Path, model_server: Endpoint) -> None:
    with ollama_proxy({"real": (model_server.base_url, model_server.key)}) as dying:
        async with engine_in(tmp_path, provider(dying)) as engine:
            id = await start(engine, REAL, {"temperature": 0})
            await grown(engine, id, 5)
            dying.kill()
            told = await ended(engine, id)
    assert told.status is StreamStatus.ERROR and told.error is not None
    assert told.error.kind in (ErrorKind.NETWORK, ErrorKind.TRUNCATED)
    assert len(told.content) >= 5
