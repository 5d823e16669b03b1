"""All five kinds of stream run while the screens that show them are left and entered, in any order."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

from tests.engine.test_five_kinds import Five
from tests.support.front_end import front_end
from tests.support.load_server import LoadServer
from tui.screens.chat import ChatScreen
from tui.screens.settings import SettingsScreen
from tui.screens.topics import TopicsScreen

KEYS = {"f2": ChatScreen, "f3": TopicsScreen, "f4": SettingsScreen}


async def test_screens_come_and_go_in_any_order_and_each_shows_how_far_its_stream_is(tmp_path: Path) -> None:
    with LoadServer(title="{tag} is its name") as server:
        async with front_end(tmp_path, server) as front:
            five = Five(front.engine, server)
            await five.prepare()
            await front.open(five.chatting.id)
            await five.start()
            begun = {type: str(stream.content) for type, stream in five.streams.items()}
            for order in permutations(KEYS):
                for key in order:
                    await front.pilot.press(key)
                    assert isinstance(front.app.screen, KEYS[key])
                    assert {type: str(stream.content) for type, stream in five.streams.items()} == begun
                    assert front.engine.registry.live == 5
            await front.pilot.press("f3")
            await front.shows(r"^ . listed +naming")  # its name, as far as it is
            await front.pilot.press("f2")
            await front.shows("chat-00000")
            await front.open(five.named.id)
            await front.until(lambda: front.composer.text.startswith("opt-00000"), "the draft as far as it is")
            await five.end()
            await front.until(lambda: front.composer.text.endswith("end-of-opt"), "the draft")
            await front.open(five.chatting.id)
            await front.shows("end-of-chat")
            await front.pilot.press("alt+o")
            await front.shows("n=2 naming=1 tag=past")  # whose conversation nobody named
            await front.pilot.press("escape")
            await front.open(five.named.id)
            await front.pilot.press("alt+o")
            await front.shows("named is its name")
            await front.pilot.press("escape", "f3")
            await front.shows("listed is its name")
            cook = front.engine.catalog.assistant(five.cook.id)
            assert cook is not None and cook.prompt.endswith("end-of-sys")
