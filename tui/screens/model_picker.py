"""A list of models to choose from, as the providers give it: it fills while they answer, and typing filters it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui.engine import Check
from tui.plain import line
from tui.screens.palette import Entry, Palette
from tui.widgets.row_list import RowList

Ask = Callable[[], Awaitable[Check]]
"""Asks a provider for its models. It never raises: what is wrong is the answer."""

_KEYS: Final = "enter choose   esc close"


class ModelPicker(Palette):
    """What is typed can be had too, whether a list has it or not."""

    def __init__(
        self,
        asked: Mapping[str, Ask],
        take: Callable[[str], object],
        *,
        known: Sequence[str] = (),
        last: Sequence[str] = (),
        whole: bool,
    ) -> None:
        """`known`, `last`: what can be had without asking, before and behind what the lists have. `whole`: as
        `provider/model`, else the model's own name."""
        super().__init__([], "Type to filter the models")
        self._asked = asked
        self._take_model = take
        self._whole = whole
        self._waiting = list(asked)
        self._troubles: list[str] = []
        self._names: dict[str, str] = {}
        self._last = last
        self._add(known)
        self._add_last()

    def compose(self) -> ComposeResult:
        with Vertical(id="palette"):
            yield Input(placeholder=self._wanted, id="needle", compact=True)
            yield RowList(id="entries", indent=1, led=True)
            yield Static("", id="picker-note", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        self._say()
        for name, ask in self._asked.items():
            self._ask(name, ask)

    @work
    async def _ask(self, name: str, ask: Ask) -> None:
        check = await ask()
        self._waiting.remove(name)
        self._add([f"{name}/{model}" if self._whole else model for model in check.models])
        if not check.models:
            self._troubles.append(line(check.message if name in check.message else f"{name}: {check.message}"))
        self._add_last()
        self._list()
        self._say()

    def _add_last(self) -> None:
        if not self._waiting:
            self._add(self._last)

    def _add(self, models: Sequence[str]) -> None:
        for model in models:
            if model not in self._names:
                self._names[model] = model
                self._entries.append(Entry(line(model), partial(self._take_model, model)))

    def matching(self, needle: str) -> list[Entry]:
        found = super().matching(needle)
        text = needle.strip()
        if text and text not in self._names:
            found.append(Entry(f"{line(text)}   as written", partial(self._take_model, text)))
        return found

    def _say(self) -> None:
        waiting = f"asking {', '.join(self._waiting)} ...   " if self._waiting else ""
        self.query_one("#picker-note", Static).update(Text("\n".join([*self._troubles, waiting + _KEYS])))
