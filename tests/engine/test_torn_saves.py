"""A kill between two files of one save: what is in the first is found, and nothing is there twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.engines import ask, ended, engine_in, models, new_topic, quiet
from tests.support.load_server import LoadServer
from tui.engine import storage
from tui.engine.files import write_atomically


async def test_a_question_whose_topic_was_not_written_any_more_is_its_end_and_no_draft(
    tmp_path: Path, load_server: LoadServer
) -> None:
    of = models(load_server.url)
    index = tmp_path / "data" / "index.json"
    async with engine_in(tmp_path, of) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=3 tag=a"))
        await quiet(engine)
        await engine.save_draft(topic.id, "n=3 tag=b")
        engine._shelf.flush()
        await engine._tasks.finish()
        before = index.read_bytes()
        await ended(engine, await ask(engine, topic, "n=3 tag=b"))
        await quiet(engine)
    index.write_bytes(before)
    async with engine_in(tmp_path, of) as engine:
        await engine.load(topic.id)
        assert [one.question.content for one in engine.catalog.branch(topic.id)] == ["n=3 tag=a", "n=3 tag=b"]
        now = engine.catalog.topic(topic.id)
        assert now is not None and now.draft == "" and now.conversations == 2


async def test_a_new_topic_that_was_not_written_any_more_is_found_by_its_question(
    tmp_path: Path, load_server: LoadServer
) -> None:
    of = models(load_server.url)
    index = tmp_path / "data" / "index.json"
    async with engine_in(tmp_path, of) as engine:
        await ended(engine, await ask(engine, await new_topic(engine), "n=3 tag=a"))
        await quiet(engine)
        before = index.read_bytes()
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=3 tag=b"))
        await quiet(engine)
    index.write_bytes(before)
    async with engine_in(tmp_path, of) as engine:
        found = engine.catalog.topic(topic.id)
        assert found is not None and found.name == "n=3 tag=b"
        assert list(engine.catalog.notices) == [
            f"A topic was not in {index}, but in {tmp_path / 'data' / 'topics'}: named by what was said there."
        ]
        await engine.load(topic.id)
        assert [one.question.content for one in engine.catalog.branch(topic.id)] == ["n=3 tag=b"]
        assert found.assistant_id == engine.catalog.assistants()[0].id


async def test_a_topic_whose_end_was_not_written_any_more_shows_what_was(
    tmp_path: Path, load_server: LoadServer
) -> None:
    of = models(load_server.url)
    async with engine_in(tmp_path, of) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=3 tag=a"))
        await quiet(engine)
        page = tmp_path / "data" / "topics" / topic.id / "0001.json"
        before = page.read_bytes()
        await ended(engine, await ask(engine, topic, "n=3 tag=b"))
        await quiet(engine)
    page.write_bytes(before)
    async with engine_in(tmp_path, of) as engine:
        await engine.load(topic.id)
        assert [one.question.content for one in engine.catalog.branch(topic.id)] == ["n=3 tag=a"]


async def test_a_question_is_written_before_its_draft_goes(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await engine._tasks.finish()
        written: list[str] = []

        def watched(path: Path, data: bytes) -> None:
            written.append(path.name)
            write_atomically(path, data)

        monkeypatch.setattr(storage, "write_atomically", watched)
        await ended(engine, await ask(engine, topic, "n=3 tag=b"))
        assert written[:2] == ["0001.json", "index.json"]
