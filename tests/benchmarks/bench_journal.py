"""What the journal costs: `python -m pytest -m benchmark -s tests/benchmarks/bench_journal.py`.

Times are CPU, of the thread that writes and of the event loop that tells it, for 100 streams at 100 tokens a second;
the commits themselves are wall time, as the disk makes it."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

import pytest

from tui.engine import Arrived, Catalog, Connecting, Created, Registry, Stream, StreamType
from tui.engine import journal_writer as module
from tui.engine.journal import Journal
from tui.engine.journal_file import JournalFile, read
from tui.engine.saving import Saving
from tui.engine.tasks import Tasks

pytestmark = pytest.mark.benchmark

STREAMS = 100
RATE = 100
SECONDS = 10.0
_STEP = 0.01
_TOKEN = " tide"


async def _feed(registry: Registry, ids: list[str], seconds: float) -> float:
    """So many streams, each a token at each step; returns the CPU seconds that telling the registry took."""
    spent = 0.0
    began = time.monotonic()
    for step in range(int(seconds / _STEP)):
        thread = time.thread_time()
        for id in ids:
            registry.apply(Arrived(id, began, _TOKEN))
        spent += time.thread_time() - thread
        await asyncio.sleep(max(0.0, began + (step + 1) * _STEP - time.monotonic()))
    return spent


def _begun(registry: Registry) -> list[str]:
    ids = [f"s{number:012}" for number in range(STREAMS)]
    for id in ids:
        registry.apply(Created(Stream(id, StreamType.CHAT, "c", "load/fake", time.time(), {"topic_id": "t"})))
        registry.apply(Connecting(id, time.time()))
    return ids


async def test_a_hundred_streams_cost_at_most_a_hundredth_of_a_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[float] = []
    thread_cpu: list[float] = []
    append, commit = JournalFile.append, module.JournalWriter._commit

    def timed_append(file: JournalFile, data: bytes) -> None:
        began = time.monotonic()
        append(file, data)
        commits.append((time.monotonic() - began) * 1000)

    def timed_commit(writer: module.JournalWriter) -> None:
        began = time.thread_time()
        commit(writer)
        thread_cpu.append(time.thread_time() - began)

    monkeypatch.setattr(JournalFile, "append", timed_append)
    monkeypatch.setattr(module.JournalWriter, "_commit", timed_commit)
    alone, registry = Registry(), Registry()
    for each in (alone, registry):  # who tells others, tells more than one
        each.subscribe(lambda event: None)
    without = await _feed(alone, _begun(alone), SECONDS)
    journal = Journal(registry, tmp_path / "journal", Tasks(), Saving(Catalog()))
    await journal.recover()
    ids = _begun(registry)
    with_journal = await _feed(registry, ids, SECONDS)
    await journal.close()
    written = sum(path.stat().st_size for path in (tmp_path / "journal").iterdir())
    loop = (with_journal - without) / SECONDS * 100
    thread = sum(thread_cpu) / SECONDS * 100
    rates = f"{len(commits) / SECONDS:.1f} commits/s, {written / SECONDS / 1e3:.0f} kB/s"
    print(f"\n{STREAMS} streams at {RATE} tokens/s: {rates}")
    print(f"CPU: {thread:.2f} % of a core in the thread, {loop:.2f} % in the loop")
    print(f"write and sync: {statistics.median(commits):.1f} ms ({max(commits):.0f} at most)")
    began, cpu = time.monotonic(), time.process_time()
    found = read(tmp_path / "journal")
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    assert [len(stream.content) for stream in found.streams] == [int(SECONDS / _STEP) * len(_TOKEN)] * STREAMS
    size = written / 1e6
    print(
        f"recovery: {took * 1000 / size:.1f} ms for each MB ({cpu * 1000 / size:.1f} of CPU), {took * 1000:.0f} in all"
    )
    assert thread + max(0.0, loop) <= 3.0, "far from what it should be"
