"""The palette: anything that has a name, found by typing some of it. What Enter takes is what was typed, at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message_pump import MessagePump
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.keyboard import OrderedKeys
from tui.widgets.keying import quitting
from tui.widgets.row_list import Row, RowList


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be had by its name."""

    name: str
    """Safe to show (`tui.plain.line`)."""
    run: Callable[[], Awaitable[object] | object]
    key: str = ""
    """The key that does the same, as the screen writes it."""


def matching(entries: Sequence[Entry], needle: str) -> list[Entry]:
    """Those with every word of the needle in their name; the nearer a word stands to a beginning, the earlier."""
    words = needle.casefold().split()
    found: list[tuple[tuple[int, ...], int, Entry]] = []
    for number, entry in enumerate(entries):
        name = entry.name.casefold()
        if all(word in name for word in words):
            found.append((tuple(_distance(name, word) for word in words), number, entry))
    return [entry for *_, entry in sorted(found, key=lambda one: one[:2])]


def _distance(name: str, word: str) -> int:
    """0 at the name's beginning, 1 at a word's, 2 inside one."""
    if name.startswith(word):
        return 0
    return 1 if f" {word}" in name else 2


def run_chosen(pump: MessagePump, entry: Entry | None) -> None:
    """Have `pump` do what was chosen, if anything was. Keys that were typed behind Enter come after it."""
    if entry is not None:
        pump.call_later(entry.run)
        if isinstance(app := pump.app, OrderedKeys):
            pump.call_later(app.release_keys)


class Palette(ModalScreen[Entry | None]):
    """A field and the entries that match it."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#needle"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,ctrl+p", "close", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        *quitting(),
    ]

    def __init__(self, entries: Sequence[Entry], wanted: str = "Find a command, a topic, a theme") -> None:
        super().__init__()
        self._wanted = wanted
        self._entries = list(entries)
        self._shown: dict[str, Entry] = {}
        self._needle = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="palette"):
            yield Input(placeholder=self._wanted, id="needle", compact=True)
            yield RowList(id="entries", indent=1, led=True)

    def on_mount(self) -> None:
        self._show("")

    def matching(self, needle: str) -> list[Entry]:
        """What is offered for what was typed."""
        return matching(self._entries, needle)

    def _show(self, needle: str) -> None:
        self._needle = needle
        self._list()
        self.query_one(RowList).cursor = 0

    def _list(self) -> None:
        numbers = {id(entry): str(number) for number, entry in enumerate(self._entries)}
        self._shown = {numbers.get(id(entry), "typed"): entry for entry in self.matching(self._needle)}
        rows = [Row(key, entry.name, right=entry.key) for key, entry in self._shown.items()]
        self.query_one(RowList).show(rows, rows[0].key if rows else "")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value != self._needle:  # typed on after what is shown: what was typed counts
            self._show(event.value)
        self._take(self.query_one(RowList).cursor_key)

    @on(RowList.Chosen)
    def _chosen(self, message: RowList.Chosen) -> None:
        self._take(message.key)

    def _take(self, key: str) -> None:
        if key:
            if isinstance(self.app, OrderedKeys):
                self.app.hold_keys()
            self.dismiss(self._shown[key])

    def action_close(self) -> None:
        self.dismiss(None)

    def action_move(self, step: int) -> None:
        self.query_one(RowList).action_cursor(step)

    def action_page(self, step: int) -> None:
        self.query_one(RowList).action_page(step)
