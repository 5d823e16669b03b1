"""The settings' assistants: their form, and system prompts that are generated into it without ever being in the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.front_end import FrontEnd, front_end
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import LOCAL, Assistant, Models, Provider, Role, WireProtocol
from tui.engine.stream import StreamType
from tui.screens.assistant_fields import changes, texts
from tui.screens.assistant_form import AssistantForm, PromptArea
from tui.widgets.row_list import RowList


@pytest.fixture
def server() -> Iterator[LoadServer]:
    with LoadServer() as running:
        yield running


@pytest.fixture
async def front(tmp_path: Path, server: LoadServer) -> AsyncIterator[FrontEnd]:
    async with front_end(tmp_path, server) as running:
        yield running


def assistant(front: FrontEnd, name: str) -> Assistant | None:
    return next((one for one in front.engine.catalog.assistants() if one.name == name), None)


def prompt(front: FrontEnd) -> PromptArea:
    return front.app.screen.query_one(PromptArea)


async def open_form(front: FrontEnd, description: str = "") -> Assistant:
    general = front.engine.catalog.assistants()[0]
    await front.engine.change_assistant(general.id, description=description)
    await front.pilot.press("f4")
    await front.shows(r"Name +General")
    return general


async def test_an_assistant_is_made_written_copied_deleted_and_brought_back(front: FrontEnd) -> None:
    await open_form(front)
    await front.pilot.press("n")
    await front.shows("New assistant")
    await front.pilot.press("ctrl+a", "ctrl+k", *"Cook", "tab", *"Soups", "tab", "tab", *"0.5", "tab", *"many")
    await front.shows('Max tokens: found "many", expected a whole number above 0')
    cook = await eventually(lambda: assistant(front, "Cook"), what="the name to be kept")
    await eventually(lambda: (a := assistant(front, "Cook")) and a.params == {"temperature": 0.5}, what="the number")
    await front.pilot.press("shift+tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab", "c")
    await front.shows(r"Cook \(copy\)")
    await front.pilot.press("K", "d")
    await front.shows("was deleted. u brings it back")
    assert len(front.engine.catalog.assistants()) == 2
    await front.pilot.press("u")
    await eventually(lambda: len(front.engine.catalog.assistants()) == 3, what="it to be back")
    assert cook.description == "" or cook.description == "Soups"


async def test_what_the_cursor_is_on_is_on_show_and_the_focus_stays_in_the_list(front: FrontEnd) -> None:
    await front.engine.change_assistant((await front.engine.new_assistant("Cook")).id, description="Soups")
    await open_form(front)
    rows = front.app.screen.query_one(RowList)
    for pattern in (
        "Soups",
        "│ +load$",
        "enter lets you choose",
        "which model is meant by a role",
        "│ +Files$",
    ):
        await front.pilot.press("down")
        await front.shows(pattern)
        assert front.app.focused is rows
    await front.pilot.press("home")
    await front.shows(r"Name +General")
    await front.pilot.press("down", "enter")
    await front.shows(r"Name +Cook")
    assert front.app.focused is front.app.screen.query_one("#name")


async def test_the_name_that_a_new_assistant_begins_with_goes_with_the_first_key(front: FrontEnd) -> None:
    await open_form(front)
    await front.pilot.press("n")
    await front.shows(r"Name +New assistant")
    await front.until(lambda: front.app.focused is front.app.screen.query_one("#name"), "the focus in the name")
    await front.pilot.press(*"Cook")
    await eventually(lambda: assistant(front, "Cook"), what="the name to be kept")


async def test_the_last_assistant_stays(front: FrontEnd) -> None:
    await open_form(front)
    await front.pilot.press("d")
    await front.shows("the last assistant")


async def test_a_prompt_streams_into_its_field_and_ctrl_z_brings_the_old_one_back(front: FrontEnd) -> None:
    general = await open_form(front, "n=30 tps=60 tag=sys")
    await front.engine.change_assistant(general.id, prompt="Be kind.")
    await front.shows("Be kind")
    await front.pilot.press("ctrl+o")
    await eventually(lambda: "sys-00000" in prompt(front).text, what="the stream's text in the field")
    await front.pilot.press("f2", "f4")  # leaving stops nothing
    await eventually(lambda: "end-of-sys" in prompt(front).text, what="the end")
    kept = front.engine.catalog.assistant(general.id)
    assert kept is not None and kept.prompt == prompt(front).text
    prompt(front).focus()
    await front.shows(r"\^z old prompt")
    await front.pilot.press("ctrl+z")
    await eventually(lambda: prompt(front).text == "Be kind.", what="the old prompt")
    await front.shows_no(r"\^z old prompt")
    kept = front.engine.catalog.assistant(general.id)
    assert kept is not None and kept.prompt == "Be kind."


async def test_escape_stops_it_and_keeps_what_is_there(front: FrontEnd) -> None:
    general = await open_form(front, "n=3000 tps=60 tag=sys")
    await front.pilot.press("ctrl+o")
    await eventually(lambda: "sys-00000" in prompt(front).text, what="the stream's text in the field")
    await front.pilot.press("escape")
    await eventually(lambda: front.engine.registry.live == 0, what="the stop")
    kept = front.engine.catalog.assistant(general.id)
    assert kept is not None and "sys-00000" in kept.prompt
    assert isinstance(front.app.screen.query_one(AssistantForm), AssistantForm)


async def test_what_is_typed_meanwhile_stays_and_the_rest_is_a_proposal(front: FrontEnd) -> None:
    general = await open_form(front, "n=3000 tps=60 tag=sys")
    await front.pilot.press("ctrl+o")
    await eventually(lambda: "sys-00000" in prompt(front).text, what="the stream's text in the field")
    prompt(front).focus()
    await front.pilot.press(*" Mine")
    await front.shows("is being generated for what you did not write")
    written = prompt(front).text
    assert written.endswith(" Mine")
    await front.pilot.press("escape")
    await eventually(lambda: front.engine.registry.live == 0, what="the end")
    await front.shows("A system prompt was generated meanwhile")
    assert prompt(front).text == written
    await front.pilot.press("alt+a")
    await eventually(lambda: prompt(front).text != written, what="the proposal to be taken")
    assert prompt(front).text.startswith("sys-00000") and " Mine" not in prompt(front).text
    kept = front.engine.catalog.assistant(general.id)
    assert kept is not None and kept.proposal == ""


async def test_another_assistants_form_is_not_written_to(front: FrontEnd) -> None:
    general = await open_form(front, "n=40 tps=60 tag=sys")
    other = await front.engine.new_assistant("Other")
    await front.pilot.press("ctrl+o")
    await eventually(lambda: list(front.engine.registry.find(StreamType.SYSTEM_PROMPT)), what="the stream")
    await front.pilot.press("down", "enter")
    await front.shows(r"Name +Other")
    await eventually(lambda: front.engine.registry.live == 0, what="the end")
    assert prompt(front).text == ""
    kept, left = (front.engine.catalog.assistant(id) for id in (general.id, other.id))
    assert kept is not None and "end-of-sys" in kept.prompt
    assert left is not None and left.prompt == ""


async def test_the_old_prompt_comes_back_by_its_key_wherever_the_focus_is(front: FrontEnd) -> None:
    general = await open_form(front, "n=3000 tps=60 tag=sys")
    await front.engine.change_assistant(general.id, prompt="Be kind.")
    await front.shows("Be kind")
    await front.pilot.press("enter", "ctrl+o")
    await eventually(lambda: "sys-00000" in prompt(front).text, what="the stream's text in the field")
    await front.pilot.press("ctrl+z")
    await eventually(lambda: prompt(front).text == "Be kind.", what="the old prompt")
    assert front.engine.registry.live == 0


async def test_a_generation_that_fails_changes_nothing(front: FrontEnd) -> None:
    general = await open_form(front, "fail=400 tag=sys")
    await front.engine.change_assistant(general.id, prompt="Be kind.")
    await front.shows("Be kind")
    await front.pilot.press("ctrl+o")
    await front.shows("No system prompt was generated for General")
    assert prompt(front).text == "Be kind."


async def test_generating_is_offered_where_it_can_be_done_and_says_why_where_not(front: FrontEnd) -> None:
    general = await open_form(front)
    await front.pilot.press("enter")
    await front.shows(r"Write a name and a description, and \^o generates a system prompt")
    assert "generate" not in front.status
    await front.engine.change_assistant(general.id, description="Soups")
    await front.shows_no("Write a name and a description")
    await front.until(lambda: "^o generate prompt" in front.status, "the key in the bottom line")


async def test_an_effort_is_asked_for_where_the_model_has_one(front: FrontEnd) -> None:
    general = await open_form(front)
    await front.shows("Effort +low, medium or high; else the model's")
    demo = Provider(LOCAL, WireProtocol.OPENAI, "", model="smollm2", embedded=True)
    now = front.engine.models
    await front.engine.configure(Models({**now.providers, LOCAL: demo}, now.roles))
    await front.engine.change_assistant(general.id, model=LOCAL)
    await front.shows_no("Effort")
    await front.engine.change_assistant(general.id, params={"reasoning_effort": "low"})
    await front.engine.change_assistant(general.id, model="load")
    await front.shows("Effort +low")


async def test_without_a_description_it_says_why_it_does_not_generate(front: FrontEnd) -> None:
    await open_form(front)
    await front.pilot.press("ctrl+o")
    await front.shows("name and a description first")
    assert not list(front.engine.registry.find(StreamType.SYSTEM_PROMPT))


def test_fields_are_read_back_as_they_are_shown(front: FrontEnd) -> None:
    one = Assistant("a", "A", 1.0, 1.0, params={"temperature": 0.5, "max_tokens": 9, "reasoning_effort": "low"})
    assert changes(one, texts(one), front.engine.models) == ({}, [])
    changed, problems = changes(
        one,
        {"name": " ", "model": "nowhere/x", "temperature": "3", "reasoning_effort": "huge", "max_tokens": ""},
        front.engine.models,
    )
    assert changed == {"params": {"temperature": 0.5, "reasoning_effort": "low"}}
    assert len(problems) == 4
    assert changes(one, {"model": str(Role.FAST), "titles": "No"}, front.engine.models)[0] == {
        "model": "fast",
        "titles": False,
    }
