"""The line over the composer in which one searches the topic on show: the needle, and how the search stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from tui.widgets.keying import bindings


class FindField(Input):
    """Where the needle is written. Up and down go through what was found, as Enter does."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find")

    def action_step(self, step: int) -> None:
        self.post_message(FindLine.Next(step))


class FindLine(Horizontal):
    """One line. It knows nothing of what is searched: it says what is wanted, and shows what it is told."""

    @dataclass
    class Wanted(Message):
        """Another needle."""

        needle: str

    @dataclass
    class Next(Message):
        """The next match is wanted, or with -1 the one before."""

        step: int

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._field = FindField(compact=True, placeholder="a word of this topic", id="find-field")
        self._count = Static("", id="find-count", markup=False)

    def compose(self) -> ComposeResult:
        yield Static("Find", id="find-label", markup=False)
        yield self._field
        yield self._count

    @property
    def needle(self) -> str:
        return self._field.value

    def open(self) -> None:
        """Be there for a needle; the last one stands selected."""
        self.display = True
        self._field.select_all()
        self.screen.set_focus(self._field)

    def show(self, number: int, total: int, done: bool) -> None:
        """How the search stands."""
        self._count.update(standing(self.needle, number, total, done))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Wanted(event.value))


def standing(needle: str, number: int, total: int, done: bool) -> str:
    """`3 of 17`; while it is being searched, `3 of 17 so far`."""
    if not needle.strip():
        return ""
    if not total:
        return "nothing found" if done else "searching"
    return f"{number:,} of {total:,}" + ("" if done else " so far")
