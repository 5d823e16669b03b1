"""A file that an older Rivulet wrote is brought up to date once, and a copy of it kept; nothing else is changed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tinydb import TinyDB

from tests.engine.samples import conversation, ended_stream
from tui.engine import Assistant, Library, NotSaved, Topic
from tui.engine.documents import Document
from tui.engine.past import past_streams
from tui.engine.storage import DocumentFile, LibraryError, LibraryTooOld

TOPIC = "0000000000007"


def _renamed(document: Document) -> Document:
    return {key: value for key, value in document.items() if key != "title"} | {"name": document["title"]}


def _shouted(document: Document) -> Document:
    return document | {"title": document["title"].upper()}


@pytest.fixture
def next_schema(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the next release kept a topic's name as `name` and not as `title`, and titles of conversations loud."""
    step = {"topics": _renamed, "conversations": _shouted}
    monkeypatch.setattr("tui.engine.migrations.STEPS", (step,))
    yield


def written(folder: Path) -> dict[str, bytes]:
    """What an older Rivulet has left: three files, by their place."""

    async def write() -> None:
        library = Library.open(folder)
        told = conversation(1, topic_id=TOPIC, title="quiet")
        await library.save(Assistant("a", "General", 5.0, 5.0), Topic(TOPIC, "a", 5.0, 5.0), told, ended_stream(1))
        await library.close()

    asyncio.run(write())
    (folder / "index.backup.json").unlink(missing_ok=True)
    index = folder / "index.json"
    index.write_text(index.read_text().replace('"name": null', '"title": "Old name"'))
    return {name: (folder / name).read_bytes() for name in ("index.json", f"topics/{TOPIC}/0001.json", "streams.json")}


def copies(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)).replace(".schema-1", ""): path.read_bytes()
        for path in folder.rglob("*.schema-1*.json")
    }


def opened(folder: Path) -> tuple[str | None, str | None]:
    """The topic's name and its conversation's title, with one more stream's record written."""

    async def look() -> tuple[str | None, str | None]:
        library = Library.open(folder)
        [said] = await library.all(TOPIC)
        await library.save(ended_stream(2))
        await library.close()
        return library.topics[0].name, said.title

    return asyncio.run(look())


def test_all_files_are_brought_up_to_date_and_copies_kept(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    before = written(tmp_path)
    request.getfixturevalue("next_schema")
    for _ in range(2):
        assert opened(tmp_path) == ("Old name", "QUIET")
        assert copies(tmp_path) == before
        for name in before:
            with TinyDB(tmp_path / name, encoding="utf-8", access_mode="r") as stock:
                assert stock.table("meta").all() == [{"schema": 2}]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.json")} == {0o600}


def test_a_start_that_was_killed_in_between_keeps_no_second_copy(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    before = written(tmp_path)
    request.getfixturevalue("next_schema")
    os.link(tmp_path / "index.json", tmp_path / "index.schema-1.json")
    assert opened(tmp_path) == ("Old name", "QUIET")
    assert copies(tmp_path) == before
    assert not list(tmp_path.rglob("*.schema-1-*"))


def test_without_a_copy_nothing_is_changed_and_one_line_says_why(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written(tmp_path)
    request.getfixturevalue("next_schema")

    def full(path: Path, mark: str) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("tui.engine.storage.keep_aside", full)
        with pytest.raises(LibraryTooOld, match=r"older Rivulet, and no copy of it can be kept: No space left") as told:
            Library.open(tmp_path)
    assert "\n" not in str(told.value)
    assert (tmp_path / "index.json").read_bytes() == before["index.json"]
    assert opened(tmp_path) == ("Old name", "QUIET")


def test_a_file_of_a_schema_to_come_is_refused_with_one_line_and_left_untouched(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    request.getfixturevalue("next_schema")
    opened(tmp_path)
    monkeypatch.undo()
    newer = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}
    with pytest.raises(LibraryError, match=r"index\.json was written by a newer Rivulet \(schema 2, .*\): update this"):
        Library.open(tmp_path)
    index = tmp_path / "index.json"
    index.write_bytes((tmp_path / "index.schema-1.json").read_bytes().replace(b'"title": "Old name"', b'"name": null'))

    async def refused() -> None:
        library = Library.open(tmp_path)  # the other files are refused one by one
        with pytest.raises(LibraryError, match=r"0001\.json was written by a newer Rivulet"):
            await library.all(TOPIC)
        with pytest.raises(NotSaved, match=r"streams\.json was written by a newer Rivulet"):
            await library.save(ended_stream(3))
        await library.close()

    asyncio.run(refused())
    del newer[index], newer[tmp_path / "index.backup.json"]
    assert {path: path.read_bytes() for path in newer} == newer


def test_of_a_damaged_older_file_what_is_readable_is_brought_up_to_date(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    written(tmp_path)
    request.getfixturevalue("next_schema")
    for name in ("index.json", f"topics/{TOPIC}/0001.json"):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:-4])
    assert opened(tmp_path) == ("Old name", "QUIET")


def test_a_document_that_no_step_can_read_costs_no_other(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    written(tmp_path)
    index = DocumentFile(tmp_path / "index.json")
    index.put("topics", [{"id": "0000000000008", "assistant_id": "a"}])
    index.flush()
    request.getfixturevalue("next_schema")
    assert opened(tmp_path) == ("Old name", "QUIET")
    assert (tmp_path / "index.damaged-1.json").exists()


def test_a_file_that_is_only_read_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = written(tmp_path)
    step = {"streams": lambda document: document | {"model": "renamed/model"}}
    monkeypatch.setattr("tui.engine.migrations.STEPS", (step,))
    [stream] = past_streams(tmp_path, 5)
    assert not isinstance(stream, str) and stream.model == "renamed/model"
    assert (tmp_path / "streams.json").read_bytes() == before["streams.json"]
    assert copies(tmp_path) == {}
