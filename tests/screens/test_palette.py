"""The palette finds anything by its name, as fast as one types."""

from __future__ import annotations

import pytest
from rich.console import RenderableType
from textual import events
from textual.color import Color
from textual.screen import Screen

from tests.support.front_end import FrontEnd
from tui.app import RivuletApp
from tui.screens.chat import ChatScreen
from tui.screens.dialog import QuitQuestion
from tui.screens.palette import Entry, Palette, matching
from tui.screens.settings import SettingsScreen

NAMES = ("Copy the last reply", "New topic", "Topics: all of them", "Settings: models, providers, files", "Stop")


def entries() -> list[Entry]:
    return [Entry(name, lambda: None) for name in NAMES]


@pytest.mark.parametrize(
    ("needle", "names"),
    [
        ("", list(NAMES)),
        ("top", ["Topics: all of them", "New topic", "Stop"]),
        ("SETT", ["Settings: models, providers, files"]),
        ("reply copy", ["Copy the last reply"]),
        ("nothing like it", []),
    ],
)
def test_names_are_found_by_their_words_the_nearer_to_a_beginning_the_earlier(needle: str, names: list[str]) -> None:
    assert [entry.name for entry in matching(entries(), needle)] == names


async def test_what_was_typed_counts_however_fast_enter_comes(front: FrontEnd) -> None:
    await front.pilot.press("ctrl+p", *"settings", "enter")
    await front.until(lambda: isinstance(front.app.screen, SettingsScreen), "the settings")


async def test_it_knows_themes_and_topics_and_escape_closes_it(front: FrontEnd) -> None:
    await front.pilot.press("ctrl+p", *"theme light", "enter")
    await front.until(lambda: front.app.theme == "light", "the light theme")
    await front.engine.send(front.app.session.topic_id, "Tides [bold]and[/bold] moons n=2 tag=tides")
    first = front.app.session.topic_id
    await front.pilot.press("ctrl+n")
    await front.pilot.press("ctrl+p", *"tides")
    await front.shows(r"Topic: Tides \[bold\]and\[/bold\] moons")
    await front.pilot.press("enter")
    await front.until(lambda: front.app.session.topic_id == first, "the topic of the tides")
    await front.pilot.press("ctrl+p")
    assert isinstance(front.app.screen, Palette)
    await front.pilot.press("escape")
    assert not isinstance(front.app.screen, Palette)


async def test_a_theme_that_is_chosen_shows_at_once_and_not_the_old_one_again(
    front: FrontEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    grounds: list[Color] = []
    display = RivuletApp._display

    def noted(app: RivuletApp, screen: Screen[object], picture: RenderableType | None) -> None:
        if not app._batch_count and picture is not None and isinstance(screen, ChatScreen):
            grounds.append(screen.background_colors[1])
        display(app, screen, picture)

    await front.pilot.press("ctrl+p", *"theme light")
    old = front.app.screen_stack[0].background_colors[1]
    monkeypatch.setattr(RivuletApp, "_display", noted)
    await front.pilot.press("enter")
    await front.until(lambda: grounds, "a picture")
    await front.drawn()
    assert old not in grounds and front.app.theme == "light"


async def test_it_never_stops_a_stream_for_a_name_that_was_half_typed(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Go on. hold=3 tag=on")
    await front.exchange("on", 3)
    await front.pilot.press("ctrl+p", *"sett", "enter")
    await front.until(lambda: isinstance(front.app.screen, SettingsScreen), "the settings")
    assert front.engine.registry.live == 1


async def test_a_new_topic_can_be_begun_with_any_assistant(front: FrontEnd) -> None:
    translator = await front.engine.new_assistant("Translator")
    await front.pilot.press("ctrl+p", *"new translator", "enter")
    await front.shows("A new topic with Translator")
    topic = front.app.session.topic
    assert topic is not None and topic.assistant_id == translator.id


@pytest.mark.parametrize("opened_with", ["ctrl+p", "alt+r"])
async def test_the_key_that_quits_does_so_over_it_too(front: FrontEnd, opened_with: str) -> None:
    await front.pilot.press(*"n=1 tag=first", "enter")
    await front.shows("end-of-first")
    await front.ask_elsewhere("n=500 tps=20 tag=streams")
    await front.exchange("streams", 1)
    front.app.post_message(events.Key(opened_with, None))
    await front.until(lambda: isinstance(front.app.screen, Palette), "the palette")
    front.app.post_message(events.Key("ctrl+q", None))
    await front.until(lambda: isinstance(front.app.screen, QuitQuestion), "the question")
    front.app.post_message(events.Key("escape", None))
    await front.until(lambda: isinstance(front.app.screen, Palette), "the palette again")
