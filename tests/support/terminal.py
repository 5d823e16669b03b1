"""A program in a real terminal: keys in as bytes, the screen out as text, and whether the terminal is left sane.

    with Terminal([sys.executable, "-m", "tui"], env=env) as terminal:
        terminal.wait_for("Ask anything")
        terminal.write(b"hello\\r")

Every call may be made from any thread; in an asyncio test, through `asyncio.to_thread`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from tests.support.screen import Screen
from tests.support.terminal_modes import leftovers
from tests.support.terminal_replies import Replies
from tests.support.waiting import PATIENCE

T = TypeVar("T")

_LEADER = Path(__file__).with_name("session_leader.py")
_DRAINED = b"\x1b_drained\x1b\\"
_FRAME_BEGINS, _FRAME_ENDS = b"\x1b[?2026h", b"\x1b[?2026l"


class Terminal:
    """A pty of `cols` x `rows`, and the program in it. A context manager: at its end the program is gone."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        cols: int = 100,
        rows: int = 30,
        cwd: str | Path | None = None,
        dark: bool = True,
        answers: bool = True,
    ) -> None:
        """`answers`: whether it says what it is asked, its colours among that."""
        self.cols, self.rows = cols, rows
        self.grace = 5.0
        """Seconds that a program still running at the end has to end by itself."""
        self._changed = threading.Condition()
        self._raw = bytearray()
        self._stamps: list[tuple[float, int]] = []
        self._fed = 0
        self._screen = Screen(cols, rows)
        self._replies = Replies(dark) if answers else None
        self._pid: int | None = None
        self._status: int | None = None
        self._master, self._slave = pty.openpty()
        self._open, self._stalled = True, False
        self._set_size()
        self._settings = termios.tcgetattr(self._slave)
        os.set_blocking(self._master, False)
        self._wake, self._awake = os.pipe()
        self._report, report = os.pipe()
        lifeline, self._lifeline = os.pipe()
        self.started_at = time.monotonic()
        self._leader = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LEADER), str(report), str(lifeline), *argv],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=None if env is None else dict(env),
            cwd=cwd,
            pass_fds=(report, lifeline),
            start_new_session=True,
        )
        os.close(report)
        os.close(lifeline)
        self._thread = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._thread.start()

    # What it shows

    def lines(self) -> list[str]:
        """The rows on the screen, without the spaces at their ends."""
        with self._changed:
            self._feed()
            return self._screen.lines()

    def text(self) -> str:
        return "\n".join(self.lines())

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor, from 0."""
        with self._changed:
            self._feed()
            return self._screen.cursor

    @property
    def title(self) -> str:
        """The window title that the program set."""
        with self._changed:
            self._feed()
            return self._screen.title

    @property
    def raw(self) -> bytes:
        """All that the program wrote."""
        with self._changed:
            return bytes(self._raw)

    def seen_at(self, needle: bytes, start: int = 0) -> float | None:
        """When (monotonic) the needle's last byte was read, if it stands in `raw` from `start` on."""
        with self._changed:
            found = self._raw.find(needle, start)
            end = found + len(needle)
            return None if found < 0 else next(stamp for stamp, upto in self._stamps if upto >= end)

    # Waiting

    def wait_for(self, pattern: str, timeout: float = PATIENCE) -> re.Match[str]:
        """Wait until the regular expression is found on the screen; `^` and `$` match at line ends."""
        compiled = re.compile(pattern, re.MULTILINE)
        return self.wait_until(lambda: compiled.search(self.text()), timeout, f"/{pattern}/ on the screen")

    def wait_gone(self, pattern: str, timeout: float = PATIENCE) -> None:
        """Wait until the regular expression is no longer found on the screen."""
        compiled = re.compile(pattern, re.MULTILINE)
        self.wait_until(lambda: not compiled.search(self.text()), timeout, f"/{pattern}/ to leave the screen")

    def wait_until(
        self, condition: Callable[[], T | None], timeout: float = PATIENCE, what: str = "the condition"
    ) -> T:
        """The condition's first true value; it is asked again after output and every 20 ms."""
        end = time.monotonic() + timeout
        while True:
            with self._changed:
                size = len(self._raw)
            if value := condition():
                return value
            if (left := end - time.monotonic()) <= 0:
                raise AssertionError(f"waited {timeout:g} s in vain for {what}; {self._state()}")
            self._wait_for_output(size, min(0.02, left))

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        """The exit status (`-N` after signal N), once all that the program wrote has been read."""
        self.wait_until(lambda: self._status is not None, timeout, "the program to end")
        assert self._status is not None
        if self._open and not self._stalled:
            with contextlib.suppress(OSError):
                os.write(self._slave, _DRAINED)
                self.wait_until(lambda: _DRAINED in self.raw, 5, "the rest of its output")
        return self._status

    # What is done to it

    def write(self, data: bytes | str) -> None:
        """What the keyboard (or the mouse, or a paste) sends."""
        data = data.encode() if isinstance(data, str) else data
        end = time.monotonic() + 10
        while data:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                if time.monotonic() > end:
                    raise AssertionError(f"the program reads no keys; {self._state()}") from None
                select.select([], [self._master], [], 0.1)

    def resize(self, cols: int, rows: int) -> None:
        with self._changed:
            self._feed()
            self.cols, self.rows = cols, rows
            self._screen.resize(cols, rows)
        self._set_size()

    def signal(self, number: int) -> None:
        """Send a signal to the program alone."""
        os.kill(self.pid, number)

    def hangup(self) -> None:
        """The terminal goes away: a closed window, a broken SSH connection."""
        if self._open:
            self._open = False
            os.write(self._awake, b"!")
            self._thread.join()
            os.close(self._master)
            self._thread = threading.Thread(target=self._read, name="terminal", daemon=True)
            self._thread.start()

    def stall(self) -> None:
        """From now on the terminal takes nothing more: a broken line, or ctrl+s in a window around it."""
        self._stalled = True
        os.write(self._awake, b"?")

    @property
    def pid(self) -> int:
        """The program's process id; only while it runs."""
        self.wait_until(lambda: self._pid is not None, 10, "the program to start")
        if self._pid is None or self._status is not None:
            raise ProcessLookupError("the program has ended")
        return self._pid

    @property
    def running(self) -> bool:
        return self._status is None

    # How it is left

    def leftovers(self) -> list[str]:
        """What the program did to the terminal and did not undo; to be asked after `wait_exit`."""
        found = leftovers(self.raw)
        before, after = self._settings, termios.tcgetattr(self._slave)
        for flag in ("ECHO", "ICANON", "ISIG", "IEXTEN"):
            if (before[3] ^ after[3]) & getattr(termios, flag):
                found.append(f"termios: {flag}")
        for flag, index in (("ICRNL", 0), ("IXON", 0), ("OPOST", 1)):
            if (before[index] ^ after[index]) & getattr(termios, flag):
                found.append(f"termios: {flag}")
        return found

    def terminal_is_sane(self) -> bool:
        """A shell could go on in it."""
        return not self.leftovers()

    # Its end

    def close(self) -> None:
        """End the program if it still runs: by SIGTERM, and after its grace, with its process group, by SIGKILL."""
        if self._lifeline < 0:
            return
        if self.running and self._pid is not None:
            with contextlib.suppress(ProcessLookupError, AssertionError):
                self.signal(signal.SIGTERM)
                self.wait_until(lambda: self._status is not None, self.grace)
        os.close(self._lifeline)
        self._lifeline = -1
        self._leader.wait()
        os.write(self._awake, b"!")
        self._thread.join()
        for fd in (self._slave, self._wake, self._awake, self._report, *([self._master] if self._open else [])):
            os.close(fd)
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Inside

    def _set_size(self) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.cols, 0, 0))

    def _feed(self) -> None:
        """Show what was written, a frame of synchronized output only when it is whole: half of it is nothing to see."""
        begun = self._raw.rfind(_FRAME_BEGINS, self._fed)
        whole = begun < 0 or self._raw.find(_FRAME_ENDS, begun) >= 0 or self._status is not None
        upto = len(self._raw) if whole else begun
        if self._fed < upto:
            self._screen.feed(bytes(memoryview(self._raw)[self._fed : upto]))
            self._fed = upto

    def _wait_for_output(self, size: int, timeout: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._raw) != size, timeout)

    def _state(self) -> str:
        ended = "" if self._status is None else f"the program has ended with status {self._status}, "
        return f"{ended}the screen shows:\n{self.text().rstrip()}"

    def _read(self) -> None:
        """The reader thread: output, the leader's reports, and a wake-up that ends it."""
        said = b""
        watched = {self._report, self._wake} | ({self._master} if self._open else set())
        while True:
            ready, _, _ = select.select(list(watched - {self._master} if self._stalled else watched), [], [])
            if self._master in ready:
                with contextlib.suppress(OSError):
                    self._arrived(os.read(self._master, 1 << 16))
            if self._report in ready:
                if not (data := os.read(self._report, 4096)):
                    watched.discard(self._report)
                *whole, said = (said + data).split(b"\n")
                for line in whole:
                    self._reported(*line.decode().split())
            if self._wake in ready and os.read(self._wake, 1) == b"!":
                return

    def _reported(self, what: str, number: str) -> None:
        with self._changed:
            if what == "pid":
                self._pid = int(number)
            else:
                self._status = int(number)
            self._changed.notify_all()

    def _arrived(self, data: bytes) -> None:
        with self._changed:
            self._raw += data
            self._stamps.append((time.monotonic(), len(self._raw)))
            for reply in self._replies.to(data, self._here) if self._replies else ():
                with contextlib.suppress(OSError):
                    os.write(self._master, reply)
            self._changed.notify_all()

    def _here(self) -> tuple[int, int, int, int]:
        self._feed()
        return *self._screen.cursor, self.cols, self.rows
