"""The real runtime with the real model, over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.support.processes import gone
from tests.support.waiting import eventually
from tui.engine.embedded.models import MODELS, SMOLLM2
from tui.engine.embedded.server import LOG_LIMIT, LOG_NAME, CannotRun, Endpoint, ModelServer, available, pause


@pytest.fixture
async def server(data: Path, tmp_path: Path) -> AsyncIterator[ModelServer]:
    server = ModelServer(SMOLLM2, data=data, log=tmp_path / "log")
    yield server
    pid = server.pid
    await server.close()
    assert pid is None or gone(pid)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=60) as client:
        yield client


@asynccontextmanager
async def asked(client: httpx.AsyncClient, endpoint: Endpoint, tokens: int = 12) -> AsyncIterator[httpx.Response]:
    """The response to a question, its body still to come."""
    request = {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": tokens, "stream": True}
    headers = {"Authorization": f"Bearer {endpoint.key}"}
    async with client.stream(
        "POST", f"{endpoint.base_url}/chat/completions", json=request, headers=headers
    ) as response:
        yield response


async def chat(client: httpx.AsyncClient, endpoint: Endpoint) -> str:
    """What a reply says, once it has come to its end."""
    async with asked(client, endpoint) as response:
        assert response.status_code == 200
        lines = [line.removeprefix("data: ") async for line in response.aiter_lines() if line]
    assert lines.pop() == "[DONE]"
    deltas = [json.loads(line)["choices"][0]["delta"] for line in lines]
    return "".join(delta.get("content") or "" for delta in deltas)


async def test_it_starts_when_it_is_needed_and_streams(server: ModelServer, client: httpx.AsyncClient) -> None:
    assert server.pid is None
    assert await chat(client, await server.endpoint())


async def test_four_chats_stream_at_once(server: ModelServer, client: httpx.AsyncClient) -> None:
    endpoint = await server.endpoint()
    assert all(await asyncio.gather(*(chat(client, endpoint) for _ in range(4))))


async def test_a_reply_that_would_never_end_is_cut_unless_the_request_says_where(
    data: Path, tmp_path: Path, client: httpx.AsyncClient
) -> None:
    server = ModelServer(replace(SMOLLM2, longest_reply=40), data=data, log=tmp_path)
    try:
        endpoint = await server.endpoint()
        for more, tokens in (({}, 40), ({"max_tokens": 60}, 60)):
            request = {"messages": [{"role": "user", "content": "Say hello."}], "ignore_eos": True, **more}
            headers = {"Authorization": f"Bearer {endpoint.key}"}
            reply = (await client.post(f"{endpoint.base_url}/chat/completions", json=request, headers=headers)).json()
            assert reply["choices"][0]["finish_reason"] == "length"
            assert reply["usage"]["completion_tokens"] == tokens
    finally:
        await server.close()


def test_no_reply_fills_all_that_a_model_can_read() -> None:
    for model in MODELS.values():
        assert 0 < model.longest_reply < model.context


async def test_who_has_no_key_is_refused(server: ModelServer, client: httpx.AsyncClient) -> None:
    endpoint = await server.endpoint()
    request = {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 1}
    response = await client.post(f"{endpoint.base_url}/chat/completions", json=request)
    assert response.status_code == 401


async def test_the_key_is_not_shown(server: ModelServer) -> None:
    endpoint = await server.endpoint()
    assert endpoint.key not in repr(endpoint)


async def test_callers_at_one_time_share_one_start(server: ModelServer) -> None:
    endpoints = await asyncio.gather(*(server.endpoint() for _ in range(5)))
    assert len(set(endpoints)) == 1


async def test_after_it_died_the_next_need_starts_it_again(server: ModelServer, client: httpx.AsyncClient) -> None:
    first = await server.endpoint()
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: server.pid is None)
    second = await server.endpoint()
    assert second != first
    assert await chat(client, second)


async def test_a_reply_whose_server_dies_has_no_end(server: ModelServer, client: httpx.AsyncClient) -> None:
    body = bytearray()
    async with asked(client, await server.endpoint(), tokens=3000) as response:
        pid = server.pid
        assert pid is not None
        with contextlib.suppress(httpx.HTTPError):
            async for piece in response.aiter_bytes():
                if not body:
                    os.kill(pid, signal.SIGKILL)
                body += piece
    assert body
    assert b"[DONE]" not in body


async def test_its_words_go_to_a_log_that_is_the_users_alone(
    server: ModelServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    await server.endpoint()
    log = tmp_path / "log" / LOG_NAME
    await eventually(lambda: "listening on" in log.read_text())
    assert log.stat().st_mode & 0o077 == 0
    assert capfd.readouterr() == ("", "")


async def test_a_log_that_grew_too_long_begins_anew(
    server: ModelServer, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    log = tmp_path / "log" / LOG_NAME
    await server.endpoint()
    with log.open("ab") as file:
        file.write(bytes(LOG_LIMIT))
    await chat(client, await server.endpoint())
    assert 0 < log.stat().st_size < LOG_LIMIT
    assert b"\0" not in log.read_bytes()


async def test_closing_ends_it_in_the_middle_of_a_reply(server: ModelServer, client: httpx.AsyncClient) -> None:
    async with asked(client, await server.endpoint(), tokens=3000) as response:
        assert response.status_code == 200
        pid = server.pid
        assert pid is not None
        await server.close()
        assert gone(pid)


async def test_closing_while_it_starts_ends_the_start(server: ModelServer) -> None:
    start = asyncio.create_task(server.endpoint())
    pid = await eventually(lambda: server.pid)
    await server.close()
    with pytest.raises(CannotRun, match="closing"):
        await start
    assert gone(pid)


async def test_once_closed_it_does_not_start_again(server: ModelServer) -> None:
    await server.close()
    with pytest.raises(CannotRun, match="closing"):
        await server.endpoint()
    assert server.pid is None


async def test_a_start_that_is_cancelled_leaves_no_process_and_the_next_succeeds(server: ModelServer) -> None:
    start = asyncio.create_task(server.endpoint())
    pid = await eventually(lambda: server.pid)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert gone(pid)
    await server.endpoint()
    assert server.pid is not None


async def test_one_that_ignores_the_end_of_its_input_is_killed(server: ModelServer) -> None:
    await server.endpoint()
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)  # neither its input's end nor SIGTERM reaches it now
    await server.close()
    assert gone(pid)


class TestCannotRun:
    """Each reason is one line that says what to do, and leaves no process."""

    async def refusal(self, server: ModelServer) -> str:
        with pytest.raises(CannotRun) as refused:
            await server.endpoint()
        assert server.pid is None
        message = str(refused.value)
        assert "\n" not in message
        assert "config.toml" in message
        return message

    async def test_without_its_file(self, tmp_path: Path) -> None:
        server = ModelServer(SMOLLM2, data=tmp_path, log=tmp_path)
        assert "rivulet model fetch smollm2" in await self.refusal(server)

    async def test_with_a_file_of_garbage(self, tmp_path: Path) -> None:
        path = SMOLLM2.path(tmp_path)
        path.parent.mkdir()
        path.touch()
        os.truncate(path, SMOLLM2.size)
        server = ModelServer(SMOLLM2, data=tmp_path, log=tmp_path)
        message = await self.refusal(server)
        assert "damaged" in message
        assert "rivulet model fetch smollm2" in message
        await server.close()

    async def test_without_the_runtime(self, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
        assert available()
        monkeypatch.setitem(sys.modules, "xllamacpp", None)  # Python's own way to say: not to be had
        assert not available()
        assert 'pip install "rivulet-tui[local]"' in await self.refusal(server)

    async def test_on_a_cpu_that_lacks_its_instructions(self, server: ModelServer) -> None:
        start = asyncio.create_task(self.refusal(server))
        os.kill(await eventually(lambda: server.pid), signal.SIGILL)
        assert "AVX2" in await start

    async def test_when_it_takes_too_long(self, data: Path, tmp_path: Path) -> None:
        server = ModelServer(SMOLLM2, data=data, log=tmp_path, start_timeout=0.01)
        assert "did not get ready" in await self.refusal(server)
        await server.close()

    async def test_when_its_log_cant_be_written(self, data: Path, tmp_path: Path) -> None:
        (tmp_path / "log").touch()
        assert "can't be started" in await self.refusal(ModelServer(SMOLLM2, data=data, log=tmp_path / "log"))


def test_a_single_death_costs_no_wait_and_a_series_ever_more() -> None:
    assert [pause(starts) for starts in range(9)] == [0, 0, 0.5, 1, 2, 4, 8, 8, 8]
