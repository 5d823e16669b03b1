from __future__ import annotations

import gc
import os
import time
from pathlib import Path

import pytest
from tinydb import TinyDB

from tests.engine.samples import conversation
from tui.engine.documents import to_document
from tui.engine.pages import Page, Pages
from tui.engine.records import Conversation
from tui.engine.storage import DocumentFile, LibraryDamaged, LibraryTooNew


@pytest.fixture(params=["on disk", "in memory"])
def pages(request: pytest.FixtureRequest, tmp_path: Path) -> Pages:
    return Pages(tmp_path if request.param == "on disk" else None)


def put(pages: Pages, *conversations: Conversation) -> None:
    for one in conversations:
        pages.put(to_document(one))
    for file in pages.dirty():
        file.flush()


def file_names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def inodes(folder: Path) -> dict[str, int]:
    """Every write gives a file a new one."""
    return {path.name: path.stat().st_ino for path in folder.iterdir()}


def test_a_topic_that_was_never_written_is_one_empty_page(pages: Pages) -> None:
    assert pages.page("topic1") == Page(1, (), None)
    assert pages.all("topic1") == ()


def test_a_long_topic_is_read_from_its_end_page_by_page(pages: Pages) -> None:
    said = [conversation(number) for number in range(450)]
    put(pages, *said)
    last = pages.page("topic1")
    assert last == Page(3, tuple(said[400:]), 2)
    middle = pages.page("topic1", last.earlier)
    assert middle == Page(2, tuple(said[200:400]), 1)
    assert pages.page("topic1", middle.earlier) == Page(1, tuple(said[:200]), None)
    assert pages.all("topic1") == tuple(said)


def test_a_page_that_does_not_exist_is_empty_and_tells_what_is_before_it(pages: Pages) -> None:
    put(pages, conversation(1))
    assert pages.page("topic1", 7) == Page(7, (), 1)


def test_topics_do_not_mix(pages: Pages) -> None:
    one, other = conversation(1, "topic1"), conversation(1, "topic2", title="another")
    put(pages, one, other)
    assert pages.all("topic1") == (one,)
    assert pages.all("topic2") == (other,)


def test_a_changed_conversation_stays_where_it_is(pages: Pages) -> None:
    put(pages, *(conversation(number) for number in range(401)))
    changed = conversation(30, title="changed")
    put(pages, changed)
    assert changed in pages.page("topic1", 1).conversations
    assert len(pages.all("topic1")) == 401


def test_each_file_holds_200_and_only_the_one_concerned_is_written(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    put(pages, *(conversation(number) for number in range(401)))
    folder = tmp_path / "topic1"
    assert file_names(folder) == ["0001.json", "0002.json", "0003.json"]
    with TinyDB(folder / "0002.json", encoding="utf-8") as stock:
        assert len(stock.table("conversations")) == 200
        assert stock.table("meta").all() == [{"schema": 1}]
    before = inodes(folder)
    put(pages, conversation(401))
    after = inodes(folder)
    assert [name for name in after if after[name] != before[name]] == ["0003.json"]
    put(pages, conversation(250, title="changed"))
    assert {name for name, inode in inodes(folder).items() if inode != before[name]} == {"0002.json", "0003.json"}


def test_an_old_conversation_that_this_run_has_not_read_is_found_in_its_file(tmp_path: Path) -> None:
    put(Pages(tmp_path), *(conversation(number) for number in range(401)))
    pages = Pages(tmp_path)
    put(pages, conversation(30, title="changed"))
    assert Pages(tmp_path).page("topic1", 1).conversations[30].title == "changed"
    assert len(Pages(tmp_path).all("topic1")) == 401


def test_the_last_page_and_a_new_conversation_need_no_other_file(tmp_path: Path) -> None:
    put(Pages(tmp_path), *(conversation(number) for number in range(450)))
    (tmp_path / "topic1" / "0001.json").write_text("broken")
    (tmp_path / "topic1" / "0002.json").write_text("broken")
    pages = Pages(tmp_path)
    assert len(pages.page("topic1").conversations) == 50
    put(pages, conversation(450))
    assert len(Pages(tmp_path).page("topic1").conversations) == 51
    assert pages.take_notice() == ""
    assert len(pages.all("topic1")) == 51
    assert pages.take_notice().count("is damaged") == 2


def test_a_conversation_that_was_read_is_saved_without_a_look_at_other_files(tmp_path: Path) -> None:
    put(Pages(tmp_path), *(conversation(number) for number in range(450)))
    pages = Pages(tmp_path)
    pages.page("topic1", 1)
    (tmp_path / "topic1" / "0002.json").write_text("broken")
    (tmp_path / "topic1" / "0003.json").write_text("broken")
    put(pages, conversation(30, title="changed"))
    assert Pages(tmp_path).page("topic1", 1).conversations[30].title == "changed"


def test_foreign_files_in_a_topics_folder_are_passed_over(tmp_path: Path) -> None:
    put(Pages(tmp_path), conversation(1))
    for name in ("notes.txt", "0002.json.tmp", "1.json", "0001.json~", "copy of 0001.json"):
        (tmp_path / "topic1" / name).write_text("not ours")
    assert Pages(tmp_path).page("topic1") == Page(1, (conversation(1),), None)
    assert len(file_names(tmp_path / "topic1")) == 6


@pytest.mark.parametrize("id", ["", "..", "../up", "a/b", "/etc", "Topic", "a.b", "a\n", "ä", "a" * 33, "c:"])
def test_what_is_no_topics_id_never_becomes_a_path(tmp_path: Path, id: str) -> None:
    pages = Pages(tmp_path / "topics")
    with pytest.raises(ValueError, match="is no topic's id"):
        pages.page(id)
    with pytest.raises(ValueError, match="is no topic's id"):
        pages.put(to_document(conversation(1, id)))
    with pytest.raises(ValueError, match="is no topic's id"):
        pages.remove(id)
    assert os.listdir(tmp_path) == []


def test_of_what_was_deleted_before_the_limit_only_its_place_is_left_when_its_file_is_opened(tmp_path: Path) -> None:
    now = time.time()
    said = [conversation(1), conversation(2, deleted_at=now - 100, title="Gone"), conversation(3, deleted_at=now - 5)]
    put(Pages(tmp_path), *said)
    assert Pages(tmp_path).all("topic1")[1].id == said[1].id
    kept, emptied, waiting = Pages(tmp_path, now - 10).all("topic1")
    assert (kept, waiting.question, waiting.replies) == (said[0], said[2].question, said[2].replies)
    assert (emptied.id, emptied.title, emptied.question.content, emptied.replies) == (said[1].id, None, "", ())
    written = (tmp_path / "topic1" / "0001.json").read_text()
    assert not any(words in written for words in (said[1].question.content, said[1].replies[0].content[:8], "Gone"))
    before = inodes(tmp_path / "topic1")
    Pages(tmp_path, now - 10).all("topic1")
    assert inodes(tmp_path / "topic1") == before  # done once


def test_a_removed_topic_leaves_nothing(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    put(pages, conversation(1), conversation(1, "topic2"))
    pages.remove("topic1")
    pages.remove("neverwritten")
    assert file_names(tmp_path) == ["topic2"]


@pytest.mark.parametrize(
    "tables",
    [
        {"conversations": {"1": {"title": "no id"}}},
        {"conversations": {"1": {"id": "c1", "deleted_at": "now"}}},
        {"conversations": {"1": {"id": "c1", "topic_id": "topic1", "question": 5}}},
    ],
)
def test_a_file_with_a_wrong_document_is_set_aside_and_told_in_one_line(
    tmp_path: Path, tables: dict[str, dict[str, dict[str, object]]]
) -> None:
    path = tmp_path / "topic1" / "0001.json"
    with TinyDB(path, encoding="utf-8", create_dirs=True) as stock:
        for name, table in tables.items():
            stock.table(name).insert_multiple(table.values())
    before = path.read_bytes()
    pages = Pages(tmp_path)
    assert pages.page("topic1").conversations == ()
    notice = pages.take_notice()
    assert notice.startswith(f"{path} is damaged. ") and "\n" not in notice
    assert path.with_name("0001.damaged-1.json").read_bytes() == before


def test_a_page_of_a_newer_rivulet_is_refused(tmp_path: Path) -> None:
    with TinyDB(tmp_path / "topic1" / "0001.json", encoding="utf-8", create_dirs=True) as stock:
        stock.table("meta").insert({"schema": 2})
    with pytest.raises(LibraryTooNew):
        Pages(tmp_path).page("topic1")


def test_a_topics_folder_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "topic1").write_text("a file")
    with pytest.raises(LibraryDamaged, match=rf"{tmp_path}/topic1 can't be read: Not a directory"):
        Pages(tmp_path).page("topic1")


def test_open_files_do_not_pile_up(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    for number in range(60):
        put(pages, conversation(number, f"topic{number}"))
    gc.collect()
    assert sum(isinstance(one, DocumentFile) for one in gc.get_objects()) < 20
    assert pages.all("topic3") == (conversation(3, "topic3"),)


def test_a_file_with_something_unwritten_is_never_let_go(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    unwritten = conversation(1, "unwritten")
    pages.put(to_document(unwritten))
    for number in range(60):
        file = pages.put(to_document(conversation(number, f"topic{number}")))
        file.flush()
    assert pages.all("unwritten") == (unwritten,)
    assert [file.path for file in pages.dirty()] == [tmp_path / "unwritten" / "0001.json"]
