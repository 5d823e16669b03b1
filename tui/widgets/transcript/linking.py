"""The reading area's half of links: going from one to the next on screen, and asking for one to be opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.message import Message
from textual.widget import Widget

from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.ink import Role
from tui.widgets.transcript.links import Link, links
from tui.widgets.transcript.marks import Mark
from tui.widgets.transcript.pointing import Pointing


class Linking(Pointing, Widget):
    """A widget in whose flow one can choose a link. Nothing but a key on the chosen one opens it."""

    @dataclass
    class LinkWanted(Message):
        """To be opened: an address of the web, safe to hand on."""

        address: str

    @dataclass
    class LinkChosen(Message):
        """The one that Enter would open, and how many are on screen."""

        address: str
        number: int
        total: int

    _flow: Flow
    _link: tuple[str, int] | None = None
    """The chosen one: its address, and which of those on screen with that address."""

    @property
    def _on_screen(self) -> list[Link]:
        return links([self._flow.line(y) for y in range(self._flow.height)])

    def _chosen(self, shown: list[Link]) -> int | None:
        """The chosen one's number among those on screen."""
        if self._link is None:
            return None
        address, which = self._link
        same = [number for number, link in enumerate(shown) if link.address == address]
        return same[which] if which < len(same) else None

    def _link_marks(self) -> Mapping[int, list[Mark]]:
        if self._link is None:
            return {}
        shown = self._on_screen
        number = self._chosen(shown)
        if number is None:  # it has left the screen
            self._link = None
            return {}
        marks: dict[int, list[Mark]] = {}
        for row, start, end in shown[number].places:
            marks.setdefault(row, []).append(Mark(start, end, Role.FOUND_HERE))
        return marks

    def action_link(self, step: int) -> None:
        """Choose the next link on screen, or the one before."""
        shown = self._on_screen
        if not shown:
            self.post_message(self.Missed("There is no link on screen."))
            return
        before = self._chosen(shown)
        number = (min(0, step) if before is None else before + step) % len(shown)
        address = shown[number].address
        self._link = address, sum(link.address == address for link in shown[:number])
        self._changed()
        self.post_message(self.LinkChosen(address, number + 1, len(shown)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "copy_selection" and self._link is not None:
            return True
        return super().check_action(action, parameters)

    def action_copy_selection(self) -> None:
        if self._link is None or self.selecting:
            super().action_copy_selection()
            return
        self.post_message(self.LinkWanted(self._link[0]))
        self._link = None
        self._changed()

    def give_up(self) -> bool:
        had, self._link = self._link is not None, None
        return super().give_up() or had
