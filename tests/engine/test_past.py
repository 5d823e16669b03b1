"""The file of the streams' records: the last thousand, never deleted, never in the way of a start."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB

from tests.engine.samples import assistant, conversation, ended_stream, topic
from tui.engine.library import Library, LibraryDamaged, LibraryTooNew, NotSaved
from tui.engine.past import KEPT, past_streams
from tui.engine.stream import Stream, StreamType


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def file(folder: Path) -> Path:
    return folder / "streams.json"


def put(folder: Path, text: str) -> None:
    """A file that Rivulet did not write."""
    folder.mkdir(exist_ok=True)
    file(folder).write_text(text)


async def keep(folder: Path, *streams: Stream) -> str:
    """Save them in a run of its own; what the user is to be told."""
    library = Library.open(folder)
    try:
        await library.save(*streams)
        return library.take_notice()
    finally:
        await library.close()


def change(folder: Path, **fields: Any) -> None:
    """Give the first record other fields."""
    tables = json.loads(file(folder).read_text(encoding="utf-8"))
    next(iter(tables["streams"].values())).update(fields)
    put(folder, json.dumps(tables))


async def test_records_are_found_again_the_newest_last(folder: Path) -> None:
    await keep(folder, ended_stream(2))
    await keep(folder, ended_stream(3), ended_stream(1))
    assert list(past_streams(folder, 10)) == [ended_stream(2), ended_stream(3), ended_stream(1)]
    assert list(past_streams(folder, 2)) == [ended_stream(3), ended_stream(1)]


async def test_only_the_last_thousand_stay(folder: Path) -> None:
    await keep(folder, *(ended_stream(number) for number in range(KEPT - 1)))
    await keep(folder, *(ended_stream(number) for number in range(KEPT - 1, KEPT + 5)))
    assert list(past_streams(folder, 2 * KEPT)) == [ended_stream(number) for number in range(5, KEPT + 5)]
    with TinyDB(file(folder), encoding="utf-8") as stock:
        assert stock.tables() == {"meta", "streams"}
        assert len(stock.table("streams")) == KEPT
        assert stock.table("meta").all() == [{"schema": 1}]
    assert file(folder).stat().st_mode & 0o777 == 0o600


async def test_without_a_record_there_is_no_file_and_nothing_to_read(folder: Path) -> None:
    assert list(past_streams(folder, 5)) == []
    library = Library.open(folder)
    await library.save(topic())
    await library.close()
    assert not file(folder).exists()
    assert list(past_streams(folder, 5)) == []


async def test_reading_leaves_the_writer_alone(folder: Path) -> None:
    library = Library.open(folder)
    await library.save(ended_stream(1))
    half = file(folder).with_name("streams.json.tmp")
    half.write_text("{")  # as a writer has it for a moment
    before = sorted(os.listdir(folder)), file(folder).stat().st_mtime_ns
    assert list(past_streams(folder, 5)) == [ended_stream(1)]
    assert (sorted(os.listdir(folder)), file(folder).stat().st_mtime_ns) == before
    half.unlink()
    await library.close()


@pytest.mark.parametrize("damage", ["{", "[]", '{"streams": {"1": {"key": 1}}}', '{"meta": {"1": {"schema": "a"}}}'])
async def test_a_damaged_file_is_set_aside_and_told_and_what_is_readable_goes_on(
    folder: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    await keep(folder, ended_stream(1))
    for number in (1, 2):
        put(folder, damage + " " * number)
        notice = await keep(folder, ended_stream(2), ended_stream(3))
        aside = folder / f"streams.damaged-{number}.json"
        assert notice == f"{file(folder)} is damaged. It is kept as {aside.name}; 0 of its records could be read."
        assert aside.read_text() == damage + " " * number
        assert list(past_streams(folder, 5)) == [ended_stream(2), ended_stream(3)]
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert await keep(folder, ended_stream(4)) == ""


async def test_a_damaged_file_that_is_only_read_is_named_and_stays(folder: Path) -> None:
    put(folder, "{")
    with pytest.raises(LibraryDamaged, match=str(file(folder))):
        list(past_streams(folder, 5))
    assert os.listdir(folder) == ["streams.json"]


async def test_a_file_of_a_newer_rivulet_stays_as_it_is_and_all_else_is_saved(folder: Path) -> None:
    newer = '{"meta": {"1": {"schema": 2}}, "streams": {}}'
    put(folder, newer)
    library = Library.open(folder)
    with pytest.raises(NotSaved, match="written by a newer Rivulet"):
        await library.save(topic(), ended_stream(1))
    await library.close()
    assert file(folder).read_text() == newer
    with pytest.raises(LibraryTooNew):
        list(past_streams(folder, 5))
    library = Library.open(folder)
    assert library.topics == (topic(),)
    await library.close()


async def test_what_could_not_be_written_goes_with_the_next_save(folder: Path) -> None:
    library = Library.open(folder)
    await library.save(ended_stream(1))
    obstacle = file(folder).with_name("streams.json.tmp")
    obstacle.mkdir()
    with pytest.raises(NotSaved, match=str(file(folder))):
        await library.save(ended_stream(2))
    obstacle.rmdir()
    await library.save(topic())
    assert list(past_streams(folder, 5)) == [ended_stream(1), ended_stream(2)]
    await library.close()


async def test_one_record_that_can_not_be_read_hides_no_other(folder: Path) -> None:
    await keep(folder, ended_stream(1), ended_stream(2))
    change(folder, type="poem")
    wrong, right = past_streams(folder, 5)
    assert wrong == f"{file(folder)}: stream 's000000000001': \"type\" is 'poem', expected a type of stream."
    assert right == ended_stream(2)
    await keep(folder, ended_stream(3))
    assert len(list(past_streams(folder, 5))) == 3
    assert not any("damaged" in name for name in os.listdir(folder))


async def test_what_a_newer_rivulet_adds_to_a_record_is_passed_over_and_stays(folder: Path) -> None:
    await keep(folder, ended_stream(1))
    change(folder, colour="red")
    await keep(folder, ended_stream(2))
    assert list(past_streams(folder, 5)) == [ended_stream(1), ended_stream(2)]
    assert '"colour": "red"' in file(folder).read_text(encoding="utf-8")


async def test_the_records_of_what_was_purged_go_with_it(folder: Path) -> None:
    library = Library.open(folder)
    deleted = replace(ended_stream(2, related_id="gone"), metadata={"original_prompt": "Was secret"})
    await library.save(topic("topic1"), topic("gone", deleted_at=5.0), assistant("left", deleted_at=5.0))
    await library.save(conversation(1), conversation(2, deleted_at=5.0), ended_stream(1), deleted)
    elsewhere = {"topic_id": "gone"}
    await library.save(replace(ended_stream(3, StreamType.CHAT, related_id="c"), metadata=elsewhere))
    await library.save(replace(ended_stream(4, StreamType.SYSTEM_PROMPT, related_id="left"), metadata={}))
    await library.save(ended_stream(5, StreamType.CONVERSATION_TITLE, related_id=conversation(2).id))
    await library.close()
    library = Library.open(folder)
    kept = [one.id for one in past_streams(folder, 10) if isinstance(one, Stream)]
    assert kept == [ended_stream(number).id for number in (1, 5)]
    assert "secret" not in file(folder).read_text()
    await library.page("topic1")  # whose file tells what else is to go
    assert [one.id for one in past_streams(folder, 10) if isinstance(one, Stream)] == [ended_stream(1).id]
    await library.close()


async def test_a_start_that_has_nothing_to_purge_does_not_read_the_records(folder: Path) -> None:
    put(folder, "broken")
    library = Library.open(folder)
    await library.save(topic("topic1"))
    await library.close()
    assert file(folder).read_text() == "broken"
