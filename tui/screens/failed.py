"""What stands in the place of a screen that could not be shown."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static


class FailedScreen(Screen[None]):
    """A few words. The keys that lead to the other screens, and to this one made anew, are the app's."""

    CSS_PATH = "page.tcss"

    def __init__(self, words: Callable[[], str]) -> None:
        super().__init__()
        self._words = words

    def compose(self) -> ComposeResult:
        yield Static(id="failed", markup=False)

    def on_screen_resume(self) -> None:
        self.query_one("#failed", Static).update(Text(self._words()))
