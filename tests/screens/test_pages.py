"""The other screens: all topics, the settings, the help, the questions."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from tests.engine.engines import engine_in, models
from tests.support.front_end import FrontEnd, config_in, front_end
from tests.support.load_server import LoadServer
from tui.engine import Fetching, Secret
from tui.keys import BINDINGS
from tui.screens.chat import ChatScreen
from tui.screens.dialog import Dialog
from tui.screens.fetch import FetchDialog
from tui.screens.help import help_rows
from tui.screens.settings_text import settings_text
from tui.session import Session
from tui.widgets.row_list import RowList

ENDLESS = "n=100000 tps=50"

# All topics


async def test_the_topics_tell_each_state_in_words_too(front: FrontEnd) -> None:
    await front.ask_elsewhere("Failed. fail=400 tag=f")
    await front.ask_elsewhere("New. n=2 tag=n")
    await front.ask_elsewhere(f"Runs. {ENDLESS} tag=r")
    await front.ask_elsewhere("Waits. ttft=20 tag=w")
    await front.pilot.press("f3")
    await front.shows(r"Failed\. .* failed +General +1 +\d\d \w+ \d\d:\d\d$")
    await front.shows(r"New\. .* new +General")
    await front.shows(r"Runs\. .* streaming +General")
    await front.shows(r"Waits\. .* connecting +General")
    await front.shows(r"^ 5 topics .* 2 running")


async def test_the_topics_begin_at_the_one_on_show_every_time(front: FrontEnd) -> None:
    first = await front.ask_elsewhere("First. n=2 tag=one")
    await front.ask_elsewhere("Second. n=2 tag=two")
    await front.shows(r"Second\.")
    for _ in range(2):
        await front.pilot.press("f3", "end", "f2")
    await front.open(first)
    await front.pilot.press("f3")
    assert front.app.screen.query_one(RowList).cursor_key == first
    await front.pilot.press("enter")
    assert front.app.session.topic_id == first


async def test_a_new_topic_can_be_begun_from_any_screen(front: FrontEnd) -> None:
    await front.ask_elsewhere("First. n=2 tag=one")
    for screen in ("f3", "f4"):
        await front.pilot.press(screen, "ctrl+n", "x")
        assert front.composer.text == "x"
        await front.pilot.press("backspace")


# Settings


async def test_the_settings_name_models_and_files(front: FrontEnd, tmp_path: Path) -> None:
    await front.pilot.press("f4", "end", "enter")
    await front.shows(r"instruct +load/fake")
    await front.shows(r"load +openai +http://127")
    await front.shows(r"^ +│ +data\b")
    assert str(tmp_path)[:40] in front.text


@pytest.mark.parametrize(
    "source, told", [("$MY_KEY", "key from $MY_KEY"), ("s3cr3t", "key from the configuration"), (None, "no key")]
)
async def test_the_settings_tell_where_a_key_comes_from_and_never_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str | None, told: str
) -> None:
    monkeypatch.setenv("MY_KEY", "s3cr3t")
    of = models("http://127.0.0.1:9/v1", api_key=Secret(source) if source else None)
    async with engine_in(tmp_path, of) as engine:
        text = settings_text(Session(engine, config_in(tmp_path, of)))
    assert told in text and "s3cr3t" not in text


async def test_the_settings_scroll_where_they_do_not_fit(front: FrontEnd) -> None:
    await front.pilot.resize_terminal(60, 12)
    await front.pilot.press("f4", "end", "enter")
    await front.shows("Models$")
    await front.pilot.press(*["down"] * 30)
    await front.shows(r"meanwhile\.")


# Help


async def test_the_help_lists_every_binding_with_its_keys(front: FrontEnd) -> None:
    assert [what for keys, what in help_rows({}) if keys] == [binding.description for binding in BINDINGS]
    await front.pilot.press("f1")
    seen = ""
    for _ in range(12):
        seen += front.text
        await front.pilot.press("pagedown")
    for keys, what in help_rows({}):
        assert not keys or keys.split()[0] in seen, what
        assert what.split()[0] in seen, what


@pytest.mark.parametrize("key", ["escape", "f1", "alt+h", "q"])
async def test_the_help_closes_by_the_keys_that_one_would_try(front: FrontEnd, key: str) -> None:
    await front.pilot.press("f1")
    await front.shows("Stop every stream")
    await front.pilot.press(key)
    await front.shows_no("Stop every stream")
    assert front.composer.text == ""


@pytest.mark.parametrize(("key", "screen"), [("f3", "topics"), ("alt+3", "settings"), ("f2", "chat")])
async def test_a_screens_key_leaves_the_help_for_it(front: FrontEnd, key: str, screen: str) -> None:
    await front.pilot.press("f1")
    await front.shows("Send the message")
    await front.pilot.press(key)
    await front.until(lambda: front.app.current_mode == screen and len(front.app.screen_stack) == 1, screen)
    await front.pilot.press("f2")
    await front.shows("Ask something")


async def test_help_can_be_asked_for_on_every_screen_and_only_once(front: FrontEnd) -> None:
    for screen in ("f3", "f4", "f2"):
        await front.pilot.press(screen, "f1", "f1", "f1", "f1")
        await front.shows_no("Stop every stream")


# Questions


@pytest.mark.parametrize(
    "key, answer", [("enter", True), ("y", True), ("escape", False), ("n", False), ("ctrl+c", False)]
)
async def test_a_question_is_answered_by_its_keys(front: FrontEnd, key: str, answer: bool) -> None:
    answers: list[bool | None] = []
    front.app.push_screen(Dialog("Really?", "It would be done.", "enter yes   esc no"), answers.append)
    await front.shows("It would be done.")
    await front.pilot.press(key)
    await front.until(lambda: answers, "an answer")
    assert answers == [answer]
    assert front.composer.text == ""


async def test_keys_typed_ahead_answer_the_question_and_nothing_else(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, f"Runs. {ENDLESS} tag=ahead")
    await front.exchange("ahead", 5)
    front.composer.insert("not to be sent")
    await front.pilot.press("alt+x", "enter")
    await front.until(lambda: front.engine.registry.live == 0, "the end of the stream")
    assert front.composer.text == "not to be sent"
    assert len(front.server.requests) == 1


def in_one_piece(front: FrontEnd, *keys: str) -> None:
    """Keys as a terminal sends them that was written to at once: nothing waits for anything."""
    for key in keys:
        front.app.post_message(events.Key(key, key if len(key) == 1 else None))


@pytest.mark.parametrize(
    "keys",
    [
        ("ctrl+p", *"bees", "enter"),
        ("f3", *"bees", "enter"),
        ("f3", "tab", "down", "enter"),
        ("shift+tab", "down", "enter"),
    ],
    ids=["palette", "filter", "topics", "side list"],
)
async def test_what_is_typed_ahead_behind_a_choice_is_written_where_that_leads(
    front: FrontEnd, keys: tuple[str, ...]
) -> None:
    for name in ("Bees", "Ants"):
        topic = await front.engine.new_topic(front.engine.catalog.assistants()[0].id)
        await front.engine.rename_topic(topic.id, name)
    bees = next(one for one in front.engine.catalog.topics() if one.name == "Bees")
    front.chat.open(topic.id)
    await front.shows("Bees")
    in_one_piece(front, *keys, *"hum", "left", "x")
    await front.until(
        lambda: isinstance(front.app.screen, ChatScreen) and front.composer.text == "huxm", "what was typed"
    )
    assert front.app.session.topic_id == bees.id


async def test_nothing_is_asked_where_nothing_streams(front: FrontEnd) -> None:
    await front.pilot.press("alt+x")
    await front.shows("Nothing streams")


async def test_a_screen_under_a_question_goes_on_being_drawn(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, f"Runs. {ENDLESS} tag=under")
    await front.exchange("under", 5)
    await front.pilot.press("ctrl+q")
    await front.shows("Quit")
    below = front.app.screen_stack[-2].query_one("#transcript")
    before = below.lines_below, str(below.render_line(5))  # type: ignore[attr-defined]
    sent = (await front.exchange("under")).deltas
    await front.exchange("under", sent + 60)
    await front.until(lambda: str(below.render_line(below.size.height - 2)) != before[1], "more text below")
    await front.pilot.press("escape")


async def test_only_the_key_that_led_to_a_question_says_yes_to_it(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, f"Runs. {ENDLESS} tag=insist")
    await front.exchange("insist", 5)
    await front.pilot.press("alt+x", "ctrl+c")  # as one who wants out of it
    await front.shows_no("Stop all")
    assert front.engine.registry.live == 1
    await front.pilot.press("alt+x", "alt+x")
    await front.until(lambda: front.engine.registry.live == 0, "the end of the stream")


async def test_the_keys_that_lead_to_a_question_say_yes_where_they_are_set_anew(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with front_end(tmp_path, load_server, keys={"stream.stop_all": ("f9",)}) as front:
        await front.engine.send(front.app.session.topic_id, f"Runs. {ENDLESS} tag=anew")
        await front.exchange("anew", 5)
        await front.pilot.press("f9", "alt+x")
        await front.shows("Stop all")
        await front.pilot.press("f9")
        await front.until(lambda: front.engine.registry.live == 0, "the end of the stream")


async def test_quitting_is_asked_over_another_question(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, f"Runs. {ENDLESS} tag=over")
    await front.exchange("over", 5)
    await front.pilot.press("alt+x", "ctrl+q")
    await front.shows("Quit")
    await front.pilot.press("escape", "escape")
    await front.until(lambda: len(front.app.screen_stack) == 1, "the chat")
    assert front.engine.registry.live == 1


@pytest.mark.parametrize("screen", ["f2", "f3", "f4"])
async def test_what_a_key_has_to_say_is_said_on_every_screen(front: FrontEnd, screen: str) -> None:
    await front.pilot.press(screen, "ctrl+c")
    await front.shows(r"\^c again quits")
    await front.shows_no("again quits")  # when it would not any more


# Fetching


async def test_the_download_is_shown_and_the_dialog_closes_when_it_is_done(front: FrontEnd) -> None:
    answers: list[bool | None] = []
    name = "not-a-model"
    dialog = FetchDialog(front.engine, name, front.app.session.glyphs)
    front.app.push_screen(dialog, answers.append)
    await front.shows("SmolLM2|embedded")
    dialog._asked = True
    catalog = front.engine.catalog
    catalog.apply(Fetching(name, 31_000_000, 93_000_000, "downloading"))
    await front.shows(r"▰{13}▱{27}    31 of 93 MB")
    await front.shows("Downloading")
    catalog.apply(Fetching(name, 31_000_000, 93_000_000, "failed", "The network is away."))
    await front.shows("The network is away")
    await front.shows("enter try again")
    catalog.apply(Fetching(name, 93_000_000, 93_000_000, "done"))
    await front.until(lambda: answers, "the answer")
    assert answers == [True]
