"""Small questions over the screen: a few lines, and the keys that answer them."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.widgets.keying import insisting, quitting


class Dialog(ModalScreen[bool]):
    """A title, a body, a line of keys. Enter says yes, Esc no."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "yes", show=False),
        Binding("escape,n,ctrl+c", "no", show=False),
        *quitting(),
    ]

    def __init__(self, title: str, body: str, keys: str) -> None:
        super().__init__()
        self._heading, self._body, self._answers = title, body, keys

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Text(self._heading), id="title", markup=False)
            yield Static(Text(self._body), id="text", markup=False)
            yield Static(Text(self._answers), id="keys", markup=False)

    def say(self, body: str, keys: str) -> None:
        """Change what it says."""
        if (body, keys) != (self._body, self._answers):
            self._body, self._answers = body, keys
            self.query_one("#text", Static).update(Text(body))
            self.query_one("#keys", Static).update(Text(keys))

    def action_yes(self) -> None:
        self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)


# A question that the key which led to it answers too: pressed again, it means it.


class QuitQuestion(Dialog):
    """Whether to quit although something streams."""

    BINDINGS: ClassVar[list[BindingType]] = insisting("quit", "interrupt")


class StopAllQuestion(Dialog):
    """Whether to stop every stream."""

    BINDINGS: ClassVar[list[BindingType]] = insisting("stream.stop_all")
