"""What the log is told of streams: each line with the stream's id, and nothing of what was said."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.engines import ask, ended, engine_in, grown, models, new_topic, start
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import STREAM_ID, ErrorKind
from tui.engine.tasks import Tasks


class Lines(logging.Handler):
    """What the log is told, each with the stream that it names."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.told: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        stream_id = record.__dict__.get("stream_id") or STREAM_ID.get()
        self.told.append((stream_id, record.levelno, record.getMessage()))

    def of(self, stream_id: str) -> list[str]:
        return [text for id, _, text in self.told if id == stream_id]


@pytest.fixture
async def lines() -> AsyncIterator[Lines]:
    handler, log = Lines(), logging.getLogger("tui")
    before = log.level
    log.setLevel(logging.DEBUG)
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)
    log.setLevel(before)


async def test_a_stream_is_told_from_its_beginning_to_its_end(
    tmp_path: Path, load_server: LoadServer, lines: Lines
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        done = await ended(engine, await ask(engine, await new_topic(engine), "n=3 tag=secret-question"))
        stopped = await start(engine, "n=999 tps=10 tag=b")
        await grown(engine, stopped)
    first, second, third = lines.of(done.id)
    assert (first, second) == ("chat with load/fake", "connecting")
    assert third.startswith("chat with load/fake completed after ") and f"{len(done.content)} characters" in third
    assert lines.of(stopped)[-1].startswith("chat with load/fake stopped after ")
    assert all(stream_id for stream_id, _, _ in lines.told)
    said = " ".join(text for _, _, text in lines.told)
    assert "secret-question" not in said and str(done.content) not in said


async def test_an_error_is_told_by_its_kind_and_not_in_the_servers_words(
    tmp_path: Path, load_server: LoadServer, lines: Lines
) -> None:
    async with engine_in(tmp_path, models(load_server.url, max_retries=0)) as engine:
        failed = await ended(engine, await start(engine, "fail=429 tag=a"))
    assert failed.error is not None and failed.error.kind is ErrorKind.RATE_LIMIT
    assert lines.of(failed.id)[-1].endswith(", rate_limit 429")
    assert failed.error.message not in " ".join(text for _, _, text in lines.told)


async def test_what_fails_inside_a_streams_task_is_told_under_its_id(
    tmp_path: Path, load_server: LoadServer, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    async with engine_in(tmp_path, models(load_server.url)) as engine:
        monkeypatch.setattr(engine._routes, "to", broken)
        failed = await ended(engine, await start(engine, "n=3 tag=a"))
    assert f"stream {failed.id} failed" in lines.of(failed.id)


async def test_what_a_task_raises_is_told_with_the_stream_that_it_worked_on(lines: Lines) -> None:
    async def work() -> None:
        STREAM_ID.set("s1")
        raise ZeroDivisionError

    tasks = Tasks()
    tasks.spawn(work(), "it")
    await eventually(lambda: lines.told)
    assert lines.of("s1") == ["it failed"]
    assert STREAM_ID.get() == ""
