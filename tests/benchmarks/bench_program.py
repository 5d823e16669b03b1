"""The whole program in a terminal of 120x40, against a load server: `pytest -m benchmark -s tests/benchmarks`.

It prints figures beside what they shall be; a quiet machine gives them meaning, so it fails at none of them."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.color import Color

from tests.benchmarks import empty_app
from tests.benchmarks.empty_app import LAST_LINE
from tests.benchmarks.serving import Server
from tests.support.history import write_topic
from tests.support.home import Home, clean_environment
from tests.support.program import ALT_DOWN, ALT_UP, CTRL_N, CTRL_P
from tests.support.terminal import Terminal
from tui.themes import load_themes

pytestmark = pytest.mark.benchmark

COLS, ROWS = 120, 40
LETTERS = [chr(code) for code in range(0x0410, 0x0438)]
"""Cyrillic: no reply holds any, so that each one on screen is the echo of a key."""
ROUNDS, PAUSE = 5, (0.05, 0.11)
LONG = """\
It has **several** paragraphs, so that it is as long as replies are, with `code` in its midst.

1. The first of three items,
2. the second of them,
3. and the third.

```python
def answer(question: str) -> str:
    return question[::-1]
```

The end of it, after which comes the next question, and so on for as long as the topic goes. It goes on for long.
"""
GROUNDS = {name: b";48;2;%d;%d;%d" % Color.parse(theme.background or "").rgb for name, theme in load_themes().items()}
"""How each theme's background is asked of a terminal."""
_BACK = b"\x7f"
_HERTZ = os.sysconf("SC_CLK_TCK")


class Measured(Terminal):
    """A terminal whose program is measured."""

    @property
    def cpu(self) -> float:
        """Seconds of CPU that the program has taken, all its threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / _HERTZ

    @property
    def megabytes(self) -> float:
        """What it has in memory."""
        rows = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(row.split()[1]) for row in rows if row.startswith("VmRSS")) / 1024

    def until_seen(self, needle: str | bytes, start: int, timeout: float = 30.0) -> float:
        """When the needle was read behind that place of the output."""
        wanted = needle.encode() if isinstance(needle, str) else needle
        return self.wait_until(lambda: self.seen_at(wanted, start), timeout, f"{wanted!r} in the output")

    def after(self, keys: bytes, needle: str) -> float:
        """Milliseconds from the keys to the needle."""
        start, began = len(self.raw), time.monotonic()
        self.write(keys)
        return (self.until_seen(needle, start) - began) * 1000

    def rest(self, seconds: float = 0.4) -> None:
        """Wait until nothing was written for that long."""
        size, since = -1, time.monotonic()
        while time.monotonic() - since < seconds:
            if (now := len(self.raw)) != size:
                size, since = now, time.monotonic()
            time.sleep(0.02)

    def resized(self, seen: str) -> str:
        """How long it takes until the text is there at another width: the median, and the CPU of one."""
        waits: list[float] = []
        before = self.cpu
        for cols in (100, COLS, 90, COLS, 100, COLS):
            start, began = len(self.raw), time.monotonic()
            self.resize(cols, ROWS)
            waits.append((self.until_seen(seen, start) - began) * 1000)
            self.rest()
        return f"{statistics.median(waits):.0f} ms, CPU {(self.cpu - before) / len(waits) * 1000:.0f} ms"

    def recoloured(self, keys: bytes, ground: bytes, seen: str) -> tuple[float, float]:
        """From the keys to a text on its new ground, and the CPU of all of it; in milliseconds."""
        start, began, before = len(self.raw), time.monotonic(), self.cpu
        self.write(keys)
        self.until_seen(ground, start)
        wait = self.until_seen(seen, self.raw.find(ground, start)) - began
        self.rest()
        return wait * 1000, (self.cpu - before) * 1000

    def keys(self, rounds: int = ROUNDS) -> list[float]:
        """The wait for each of many keys until its letter was on screen, in milliseconds."""
        waits: list[float] = []
        for _ in range(rounds):
            for letter in LETTERS:
                waits.append(self.after(letter.encode(), letter))
                time.sleep(random.uniform(*PAUSE))
            self.write(_BACK * len(LETTERS))
            self.text()  # else the first look at the screen reads half a minute of output at once
            time.sleep(0.3)
        return waits


def spread(waits: list[float]) -> str:
    ordered = sorted(waits)
    return f"p50 {statistics.median(ordered):5.1f}   p99 {ordered[int(len(ordered) * 0.99)]:5.1f} ms"


def both(measured: list[tuple[float, float]]) -> str:
    waits, cpu = zip(*measured, strict=True)
    return f"{statistics.median(waits):.0f} ms, CPU {statistics.median(cpu):.0f} ms"


@contextmanager
def program(folder: Path, url: str) -> Iterator[Measured]:
    home = Home(folder / "rivulet", clean_environment(folder / "rivulet"))
    home.use(url)
    with Measured([sys.executable, "-m", "tui"], env=home.env, cwd=folder, cols=COLS, rows=ROWS) as terminal:
        terminal.wait_for("Ask something", 30)
        terminal.rest()
        yield terminal


def say(what: str, figure: str, wanted: str = "") -> None:
    print(f"{what:58} {figure:34} {wanted}", flush=True)


def test_the_toolkit_alone(tmp_path: Path) -> None:
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    command = [sys.executable, "-m", "tests.benchmarks.empty_app"]
    env = clean_environment(tmp_path)
    with Measured(command, env=env, cols=COLS, rows=ROWS) as terminal:
        terminal.wait_for("Ask something", 30)
        terminal.rest()
        before = terminal.cpu
        waits = terminal.keys(2)
        say("an empty Textual app: a key", spread(waits))
        say("an empty Textual app: CPU of a key", f"{(terminal.cpu - before) / len(waits) * 1000:.1f} ms")
        say("an empty Textual app: resize", terminal.resized(LAST_LINE))
        themes = [
            terminal.recoloured(b"\x1bOQ", empty_app.GROUNDS[name], LAST_LINE) for name in (*empty_app.GROUNDS,) * 3
        ]
        say("an empty Textual app: theme switch", both(themes))


def test_one_stream(tmp_path: Path) -> None:
    with Server() as server, program(tmp_path, server.url) as terminal:
        waits = terminal.keys(2)
        say("a key, with nothing else going on", spread(waits))
        for run in range(2):  # the first one warms up
            cpu, start = terminal.cpu, len(terminal.raw)
            began = time.monotonic()
            terminal.write(f"go n=2000 tps=100 tag=calm{run}\r")
            sent = server.done(f"calm{run}")
            seen = terminal.until_seen(f"end-of-calm{run}", start)
            took, written = seen - began, len(terminal.raw) - start
            terminal.rest()
            cpu = terminal.cpu - cpu
        say("CPU of the program per 1,000 deltas at 100/s", f"{cpu / 2:.2f} s", "<= 1.8 s")
        say("last delta sent -> last word on screen", f"{(seen - sent['last']) * 1000:.0f} ms", "<= 100 ms")
        say("bytes to the terminal", f"{written / took / 1000:.0f} kB/s", "<= 100 kB/s")
        cpu, start = terminal.cpu, len(terminal.raw)
        terminal.write(b"go n=5000 tps=0 tag=burst\r")
        sent = server.done("burst")
        seen = terminal.until_seen("end-of-burst", start)
        terminal.rest()
        say("5,000 deltas at once: CPU", f"{terminal.cpu - cpu:.2f} s", "<= 2 s")
        say("5,000 deltas at once: last sent -> on screen", f"{(seen - sent['last']) * 1000:.0f} ms")


def test_keys_while_streams_run(tmp_path: Path) -> None:
    with Server() as server, program(tmp_path, server.url) as terminal:
        alone = _keys_in_a_stream(terminal, "one")
        say("a key while 1 visible stream runs at 100/s", spread(alone), "p50 <= 12, p99 <= 50 ms")
        for number in range(20):
            terminal.write(CTRL_N)
            terminal.wait_for("A new topic with")
            terminal.write(f"go n=100000 tps=100 tag=more{number}\r")
            terminal.wait_for(f"more{number}-00000")
        terminal.write(CTRL_N)
        terminal.wait_for("A new topic with")
        many = _keys_in_a_stream(terminal, "many")
        added = statistics.median(many) - statistics.median(alone)
        say("the same with 20 more that are not visible", spread(many), f"p50 +{added:.1f}: <= 3 ms more")
        say("its load", f"{os.getloadavg()[0]:.1f}")


def _keys_in_a_stream(terminal: Measured, tag: str) -> list[float]:
    terminal.write(f"go n=100000 tps=100 tag={tag}\r")
    terminal.wait_for(f"{tag}-00000")
    time.sleep(2)
    waits = terminal.keys()
    terminal.write(b"\x1b")
    terminal.wait_for("Stopped")  # not a rest of the screen: others may stream on, and their spinners turn
    return waits


def test_a_topic_of_5000_messages(tmp_path: Path) -> None:
    asyncio.run(write_topic(tmp_path / "rivulet" / "data", 2_500, LONG))
    last = "Answer 2499"
    with Server() as server, program(tmp_path, server.url) as terminal:
        terminal.wait_for(last)
        say("memory, as it starts with 5,000 messages on disk", f"{terminal.megabytes:.0f} MB")
        terminal.write(CTRL_N)
        terminal.wait_for("A new topic with")
        opened: list[float] = []
        for _ in range(5):
            terminal.rest()
            opened.append(terminal.after(ALT_DOWN, last))
            terminal.rest()
            terminal.after(ALT_UP, "A new topic with")
        terminal.write(ALT_DOWN)
        terminal.wait_for(last)
        say(
            "open it: first paint, then medians of going back",
            f"{opened[0]:.0f}, {statistics.median(opened):.0f} ms",
            "<= 100 ms",
        )
        terminal.rest()
        found = terminal.after(b"\x06Question 7?", "1 of 1")
        say("find a question at its start: typed -> found, all read", f"{found:.0f} ms")
        say("memory, all 5,000 messages in it", f"{terminal.megabytes:.0f} MB", "<= 120 MB")
        terminal.write(b"\x1b")
        terminal.rest()
        terminal.write(b"\x1b[1;5F")
        terminal.rest()
        say("resize", terminal.resized(last), "<= 100 ms")
        themes: list[tuple[float, float]] = []
        for name in ("light", "dark") * 3:
            terminal.write(CTRL_P + f"Theme: {name}".encode())
            terminal.wait_for(f"Theme: {name}")
            terminal.rest()
            themes.append(terminal.recoloured(b"\r", GROUNDS[name], last))
        say("theme switch, from enter in the palette", both(themes), "<= 100 ms")
        waits = terminal.keys(2)
        say("a key", spread(waits))
