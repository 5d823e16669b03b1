"""Keys while streams want them: asked for off the loop, once, anew when refused, and shown nowhere."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import pytest

from tests.engine.engines import ended, engine_in, models, start
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import (
    ErrorKind,
    Secret,
    StreamStatus,
)

COMPLETED = StreamStatus.COMPLETED
KEY = "sk-very-secret-1234"


async def test_the_loop_is_free_while_a_command_gives_a_key_and_streams_ask_it_once(
    tmp_path: Path, load_server: LoadServer
) -> None:
    asked = tmp_path / "asked"
    keyed = models(load_server.url, api_key=Secret(f"!echo x >> {asked}; sleep 0.5; echo {KEY}"))
    async with engine_in(tmp_path, keyed) as engine:
        ids = [await start(engine, f"n=5 tag=s{number}") for number in range(3)]
        lag = 0.0
        while engine.registry.live:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            lag = max(lag, time.monotonic() - before)
        assert lag < 0.4, "the loop stood still as long as the command ran"
        assert {engine.registry.get(id).status for id in ids} == {COMPLETED}  # type: ignore[union-attr]
        assert asked.read_text() == "x\n"
        assert {exchange.headers["authorization"] for exchange in load_server.requests} == {f"Bearer {KEY}"}


def test_the_end_of_the_program_does_not_wait_for_a_command(tmp_path: Path, load_server: LoadServer) -> None:
    asked, done = tmp_path / "asked", tmp_path / "done"
    slow = Secret(f"!touch {asked}; while [ ! -e {done} ]; do sleep 0.05; done; echo {KEY}")

    async def run_and_quit() -> None:
        async with engine_in(tmp_path, models(load_server.url, api_key=slow)) as engine:
            await start(engine, "Hello?")
            await eventually(asked.exists)

    before = time.monotonic()
    try:
        asyncio.run(run_and_quit())
        assert time.monotonic() - before < 10
    finally:
        done.touch()


async def test_a_key_that_was_refused_is_asked_for_anew(tmp_path: Path, load_server: LoadServer) -> None:
    count = tmp_path / "count"
    keyed = models(load_server.url, api_key=Secret(f"!echo x >> {count}; echo key-$(wc -l < {count} | tr -d ' ')"))
    async with engine_in(tmp_path, keyed) as engine:
        for question in ("n=1 tag=a", "n=1 tag=b", "fail=401 tag=c", "n=1 tag=d"):
            await ended(engine, await start(engine, question))
        used = [exchange.headers["authorization"] for exchange in load_server.requests]
        assert used == ["Bearer key-1", "Bearer key-1", "Bearer key-1", "Bearer key-2"]


async def test_a_key_that_cannot_be_had_ends_the_stream_and_the_next_may_have_it(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RIVULET_TEST_KEY", raising=False)
    async with engine_in(tmp_path, models(load_server.url, api_key=Secret("$RIVULET_TEST_KEY"))) as engine:
        stream = await ended(engine, await start(engine, "n=1 tag=a"))
        assert stream.error is not None
        assert stream.error.kind is ErrorKind.CONFIG
        assert stream.error.message == "No key for load. The environment variable RIVULET_TEST_KEY is not set."
        monkeypatch.setenv("RIVULET_TEST_KEY", KEY)
        assert (await ended(engine, await start(engine, "n=1 tag=b"))).status is COMPLETED


async def test_a_key_shows_in_no_log_and_in_no_error(
    tmp_path: Path, load_server: LoadServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with engine_in(tmp_path, models(load_server.url, api_key=Secret(KEY))) as engine:
        for question in ("n=3 tag=a", "fail=401 tag=b", "n=9 reset=2 tag=c"):
            stream = await ended(engine, await start(engine, question))
            assert KEY not in repr(stream)
        await engine.check("load")
    assert KEY not in caplog.text
    assert KEY not in repr(vars(engine))
