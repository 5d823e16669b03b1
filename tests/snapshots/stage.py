"""The app as its user has it before him, with the clock, the ids and what streams held still."""

from __future__ import annotations

import asyncio
import difflib
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.snapshots.picture import Picture, picture, written
from tests.snapshots.records import MODELS, NOW
from tests.support.front_end import app_on
from tests.support.painted import painted
from tests.support.waiting import PATIENCE, TICK, eventually
from tui.app import RivuletApp
from tui.config import Config
from tui.config.settings import Ui
from tui.engine import (
    Arrived,
    Assistant,
    Connecting,
    Conversation,
    Created,
    Ended,
    Engine,
    Library,
    Put,
    Stream,
    StreamStatus,
    StreamType,
    Topic,
)
from tui.paths import Paths

KEPT = Path(__file__).with_name("kept")
FREEZE = "RIVULET_FREEZE"
"""Set in the environment, pictures that differ are kept as they are now: look at them (`show.py`) before."""
_HOME = Path("/home/ada")


@dataclass(frozen=True, slots=True)
class Stage:
    """A running app and what it stands on."""

    engine: Engine
    app: RivuletApp
    pilot: Pilot[None]
    size: tuple[int, int]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        await self.pilot.press(*text)

    async def open(self, topic_id: str) -> None:
        await self.app._open(topic_id)
        await self.until(lambda: self.engine.catalog.loaded(topic_id), "the topic to be read")

    def change(self, *records: Assistant | Topic | Conversation) -> None:
        for record in records:
            self.engine.catalog.apply(Put(record))

    def stream(
        self,
        type: StreamType,
        related_id: str,
        text: str = "",
        *,
        reasoning: str = "",
        seconds: float = 12.0,
        status: StreamStatus = StreamStatus.STREAMING,
        metadata: dict[str, str] | None = None,
    ) -> None:
        """One that has gone on for so many seconds and has brought this text."""
        registry, began = self.engine.registry, NOW - seconds
        id = f"0stream{len(list(registry.find())):06}"
        registry.apply(Created(Stream(id, type, related_id, "openai/gpt-5.4", began, metadata or {})))
        if status is not StreamStatus.IDLE:
            registry.apply(Connecting(id, began))
        if reasoning:
            registry.apply(Arrived(id, began + 1, reasoning=reasoning))
        if text:
            registry.apply(Arrived(id, began + (4 if reasoning else 1), text[:1]))
            registry.apply(Arrived(id, NOW, text[1:]))  # or it would have fallen silent

    @property
    def text(self) -> str:
        return self._now().text

    def _now(self) -> Picture:
        return picture(painted(self.app))

    async def until(self, condition: object, what: str) -> None:
        await eventually(condition, 20.0, lambda: f"{what}; the screen shows:\n{self.text}")  # type: ignore[arg-type]

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in self.text, repr(text))

    async def looks_as(self, name: str) -> None:
        """Compare what is on show, in both themes, with the picture that is kept of it."""
        file = KEPT / f"{name}.{self.size[0]}x{self.size[1]}.txt"
        kept = file.read_text(encoding="utf-8") if file.exists() else ""
        deadline = time.monotonic() + PATIENCE
        now = await self._both()
        while now != kept and time.monotonic() < deadline and not os.environ.get(FREEZE):
            now = await self._both()
        if now == kept:
            return
        if os.environ.get(FREEZE):
            while not now or now != (again := await self._both()):  # colours of code come later than the code
                now = again if now else await self._both()
            file.write_text(now, encoding="utf-8")
            return
        difference = difflib.unified_diff(kept.splitlines(), now.splitlines(), "kept", "now", lineterm="", n=1)
        pytest.fail(f"{file.name} is another picture now:\n" + "\n".join(difference), pytrace=False)

    async def _both(self) -> str:
        shown = {}
        for theme in sorted(("dark", "light"), key=lambda theme: theme != self.app.theme):  # the one on show first
            self.app.theme = theme
            shown[theme] = await self._settled()
        try:
            return written(shown["dark"], shown["light"])
        except ValueError:  # it was still being drawn
            return ""

    async def _settled(self) -> Picture:
        """What is shown when it was drawn twice and was the same."""
        before, now = None, None
        while before is None or before != now:
            await self._drawn()
            before, now = now, self._now()
        return before

    async def _drawn(self) -> None:
        """A pilot's pause waits for a rest that a stream never gives."""
        await asyncio.sleep(TICK)
        done = asyncio.Event()
        self.app.screen.call_after_refresh(done.set)
        async with asyncio.timeout(10):
            await done.wait()


@asynccontextmanager
async def stage(
    folder: Path, size: tuple[int, int], records: Sequence[Assistant | Topic | Conversation]
) -> AsyncIterator[Stage]:
    """An engine with these records that asks no model, and its app. The clock stands at NOW."""
    library = Library.open(folder / "data")
    await library.save(*records)
    await library.close()
    engine = Engine(
        MODELS, Library.open(folder / "data"), data=folder / "data", log=folder / "log", clock=lambda: NOW, titles=False
    )
    config = Config(MODELS, Paths(_HOME / "config.toml", _HOME / "data", _HOME / "log"), {}, Ui())
    async with engine, app_on(engine, config, size) as pilot:
        assert isinstance(pilot.app, RivuletApp)
        try:
            yield Stage(engine, pilot.app, pilot, size)
        finally:
            for stream in list(engine.registry.find(live=True)):
                engine.registry.apply(Ended(stream.id, NOW, StreamStatus.STOPPED))
