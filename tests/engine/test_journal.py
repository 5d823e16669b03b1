"""The journal follows the streams: soon, never in their way, and it keeps nothing that is safe elsewhere."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest

from tests.engine.engines import ask, ended, engine_in, grown, models, new_topic, quiet, start
from tests.engine.kills import journal_size
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import Engine, Library, Stream
from tui.engine import journal_writer as module
from tui.engine.journal_file import JournalFile, read


def journaled(folder: Path) -> dict[str, Stream]:
    try:
        return {stream.id: stream for stream in read(folder / "data" / "journal").streams}
    except FileNotFoundError:  # another one has just taken its place
        return {}


def _has(folder: Path, id: str, text: str) -> bool:
    stream = journaled(folder).get(id)
    return stream is not None and str(stream.content) == text


async def test_what_arrives_is_in_the_journal_a_moment_later(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        ids = [await ask(engine, topic, "n=30 think=5 stall=25 tag=a"), await start(engine, "n=30 stall=20 tag=b")]
        for id, tag in zip(ids, "ab", strict=True):
            sent = await asyncio.to_thread(load_server.wait_for, tag, 20)
            stream = await grown(engine, id, len(sent.content))
            began = asyncio.get_running_loop().time()
            await eventually(lambda id=id, text=sent.content: _has(tmp_path, id, text))  # type: ignore[misc]
            kept = journaled(tmp_path)[id]
            assert asyncio.get_running_loop().time() - began < 1.0
            assert str(kept.reasoning) == sent.reasoning
            assert (kept.type, kept.related_id, kept.model, kept.metadata) == (
                stream.type,
                stream.related_id,
                stream.model,
                stream.metadata,
            )
            assert kept.first_token_at == pytest.approx(stream.first_token_at, abs=0.001)
        await engine.stop_all()


async def test_a_hundred_streams_share_one_commit(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url, max_streams=100)) as engine:
        ids = [await start(engine, f"n=60 tps=100 tag=t{n}") for n in range(100)]
        began = asyncio.get_running_loop().time()
        for id in ids:
            await ended(engine, id)
        took = asyncio.get_running_loop().time() - began
        assert engine._journal._writer is not None
        assert engine._journal._writer.commits <= took / module.INTERVAL + 2


async def test_a_disk_that_takes_long_keeps_no_stream_waiting(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = threading.Event()
    append = JournalFile.append

    def slowly(file: JournalFile, data: bytes) -> None:
        disk.wait()
        append(file, data)

    monkeypatch.setattr(JournalFile, "append", slowly)
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        id = await start(engine, "n=300 tag=a")
        stream = await ended(engine, id)
        assert str(stream.content) == load_server.requests[0].content
        assert journaled(tmp_path) == {}
        disk.set()
        await eventually(lambda: id in journaled(tmp_path))


async def test_the_journal_is_empty_once_everything_is_safe(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.engine.ledger.GATHER", 0.3)
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await ask(engine, topic, "n=30 tps=100 tag=a")
        await eventually(lambda: journal_size(engine))
        await quiet(engine)
        await eventually(lambda: journal_size(engine) == 0)
        again = await ask(engine, topic, "n=9999 tps=100 tag=b")
        await eventually(lambda: journal_size(engine))
        assert set(journaled(tmp_path)) == {again}
        await engine.stop_all()
    assert list((tmp_path / "data" / "journal").iterdir()) == []


async def test_a_long_run_does_not_make_it_longer_than_what_is_needed(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMPACT_FROM", 20_000)
    monkeypatch.setattr("tui.engine.ledger.GATHER", 0.1)
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        lasting = await start(engine, "n=99999 tps=50 tag=a")
        sizes = []
        for number in range(6):
            await ended(engine, await start(engine, f"n=2000 tag=t{number}"))
            await eventually(lambda: len(journaled(tmp_path)) == 1)
            sizes.append(journal_size(engine))
        assert max(sizes) < 80_000, sizes
        kept = journaled(tmp_path)[lasting]
        stream = engine.registry.get(lasting)
        assert stream is not None and kept.content and str(stream.content).startswith(str(kept.content))
        await engine.stop_all()


async def test_a_journal_that_somebody_deletes_is_written_anew(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        id = await start(engine, "n=9999 tps=100 tag=a")
        await eventually(lambda: id in journaled(tmp_path))
        for path in (tmp_path / "data" / "journal").iterdir():
            await asyncio.to_thread(path.unlink)
        text = str((await grown(engine, id, 100)).content)
        await eventually(lambda: (one := journaled(tmp_path).get(id)) and str(one.content).startswith(text))
        await engine.stop_all()


async def test_a_disk_that_was_taken_out_and_put_back_is_written_to_in_a_new_file(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY", 0.05)
    write, stale = os.write, set[int]()

    def forgotten(handle: int, data: bytes | memoryview) -> int:
        if handle in stale:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return write(handle, data)

    async with engine_in(tmp_path, models(load_server.url)) as engine:
        id = await start(engine, "n=9999 tps=100 tag=a")
        await eventually(lambda: id in journaled(tmp_path))
        assert engine._journal._writer is not None
        stale.add(engine._journal._writer._file._handle)
        monkeypatch.setattr(os, "write", forgotten)
        text = str((await grown(engine, id, 200)).content)
        await eventually(lambda: (one := journaled(tmp_path).get(id)) and str(one.content).startswith(text))
        await eventually(lambda: engine.catalog.unsaved == "")
        assert any("Saving works again" in notice for notice in engine.catalog.notices)
        await engine.stop_all()


async def test_a_stream_that_ended_stays_in_it_until_its_message_is_written(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.engine.ledger.GATHER", 0.05)
    monkeypatch.setattr("tui.engine.shelf.RETRY", 0.05)
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=30 tps=50 tag=a")
        obstacle = tmp_path / "data" / "topics" / topic.id / "0001.json.tmp"
        await eventually(lambda: obstacle.parent.exists())
        await grown(engine, id)
        await asyncio.to_thread(obstacle.mkdir)
        stream = await ended(engine, id)
        records = tmp_path / "data" / "streams.json"
        await eventually(lambda: records.exists() and id in records.read_text())
        await eventually(lambda: (one := journaled(tmp_path).get(id)) and one.ended)
        assert journaled(tmp_path)[id].content == stream.content
        assert "can't be written" in engine.catalog.unsaved
        await asyncio.to_thread(obstacle.rmdir)
        await eventually(lambda: journal_size(engine) == 0)
        assert engine.catalog.unsaved == ""


async def test_nothing_is_written_where_nothing_is_kept(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url), Library.in_memory()) as engine:
        assert isinstance(engine, Engine)
        await ended(engine, await start(engine, "n=30 tag=a"))
    assert not (tmp_path / "data").exists()
