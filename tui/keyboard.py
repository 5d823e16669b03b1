"""Keys act in the order in which they were pressed, however fast they come."""

from __future__ import annotations

from collections import deque
from typing import Final

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.message import Message
from textual.timer import Timer

_LOST: Final = 0.5
"""Seconds after which a key counts as done whose widget went away before it could say so."""


class KeyDone(Message):
    """Follows a key on its way from the focused widget up to the app: when it arrives, the key has acted."""


class OrderedKeys(App[None]):
    """An app in which a key waits until the one before it has acted.

    The toolkit hands a key to the focused widget and goes on to the next at once. What the first one does may
    come later (its binding is the app's, and it has to bubble there): so "ctrl+n hello", pasted or sent by a script
    or a slow line in one piece, would write "hello" into the topic that was left. Plain characters need no
    waiting: their widget takes them in order.
    """

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self._acting: KeyDone | None = None
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._lost: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._acting is not None:
            self._waiting.append(event)
            if self._lost is None:
                self._lost = self.set_timer(_LOST, self._go_on)
        else:
            await self._act(event)

    async def _act(self, event: events.Key | events.Paste) -> None:
        await super().on_event(event)
        if isinstance(event, events.Key) and not event.is_printable:
            done = KeyDone()
            if (self.focused or self.screen).post_message(done):
                self._acting = done

    async def on_key_done(self, message: KeyDone) -> None:
        if message is self._acting:
            await self._go_on()

    async def _go_on(self) -> None:
        self._acting = None
        if self._lost is not None:
            self._lost.stop()
            self._lost = None
        while self._waiting and self._acting is None:
            await self._act(self._waiting.popleft())
        if self._waiting:
            self._lost = self.set_timer(_LOST, self._go_on)
