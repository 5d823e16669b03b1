"""Rivulet in a terminal, as its user has it before him: the composer, the side list, the reading area."""

from __future__ import annotations

import base64
import itertools
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.home import Home, clean_environment
from tests.support.load_server import Exchange, LoadServer
from tests.support.terminal import Terminal
from tests.support.waiting import PATIENCE

_SIDE = 32
"""Columns of the side list with its rule, in a terminal of 100 columns and more."""
_MARGIN = 3
"""Columns before what is written and read."""
_STARTED = 30.0
_numbers = itertools.count(1)

CTRL_N, CTRL_Q, CTRL_C, CTRL_P, CTRL_L, ESC = b"\x0e", b"\x11", b"\x03", b"\x10", b"\x0c", b"\x1b"
F1, F2, F3, F4 = b"\x1bOP", b"\x1bOQ", b"\x1bOR", b"\x1bOS"
ALT_DOWN, ALT_UP, ALT_X = b"\x1b[1;3B", b"\x1b[1;3A", b"\x1bx"


def _noon() -> str:
    """A time zone in which it is about noon now: no day ends in the middle of a test, and then looks like another."""
    return f"NOON{time.gmtime().tm_hour - 12:+d}"


def leave(terminal: Terminal) -> None:
    """Quit as soon as nothing streams: what failed may be tried again, and what has ended may still get its name."""
    for _ in range(20):
        terminal.write(CTRL_Q)
        terminal.wait_until(lambda: not terminal.running or "Quit?" in terminal.text(), what="the end, or a question")
        if not terminal.running:
            break
        terminal.write(ESC)
        terminal.wait_gone("Quit\\?")
    assert terminal.wait_exit() == 0, terminal.text()


class Program:
    """A running Rivulet with one provider, the load server. A context manager."""

    def __init__(self, folder: Path, server: LoadServer, more: str = "", cols: int = 120, rows: int = 35) -> None:
        self.server = server
        self.home = Home(folder / "rivulet", clean_environment(folder / "rivulet") | {"TZ": _noon()})
        self.home.use(server.url, more)
        argv = [sys.executable, "-m", "tui"]
        self.terminal = Terminal(argv, env=self.home.env, cwd=folder, cols=cols, rows=rows)

    def __enter__(self) -> Self:
        self.terminal.wait_for("─{40}", _STARTED)  # the rule above the composer
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.terminal.close()

    # What is done

    def press(self, *keys: bytes | str) -> None:
        """All of it in one piece, as a slow line or a quick typist sends it."""
        self.terminal.write(b"".join(key.encode() if isinstance(key, str) else key for key in keys))

    def press_split(self, first: bytes, rest: bytes, pause: float) -> None:
        """One key in two pieces: the pause is the test's own input."""
        end = time.monotonic() + pause
        self.terminal.write(first)
        time.sleep(pause - 0.01)
        while time.monotonic() < end:  # a sleep may last longer than it should, and the time is what is tested
            pass
        self.terminal.write(rest)

    def ask(self, words: str, deltas: int = 1) -> Exchange:
        """Ask in the topic on show; returns once that many deltas were sent."""
        tag = f"t{next(_numbers)}"
        self.press(f"{words} tag={tag}\r")
        found = self.server.wait_for(tag, deltas)
        if deltas:
            self.wait_for(rf"\b(?:{tag}-\d|end-of-{tag}\b)")
        return found

    def new_topic(self) -> None:
        """An empty topic, whatever is on show."""
        self.press(CTRL_N)
        self.wait_for("A new topic with")
        self.wait_until(lambda: self.draft == "", "an empty composer")

    # What it shows

    def wait_for(self, pattern: str, timeout: float = PATIENCE) -> re.Match[str]:
        return self.terminal.wait_for(pattern, timeout)

    def wait_gone(self, pattern: str, timeout: float = PATIENCE) -> None:
        self.terminal.wait_gone(pattern, timeout)

    def wait_until(self, condition: Callable[[], object], what: str, timeout: float = PATIENCE) -> None:
        self.terminal.wait_until(condition, timeout, what)

    def wait_for_draft(self, text: str) -> None:
        self.wait_until(lambda: self.draft == text, f"{text!r} in the composer")

    @property
    def draft(self) -> str | None:
        """What stands in the composer; None if none is on show."""
        lines = self._main()
        rules = [at for at, row in enumerate(lines) if row and set(row) == {"─"}]
        if not rules:
            return None
        text = "\n".join(row[_MARGIN:].rstrip() for row in lines[rules[-1] + 1 : -1])
        return "" if text == "Ask something" else text

    @property
    def reading(self) -> str:
        """The reading area and the line below it."""
        lines = self._main()
        rules = [at for at, row in enumerate(lines) if row and set(row) == {"─"}]
        return "\n".join(lines[: rules[-1]] if rules else lines)

    @property
    def side(self) -> list[str]:
        """The rows of the side list, headings among them, without the empty ones."""
        rows = [row[: _SIDE - 1].rstrip() for row in self.terminal.lines()[:-1] if row[_SIDE - 1 : _SIDE] == "│"]
        return [row for row in rows if row.strip()]

    @property
    def status(self) -> str:
        """The bottom line."""
        return self.terminal.lines()[-1]

    @property
    def idle(self) -> bool:
        """Whether the bottom line tells of no stream."""
        return not re.search(r"\d+ (streams?|running)", self.status)

    @property
    def copied(self) -> list[str]:
        """What was put on the clipboard (OSC 52), in order."""
        found = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)", self.terminal.raw)
        return [base64.b64decode(data, validate=True).decode() for data in found]

    def _main(self) -> list[str]:
        lines = self.terminal.lines()
        cut = sum(row[_SIDE - 1 : _SIDE] == "│" for row in lines) > len(lines) // 2
        return [row[_SIDE:] if cut else row for row in lines[:-1]] + [lines[-1]]
