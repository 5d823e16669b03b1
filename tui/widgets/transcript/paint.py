"""From roles to colours: a line becomes a strip, in the theme's styles, once for as long as it looks the same."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.transcript.ink import Ink, Line, Role

_MOST = 4000
"""Strips that are kept: a few dozen screens."""


class Painter:
    """Paints lines at one width. Lines are values, so an unchanged one is found again, wherever it stands."""

    def __init__(
        self, ground: Style, style: Callable[[Role], Style], finish: Callable[[Strip], Strip], *, hyperlinks: bool
    ) -> None:
        self._hyperlinks = hyperlinks
        self._ground, self._style, self._finish = ground, style, finish
        self._inks: dict[Ink, Style] = {}
        self._strips: dict[Line, Strip] = {}

    def paint(self, line: Line, width: int) -> Strip:
        strip = self._strips.get(line)
        if strip is None or strip.cell_length != width:
            if len(self._strips) >= _MOST:
                for old in list(self._strips)[: _MOST // 2]:
                    del self._strips[old]
            segments = [Segment(text, self._ink(ink)) for text, ink in line if text]
            strip = self._finish(Strip(segments).adjust_cell_length(width, self._ground))
            self._strips[line] = strip
        return strip

    def _ink(self, ink: Ink) -> Style:
        style = self._inks.get(ink)
        if style is None:
            link = ink.link if self._hyperlinks else ""
            own = Style(bold=ink.bold or None, italic=ink.italic or None, strike=ink.strike or None, link=link or None)
            style = self._inks[ink] = self._style(ink.role) + own
        return style
