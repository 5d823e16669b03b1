"""All keys, made from the one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys import BINDINGS, keys_of, shown
from tui.widgets.keying import leading, quitting

_PARTS: Final = {
    "reading": "With the focus in the reading area (tab leads there)",
    "topics": "In the list of all topics (with alt while the filter is written in)",
}
_MORE: Final = "Every key can be set anew under [keys] in config.toml; esc closes this."


def help_rows(remapped: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """(keys, what they do), a row for each binding."""
    return [(" ".join(shown(one) for one in keys_of(key.id, remapped)), key.description) for key in BINDINGS]


class HelpScreen(ModalScreen[None]):
    """Scrolls; Esc closes it."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,alt+h,q,ctrl+c", "dismiss", show=False),
        *quitting(),
        *leading(),
    ]

    def __init__(self, remapped: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self._rows = help_rows(remapped)

    async def action_leave_for(self, mode: str) -> None:
        self.dismiss()
        await self.run_action(f"app.show('{mode}')")

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static("Keys", id="title", markup=False)
            with Grid(id="keys-of-all"):
                before = ""
                for key, (keys, description) in zip(BINDINGS, self._rows, strict=True):
                    if key.scope in _PARTS and key.scope != before:
                        yield Static(Text(_PARTS[key.scope]), classes="help-part", markup=False)
                    before = key.scope
                    yield Static(Text(keys), classes="help-keys", markup=False)
                    yield Static(Text(description), classes="help-what", markup=False)
            yield Static(Text(_MORE), id="keys", markup=False)
