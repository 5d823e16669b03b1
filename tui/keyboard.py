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
"""Seconds after which the widget of a key may have gone away before it could say that it has acted: then the one that
has the focus now is asked."""
_ASKED: Final = 3
"""After so many times the key counts as done. (One limit alone is over at once where the program itself was held up for
so long, as on a busy machine, and then keys would overtake each other.)"""


class KeyDone(Message):
    """Follows a key on its way from the focused widget up to the app: when it arrives, the key has acted."""


_LAPS: Final = {"enter": 3}
"""How often that goes round before the next key acts. Enter chooses: its field or list tells its screen, the screen
maybe the app, and each of these messages goes before the next lap."""


class OrderedKeys(App[None]):
    """An app in which a key waits until the one before it has acted.

    The toolkit hands a key to the focused widget and goes on to the next at once. What the first one does may
    come later (its binding is the app's, and it has to bubble there): so "ctrl+n hello", pasted or sent by a script
    or a slow line in one piece, would write "hello" into the topic that was left. Plain characters do not wait for
    each other: their widget takes them in order. What is pressed after them waits until they are there, for a
    priority binding acts before any widget sees its key: ctrl+o would optimize the text without its last word.
    """

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self._acting: KeyDone | None = None
        self._laps = self._asked = 0
        self._round = 1
        """Of how many laps the key that acts has need."""
        self._held = False
        self._typed = False
        """Whether the last that went to a widget was text, which may not be there yet."""
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._lost: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._acting is not None:
            self._waiting.append(event)
            self._watch()
        else:
            await self._act(event)
            self._watch()

    async def _act(self, event: events.Key | events.Paste) -> None:
        text = isinstance(event, events.Paste) or event.is_printable
        if self._typed and not text:
            self._typed = False
            if self._begin(1):
                self._waiting.appendleft(event)
                return
        await super().on_event(event)
        if text:
            self._typed = True
        elif isinstance(event, events.Key):
            self._begin(_LAPS.get(event.key, 1))

    def _begin(self, laps: int) -> bool:
        self._laps, self._round, self._asked = laps, laps, 0
        return self._send_round()

    def _watch(self) -> None:
        """Ask again if what waits has to wait for long."""
        if self._waiting and self._lost is None:
            self._lost = self.set_timer(_LOST, self._ask_again)

    def _send_round(self) -> bool:
        """False if there is nobody who could take it."""
        self._laps -= 1
        done = KeyDone()
        sent = self.is_running and (self.focused or self.screen).post_message(done)
        self._acting = done if sent else None
        return sent

    async def on_key_done(self, message: KeyDone) -> None:
        if message is not self._acting:
            return
        more = self._laps > 0 and self._send_round()
        if not more and not self._held:
            await self._go_on()

    async def _ask_again(self) -> None:
        self._laps, self._asked = self._round, self._asked + 1
        if self._asked <= _ASKED and self._send_round():
            self._lost = self.set_timer(_LOST, self._ask_again)
        else:
            await self._go_on()

    def hold_keys(self) -> None:
        """What a key has chosen is still to be done: the next ones wait for `release_keys`."""
        self._held = True
        if self._acting is None:
            self._acting, self._asked = KeyDone(), 0

    async def release_keys(self) -> None:
        """It is done."""
        if self._held:
            await self._go_on()

    async def _go_on(self) -> None:
        self._acting, self._held = None, False
        if self._lost is not None:
            self._lost.stop()
            self._lost = None
        while self._waiting and self._acting is None:
            await self._act(self._waiting.popleft())
        self._watch()
