"""What the screens share: the engine, the settings, and which topic is before the user's eyes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tui.config import Config
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
    meter: Meter = field(default_factory=Meter)

    def say(self, text: str, seconds: float = _NOTICE) -> None:
        """Let the user see a line for a while; an empty one takes the last back."""
        self._notice, self._seen_until = line(text), time.monotonic() + seconds
        if text:
            self.wake(seconds)

    @property
    def notice(self) -> str:
        """What the user should see now: the last word, else for as long as nothing can be saved, why."""
        return self._notice if self._notice and time.monotonic() < self._seen_until else line(self.unsaved)

    @property
    def unsaved(self) -> str:
        """Why nothing can be saved now; empty while all can."""
        return self.engine.catalog.unsaved

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
