"""With `ui.glyphs = "ascii"` nothing that Rivulet adds to a text needs more than ASCII, but for rules and bars."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.front_end import FrontEnd, front_end
from tests.support.load_server import LoadServer
from tui.config.settings import Glyphs, Ui

RULES = "─│▎▌▔▁▂▃▄▅▆▇█ "
"""The toolkit's borders and scrollbars."""
PLAIN = "n=8"
"""Too short a reply for the load server to say anything that is not ASCII."""


@pytest.fixture
async def front(tmp_path: Path, load_server: LoadServer) -> AsyncIterator[FrontEnd]:
    async with front_end(tmp_path, load_server, ui=Ui(glyphs=Glyphs.ASCII)) as front:
        yield front


def foreign(front: FrontEnd) -> set[str]:
    return {character for character in front.text if not character.isascii() and character not in RULES}


async def test_every_state_of_a_topic_and_a_reply_is_told_in_ascii(front: FrontEnd) -> None:
    await front.ask_elsewhere(f"Failed for a reason that takes more words than a name may have. fail=400 {PLAIN} tag=f")
    await front.ask_elsewhere(f"Unread. {PLAIN} tag=u")
    await front.ask_elsewhere("Streams. n=9 tps=1 tag=s")
    await front.ask_elsewhere("Waits. n=2 ttft=9 tag=w")
    topic = front.app.session.topic_id
    await front.engine.send(topic, "Here. ttft=1 think=8 n=8 tps=4 tag=here")
    await front.shows(r"\* waiting for load")
    await front.shows(r"~ thinking")
    await front.shows(r"^ \* Streams\.")
    await front.shows(r"^ x Failed for")
    await front.shows(r"^ o Unread\.")
    await front.shows(r"^ \. Waits\.")
    assert foreign(front) == set()
    await front.engine.send(topic, "Queued.")
    await front.shows(r"\. sent when")
    await front.pilot.press("escape")
    await front.shows(r"^ - Here\.")
    await front.shows(r"   - Stopped")
    assert foreign(front) == set()
    for key in ("f3", "f4", "f1", "escape", "ctrl+p"):
        await front.pilot.press(key)
        await front.drawn()
        assert foreign(front) == set(), key


async def test_markdowns_own_signs_are_ascii_too(tmp_path: Path) -> None:
    text = "# Head\n\n- one\n- [x] done\n\n> quote\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. first"
    with LoadServer(title=text) as server:
        async with front_end(tmp_path, server, ui=Ui(glyphs=Glyphs.ASCII)) as front:
            await front.engine.send(front.app.session.topic_id, "n=1 tag=markdown", system="A title, please.")
            await front.shows("first")
            assert foreign(front) == set()
