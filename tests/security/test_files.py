# ruff: noqa: E501 - a table's rows are not broken
"""An attacker's reading of what Rivulet reads from disk: a file that somebody else wrote names no path and no command.

| attack | what stands against it |
|---|---|
| a topic's id that is a path, in the index | `pages.checked`: the index is set aside, what is readable goes on |
| the same in a conversation: nothing at all could be saved any more | its folder tells whose it is |
| a journal with ids, topics and types that lead elsewhere, and escapes | recovery goes by the catalog, and never raises; `logfile` |
| an umask that closes too little, or too much | folders are opened for their user, and for nobody else |
| keys in what Python shows of a value, as a traceback or a log may | `repr=False` |
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engines import engine_in, models
from tests.engine.samples import assistant, conversation, ended_stream, topic
from tests.security.attacks import NAME
from tests.support.waiting import eventually
from tui.config import load
from tui.config.changes import AddProvider, SetProvider
from tui.config.fields import checked
from tui.engine import Library, StreamStatus, StreamType
from tui.engine.attempts import Route
from tui.engine.files import make_folder
from tui.engine.journal_file import JournalFile
from tui.engine.journal_lines import Entry, lines
from tui.engine.protocols import Call, openai
from tui.engine.redacting import Redactor
from tui.paths import private_folder
from tui.screens.provider_draft import Draft

ELSEWHERE = "../../../pwned"
KEY = "sk-written-5f2b7c90aa41"


async def filled(folder: Path) -> Path:
    library = Library.open(folder / "data")
    await library.save(assistant(), topic(name="kept"), conversation(1))
    await library.close()
    return next((folder / "data" / "topics" / "topic1").glob("*.json"))


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def test_a_conversation_that_names_another_place_is_saved_where_it_was(tmp_path: Path) -> None:
    file = await filled(tmp_path)
    written = file.read_text(encoding="utf-8")
    file.write_text(written.replace('"topic1"', f'"{ELSEWHERE}"'), encoding="utf-8")
    async with engine_in(tmp_path, models("http://127.0.0.1:1/v1")) as engine:
        await engine.load("topic1")
        await engine.rename_conversation("c00000001", "named")
        await eventually(lambda: '"named"' in file.read_text(encoding="utf-8"))
        assert engine.catalog.unsaved == ""
    assert ELSEWHERE not in file.read_text(encoding="utf-8")
    assert not [path for path in tmp_path.parent.rglob("pwned*")]


async def test_a_topic_that_is_a_path_is_set_aside_and_the_others_open(tmp_path: Path) -> None:
    await filled(tmp_path)
    index = tmp_path / "data" / "index.json"
    library = Library.open(tmp_path / "data")
    await library.save(topic("topic2", name="evil"))
    await library.close()
    index.write_text(index.read_text(encoding="utf-8").replace('"topic2"', f'"{ELSEWHERE}"'), encoding="utf-8")
    async with engine_in(tmp_path, models("http://127.0.0.1:1/v1")) as engine:
        assert "kept" in {one.name for one in engine.catalog.topics()}
        assert all(one.id != ELSEWHERE for one in engine.catalog.topics())
        await engine.rename_topic("topic1", "renamed")
        await eventually(lambda: '"renamed"' in index.read_text(encoding="utf-8"))
    assert any(".damaged" in name for name in everything(tmp_path))
    assert not [path for path in tmp_path.parent.rglob("pwned*")]


async def test_a_journal_leads_nowhere(tmp_path: Path) -> None:
    await filled(tmp_path)
    journal = JournalFile(tmp_path / "data" / "journal")
    for number, type in enumerate(StreamType):
        metadata = {"topic_id": ELSEWHERE, "message_id": NAME, "original_prompt": NAME}
        stream = replace(ended_stream(number, type, related_id=ELSEWHERE), metadata=metadata, model=NAME)
        stream = replace(stream, id=f"{ELSEWHERE}{number}", status=StreamStatus.STREAMING, ended_at=None, error=None)
        journal.append(lines([Entry(stream, 0, 0, True)], [], 1.0))
    journal.close()
    async with engine_in(tmp_path, models("http://127.0.0.1:1/v1")) as engine:
        await engine._tasks.finish()
        await engine.rename_topic("topic1", "renamed")
        index = tmp_path / "data" / "index.json"
        await eventually(lambda: '"renamed"' in index.read_text(encoding="utf-8"))
        assert engine.catalog.unsaved == ""
    assert not [path for path in tmp_path.parent.rglob("pwned*")]


@pytest.mark.parametrize("umask", [0, 0o077, 0o177])
@pytest.mark.parametrize("make", [make_folder, private_folder])
def test_a_folder_is_the_users_alone_and_can_be_used_whatever_the_umask(
    tmp_path: Path, make: Callable[[Path], object], umask: int
) -> None:
    before = os.umask(umask)
    try:
        make(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a", tmp_path / "a" / "b")} == {0o700}


def test_no_value_shows_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"base_url": "https://a.test/v1", "api_key": KEY, "model": "m"}
    (tmp_path / "config.toml").write_text(
        "[providers.acme]\n" + "".join(f'{name} = "{value}"\n' for name, value in fields.items())
    )
    config = load({"RIVULET_HOME": str(tmp_path)})
    provider = config.models.providers["acme"]
    shown = [
        config,
        provider,
        provider.api_key,
        checked("acme", fields),
        SetProvider("acme", fields, fields),
        AddProvider("acme", fields),
        Draft.of("acme", fields),
        openai.request(provider, KEY, Call("m", ())),
        Route(None, provider, KEY),  # type: ignore[arg-type]
        Redactor(KEY),
    ]
    assert KEY not in repr(shown) and KEY not in str(shown)
