"""The terminal's driver: frames are dropped when it is slow, its end is noticed, split keys are put together, and it is
lent to the shell and taken back."""

from __future__ import annotations

import logging
import os
import select
import selectors
import signal
import sys
import termios
import time
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

from tui.escapes import LONE_ESCAPE, EscapeGate, Pasted
from tui.terminal_output import TerminalOutput

if TYPE_CHECKING:
    from tui.app import RivuletApp

_log: Final = logging.getLogger(__name__)

_TICK: Final = 0.05
_BACKLOG: Final = 12
"""Frames that may wait. The toolkit's queue holds 30 writes and then blocks the event loop: a terminal that stalled
for 15 s let the loop run 8 of 150 beats; dropping frames lets it run all."""

_FULL: Final = 30
"""Writes that may wait, the small ones among them."""

_SYNC_START: Final = "\x1b[?2026h"
_SYNC_END: Final = "\x1b[?2026l"
_FRAME: Final = 64
"""Characters from which on a write is a frame: it can be left out, for a later one shows the same."""

_AS_BEFORE: Final = (
    b"\x1b\\\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""What the toolkit writes when it leaves; before it, an end to whatever a frame was cut off in."""

_STALLED: Final = 2.0
"""Seconds after which a terminal that takes nothing keeps nobody from leaving it."""

_GLANCE: Final = 0.2
"""Seconds between two looks whether the shell has given the terminal back."""


class RivuletDriver(LinuxDriver):
    """The toolkit's driver with our own reading loop, a gate before its writer, and its own way to leave and return.

    The toolkit leaves and returns in the midst of whatever is under way when the signal comes, the writer's lock held
    maybe, and stops anew where the terminal is not its own: so a suspended program could not be ended.
    """

    _app: RivuletApp
    _dropped = False
    _in_sync = False
    _leaving = False
    _left = False
    _watching = False

    def __init__(
        self, app: RivuletApp, *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._output = TerminalOutput(sys.__stderr__.fileno() if sys.__stderr__ else 2)
        self._file = cast(Any, self._output)
        self._size = size or self._get_terminal_size()
        self._has_shell = self._in_front() is not None
        self._loop.add_signal_handler(signal.SIGTSTP, self._stop)
        self._loop.add_signal_handler(signal.SIGCONT, self._woken)

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's own: what COLUMNS and LINES say may be that of another, or of an hour ago."""
        try:
            columns, rows = os.get_terminal_size(self._output.fileno())
        except OSError:  # it was closed
            columns = rows = 0
        return columns or 80, rows or 25

    # Writing

    def write(self, data: str) -> None:
        writer = self._writer_thread
        if writer is None or not writer.is_alive():  # it was left
            return
        waiting = writer._queue.qsize()
        frame = len(data) >= _FRAME or data == _SYNC_START
        if data == _SYNC_END:
            if not self._in_sync:
                return
            self._in_sync = False
        elif not self._leaving and (waiting >= _FULL or (waiting >= _BACKLOG and frame)):
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
        if writer is None or not writer.is_alive() or writer._queue.qsize() >= _FULL:
            return False
        writer._queue.put(data)
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

    # Leaving and returning

    def start_application_mode(self) -> None:
        self._leaving = self._dropped = self._in_sync = False
        super().start_application_mode()  # type: ignore[no-untyped-call]
        writer = self._writer_thread
        self._left = writer is None or not writer.is_alive()
        if writer is not None:
            writer._queue.maxsize = 0  # the gate bounds it; what leaves the terminal waits for nobody

    def stop_application_mode(self) -> None:
        if not self._left:
            self._leaving = True
            self._forget_frames()
            if self._in_front() is False:
                self.attrs_before = None  # they are the shell's now
            super().stop_application_mode()
            self._left = True

    def disable_input(self) -> None:
        if not self._left:
            stops = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # who flushes another's terminal is stopped
            super().disable_input()
            signal.signal(signal.SIGTTOU, stops)

    def close(self) -> None:
        """Wait for the terminal to take what leaves it, for as long as it takes anything."""
        writer, before = self._writer_thread, -1
        if writer is None or not writer.is_alive():
            return
        writer._queue.put(None)
        while writer.is_alive() and self._output.taken != before:
            before = self._output.taken
            writer.join(_STALLED)

    def abandon(self) -> None:
        """Give the terminal back at once, as far as it takes anything: the program is about to be cut off. From any
        thread."""
        fd = self._output.fileno()
        if not self._left and self._in_front() is not False:
            with suppress(OSError, ValueError, termios.error):
                if self.attrs_before is not None:
                    termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
                if select.select([], [fd], [], 0)[1]:
                    os.write(fd, _AS_BEFORE)

    def _forget_frames(self) -> None:
        """What waits to be drawn on a screen that is left."""
        if self._writer_thread is not None:
            waiting = self._writer_thread._queue
            with waiting.mutex:
                kept = [data for data in waiting.queue if data and (len(data) < _FRAME or data.startswith("\x1b]"))]
                waiting.queue.clear()
                waiting.queue.extend(kept)

    def _in_front(self) -> bool | None:
        """Whether the terminal is this job's now; None where there is no shell, or none any more."""
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:
            return None

    def _stop(self) -> None:
        """SIGTSTP: the terminal is the shell's."""
        if self._auto_restart and not self._left:
            self.suspend_application_mode()
            _log.info("suspended")
        os.kill(os.getpid(), signal.SIGSTOP)

    def _woken(self) -> None:
        """SIGCONT. Also who was stopped with no time to leave begins anew: the shell has used the terminal since."""
        if self._auto_restart and not self._app._exit:
            if not self._left:
                self.suspend_application_mode()
            if not self._watching:
                self._take_up()

    def _take_up(self) -> None:
        """Return as soon as the terminal is ours. In the shell's background all goes on but what is drawn."""
        front = self._in_front() if self._has_shell else True
        self._watching = front is False and not self._app._exit
        if self._watching:
            self._loop.call_later(_GLANCE, self._take_up)
        elif front is None:
            self._gone()
        elif front and self._left and not self._app._exit:
            self._must_signal_resume = True
            self.resume_application_mode()
            _log.info("back in front")

    def _gone(self) -> None:
        """The terminal was closed. Called from any thread."""
        _log.info("the terminal is gone")
        self._loop.call_soon_threadsafe(self._app.end, 128 + signal.SIGHUP)

    # Reading

    def run_input_thread(self) -> None:
        ahead, self._app.typed = self._app.typed, b""  # once: after the editor this begins anew
        keys = _Keys(self)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                data, ahead = ahead, b""
                if selector.select(_TICK):
                    try:
                        read = os.read(self.fileno, 4096)
                    except BlockingIOError:  # whoever shares the terminal has set it so, and was quicker
                        continue
                    except OSError:  # a terminal that was closed
                        read = b""
                    if not read:
                        self._gone()
                        return
                    data += read
                try:
                    keys.take(data)
                except Exception as error:  # these keys are lost, the next ones count
                    self._loop.call_soon_threadsafe(self._app.made_a_mistake, error)
                    keys = _Keys(self)


class _Keys:
    """What the terminal sends, as the toolkit's messages."""

    def __init__(self, driver: RivuletDriver) -> None:
        self._driver = driver
        self._gate = EscapeGate()
        self._parser = XTermParser(driver._debug)
        self._decode = getincrementaldecoder("utf-8")("replace").decode

    def take(self, data: bytes) -> None:
        """Also without any: what may be the beginning of a key is one by itself after a while."""
        pieces = self._gate.feed(self._decode(data), time.monotonic()) if data else []
        pieces += self._gate.tick(time.monotonic())
        for piece in pieces:
            if isinstance(piece, Pasted):
                self._driver.process_message(events.Paste(piece.replace("\x00", "")))
            elif piece == LONE_ESCAPE:
                self._driver.process_message(events.Key("escape", "\x1b"))
            else:
                for message in self._parser.feed(piece):
                    self._driver.process_message(message)
        for message in self._parser.tick():
            self._driver.process_message(message)
