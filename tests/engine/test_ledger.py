"""Every stream leaves a record: what it was, how it ended, and its text where no message holds it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.samples import conversation, ended_stream
from tests.support.waiting import eventually
from tui.engine import (
    Catalog,
    CatalogEvent,
    Created,
    Ended,
    Library,
    Notice,
    Put,
    Registry,
    Stream,
    StreamStatus,
    StreamType,
    Unsaved,
)
from tui.engine import ledger as module
from tui.engine.journal import Journal
from tui.engine.ledger import Ledger
from tui.engine.log import EMPTY
from tui.engine.past import past_streams
from tui.engine.saving import Saving
from tui.engine.shelf import Shelf
from tui.engine.tasks import Tasks

_written: list[str] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "os.rename":
        _written.append(os.path.basename(str(arguments[1])))


sys.addaudithook(_watch)


class Fixture:
    """A ledger over a real folder, whose endings gather until `flush`."""

    def __init__(self, folder: Path, keep_ended: int = 1000) -> None:
        self.folder = folder
        self.registry = Registry(keep_ended)
        self.catalog = Catalog()
        self.tasks = Tasks()
        self.notices: list[str] = []
        self.catalog.subscribe(self._told)
        self.library = Library.open(folder)
        saving = Saving(self.catalog)
        shelf = Shelf(self.catalog, self.library, self.tasks, saving)
        journal = Journal(self.registry, None, self.tasks, saving)
        self.ledger = Ledger(self.registry, shelf, self.library, journal, self.tasks, saving)

    def _told(self, event: CatalogEvent) -> None:
        if isinstance(event, Notice | Unsaved) and event.text:
            self.notices.append(event.text)

    def end(self, *streams: Stream) -> None:
        """As they come to their end in the registry."""
        for stream in streams:
            fresh = Stream(
                stream.id,
                stream.type,
                stream.related_id,
                stream.model,
                stream.created_at,
                stream.metadata,
                content=stream.content,
                reasoning=stream.reasoning,
            )
            self.registry.apply(Created(fresh))
            self.registry.apply(Ended(stream.id, stream.created_at + 1, StreamStatus.COMPLETED))

    async def flush(self) -> None:
        self.ledger.flush()
        await self.tasks.finish()

    def ids(self) -> list[str]:
        """Of the records on disk."""
        return [kept.id for kept in past_streams(self.folder, 2000) if isinstance(kept, Stream)]


async def test_records_reach_the_disk_by_themselves_and_a_burst_costs_one_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GATHER", 0.05)
    fixture = Fixture(tmp_path)
    _written.clear()
    fixture.end(*(ended_stream(number) for number in range(100)))
    await eventually(lambda: (tmp_path / "streams.json").exists())
    assert len(fixture.ids()) == 100
    fixture.end(ended_stream(100))
    await eventually(lambda: len(fixture.ids()) == 101)
    await fixture.library.close()
    assert _written == ["streams.json"] * 2


async def test_the_text_of_a_chat_whose_conversation_is_nowhere_is_kept(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path)
    fixture.catalog.apply(Put(conversation(1)))
    fixture.end(
        ended_stream(1, StreamType.CHAT, related_id=conversation(1).id),
        ended_stream(2, StreamType.CHAT, related_id="ask-0"),
        ended_stream(3, StreamType.CONVERSATION_TITLE, related_id=conversation(1).id),
    )
    await fixture.flush()
    await fixture.library.close()
    kept = {one.id: one.content for one in past_streams(tmp_path, 5) if isinstance(one, Stream)}
    whole = ended_stream(2).content, ended_stream(3).content
    assert kept == {ended_stream(1).id: EMPTY, ended_stream(2).id: whole[0], ended_stream(3).id: whole[1]}


async def test_a_stream_stays_in_the_registry_until_its_record_is_written(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path, keep_ended=0)
    fixture.registry.hold(ended_stream(1).id)  # for its message
    fixture.end(ended_stream(1), ended_stream(2))
    fixture.registry.release(ended_stream(1).id)
    assert len(fixture.registry) == 2
    await fixture.flush()
    assert len(fixture.registry) == 0
    assert fixture.ids() == [ended_stream(1).id, ended_stream(2).id]
    await fixture.library.close()


async def test_a_disk_that_fails_is_told_once_and_nothing_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fixture = Fixture(tmp_path, keep_ended=0)
    obstacle = tmp_path / "streams.json.tmp"
    fixture.end(ended_stream(1))
    await fixture.flush()
    await asyncio.to_thread(obstacle.mkdir)
    for number in (2, 3):
        fixture.end(ended_stream(number))
        await fixture.flush()
    assert len(fixture.registry) == 2, "they stay until they are safe"
    [notice] = fixture.notices
    assert notice.startswith(f"Not saved: {tmp_path / 'streams.json'} can't be written: ")
    assert len(caplog.records) == 1
    await asyncio.to_thread(obstacle.rmdir)
    fixture.end(ended_stream(4))
    await fixture.flush()
    assert fixture.ids() == [ended_stream(number).id for number in (1, 2, 3, 4)]
    assert len(fixture.registry) == 0
    assert fixture.notices[1:] == ["Saving works again."]
    await fixture.library.close()


async def test_a_file_that_was_set_aside_is_told(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path)
    await asyncio.to_thread((tmp_path / "streams.json").write_text, "{")
    fixture.end(ended_stream(1))
    await fixture.flush()
    assert len(fixture.notices) == 1 and "streams.damaged-1.json" in fixture.notices[0]
    await fixture.library.close()
