"""The last gate before the terminal: whatever a widget draws, nothing in it is obeyed."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.plain import bare


class Harmless(LineFilter):
    """Takes out of drawn lines what a terminal obeys. The toolkit's own widgets draw what was pasted as it came."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(segment.text.isascii() and segment.text.isprintable() for segment in segments):
            return segments
        return [Segment(bare(segment.text), segment.style, segment.control) for segment in segments]
