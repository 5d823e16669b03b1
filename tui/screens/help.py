"""All keys, made from the one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys import BINDINGS, keys_of, shown
from tui.widgets.key_table import KeyTable
from tui.widgets.keying import leading, quitting

_PARTS: Final = {
    "reading": "With the focus in the reading area (tab leads there)",
    "topics": "In the list of all topics (with alt while the filter is written in)",
}
_MORE: Final = "Every key can be set anew under [keys] in config.toml; esc closes this."


def help_rows(remapped: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """(keys, what they do), a row for each binding that has keys; and headings, without keys."""
    rows: list[tuple[str, str]] = []
    before = ""
    for key in BINDINGS:
        if key.scope in _PARTS and key.scope != before:
            rows.append(("", _PARTS[key.scope]))
        before = key.scope
        if keys := " ".join(shown(one) for one in keys_of(key.id, remapped)):
            rows.append((keys, key.description))
    return rows


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
            yield KeyTable(self._rows)
            yield Static(Text(_MORE), id="keys", markup=False)
