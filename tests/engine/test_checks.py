"""Asking a provider for its models: one line that says what is so."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.engines import engine_in, models
from tests.support.load_server import LoadServer
from tests.support.raw_server import Connection, raw_server
from tui.engine import LOCAL, Models, Provider, Secret, WireProtocol, checks

KEY = "sk-very-secret-1234"


def answers(status: int, body: bytes) -> Callable[[Connection], Awaitable[None]]:
    async def answer(connection: Connection) -> None:
        await connection.head(status, [("Content-Type", "application/json")])
        await connection.body(body)
        await connection.end()

    return answer


async def test_a_provider_that_answers_is_reachable(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        check = await engine.check("load")
        assert (check.ok, check.message, check.models) == (True, "reachable, 1 model", ("fake",))


@pytest.mark.parametrize(
    ("protocol", "path", "key", "document", "found"),
    [
        ("openai", "GET /v1/models", b"authorization: bearer", {"data": [{"id": "a"}, {"id": "b"}]}, ("a", "b")),
        ("responses", "GET /v1/models", b"authorization: bearer", {"data": []}, ()),
        ("anthropic", "GET /v1/v1/models", b"x-api-key:", {"data": [{"id": "c", "display_name": "C"}]}, ("c",)),
        (
            "ollama",
            "GET /v1/api/tags",
            b"authorization: bearer",
            {"models": [{"name": "d:latest"}, "?", {}]},
            ("d:latest",),
        ),
    ],
)
async def test_each_protocol_is_asked_in_its_own_way(
    tmp_path: Path, protocol: str, path: str, key: bytes, document: dict[str, Any], found: tuple[str, ...]
) -> None:
    async with raw_server(answers(200, json.dumps(document).encode())) as server:
        provider = Provider("load", WireProtocol(protocol), server.url, Secret(KEY))
        async with engine_in(tmp_path, Models({"load": provider})) as engine:
            check = await engine.check("load")
        assert check.ok
        assert check.models == found
        [request] = server.connections[0].requests
        assert request.startswith(path.encode())
        assert key + b" " + KEY.encode() in request.replace(b"Bearer", b"bearer").lower().replace(b"Sk", b"sk")


@pytest.mark.parametrize(
    ("status", "body", "ok", "words"),
    [
        (401, b'{"error": {"message": "Incorrect API key provided: ' + KEY.encode() + b'"}}', False, "key"),
        (403, b"no", False, ""),
        (404, b'{"detail": "Not Found"}', True, "reachable; it gives no list of its models"),
        (500, b"<html>oops</html>", False, ""),
        (200, b"<!doctype html><title>Welcome</title>", False, "gives no list of models. Is base_url right?"),
        (200, b'{"data": 3}', False, "gives no list of models"),
        (200, b"[1, 2]", False, "gives no list of models"),
        (200, b"[" * 100_000, False, "gives no list of models"),
    ],
)
async def test_what_is_wrong_is_one_line_without_the_key(
    tmp_path: Path, status: int, body: bytes, ok: bool, words: str
) -> None:
    async with raw_server(answers(status, body)) as server:
        async with engine_in(tmp_path, models(server.url, api_key=Secret(KEY))) as engine:
            check = await engine.check("load")
        assert check.ok is ok
        assert words in check.message
        assert KEY not in check.message
        assert len(check.message.splitlines()) == 1


async def test_a_server_that_drips_its_list_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "TIMEOUT", 0.3)

    async def drip(connection: Connection) -> None:
        await connection.head(200, [("Content-Type", "application/json")])
        while not connection.closed.is_set():
            await connection.body(b" ")
            await _moment()

    async with raw_server(drip) as server, engine_in(tmp_path, models(server.url)) as engine:
        before = time.monotonic()
        check = await engine.check("load")
        assert not check.ok
        assert "did not give the list of its models within 0.3 s" in check.message
        assert time.monotonic() - before < 3


async def _moment() -> None:
    import asyncio

    await asyncio.sleep(0.02)


async def test_a_server_that_is_not_running_is_told(tmp_path: Path) -> None:
    async with engine_in(tmp_path, models("http://127.0.0.1:1/v1")) as engine:
        check = await engine.check("load")
        assert not check.ok
        assert "Can't reach load at 127.0.0.1:1" in check.message


async def test_a_key_that_cannot_be_had_an_unknown_provider_and_a_missing_model_are_told(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RIVULET_TEST_KEY", raising=False)
    keyed = models(load_server.url, api_key=Secret("$RIVULET_TEST_KEY"))
    embedded = Provider(LOCAL, WireProtocol.OPENAI, "", model="smollm2", embedded=True)
    async with engine_in(tmp_path, Models({**keyed.providers, LOCAL: embedded})) as engine:
        assert (await engine.check("load")).message == (
            "No key for load. The environment variable RIVULET_TEST_KEY is not set."
        )
        assert (await engine.check("nobody")).message == 'There is no provider "nobody".'
        assert "rivulet model fetch smollm2" in (await engine.check(LOCAL)).message


async def test_a_check_after_the_end_says_so(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.close()
        check = await engine.check("load")
        assert (check.ok, check.message) == (False, "Rivulet is closing.")
