"""What the screens share: the engine, the settings, and which topic is before the user's eyes."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.config import Config
from tui.engine import Engine, Topic
from tui.glyphs import Glyphs, glyphs
from tui.live import Meter


@dataclass(slots=True)
class Session:
    """One front end's state. None of it is needed by a stream."""

    engine: Engine
    config: Config
    topic_id: str = ""
    notice: str = ""
    """One line that the user should see now."""
    meter: Meter = field(default_factory=Meter)

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
