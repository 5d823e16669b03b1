"""Whatever stands in the place of one of its files: a start says so in a line, opens the rest, deletes nothing."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engines import engine_in
from tests.engine.samples import conversation, ended_stream
from tests.engine.test_journal_file import commit, running
from tui.engine import Assistant, Conversation, Library, Models, Notice, StreamType, Topic, Unsaved

TOPICS = ("000000000000a", "000000000000b", "000000000000c")
PAGE = f"topics/{TOPICS[0]}/0001.json"
JOURNAL = "journal/000001.journal"
FILES = ("index.json", "index.backup.json", PAGE, "streams.json", JOURNAL)

Damage = Callable[[Path, bytes], object]
"""Done to a file that held these bytes."""


def put(change: Callable[[bytes], bytes]) -> Damage:
    return lambda path, data: path.write_bytes(change(data))


def cut(tenths: int) -> Damage:
    return put(lambda data: data[: len(data) * tenths // 10])


def instead(make: Callable[[Path], object]) -> Damage:
    def change(path: Path, data: bytes) -> None:
        path.unlink()
        make(path)

    return change


def link_elsewhere(path: Path, data: bytes) -> None:
    elsewhere = path.parent.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def all_times(text: str) -> Damage:
    return put(lambda data: re.sub(rb'"(1970|2027)-[^"]*"', json.dumps(text).encode(), data))


def full_folder(path: Path) -> None:
    path.mkdir()
    (path / "kept").write_text("kept")


DEEP = b"[" * 100_000 + b"]" * 100_000
NUMBERS = rb'"(position|chosen|tries)": [0-9]+'

DAMAGES: dict[str, Damage] = {
    "empty": put(lambda data: b""),
    **{f"cut at {tenths} tenths": cut(tenths) for tenths in range(1, 10)},
    "random bytes": put(lambda data: random.Random(5).randbytes(len(data))),
    "zeros": put(lambda data: bytes(len(data))),
    "a sector of zeros": put(lambda data: data[:300] + bytes(512) + data[812:]),
    "a zero inside": put(lambda data: data[: len(data) // 2] + b"\0" + data[len(data) // 2 :]),
    "a byte order mark": put(lambda data: b"\xef\xbb\xbf" + data),
    **{
        f"the wrong shape {text[:28]}": put(lambda data, text=text: text.encode())  # type: ignore[misc]
        for text in (
            *("[]", "null", "5", '"x"', "{}", '{"topics": []}', '{"topics": {"1": 5}}', '{"topics": {"x": {}}}'),
            *(
                '{"meta": {"1": {"schema": "x"}}}',
                '{"meta": {"1": {"schema": null}}}',
                '{"meta": {"1": {"schema": 0}}}',
            ),
            *('{"meta": {"1": {"schema": 1e400}}}', '{"x": {"٣": {"id": "1"}}}', '{"meta": {"1": {"schema": 1}}}'),
        )
    },
    "nested too deeply": put(lambda data: b'{"topics": {"1": {"id": ' + DEEP + b"}}}"),
    "one document nested too deeply": put(
        lambda data: data.replace(b'"name": ', b'"more": ' + DEEP + b', "name": ', 1)
    ),
    "a number of 5000 digits": put(lambda data: re.sub(NUMBERS, rb'"\1": ' + b"9" * 5000, data)),
    "numbers of 400 digits": put(lambda data: re.sub(NUMBERS, rb'"\1": ' + b"9" * 400, data)),
    "numbers below nothing": put(lambda data: re.sub(NUMBERS, rb'"\1": -7', data)),
    "numbers that are none": put(lambda data: data.replace(b'"params": {}', b'"params": {"a": NaN, "b": 1e999}')),
    "halves of letters": put(lambda data: re.sub(rb'"(name|title|content)": "', rb'"\1": "\\udfff', data)),
    "zeros in texts": put(lambda data: re.sub(rb'"(name|title|content)": "', rb'"\1": "\\u0000', data)),
    "ids that come twice": put(lambda data: re.sub(rb'(0000)(b|c)"|c1"|00000002"', rb'\g<1>a"', data)),
    "keys that come twice": put(lambda data: data.replace(b'"2": {', b'"1": {')),
    "no id": put(lambda data: data.replace(b'"id": ', b'"key": ', 1)),
    "a circle": put(lambda data: data.replace(b'"parent_id": null', b'"parent_id": "ac3"')),
    "times that are none": all_times("yesterday"),
    "times before all": all_times("0001-01-01T00:00:00+14:00"),
    "times behind all": all_times("9999-12-31T23:59:59.9999-14:00"),
    "a folder": instead(lambda path: path.mkdir()),
    "a folder with a file": instead(full_folder),
    "a link": link_elsewhere,
    "a link to nowhere": instead(lambda path: path.symlink_to("nowhere/at/all")),
    "a link to itself": instead(lambda path: path.symlink_to(path.name)),
    "a link to a device": instead(lambda path: path.symlink_to("/dev/zero")),
    "a pipe": instead(os.mkfifo),
    "nothing": instead(lambda path: None),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder: two assistants, three topics of four exchanges, records, a copy, a reply in the journal."""
    import asyncio

    folder = tmp_path_factory.mktemp("good") / "data"

    async def make() -> None:
        library = Library.open(folder)
        await library.save(Assistant("a", "One", 1.5, 2.5), Assistant("b", "Two", 1.5, 2.5, position=1))
        for number, id in enumerate(TOPICS):
            head = f"{id[-1]}c3"
            await library.save(Topic(id, "ab"[number % 2], 5.0, 5.0 + number, name=f"Topic {id[-1]}", head=head))
            for n in range(4):
                parent = f"{id[-1]}c{n - 1}" if n else None
                said = conversation(10 * number + n, topic_id=id, title="Title")
                await library.save(replace(said, id=f"{id[-1]}c{n}", parent_id=parent))
        await library.save(*(ended_stream(n) for n in range(4)))
        await library.close()
        await Library.open(folder).close()  # keeps the copy

    asyncio.run(make())
    told = {"topic_id": TOPICS[1], "message_id": "m1"}
    cut_off = replace(running(1, "As far as it came"), type=StreamType.CHAT, related_id="bc3", metadata=told)
    written = commit(cut_off, fields=True)
    (folder / "journal").mkdir(mode=0o700, exist_ok=True)
    (folder / JOURNAL).write_bytes(written + b"spoiled\n")
    yield folder


async def started(folder: Path) -> tuple[dict[str, int], list[str]]:
    """How many messages each topic shows, by its name, and all that is told. Everything is used, and saved once."""
    told: list[str] = []
    async with engine_in(folder, Models(), titles=False) as engine:
        told += engine.catalog.notices
        engine.catalog.subscribe(
            lambda event: told.append(event.text) if isinstance(event, Notice | Unsaved) and event.text else None
        )
        await engine._tasks.finish()
        shown: dict[str, int] = {}
        for topic in engine.catalog.topics():
            await engine.load_whole(topic.id)
            branch: list[Conversation] = engine.catalog.branch(topic.id)
            shown[topic.id] = sum(1 for one in branch for _ in (one.question, *one.replies))
            assert all(one.reply is not None for one in branch)
            await engine.save_draft(topic.id, "written since")
        for assistant in engine.catalog.assistants():
            await engine.change_assistant(assistant.id, description="written since")
        await engine._shelf._library.save(ended_stream(9))
        await engine._tasks.finish()
        assert engine.catalog.assistants()
    return shown, told


def kept(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
async def test_a_damaged_file_costs_no_other_and_is_kept_and_told(
    good: Path, tmp_path: Path, name: str, damage: str
) -> None:
    data = tmp_path / "data"
    shutil.copytree(good, data)
    path = data / name
    before = path.read_bytes()
    DAMAGES[damage](path, before)
    changed = not path.is_file() or path.is_symlink() or path.read_bytes() != before
    spoiled = path.read_bytes() if path.is_file() and not path.is_symlink() else None
    shown, told = await started(tmp_path)
    assert all("\n" not in line for line in told)
    assert not [line for line in told if line.startswith("Not ")]
    for id, whole in zip(TOPICS, (8, 9, 8), strict=True):
        if id in name:
            assert shown[id] <= whole
        elif name == JOURNAL:
            assert shown[id] >= 8
        else:
            assert shown[id] == whole
    if spoiled and changed and name != "index.backup.json":
        [words] = [line for line in told if str(path.with_suffix("")) in line] or [""]
        if name == JOURNAL:
            whole = set(spoiled.split(b"\n")[:-1]) <= set(before.split(b"\n")[:1])
            assert whole or spoiled in kept(data), "more than a last line that was cut off is gone"
        elif words:
            assert spoiled in kept(data), "what could not be read is gone"
        else:
            assert json.loads(spoiled)["meta"] == {"1": {"schema": 1}}, "it was not told"
    if spoiled is None and damage not in ("a link", "nothing") and name != "index.backup.json":
        assert any(str(path.with_suffix("")) in line for line in told)
        assert name == JOURNAL or list(path.parent.glob("*.damaged-1.*"))
    elif damage == "nothing" and name in ("index.json", PAGE):
        assert any(str(path if name != PAGE else path.parent) in line for line in told)
    again, told_again = await started(tmp_path)
    assert again == shown
    assert name == JOURNAL or not [line for line in told_again if "It is kept as" in line]
