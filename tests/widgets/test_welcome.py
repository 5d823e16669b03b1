"""What an empty topic says: what this is, three keys, and who answers, whatever is set up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engines import engine_in, models
from tests.support.front_end import config_in
from tui.config.known import EMBEDDED
from tui.engine import LOCAL, Engine, Models, Role
from tui.session import Session
from tui.widgets.welcome import welcome

WITH_DEMO = Models({LOCAL: EMBEDDED}, dict.fromkeys(Role, LOCAL))
WITH_NOTHING = Models({}, {})


async def words(folder: Path, of: Models, keys: dict[str, tuple[str, ...]] | None = None) -> str:
    async with engine_in(folder, of) as engine:
        return "\n".join(welcome(await session_of(engine, folder, of, keys)))


async def session_of(
    engine: Engine, folder: Path, of: Models, keys: dict[str, tuple[str, ...]] | None = None
) -> Session:
    topic = await engine.new_topic(engine.catalog.assistants()[0].id)
    return Session(engine, config_in(folder, of, keys=keys), topic.id)


async def test_it_names_the_assistant_three_keys_and_the_model(tmp_path: Path) -> None:
    said = await words(tmp_path, models("http://127.0.0.1:9/v1"))
    assert "A new topic with General." in said
    assert "enter sends   ^n another topic   f1 all keys" in said
    assert "load/fake answers." in said


async def test_it_names_the_keys_as_they_are_set(tmp_path: Path) -> None:
    said = await words(tmp_path, models("http://127.0.0.1:9/v1"), {"stream.start": ("ctrl+g",), "help": ("f12",)})
    assert "^g sends   ^n another topic   f12 all keys" in said


async def test_without_any_model_it_says_in_one_screen_what_to_do(tmp_path: Path) -> None:
    said = await words(tmp_path, WITH_DEMO)
    assert "No model is set up yet." in said
    for way in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "Ollama", str(tmp_path / "config.toml")):
        assert way in said
    assert len(said.splitlines()) < 12


async def test_the_demo_model_beside_real_ones_names_them(tmp_path: Path) -> None:
    of = models("http://127.0.0.1:9/v1")
    both = Models({**of.providers, LOCAL: EMBEDDED}, dict.fromkeys(Role, LOCAL))
    said = await words(tmp_path, both)
    assert "For a real one start Rivulet with -m load." in said
    assert "OPENAI_API_KEY" not in said


async def test_a_model_that_nobody_knows_is_told_with_the_way_out(tmp_path: Path) -> None:
    said = await words(tmp_path, WITH_NOTHING)
    assert "OPENAI_API_KEY" in said and str(tmp_path / "config.toml") in said


async def test_a_topic_without_its_assistant_is_no_reason_to_fail(tmp_path: Path) -> None:
    of = models("http://127.0.0.1:9/v1")
    async with engine_in(tmp_path, of) as engine:
        session = await session_of(engine, tmp_path, of)
        assert welcome(replace(session, topic_id="nobody"))[0].startswith("A new topic with Rivulet.")


@pytest.mark.parametrize("name", ["\x1b[31mred", "a\nb"])
async def test_a_name_is_one_harmless_line(tmp_path: Path, name: str) -> None:
    of = models("http://127.0.0.1:9/v1")
    async with engine_in(tmp_path, of) as engine:
        session = await session_of(engine, tmp_path, of)
        assistant = replace(engine.catalog.assistants()[0], name=name)
        engine._shelf.put(assistant)
        first = welcome(session)[0]
        assert "\x1b" not in first and "\n" not in first
