"""The one-cell signs of states, in Unicode and in ASCII."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Every sign is one cell in every locale (East Asian width neutral or narrow)."""

    spinner: str
    """Frames of what streams."""
    waiting: str
    """Queued or connecting."""
    thinking: str
    unread: str
    """Ended and not yet read."""
    error: str
    cut: str
    """Stopped or cut."""
    done: str
    """A piece of a bar that shows how far something is; `left` is what it still lacks."""
    left: str
    pinned: str
    """Kept before the others of a list."""
    blank: str = " "

    def spin(self, seconds: float) -> str:
        """The spinner's frame at a moment: five a second, for each turn makes a frame of far more than one cell."""
        return self.spinner[int(seconds * 5) % len(self.spinner)]


UNICODE: Final = Glyphs("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "⋯", "✧", "▪", "✗", "▫", "▰", "▱", "▴")
ASCII: Final = Glyphs("*", ".", "~", "o", "x", "-", "#", ".", "^")


def glyphs(name: str) -> Glyphs:
    """The set that the setting `ui.glyphs` names."""
    return ASCII if name == "ascii" else UNICODE
