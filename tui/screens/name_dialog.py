"""A small question over the screen that is answered with a name."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.plain import line
from tui.widgets.keying import quitting


class NameDialog(ModalScreen[str | None]):
    """A title, a field with the name as it is, a line of keys. Esc leaves it so."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#name"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "leave", show=False, priority=True),
        *quitting(),
    ]

    def __init__(self, title: str, name: str, keys: str, placeholder: str = "") -> None:
        super().__init__()
        self._heading, self._name, self._answers, self._placeholder = title, line(name), keys, placeholder

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Text(self._heading), id="title", markup=False)
            yield Input(self._name, placeholder=self._placeholder, id="name", compact=True)
            yield Static(Text(self._answers), id="keys", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(line(event.value))

    def action_leave(self) -> None:
        self.dismiss(None)
