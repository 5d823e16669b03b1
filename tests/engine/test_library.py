from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB

import tui
from tests.engine.samples import assistant, conversation, topic
from tui.engine.library import Library, LibraryBusy, LibraryDamaged, LibraryTooNew, NotSaved

_written: list[str] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "os.rename":
        _written.append(str(arguments[1]))


sys.addaudithook(_watch)  # the interpreter itself tells of every file that takes another's place


@pytest.fixture
def written() -> list[str]:
    """The files that were written since the test began, in order."""
    _written.clear()
    return _written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def library(folder: Path) -> AsyncIterator[Library]:
    library = Library.open(folder)
    yield library
    await library.close()


@pytest.fixture(params=["on disk", "in memory"])
async def either(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Library]:
    library = Library.open(folder) if request.param == "on disk" else Library.in_memory()
    yield library
    await library.close()


def first_page(folder: Path, topic_id: str = "topic1") -> Path:
    return folder / "topics" / topic_id / "0001.json"


def in_the_way(path: Path) -> Path:
    """A folder where the temporary file goes: the next writes fail until it is gone."""
    obstacle = path.with_name(path.name + ".tmp")
    obstacle.mkdir()
    return obstacle


# Kept and found again.


async def test_a_restart_finds_everything(folder: Path) -> None:
    library = Library.open(folder)
    assert (library.assistants, library.topics) == ((), ())
    said = [conversation(number) for number in range(3)]
    await library.save(assistant(), topic("topic1"), topic("topic2"), *said)
    await library.save(topic("topic1", name="Named"))
    await library.close()

    library = Library.open(folder)
    assert library.assistants == (assistant(),)
    assert library.topics == (topic("topic1", name="Named"), topic("topic2"))
    assert await library.all("topic1") == tuple(said)
    assert await library.all("topic2") == ()
    await library.close()


async def test_what_was_saved_is_read_with_and_without_files(either: Library) -> None:
    said = [conversation(number) for number in range(201)]
    await either.save(*said)
    page = await either.page("topic1")
    assert (page.number, page.conversations, page.earlier) == (2, (said[200],), 1)
    assert (await either.page("topic1", 1)).conversations == tuple(said[:200])
    await either.save(conversation(5, title="changed"))
    assert (await either.all("topic1"))[5].title == "changed"


async def test_nothing_to_save_is_nothing(library: Library, written: list[str]) -> None:
    await library.save()
    assert written == []


async def test_an_in_memory_library_touches_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    library = Library.in_memory()
    await library.save(assistant(), topic(), conversation(1))
    await library.close()
    assert os.listdir(tmp_path) == []


async def test_every_file_opens_with_tinydbs_own_storage(library: Library, folder: Path) -> None:
    await library.save(assistant(), topic(), conversation(1))
    with TinyDB(folder / "index.json", encoding="utf-8") as stock:
        assert stock.tables() == {"meta", "assistants", "topics"}
        assert stock.table("assistants").all()[0]["prompt"] == "Be brief. 请简短。"
    with TinyDB(first_page(folder), encoding="utf-8") as stock:
        assert stock.tables() == {"meta", "conversations"}
        assert stock.table("conversations").all()[0]["question"]["content"] == "Question 1: was heißt 你好?"


async def test_a_loose_folder_is_closed_to_others(folder: Path) -> None:
    os.mkdir(folder, 0o755)
    library = Library.open(folder)
    await library.save(topic(), conversation(1))
    folders = [folder, folder / "topics", folder / "topics" / "topic1"]
    files = [folder / "index.json", first_page(folder)]
    assert [path.stat().st_mode & 0o777 for path in folders] == [0o700] * 3
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600] * 2
    await library.close()


@pytest.mark.parametrize("id", ["../up", "a/b", "", "Topic"])
async def test_what_is_no_topics_id_is_refused_at_the_door(library: Library, id: str) -> None:
    for refused in (library.page(id), library.all(id), library.save(conversation(1, id)), library.save(topic(id))):
        with pytest.raises(ValueError, match="is no topic's id"):
            await refused


async def test_an_index_with_a_topic_id_that_is_a_path_is_damage(folder: Path) -> None:
    bad = replace(topic(), deleted_at=5.0)
    library = Library.open(folder)
    await library.save(bad)
    await library.close()
    index = folder / "index.json"
    index.write_text(index.read_text().replace('"topic1"', '"../.."'))
    library = Library.open(folder)
    assert library.topics == () and "index.damaged-1.json" in library.take_notice()
    await library.close()


# Written together.


async def test_what_ends_in_one_moment_in_one_topic_costs_one_write(library: Library, written: list[str]) -> None:
    await asyncio.gather(*(library.save(conversation(number)) for number in range(50)))
    assert [Path(path).name for path in written] == ["0001.json"]
    assert len(await library.all("topic1")) == 50


async def test_what_ends_in_one_moment_in_50_topics_costs_50_writes(library: Library, written: list[str]) -> None:
    await asyncio.gather(*(library.save(conversation(1, f"topic{number}")) for number in range(50)))
    assert len(written) == len(set(written)) == 50


async def test_of_one_record_saved_many_times_the_newest_is_written(
    library: Library, folder: Path, written: list[str]
) -> None:
    await asyncio.gather(*(library.save(topic(name=f"Name {number}")) for number in range(50)))
    assert len(written) == 1
    with TinyDB(folder / "index.json", encoding="utf-8") as stock:
        assert [one["name"] for one in stock.table("topics")] == ["Name 49"]


async def test_while_the_disk_is_busy_saves_gather(library: Library, folder: Path, written: list[str]) -> None:
    busy = BusyDisk(library)
    saves = []
    for number in range(20):
        saves.append(asyncio.ensure_future(library.save(conversation(number))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert written == []
    await busy.end()
    await asyncio.gather(*saves)
    assert len(written) <= 2
    assert len(await library.all("topic1")) == 20


async def test_two_savers_in_turns_lose_nothing(library: Library, folder: Path) -> None:
    async def say(first: int) -> None:
        for number in range(first, 100, 2):
            await library.save(conversation(number), topic(f"topic{first + 1}", name=f"After {number}"))

    await asyncio.gather(say(0), say(1))
    assert sorted(await library.all("topic1"), key=lambda one: one.id) == [conversation(n) for n in range(100)]
    with TinyDB(folder / "index.json", encoding="utf-8") as stock:
        assert {one["name"] for one in stock.table("topics")} == {"After 98", "After 99"}


async def test_a_read_sees_what_was_to_be_saved_before_it(either: Library) -> None:
    saving = asyncio.ensure_future(either.save(conversation(1)))
    await asyncio.sleep(0)
    assert await either.all("topic1") == (conversation(1),)
    await saving


class BusyDisk:
    """The disk's thread waits until `end`, as for a disk that does not answer."""

    def __init__(self, library: Library) -> None:
        self._answers = threading.Event()
        self._held = library._disk.submit(self._answers.wait)

    async def end(self) -> None:
        self._answers.set()
        assert await asyncio.wrap_future(self._held)


async def test_the_event_loop_goes_on_while_the_disk_does_not(library: Library, folder: Path) -> None:
    busy = BusyDisk(library)
    saving = asyncio.ensure_future(library.save(conversation(1)))
    for _ in range(1000):
        await asyncio.sleep(0)
    assert not saving.done()
    await busy.end()
    await saving


async def test_a_save_goes_on_if_the_one_who_waits_is_cancelled(library: Library, folder: Path) -> None:
    busy = BusyDisk(library)
    saves = [asyncio.ensure_future(library.save(conversation(number))) for number in range(3)]
    await asyncio.sleep(0)
    saves[0].cancel()
    await asyncio.wait([saves[0]])
    await busy.end()
    await asyncio.gather(*saves[1:])
    assert saves[0].cancelled()
    assert len(await library.all("topic1")) == 3


# Disks that fail.


async def test_what_could_not_be_written_goes_with_the_next_write(library: Library, folder: Path) -> None:
    await library.save(conversation(1), topic())
    obstacle = in_the_way(first_page(folder))
    with pytest.raises(NotSaved) as caught:
        await library.save(conversation(2))
    assert str(first_page(folder)) in str(caught.value) and "Is a directory" in str(caught.value)
    assert await library.all("topic1") == (conversation(1), conversation(2))
    obstacle.rmdir()
    await library.save(conversation(3))
    with TinyDB(first_page(folder), encoding="utf-8") as stock:
        assert [one["id"] for one in stock.table("conversations")] == [conversation(n).id for n in (1, 2, 3)]


async def test_a_folder_that_became_a_file_is_told_and_waited_for(library: Library, folder: Path) -> None:
    await library.save(topic(), conversation(1))
    home, away = folder / "topics", folder / "away"
    home.rename(away)
    home.write_text("in the way")
    with pytest.raises(NotSaved, match=r"Not a directory|File exists"):
        await library.save(conversation(2))
    home.unlink()
    away.rename(home)
    await library.save(topic(name="any save writes what waits"))
    with TinyDB(first_page(folder), encoding="utf-8") as stock:
        assert len(stock.table("conversations")) == 2


async def test_one_failing_file_does_not_keep_the_others_from_being_written(library: Library, folder: Path) -> None:
    await library.save(topic())
    obstacle = in_the_way(folder / "index.json")
    results = await asyncio.gather(
        library.save(topic(name="new")),
        library.save(conversation(1)),
        library.save(conversation(2), topic(name="newer")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [NotSaved, type(None), NotSaved]
    assert await library.all("topic1") == (conversation(1), conversation(2))
    obstacle.rmdir()


async def test_a_damaged_page_is_set_aside_and_told_and_what_is_readable_goes_on(folder: Path) -> None:
    library = Library.open(folder)
    await library.save(topic(), *(conversation(number) for number in range(5)))
    await library.close()
    good = first_page(folder).read_bytes()
    half = good[: good.index(b"Question 3") + 20]
    first_page(folder).write_bytes(half)

    library = Library.open(folder)
    assert (await library.page("topic1")).conversations == tuple(conversation(number) for number in range(3))
    aside = first_page(folder).with_name("0001.damaged-1.json")
    assert library.take_notice() == (
        f"{first_page(folder)} is damaged. It is kept as {aside.name}; 3 of its records could be read."
    )
    assert library.take_notice() == ""
    assert aside.read_bytes() == half
    await library.save(conversation(7))
    await library.close()
    library = Library.open(folder)
    assert [one.id for one in await library.all("topic1")] == [conversation(number).id for number in (0, 1, 2, 7)]
    await library.close()


async def test_a_page_that_cannot_be_read_now_is_named_and_waited_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library.open(folder)
    await library.save(topic(), conversation(1))
    await library.close()

    def closed(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    library = Library.open(folder)
    with monkeypatch.context() as patched:
        patched.setattr("tui.engine.storage.read_file", closed)
        patched.setattr("tui.engine.rescue.read_file", closed)
        with pytest.raises(LibraryDamaged, match=f"{first_page(folder)} can't be read: Permission denied"):
            await library.page("topic1")
        with pytest.raises(NotSaved, match=str(first_page(folder))):
            await library.save(conversation(2))
    assert os.listdir(first_page(folder).parent) == ["0001.json"]
    await library.save(topic())
    assert await library.all("topic1") == (conversation(1), conversation(2))
    await library.close()


async def test_closing_tells_what_is_lost_and_lets_go_all_the_same(folder: Path) -> None:
    library = Library.open(folder)
    await library.save(conversation(1))
    obstacle = in_the_way(first_page(folder))
    with pytest.raises(NotSaved):
        await library.save(conversation(2))
    with pytest.raises(NotSaved, match=str(first_page(folder))):
        await library.close()
    obstacle.rmdir()
    library = Library.open(folder)
    assert await library.all("topic1") == (conversation(1),)
    await library.close()


# Opening and closing.


async def test_closing_writes_what_waits(folder: Path) -> None:
    library = Library.open(folder)
    busy = BusyDisk(library)
    saves = [asyncio.ensure_future(library.save(conversation(number))) for number in range(5)]
    for _ in range(5):
        await asyncio.sleep(0)
    saves.append(asyncio.ensure_future(library.save(conversation(5))))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(library.close())
    await asyncio.sleep(0)
    await busy.end()
    await asyncio.gather(closing, *saves)
    library = Library.open(folder)
    assert len(await library.all("topic1")) == 6
    await library.close()


async def test_a_save_after_closing_is_refused_and_a_second_closing_is_nothing(either: Library) -> None:
    await either.close()
    await either.close()
    with pytest.raises(NotSaved, match="closed"):
        await either.save(topic())


async def test_a_second_library_is_told_who_has_the_folder(library: Library, folder: Path) -> None:
    with pytest.raises(LibraryBusy, match=rf"process {os.getpid()}, since"):
        Library.open(folder)
    await library.save(topic())


async def test_a_damaged_index_is_mended_by_the_one_of_the_last_start(folder: Path) -> None:
    library = Library.open(folder)
    await library.save(assistant(), topic(name="Name"), conversation(1), topic("topic2", name="Other"))
    await library.close()
    await Library.open(folder).close()  # keeps a copy
    index = folder / "index.json"
    good = index.read_text()
    for number, bad in enumerate(
        (
            good[:50],
            good[: good.index('"topic2"')],
            good.replace('"unread": false', '"unread": "no"'),
            good.replace('"id": "topic1"', '"key": 1'),
            "",
            "[]",
        ),
        1,
    ):
        index.write_text(bad or "{")
        library = Library.open(folder)
        assert library.assistants == (assistant(),)
        assert sorted(library.topics, key=lambda one: one.id) == [topic(name="Name"), topic("topic2", name="Other")]
        aside = folder / f"index.damaged-{number}.json"
        assert library.take_notice().startswith(f"{index} is damaged. It is kept as {aside.name}; ")
        assert aside.read_text() == (bad or "{")
        await library.close()
    index.write_text(good.replace('"schema": 1', '"schema": 2'))
    with pytest.raises(LibraryTooNew, match=str(index)):
        Library.open(folder)
    index.write_text(good.replace('"schema": 1', '"schema": 2')[:-20])
    with pytest.raises(LibraryTooNew, match=str(index)):
        Library.open(folder)


async def test_an_index_of_which_nothing_is_left_is_made_of_the_topics_files(folder: Path) -> None:
    library = Library.open(folder)
    await library.save(topic(name="Name"), conversation(1), conversation(2))
    await library.close()
    for name in ("index.json", "index.backup.json"):
        (folder / name).write_text("{")
    library = Library.open(folder)
    [found], [helper] = library.topics, library.assistants
    assert (found.id, found.assistant_id, found.head) == ("topic1", helper.id, conversation(2).id)
    assert found.name == "Question 1: was heißt 你好?"
    assert await library.all("topic1") == (conversation(1), conversation(2))
    await library.close()


def test_a_data_folder_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "data"):
        with pytest.raises(LibraryDamaged, match=rf"The data folder {folder} can't be used: "):
            Library.open(folder)


# What was deleted.


async def test_what_was_deleted_is_purged_a_day_later_with_everything_of_it(folder: Path) -> None:
    now = time.time()
    lately, long_ago = now - 23 * 3600, now - 25 * 3600
    library = Library.open(folder)
    await library.save(
        assistant("kept"),
        assistant("lately", deleted_at=lately),
        assistant("gone", deleted_at=long_ago),
        replace(topic("stays"), assistant_id="kept"),
        replace(topic("lately", deleted_at=lately), assistant_id="kept"),
        replace(topic("gone", deleted_at=long_ago), assistant_id="kept"),
        replace(topic("goestoo"), assistant_id="gone"),
        *(conversation(1, id) for id in ("stays", "lately", "gone", "goestoo")),
        conversation(2, "stays", deleted_at=long_ago),
    )
    await library.close()

    for _ in range(2):
        library = Library.open(folder)
        assert [one.id for one in library.assistants] == ["kept", "lately"]
        assert [one.id for one in library.topics] == ["stays", "lately"]
        assert library.topics[1].deleted_at == pytest.approx(lately, abs=0.001)
        assert sorted(os.listdir(folder / "topics")) == ["lately", "stays"]
        assert "gone" not in (folder / "index.json").read_text()
        kept, place = await library.all("stays")
        assert (kept, place.question.content, place.replies) == (conversation(1, "stays"), "", ())
        await library.close()
    with TinyDB(folder / "index.json", encoding="utf-8") as stock:
        assert [one["id"] for one in stock.table("topics")] == ["stays", "lately"]


async def test_what_cannot_be_purged_now_is_not_shown_and_goes_another_time(folder: Path) -> None:
    library = Library.open(folder)
    await library.save(topic(deleted_at=5.0))
    await library.close()
    (folder / "topics").mkdir()
    (folder / "topics" / "topic1").write_text("not a folder")
    library = Library.open(folder)
    assert library.topics == ()
    await library.close()
    (folder / "topics" / "topic1").unlink()
    await Library.open(folder).close()
    assert "topic1" not in (folder / "index.json").read_text()


# Killed.

WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from tests.engine.samples import conversation, topic
from tui.engine.library import Library

async def write(library, worker, first):
    for number in itertools.count(first):
        one = conversation(number * 10 + worker, f"topic{worker % 3}")
        await library.save(topic(f"topic{worker}", name=str(number)), one)
        print(one.topic_id, one.id, f"topic{worker}", number, flush=True)

async def main():
    library = Library.open(Path(sys.argv[1]))
    await asyncio.gather(*(write(library, worker, int(sys.argv[2])) for worker in range(5)))

asyncio.run(main())
"""
"""Five savers in three topics. Each line says what is safe."""


def killed_while_writing(folder: Path, first: int, after: int) -> Iterator[list[str]]:
    """What the writer said was safe before it was killed, some time after it had said `after` lines."""
    command = [sys.executable, "-c", WRITER, str(folder), str(first)]
    with subprocess.Popen(command, cwd=Path(tui.__file__).parents[1], text=True, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(after):
            yield writer.stdout.readline().split()
        time.sleep(random.uniform(0, 0.01))  # waits for nothing: it makes the moment random, also within one write
        writer.send_signal(signal.SIGKILL)
        yield from (line.split() for line in writer.stdout if line.endswith("\n"))


def databases(folder: Path) -> list[Path]:
    return [folder / "index.json", *(folder / "topics").glob("*/*.json")]


async def test_killed_while_writing_it_loses_nothing_that_was_saved(folder: Path) -> None:
    safe: set[tuple[str, str]] = set()
    newest: dict[str, int] = {}
    for round in range(10):
        for topic_id, id, named, number in killed_while_writing(folder, round * 10_000, random.randint(1, 80)):
            safe.add((topic_id, id))
            newest[named] = max(newest.get(named, -1), int(number))
        for path in databases(folder):
            with TinyDB(path, encoding="utf-8") as stock:
                assert stock.table("meta").all() == [{"schema": 1}]

        library = Library.open(folder)
        kept = {(id, one.id) for id in ("topic0", "topic1", "topic2") for one in await library.all(id)}
        assert safe <= kept
        names = {one.id: int(one.name or -1) for one in library.topics}
        assert all(names[id] >= number for id, number in newest.items())
        await library.close()
    assert len(safe) > 100


def test_the_holders_note_is_gone_after_a_clean_end(folder: Path) -> None:
    library = Library.open(folder)
    assert json.loads((folder / ".holder.json").read_text())["pid"] == os.getpid()
    asyncio.run(library.close())
    assert sorted(os.listdir(folder)) == [".lock"]
