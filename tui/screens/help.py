"""All keys, made from the one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys import BINDINGS, keys_of, shown


def help_text(remapped: Mapping[str, tuple[str, ...]]) -> str:
    """A line a binding: its keys, what it does, the id under which it can be remapped."""
    lines = ["Keys", ""]
    for key in BINDINGS:
        keys = "  ".join(shown(one) for one in keys_of(key.id, remapped))
        lines.append(f"{keys:<30}  {key.description}")
    return "\n".join(
        [*lines, "", "In the reading area: j k, space, g G. Any key can be set anew under [keys] in config.toml."]
    )


class HelpScreen(ModalScreen[None]):
    """Scrolls; Esc closes it."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,alt+h,q", "dismiss", show=False)]

    def __init__(self, remapped: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self._text = help_text(remapped)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(Text(self._text), markup=False)
