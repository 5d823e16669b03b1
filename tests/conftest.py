"""What every test may ask for, and what every test must leave behind: nothing."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.bytecode import compile_share, keep_bytecode
from tests.support.home import Home, clean_environment
from tests.support.load_server import LoadServer

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background job is begun deaf to ctrl+c, and so would be all programs that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

keep_bytecode()

_GRACE = 1.0
"""Seconds that a task has to end by itself once its test has: it may be told to just then."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two for each core: half of a test's time goes by waiting for terminals, servers and the model."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection(session: pytest.Session) -> None:
    compile_share(session.config)


def pytest_collection_finish() -> None:
    """What was collected stays: to look through it for garbage over and over took a sixth of all time. And each app
    leaves so much that to look for that as often as usual took a third of what its tests cost."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Rivulet's folders in a temporary place, and an environment without any provider."""
    path = tmp_path / "rivulet"
    env = clean_environment(path)
    for name in os.environ.keys() - env.keys():
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return Home(path, env)


@pytest.fixture
def load_server() -> Iterator[LoadServer]:
    """A model server that remembers what it sent."""
    with LoadServer() as server:
        yield server


@pytest.fixture(autouse=True)
def leaves_no_task(request: pytest.FixtureRequest) -> None:
    """An asynchronous test fails if a task that it started is still there when it is over."""
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("_no_task_left")


@pytest.fixture
async def _no_task_left() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=_GRACE)
    if left:
        names = ", ".join(sorted(f"{task.get_name()} ({task.get_coro()})" for task in left))
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_GRACE)
        pytest.fail(f"tasks are left over: {names}")
