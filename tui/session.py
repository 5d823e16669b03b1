"""What the screens share: the engine, the settings, and which topic is before the user's eyes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from tui.config import Config
from tui.config.changes import Change
from tui.config.writing import Removed, load_again, put_back, remove, save
from tui.engine import Engine, Topic
from tui.glyphs import Glyphs, glyphs
from tui.live import Meter
from tui.plain import line

_NOTICE: Final = 12.0
"""Seconds for which a notice is seen."""


@dataclass(slots=True)
class Session:
    """One front end's state. None of it is needed by a stream."""

    engine: Engine
    config: Config
    topic_id: str = ""
    wake: Callable[[float], None] = lambda seconds: None
    """Has the screen drawn anew in so many seconds."""
    _notice: str = ""
    _seen_until: float = 0.0
    _told: str = ""
    meter: Meter = field(default_factory=Meter)
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _file: object = None
    """What the settings file was when it was read last, as far as its folder tells."""

    def __post_init__(self) -> None:
        self._file = _state(self.config.paths.config_file)

    def say(self, text: str, seconds: float = _NOTICE) -> None:
        """Let the user see a line for a while; an empty one takes the last back."""
        self._notice, self._seen_until = line(text), time.monotonic() + seconds
        if text:
            self.wake(seconds)

    def tell(self, text: str) -> None:
        """As `say`, for what happened by itself: behind what was told a moment ago, which nobody may have read yet."""
        seen = self._told if self._notice == self._told and time.monotonic() < self._seen_until else ""
        self._told = seen if line(text) in seen else line(f"{seen} {text}")
        self.say(self._told)

    @property
    def notice(self) -> str:
        """What the user should see now: the last word, else for as long as nothing can be saved, why."""
        return self._notice if self._notice and time.monotonic() < self._seen_until else line(self.unsaved)

    @property
    def unsaved(self) -> str:
        """Why nothing can be saved now; empty while all can."""
        return self.engine.catalog.unsaved

    @property
    def settings(self) -> Config:
        """The settings with the models as they are known now: lists may have told more of them since."""
        return replace(self.config, models=self.engine.models)

    @property
    def glyphs(self) -> Glyphs:
        return glyphs(self.config.ui.glyphs)

    @property
    def topic(self) -> Topic | None:
        topic = self.engine.catalog.topic(self.topic_id)
        return None if topic is None or topic.deleted_at is not None else topic

    def keys(self, id: str) -> tuple[str, ...]:
        """The keys of a binding, as the user has set them."""
        from tui.keys import keys_of

        return keys_of(id, self.config.keys)

    # The settings file. What is changed there counts for every stream that begins from then on.

    async def change(self, *changes: Change) -> None:
        """Write changes to the settings file. Raises ConfigError; then nothing was changed."""
        async with self._changing:
            await self._take(await asyncio.to_thread(save, self.config, *changes, models=self.engine.models))

    async def remove_provider(self, name: str) -> Removed:
        """Take a provider out of the file; what brings it back. Raises ConfigError."""
        async with self._changing:
            config, removed = await asyncio.to_thread(remove, self.config, name, models=self.engine.models)
            await self._take(config)
            return removed

    async def put_back(self, removed: Removed) -> None:
        """Raises ConfigError."""
        async with self._changing:
            await self._take(await asyncio.to_thread(put_back, self.config, removed, models=self.engine.models))

    async def read_again(self) -> None:
        """Take over what somebody else, an editor maybe, has written to the file. Raises ConfigError."""
        async with self._changing:
            state = _state(self.config.paths.config_file)
            if state != self._file:
                await self._take(await asyncio.to_thread(load_again, self.config))
                self._file = state

    async def _take(self, config: Config) -> None:
        # Keys and looks are set up at a start, and are told as they are.
        self.config = replace(config, keys=self.config.keys, ui=self.config.ui)
        self._file = _state(config.paths.config_file)
        await self.engine.configure(config.models)


def _state(file: Path) -> tuple[Any, ...] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
