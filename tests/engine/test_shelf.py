"""Records in memory and on disk: shown at once, written behind, told once when they can't be."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.engine.engines import ask, contents, ended, engine_in, models, new_topic
from tests.engine.samples import assistant, conversation, topic
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import Catalog, CatalogEvent, Engine, Library, Notice, NotSaved, StreamStatus, Unsaved
from tui.engine.saving import Saving
from tui.engine.shelf import Shelf
from tui.engine.tasks import Tasks


class Fixture:
    """A shelf over a real folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = Catalog()
        self.tasks = Tasks()
        self.notices: list[str] = []
        self.catalog.subscribe(self._told)
        self.shelf = Shelf(self.catalog, Library.open(folder), self.tasks, Saving(self.catalog))
        self.shelf.fill()

    def _told(self, event: CatalogEvent) -> None:
        if isinstance(event, Notice | Unsaved) and event.text:
            self.notices.append(event.text)

    def index(self, table: str) -> dict[str, dict[str, Any]]:
        """What is on disk, by id."""
        tables = json.loads((self.folder / "index.json").read_text(encoding="utf-8"))
        return {entry["id"]: entry for entry in tables.get(table, {}).values()}

    def break_disk(self) -> None:
        """The index can't be replaced: a folder stands in its way (also for root, whom no permission stops)."""
        path = self.folder / "index.json"
        if path.exists():
            path.rename(self.folder / "index.aside")
        path.mkdir()

    def mend_disk(self) -> None:
        (self.folder / "index.json").rmdir()


@asynccontextmanager
async def shelf_in(folder: Path) -> AsyncIterator[Fixture]:
    fixture = Fixture(folder)
    try:
        yield fixture
    finally:
        fixture.shelf.flush()
        await fixture.tasks.finish()
        await fixture.shelf.close()


async def test_what_is_put_shows_at_once_and_is_on_disk_when_its_task_is_done(tmp_path: Path) -> None:
    async with shelf_in(tmp_path) as fixture:
        saved = fixture.shelf.put(assistant(), topic())
        assert fixture.catalog.topic("topic1") == topic()
        assert not (tmp_path / "index.json").exists()
        await saved
        assert set(fixture.index("topics")) == {"topic1"}
        assert set(fixture.index("assistants")) == {"assistant1"}


async def test_the_newest_state_is_what_gets_written_whichever_write_comes_last(tmp_path: Path) -> None:
    async with shelf_in(tmp_path) as fixture:
        tasks = [fixture.shelf.put(replace(topic(), name=f"Name {number}")) for number in range(20)]
        fixture.shelf.draft("topic1", "To be")
        await tasks[0]
        assert fixture.index("topics")["topic1"]["name"] == "Name 19"
        assert fixture.index("topics")["topic1"]["draft"] == "To be"
        await fixture.tasks.finish()
        assert fixture.index("topics")["topic1"]["name"] == "Name 19"


async def test_changing_nothing_writes_nothing(tmp_path: Path) -> None:
    async with shelf_in(tmp_path) as fixture:
        await fixture.shelf.put(replace(topic(), unread=True))
        before = (tmp_path / "index.json").stat().st_ino
        fixture.shelf.change_topic("topic1", unread=True)
        fixture.shelf.draft("topic1", "")
        await fixture.tasks.finish()
        assert (tmp_path / "index.json").stat().st_ino == before


async def test_drafts_gather_and_are_written_once(tmp_path: Path) -> None:
    async with shelf_in(tmp_path) as fixture:
        await fixture.shelf.put(topic("topic1"), topic("topic2"))
        before = (tmp_path / "index.json").stat().st_ino
        fixture.shelf.draft("topic1", "To")
        fixture.shelf.draft("topic2", "Not to")
        fixture.shelf.draft("topic1", "To be")
        await fixture.tasks.finish()
        assert (tmp_path / "index.json").stat().st_ino == before  # nothing yet
        await eventually(lambda: fixture.index("topics")["topic2"]["draft"] == "Not to")
        assert fixture.index("topics")["topic1"]["draft"] == "To be"
        with pytest.raises(KeyError):
            fixture.shelf.draft("nowhere", "text")


async def test_what_cannot_be_saved_is_told_once_and_goes_with_the_next_write(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with shelf_in(tmp_path) as fixture:
        fixture.break_disk()
        with caplog.at_level(logging.CRITICAL, "tui"):
            await fixture.shelf.put(topic("topic1"))
            await fixture.shelf.put(topic("topic2"))
        [notice] = fixture.notices
        assert notice.startswith("Not saved: ")
        assert "index.json" in notice
        assert fixture.catalog.topic("topic2") is not None
        fixture.mend_disk()
        await fixture.shelf.put(topic("topic3"))
        assert set(fixture.index("topics")) == {"topic1", "topic2", "topic3"}
        assert fixture.notices[1:] == ["Saving works again."]
        await fixture.shelf.put(topic("topic4"))
        assert len(fixture.notices) == 2


async def test_one_file_that_cannot_be_written_is_told_once_while_others_are_saved(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with shelf_in(tmp_path) as fixture:
        (tmp_path / "topics").mkdir(exist_ok=True)
        (tmp_path / "topics" / "topic1").write_text("in the way")
        with caplog.at_level(logging.CRITICAL, "tui"):
            for number in range(3):
                await fixture.shelf.put(replace(topic(), name=f"Name {number}"), conversation(number))
            await fixture.shelf.put(topic("topic2"))
        assert len(fixture.notices) == 1
        assert fixture.index("topics")["topic1"]["name"] == "Name 2"
        assert "topic2" in fixture.index("topics")
        (tmp_path / "topics" / "topic1").unlink()
        await fixture.shelf.put(topic("topic3"))
        assert fixture.notices[1:] == ["Saving works again."]
    library = Library.open(tmp_path)
    assert [each.id for each in await library.all("topic1")] == [conversation(number).id for number in range(3)]
    await library.close()


async def test_a_reply_that_cannot_be_saved_stays_in_memory_and_closing_says_what_is_lost(
    tmp_path: Path, load_server: LoadServer, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "data"
    engine = Engine(models(load_server.url), Library.open(data), data=data, log=tmp_path / "log")
    engine.open()
    created = await new_topic(engine)
    await eventually((data / "index.json").exists)
    (data / "topics").write_text("in the way")
    with caplog.at_level(logging.CRITICAL, "tui"):
        stream = await ended(engine, await ask(engine, created, "n=30 tag=a"))
        assert stream.status is StreamStatus.COMPLETED
        assert contents(engine, created.id) == [("n=30 tag=a", StreamStatus.COMPLETED, load_server.wait_for("a").whole)]
        client = engine._routes._client
        with pytest.raises(NotSaved, match="Not saved"):
            await engine.close()
        with pytest.raises(NotSaved):
            await engine.close()
    assert client is not None
    assert client.is_closed
    Library.open(data)._lock.release()  # type: ignore[union-attr]


async def test_a_disk_that_was_full_meanwhile_holds_everything_in_the_end(
    tmp_path: Path, load_server: LoadServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        created = await new_topic(engine)
        await eventually((tmp_path / "data" / "index.json").exists)
        blocker = tmp_path / "data" / "topics"
        blocker.write_text("in the way")
        with caplog.at_level(logging.CRITICAL, "tui"):
            await ended(engine, await ask(engine, created, "n=30 tag=a"))
        blocker.unlink()
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(created.id)
        assert contents(engine, created.id) == [("n=30 tag=a", StreamStatus.COMPLETED, load_server.wait_for("a").whole)]
