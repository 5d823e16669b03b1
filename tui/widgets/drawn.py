"""What widgets that draw themselves by lines have in common."""

from __future__ import annotations

from typing import ClassVar

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Drawn(Widget):
    """Draws its lines itself, for as long as it is on a screen.

    The toolkit forgets a widget's component styles when it takes the widget out, and may draw what it laid out before
    once more: then nothing is drawn, where asking for a style would end the program.
    """

    ALLOW_SELECT: ClassVar[bool] = False
    """The toolkit's own selection finds no text in drawn lines, but would take ctrl+c for it."""

    def render_lines(self, crop: Region) -> list[Strip]:
        if self.parent is None:
            return [Strip.blank(crop.width)] * crop.height
        return super().render_lines(crop)
