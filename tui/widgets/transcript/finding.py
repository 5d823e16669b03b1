"""The reading area's half of find: searching in slices, between keys and frames."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from textual.message import Message
from textual.widget import Widget

from tui.widgets.transcript.seeker import Seeker

_SLICE = 0.005
"""Seconds of searching at once, and as long a rest until the next: half a core while it lasts, and no key waits."""


class Finding(Widget):
    """A widget with a search in what its flow shows."""

    @dataclass
    class Found(Message):
        """How a search stands: the current match's number (0: none), how many there are, and whether that is all."""

        number: int
        total: int
        done: bool

    _seeker: Seeker
    _slice: asyncio.TimerHandle | None = None
    _told_found: tuple[int, int, bool] | None = None

    def _changed(self) -> None:
        """Draw what is there now."""
        raise NotImplementedError

    def find(self, needle: str) -> None:
        """Search for that in all messages, here and to come, and go to the first match; `Found` tells how far it is."""
        self._told_found = None
        self._seeker.seek(needle, _SLICE)
        self._changed()
        self._go_on_searching()

    def find_next(self, step: int = 1) -> None:
        """Go to the next match, or with -1 to the one before."""
        self._seeker.move(step)
        self._changed()
        self._go_on_searching()

    def end_find(self) -> None:
        """Search no more; the view stays where it is."""
        self._seeker.end()
        self._changed()

    def _go_on_searching(self) -> None:
        find = self._seeker.find
        if find is None:
            return
        stands = (find.number, find.total, find.done)
        if stands != self._told_found:
            self._told_found = stands
            self.post_message(self.Found(*stands))
        if not find.done and self._slice is None:
            # The toolkit's own timer never goes off if a thread takes 5 ms just when it begins.
            self._slice = asyncio.get_running_loop().call_later(_SLICE, self.call_next, self._search_on)

    def _search_on(self) -> None:
        self._slice = None
        self._seeker.step(_SLICE)
        self._changed()
        self._go_on_searching()
