"""What the toolkit takes for itself: an app with a text area and a line of text, to be measured like the program."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Static, TextArea

LAST_LINE: Final = "The last line"
GROUNDS: Final = {"textual-light": b";48;2;224;224;224", "textual-dark": b";48;2;18;18;18"}
"""How each theme's background is asked of a terminal."""


class EmptyApp(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("f2", "other_theme", "Other theme")]

    def compose(self) -> ComposeResult:
        yield TextArea(placeholder="Ask something")
        yield Static(LAST_LINE)

    def action_other_theme(self) -> None:
        self.theme = "textual-light" if self.theme == "textual-dark" else "textual-dark"


if __name__ == "__main__":
    EmptyApp().run()
