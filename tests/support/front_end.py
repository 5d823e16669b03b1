"""The app on a real engine against the load server, without a terminal: for tests that look at screens from inside."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

from tests.engine.engines import engine_in, models
from tests.support.load_server import Exchange, LoadServer
from tests.support.painted import painted
from tests.support.waiting import PATIENCE, T, eventually
from tui.app import RivuletApp
from tui.config import Config
from tui.config.settings import Ui
from tui.engine import Engine, Models
from tui.paths import Paths
from tui.screens.chat import ChatScreen
from tui.widgets.composer import Composer
from tui.widgets.row_list import RowList
from tui.widgets.transcript import Transcript


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """An app that runs, and what it stands on."""

    engine: Engine
    app: RivuletApp
    pilot: Pilot[None]
    server: LoadServer

    # What stands on the screen

    @property
    def strips(self) -> list[Strip]:
        """What the topmost screen paints, row by row."""
        return painted(self.app)

    @property
    def rows(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.strips]

    def style_of(self, text: str) -> Style:
        """How the first piece that begins with this text is painted."""
        pieces = (segment for strip in self.strips for segment in strip)
        return next(piece.style for piece in pieces if piece.text.strip().startswith(text) and piece.style)

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    @property
    def status(self) -> str:
        return self.rows[-1]

    @property
    def chat(self) -> ChatScreen:
        screen = self.app.screen
        assert isinstance(screen, ChatScreen), screen
        return screen

    @property
    def composer(self) -> Composer:
        return self.chat.query_one(Composer)

    @property
    def transcript(self) -> Transcript:
        return self.chat.query_one(Transcript)

    def row(self, name: str) -> str:
        """The row of the side list that begins, after its sign, with that name; empty if there is none."""
        width = self.chat.query_one(RowList).size.width
        return next((row for row in (row[:width] for row in self.rows) if row[3:].startswith(name)), "")

    async def shows(self, pattern: str, timeout: float = PATIENCE) -> re.Match[str]:
        compiled = re.compile(pattern, re.MULTILINE)
        return await self.until(lambda: compiled.search(self.text), f"/{pattern}/", timeout)

    async def tells(self, words: str, timeout: float = PATIENCE) -> None:
        """The screen shows these words, however they are broken into lines, and whatever stands beside them."""
        await self.until(
            lambda: words in " ".join(self.text.split()).replace(" │ ", " ") or words in self._right, words, timeout
        )

    @property
    def _right(self) -> str:
        """What stands right of the list."""
        return " ".join(" ".join(row.rpartition("│")[2] for row in self.rows).split())

    async def shows_no(self, pattern: str, timeout: float = PATIENCE) -> None:
        compiled = re.compile(pattern, re.MULTILINE)
        await self.until(lambda: not compiled.search(self.text), f"no /{pattern}/", timeout)

    async def until(self, condition: Callable[[], T | None], what: str, timeout: float = PATIENCE) -> T:
        return await eventually(condition, timeout, lambda: f"{what}; the screen shows:\n{self.text}")

    # What is done

    async def ask_elsewhere(self, words: str) -> str:
        """Ask through the engine in a topic that is not on show then; its id. What is on show is never asked."""
        shown = self.app.session.topic_id
        topic = await self.engine.new_topic(self.engine.catalog.assistants()[0].id)
        await self.engine.send(topic.id, words)
        if topic.id == shown:  # it was the empty one
            await self.app.action_new_topic()
        return topic.id

    async def exchange(self, tag: str, deltas: int = 0, timeout: float = PATIENCE) -> Exchange:
        """The server's record, once it has sent so many deltas."""
        return await self.until(
            lambda: found if (found := self.server.find(tag)) and found.deltas >= deltas else None,
            f"{deltas} deltas of {tag}",
            timeout,
        )

    async def drawn(self) -> None:
        """The screen on show has been drawn once more. (A pilot's pause waits for a rest that a stream never gives.)"""
        done = asyncio.Event()
        self.app.screen.call_after_refresh(done.set)
        async with asyncio.timeout(10):
            await done.wait()

    async def open(self, topic_id: str) -> None:
        self.chat.open(topic_id)
        await self.drawn()


def config_in(
    folder: Path, of: Models, ui: Ui | None = None, keys: Mapping[str, tuple[str, ...]] | None = None
) -> Config:
    return Config(of, Paths(folder / "config.toml", folder / "data", folder / "log"), keys or {}, ui or Ui())


@asynccontextmanager
async def front_end(
    folder: Path,
    server: LoadServer,
    *,
    size: tuple[int, int] = (120, 35),
    ui: Ui | None = None,
    keys: Mapping[str, tuple[str, ...]] | None = None,
    theme: str = "dark",
    frail: bool = False,
) -> AsyncIterator[FrontEnd]:
    """An engine and its app, both ended at the end."""
    of = models(server.url)
    config = config_in(folder, of, ui, keys)
    async with engine_in(folder, of) as engine, app_on(engine, config, size, theme, frail) as pilot:
        app = pilot.app
        assert isinstance(app, RivuletApp)
        yield FrontEnd(engine, app, pilot, server)


@asynccontextmanager
async def app_on(
    engine: Engine, config: Config, size: tuple[int, int] = (120, 35), theme: str = "dark", frail: bool = False
) -> AsyncIterator[Pilot[None]]:
    """An app on an engine that may outlive it. No screen makes a mistake, unless the test has `frail` ones."""
    app = RivuletApp(engine, config, theme=theme)
    async with app.run_test(size=size) as pilot:
        await eventually(lambda: isinstance(app.screen, ChatScreen), what="the chat")
        await pilot.pause()
        yield pilot
        assert frail or not app.mishaps, "the log above tells of a screen's mistakes"
