"""The terminal's driver: frames are dropped when it is slow, its end is noticed, split keys are put together."""

from __future__ import annotations

import os
import selectors
import time
from codecs import getincrementaldecoder
from queue import Full
from typing import TYPE_CHECKING, Final

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

from tui.escapes import LONE_ESCAPE, EscapeGate, Pasted

if TYPE_CHECKING:
    from tui.app import RivuletApp

_TICK: Final = 0.05
_BACKLOG: Final = 12
"""Writes that may wait. The toolkit's queue holds 30 and then blocks the event loop: a terminal that stalled
for 15 s let the loop run 8 of 150 beats; dropping frames lets it run all."""

_SYNC_START: Final = "\x1b[?2026h"
_SYNC_END: Final = "\x1b[?2026l"
_FRAME: Final = 64
"""Characters from which on a write is a frame: it can be left out, for a later one shows the same."""


class RivuletDriver(LinuxDriver):
    """The toolkit's driver with our own reading loop and a gate before its writer."""

    _app: RivuletApp
    _dropped = False
    _in_sync = False

    def write(self, data: str) -> None:
        writer = self._writer_thread
        if writer is None or not writer.is_alive():  # the terminal is gone
            return
        behind = writer._queue.qsize() >= _BACKLOG
        if data == _SYNC_END:
            if not self._in_sync:
                return
            self._in_sync = False
        elif behind and (len(data) >= _FRAME or data == _SYNC_START):
            if not self._dropped:
                self._dropped = True
                self._app.frames_dropped()
            return
        elif data == _SYNC_START:
            self._in_sync = True
        super().write(data)

    def write_whole(self, data: str) -> bool:
        """Write what no later frame shows again, in one piece; False if the terminal takes nothing now."""
        writer = self._writer_thread
        if writer is None or not writer.is_alive():
            return False
        try:
            writer._queue.put_nowait(data)
        except Full:
            return False
        return True

    @property
    def dropping(self) -> bool:
        """Whether the terminal still lacks frames."""
        return self._dropped

    @property
    def frames_were_dropped(self) -> bool:
        """True once after frames were dropped and the terminal has caught up: all has to be drawn again."""
        writer = self._writer_thread
        if self._dropped and writer is not None and writer._queue.qsize() == 0:
            self._dropped = False
            return True
        return False

    def size_now(self) -> Size:
        """What the system says, whatever was told; what was told, where the terminal itself does that."""
        return self._app.size if self._in_band_window_resize else Size(*self._get_terminal_size())

    def _sigcont_application(self, *_: object) -> None:
        """The toolkit would start anew also what was only stopped from outside: all that it starts was there twice."""
        if self._must_signal_resume:
            super()._sigcont_application()
        elif self._auto_restart:
            self.send_message(self.SignalResume())

    def run_input_thread(self) -> None:
        gate = EscapeGate()
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        ahead, self._app.typed = self._app.typed, b""  # once: after the editor this begins anew
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                pieces = gate.feed(decode(ahead), time.monotonic()) if ahead else []
                ahead = b""
                if selector.select(_TICK):
                    try:
                        data = os.read(self.fileno, 4096)
                    except OSError:  # a terminal that was closed
                        data = b""
                    if not data:
                        self._app.terminal_gone()
                        return
                    pieces += gate.feed(decode(data), time.monotonic())
                pieces += gate.tick(time.monotonic())
                for piece in pieces:
                    if isinstance(piece, Pasted):
                        self.process_message(events.Paste(piece.replace("\x00", "")))
                        continue
                    if piece == LONE_ESCAPE:
                        self.process_message(events.Key("escape", "\x1b"))
                        continue
                    for message in parser.feed(piece):
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
