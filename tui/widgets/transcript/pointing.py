"""The reading area's half of selecting with the mouse: press, drag, beyond an edge, and up."""

from __future__ import annotations

from textual import events
from textual.timer import Timer
from textual.widget import Widget

from tui.widgets.transcript.picking import Picking
from tui.widgets.transcript.spots import Unit

_SCROLL = 0.05
"""Seconds between two lines while the mouse is held beyond an edge."""
_UNITS = (Unit.CELLS, Unit.WORDS, Unit.LINES)
"""What one, two and three presses in a row select."""


class Pointing(Picking, Widget):
    """A widget in whose flow one can select with the mouse."""

    _pressed_at: tuple[int, int, float] = (-1, -1, 0.0)
    _presses = 0
    _pointer = (0, 0)
    _scroller: Timer | None = None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button != 1:
            return
        x, y, when = self._pressed_at
        again = (x, y) == (event.x, event.y) and event.time - when < self.app.CLICK_CHAIN_TIME_THRESHOLD
        self._presses = self._presses % len(_UNITS) + 1 if again else 1
        self._pressed_at = event.x, event.y, event.time
        self.capture_mouse()
        self._landmarks.leave()
        self._picker.press(event.y, event.x, _UNITS[self._presses - 1])
        self._changed()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if not self._picker.pressed:
            return
        if not event.button:  # it went up where nobody told us
            self._up()
            return
        self._pointer = event.x, event.y
        self._picker.drag(event.y, event.x)
        if self._beyond and self._scroller is None:
            self._scroller = self.set_interval(_SCROLL, self._scroll_along)
        self._changed()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self._up()

    def _up(self) -> None:
        if self.app.mouse_captured is self:
            self.release_mouse()
        self._stop_scrolling()
        self._picker.release()
        self._go_on()

    @property
    def _beyond(self) -> int:
        """How many lines the pointer is beyond an edge. The first row is one: above it there may be nothing."""
        _, y = self._pointer
        return y - 1 if y <= 0 else max(0, y - self._flow.height + 1)

    def _scroll_along(self) -> None:
        x, y = self._pointer
        if not self._picker.pressed or not self._beyond:
            self._stop_scrolling()
            return
        self._flow.move(max(-3, min(3, self._beyond)))
        self._picker.drag(y, x)
        self._changed()

    def _stop_scrolling(self) -> None:
        if self._scroller is not None:
            self._scroller.stop()
            self._scroller = None
