"""What optimizing changed in a prompt, in a few lines: told by signs or strokes and not by colour alone."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.widgets.word_difference import word_difference

_PLAIN = {"-": ("[-", "-]"), "+": ("{+", "+}")}


class DifferencePanel(VerticalScroll, can_focus=True):
    """Scrolls if it is longer than its few lines: by arrows and pages with the focus, by the screen's keys without."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._shown: tuple[str, str, bool, str] | None = None

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def allow_focus(self) -> bool:
        return self.display

    @property
    def overflows(self) -> bool:
        """More is there than its lines show."""
        return self.display and self.max_scroll_y > 0

    def show(self, texts: tuple[str, str] | None, *, plain: bool) -> None:
        """Show how the first text became the second; nothing hides it. `plain`: with signs of ASCII."""
        self.display = texts is not None
        if texts is None:
            self._shown = None
            return
        wanted = (*texts, plain, self.app.theme)
        if wanted != self._shown:
            self._shown = wanted
            self.query_one(Static).update(self._painted(*texts, plain))

    def _painted(self, before: str, after: str, plain: bool) -> Text:
        colours = self.app.theme_variables
        styles = {
            "-": Style(color=_rich(colours.get("error")), strike=True),
            "+": Style(color=_rich(colours.get("accent")), bold=True, underline=True),
        }
        painted, last = Text(), " "
        for piece in word_difference(before, after):
            if piece.sign == "+" and last == "-" and not painted.plain[-1].isspace():
                painted.append(" ")  # what came does not hang on what went
            last = piece.sign
            start, end = _PLAIN.get(piece.sign, ("", "")) if plain else ("", "")
            painted.append(f"{start}{piece.text}{end}", styles.get(piece.sign))
        return painted


def _rich(colour: str | None) -> str | None:
    """A theme's colour as the painter knows it; names of the terminal's own colours are left to the strokes."""
    return colour if colour is not None and colour.startswith("#") else None
