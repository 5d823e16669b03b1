"""The runtime tried in a process of its own: what it can't do here is one line, whatever its end."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.support.embedded import runtime
from tests.support.processes import children, gone
from tests.support.waiting import eventually
from tui.engine.embedded.trial import why_it_cant_run


def living_children() -> set[int]:
    return {pid for pid in children(os.getpid()) if not gone(pid)}


async def test_the_real_runtime_loads_here() -> None:
    assert await why_it_cant_run() == ""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("raise ImportError('libgomp.so.1: cannot open shared object file: No such file')", "apt-get install libgomp1"),
        ("raise ImportError('version GLIBC_2.34 not found\\n(required by x)')", "GLIBC_2.34 not found (required"),
        ("raise OSError('odd')", "does not load here (odd)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "AVX2"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("import os; os._exit(7)", "exit status 7"),
        ("pass", "no attribute 'CommonParams'"),
    ],
)
async def test_a_runtime_that_does_not_load_is_one_line_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, expected: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(runtime(tmp_path, source)))
    why = await why_it_cant_run()
    assert expected in why
    assert "\n" not in why
    assert why.endswith("or configure a provider in config.toml.")


async def test_one_that_is_not_installed_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    assert 'pip install "rivulet-tui[local]"' in await why_it_cant_run()


async def test_one_that_never_ends_to_load_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(runtime(tmp_path, "import time; time.sleep(600)")))
    before = living_children()
    assert "within 0.1 s" in await why_it_cant_run(patience=0.1)
    assert living_children() == before


async def test_a_trial_that_is_cancelled_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(runtime(tmp_path, "import time; time.sleep(600)")))
    before = living_children()
    trial = asyncio.create_task(why_it_cant_run())
    await eventually(lambda: living_children() - before, what="the trial's process")
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    assert living_children() == before
