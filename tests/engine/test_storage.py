from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tinydb import TinyDB, where

from tui.engine.files import make_folder
from tui.engine.storage import AtomicStorage, DocumentFile, LibraryDamaged, LibraryTooNew

TEXT = 'Grüße, 你好, 😀, "quoted" \\ \n\r\t\0 \u2028 \x7f'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "index.json"


@pytest.fixture
def loose_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def database(path: Path) -> TinyDB:
    return TinyDB(path, storage=AtomicStorage)


def in_the_way(path: Path) -> Path:
    """A folder where the temporary file goes: the next writes fail until it is gone."""
    obstacle = path.with_name(path.name + ".tmp")
    obstacle.mkdir()
    return obstacle


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_tinydbs_own_storage_opens_what_we_write(path: Path) -> None:
    ours = database(path)
    ours.table("topics").insert({"id": "t", "draft": TEXT})
    ours.table("topics").insert({"id": "u", "draft": ""})
    ours.table("empty", persist_empty=True)
    with TinyDB(path, encoding="utf-8") as stock:
        assert stock.tables() == {"topics", "empty"}
        assert stock.table("topics").all() == [{"id": "t", "draft": TEXT}, {"id": "u", "draft": ""}]
        stock.table("topics").insert({"id": "v", "draft": TEXT})
    assert [one["id"] for one in database(path).table("topics")] == ["t", "u", "v"]


def test_a_database_that_is_empty_again_is_still_one(path: Path) -> None:
    ours = database(path)
    ours.insert({"id": "t"})
    ours.drop_tables()
    with TinyDB(path, encoding="utf-8") as stock:
        assert stock.tables() == set()
    assert database(path).all() == []


def test_text_is_not_escaped(path: Path) -> None:
    database(path).insert({"text": "Grüße, 你好, 😀"})
    assert "Grüße, 你好, 😀".encode() in path.read_bytes()


def test_what_is_no_valid_unicode_becomes_it(path: Path) -> None:
    database(path).insert({"pair": "\ud83d\ude00", "lone": "a\ud83db", "whole": "你好"})
    assert database(path).all() == [{"pair": "😀", "lone": "a\ufffdb", "whole": "你好"}]
    with TinyDB(path, encoding="utf-8") as stock:
        assert stock.all() == [{"pair": "😀", "lone": "a\ufffdb", "whole": "你好"}]


def test_queries_and_updates_are_tinydbs_own(path: Path) -> None:
    ours = database(path)
    ours.insert_multiple({"number": number} for number in range(10))
    ours.update({"number": 70}, where("number") == 7)
    ours.remove(where("number") < 5)
    assert [one["number"] for one in database(path).all()] == [5, 6, 70, 8, 9]


@pytest.mark.usefixtures("loose_umask")
def test_files_and_folders_are_the_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "index.json"
    database(path).insert({"id": "t"})
    assert permissions(path) == 0o600
    assert permissions(path.parent) == permissions(path.parent.parent) == 0o700


@pytest.mark.usefixtures("loose_umask")
def test_a_file_that_others_could_read_is_closed_to_them_at_its_next_write(path: Path) -> None:
    make_folder(path.parent)
    path.write_text("{}")
    path.chmod(0o644)
    database(path).insert({"id": "t"})
    assert permissions(path) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b'{"topics": {"1": {"id": "t"',
        b"\x00" * 100,
        b'{"topics": {"1": {"id": "\xff"}}}',
        b"[]",
        b"null",
        b'{"topics": []}',
        b'{"topics": {"one": {}}}',
        b'{"topics": {"1": 5}}',
        b"[" * 100_000,
    ],
)
def test_an_unreadable_file_is_named_and_left_alone(path: Path, content: bytes) -> None:
    make_folder(path.parent)
    path.write_bytes(content)
    with pytest.raises(LibraryDamaged) as caught:
        database(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == [path.name]


def test_the_place_of_a_syntax_error_is_told(path: Path) -> None:
    make_folder(path.parent)
    path.write_text('{"topics": {\n"1": {"id": }}}')
    with pytest.raises(LibraryDamaged, match="line 2, column 13"):
        database(path)


def test_a_folder_in_the_place_of_a_file_is_named(path: Path) -> None:
    make_folder(path)
    with pytest.raises(LibraryDamaged, match=rf"{path} can't be read: Is a directory"):
        database(path)


def test_an_empty_file_is_an_empty_database(path: Path) -> None:
    make_folder(path.parent)
    path.touch()
    database(path).insert({"id": "t"})
    assert database(path).all() == [{"id": "t"}]


def test_a_temporary_file_that_was_left_is_gone_at_the_next_open(path: Path) -> None:
    database(path).insert({"id": "t"})
    left = path.with_name("index.json.tmp")
    left.write_text('{"half')
    assert database(path).all() == [{"id": "t"}]
    assert not left.exists()


def test_after_a_write_that_failed_the_old_file_stands_and_nothing_is_left(path: Path) -> None:
    ours = database(path)
    ours.insert({"id": "old"})
    before = path.read_bytes()
    obstacle = in_the_way(path)
    with pytest.raises(OSError):
        ours.insert({"id": "new"})
    assert path.read_bytes() == before
    obstacle.rmdir()
    assert os.listdir(path.parent) == [path.name]
    ours.insert({"id": "newer"})
    assert [one["id"] for one in database(path).all()] == ["old", "new", "newer"]


def test_a_write_that_fails_at_its_last_step_leaves_no_temporary_file(path: Path) -> None:
    ours = database(path)
    ours.insert({"id": "old"})
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError):
        ours.insert({"id": "new"})
    assert os.listdir(path.parent) == [path.name]


def test_a_reader_never_sees_half_a_file(path: Path) -> None:
    ours = database(path)
    ours.insert({"id": "old"})
    with path.open("rb") as reader:
        ours.insert({"id": "new", "text": "x" * 100_000})
        assert json.load(reader)["_default"] == {"1": {"id": "old"}}


def test_an_update_does_not_read_the_file_again(path: Path) -> None:
    ours = database(path)
    ours.insert({"id": "one"})
    path.write_text("not ours")
    ours.insert({"id": "two"})
    assert [one["id"] for one in database(path).all()] == ["one", "two"]


def test_held_changes_reach_the_disk_with_the_flush(path: Path) -> None:
    file = DocumentFile(path)
    file.put("topics", [{"id": "t"}, {"id": "u"}])
    assert file.dirty and not path.exists()
    file.flush()
    assert not file.dirty
    assert [one["id"] for one in DocumentFile(path).documents("topics")] == ["t", "u"]


def test_a_flush_that_failed_can_be_repeated(path: Path) -> None:
    file = DocumentFile(path)
    file.put("topics", [{"id": "t"}])
    make_folder(path.parent)
    obstacle = in_the_way(path)
    with pytest.raises(OSError):
        file.flush()
    assert file.dirty
    obstacle.rmdir()
    file.flush()
    assert list(DocumentFile(path).ids("topics")) == ["t"]


def test_a_document_is_put_in_the_place_of_its_id_and_keeps_what_it_had_besides(path: Path) -> None:
    file = DocumentFile(path)
    file.put("topics", [{"id": "t", "name": "old", "of_a_newer_rivulet": 5}, {"id": "u"}])
    file.flush()
    again = DocumentFile(path)
    again.put("topics", [{"id": "v"}, {"id": "t", "name": "new"}])
    again.flush()
    assert DocumentFile(path).documents("topics") == [
        {"id": "t", "name": "new", "of_a_newer_rivulet": 5},
        {"id": "u"},
        {"id": "v"},
    ]


def test_a_removed_document_is_gone_and_its_id_can_come_back(path: Path) -> None:
    file = DocumentFile(path)
    file.put("topics", [{"id": "t", "name": "old"}, {"id": "u"}])
    file.remove("topics", ["t", "unknown"])
    assert list(file.ids("topics")) == ["u"]
    file.put("topics", [{"id": "t"}])
    file.flush()
    assert DocumentFile(path).documents("topics") == [{"id": "u"}, {"id": "t"}]


def test_every_file_carries_its_schema(path: Path) -> None:
    file = DocumentFile(path)
    file.put("topics", [{"id": "t"}])
    file.flush()
    with TinyDB(path, encoding="utf-8") as stock:
        assert stock.table("meta").all() == [{"schema": 1}]


def test_a_newer_schema_is_refused_and_a_senseless_one_is_damage(path: Path) -> None:
    with TinyDB(path, encoding="utf-8", create_dirs=True) as stock:
        stock.table("meta").insert({"schema": 2})
    with pytest.raises(LibraryTooNew, match=rf"{path} was written by a newer Rivulet \(schema 2"):
        DocumentFile(path)
    with TinyDB(path, encoding="utf-8") as stock:
        stock.table("meta").update({"schema": "one"})
    with pytest.raises(LibraryDamaged, match="'one'"):
        DocumentFile(path)


def test_a_document_without_an_id_is_damage(path: Path) -> None:
    with TinyDB(path, encoding="utf-8", create_dirs=True) as stock:
        stock.table("meta").insert({"schema": 1})
        stock.table("topics").insert({"name": "nameless"})
    with pytest.raises(LibraryDamaged, match='"topics" has no id'):
        DocumentFile(path).ids("topics")


def test_without_a_path_everything_stays_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = DocumentFile(None)
    file.put("topics", [{"id": "t"}])
    file.flush()
    assert not file.dirty and list(file.ids("topics")) == ["t"]
    assert os.listdir(tmp_path) == []
