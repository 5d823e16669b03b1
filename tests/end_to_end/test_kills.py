"""Killed at random moments of heavy writing, Rivulet loses nothing that was sent and no text older than a moment.

20 times here; by hand `RIVULET_KILLS=200 python -m pytest -s tests/end_to_end/test_kills.py`, with RIVULET_SEED to do
the same once more. The moments are random, so what a seed repeats is where they are aimed at. Several homes have their
turns side by side: most of a turn is waiting.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinydb import TinyDB

from tests.end_to_end.program import CTRL_N, Program, recover
from tests.support.home import Home, clean_environment
from tests.support.load_server import Exchange, LoadServer
from tests.support.waiting import until

KILLS = int(os.environ.get("RIVULET_KILLS", "20"))
SEED = int(os.environ.get("RIVULET_SEED", random.SystemRandom().randrange(10**6)))
HOMES = 4
BEHIND = 0.25
"""Seconds of text that a kill may take, besides those in which it worked, or waited for a core or the disk: it
reads what has come only then."""
CTRL_R = b"\x12"


@dataclass
class Watch:
    """How many deltas had been sent of each reply, and when; and for how long the program had worked or waited."""

    server: LoadServer
    pid: int = 0
    times: list[float] = field(default_factory=list)
    counts: list[dict[int, int]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    _for_disk: float = 0.0
    _looked: float = 0.0

    def look(self, seconds: float) -> None:
        """Watch for so long."""
        end = time.monotonic() + seconds
        while (looked := time.monotonic()) < end:
            waited, for_disk = _waited(self.pid)
            counts = {exchange.id: exchange.deltas for exchange in self.server.requests}
            now = time.monotonic()  # not before: we ourselves may have been kept from a core meanwhile
            if for_disk and self._looked:
                self._for_disk += looked - self._looked
            self._looked = looked
            self.waited.append(waited + self._for_disk)
            self.counts.append(counts)
            self.times.append(now)
            time.sleep(0.02)

    def behind(self, exchange: Exchange, length: int, killed_at: float) -> tuple[float, float]:
        """Seconds between the moment when more than `length` characters had been sent and the kill; and for how many
        from then on, and a moment before, ours worked, or waited for a core or the disk."""
        deltas = bisect_right(range(1, exchange.deltas + 1), length, key=lambda n: _length(exchange, n))
        sent = (at for at, count in zip(self.times, self.counts, strict=True) if count.get(exchange.id, 0) > deltas)
        since = next(sent, killed_at)
        before = self.waited[max(0, bisect_right(self.times, since - BEHIND) - 1)]
        return max(0.0, killed_at - since), self.waited[-1] - before


def _waited(pid: int) -> tuple[float, bool]:
    """Seconds for which a process ran, or was ready to and did not, all threads together; and whether one of them waits
    for the disk now. 0 and no where nobody tells."""
    waited, for_disk = 0.0, False
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            ran, ready, _ = map(int, (task / "schedstat").read_text().split())
            waited += (ran + ready) / 1e9
            for_disk = for_disk or (task / "stat").read_text().rpartition(") ")[2].startswith("D")
    return waited, for_disk


def _length(exchange: Exchange, deltas: int) -> int:
    return sum(len(exchange.script.delta(n)[0]) for n in range(deltas))


def _tables(path: Path, name: str) -> list[dict[str, Any]]:
    with TinyDB(path, encoding="utf-8", access_mode="r") as database:
        return [dict(document) for document in database.table(name)]


def _replies(data: Path) -> dict[str, list[dict[str, Any]]]:
    """All questions on disk with their replies, read with the database alone. Fails for a file that can't be read."""
    for name, table in (("index.json", "topics"), ("streams.json", "streams")):
        if (data / name).exists():
            ids = [one["id"] for one in _tables(data / name, table)]
            assert len(ids) == len(set(ids))
    found: dict[str, list[dict[str, Any]]] = {}
    messages: list[str] = []
    for path in sorted((data / "topics").glob("*/*.json")):
        for conversation in _tables(path, "conversations"):
            found.setdefault(conversation["question"]["content"], []).extend(conversation["replies"])
            messages += [one["id"] for one in (conversation["question"], *conversation["replies"])]
    assert len(messages) == len(set(messages)), "a message is kept twice"
    return found


def _tag(question: str) -> str:
    return question.rpartition("tag=")[2]


@contextlib.contextmanager
def _ask(home: Home, question: str, many: int) -> Iterator[subprocess.Popen[bytes]]:
    """As many replies at once as `rivulet ask` is told to have and keep."""
    command = [sys.executable, "-m", "tui", "ask", "--save", "--json", *["-m", "fake"] * many, question]
    null = subprocess.DEVNULL
    process = subprocess.Popen(command, env=dict(home.env), stdin=null, stdout=null, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _kill_ask(home: Home, round: int, choose: random.Random, watch: Watch) -> float:
    question = f"Count. n={choose.choice([30, 2000])} think=8 tps=100 tag=k{round}a"
    with _ask(home, question, many=choose.randint(3, 12)) as process:
        watch.pid = process.pid
        until(lambda: process.poll() is not None or watch.server.find(f"k{round}a"), 30.0)
        watch.look(choose.uniform(0.0, 0.9))
        at = time.monotonic()
        process.kill()
        assert process.wait() == -signal.SIGKILL or process.returncode == 0, process.stderr and process.stderr.read()
    return at


def _kill_program(home: Home, round: int, choose: random.Random, watch: Watch) -> float:
    with Program(home) as program:
        program.wait_ready()
        watch.pid = program.pid
        for number in range(choose.randint(2, 5)):
            program.write(
                CTRL_N + f"Count. n={choose.choice([12, 2000])} think=8 tps=100 tag=k{round}b{number}\r".encode()
            )
            watch.look(choose.uniform(0.0, 0.2))
        until(lambda: watch.server.find(f"k{round}b0"), 30.0)
        program.write(CTRL_R)
        for _ in range(choose.randint(0, 8)):
            program.write(b"And a draft that nobody sends. ")
            watch.look(choose.uniform(0.0, 0.1))
        reading = "\n".join(program.reading())
        seen, asked = (set(re.findall(rf"\b{what}\b", reading)) for what in (rf"k{round}b\d-\d{{5}}", r"tag=(k\d+b\d)"))
        watch.look(BEHIND + choose.uniform(0.0, 0.2))
        at = time.monotonic()
        program.signal(signal.SIGKILL)
        assert program.wait_exit() == -signal.SIGKILL
    recover(home)
    on_disk = _replies(home.data)
    assert asked <= set(map(_tag, on_disk)), "a question that was on the screen is lost"
    kept = "\n".join(reply["content"] for replies in on_disk.values() for reply in replies)
    assert seen <= set(re.findall(r"\bk\w+-\d{5}\b", kept)), "a word that was on the screen is lost"
    return at


def _round(home: Home, server: LoadServer, round: int, choose: random.Random) -> list[tuple[float, float, str]]:
    """One kill and what is found behind it: of each reply that it cut, how much text is lost, how long the program had
    worked, or waited for a core or the disk, meanwhile (both in seconds), and that in words."""
    server.reset()
    watch = Watch(server)
    killed_at = (_kill_program if round % 5 == 4 else _kill_ask)(home, round, choose, watch)
    sent: dict[str, list[Exchange]] = {}
    for exchange in server.requests:
        sent.setdefault(exchange.tag, []).append(exchange)
    before = _replies(home.data)
    assert sent.keys() <= set(map(_tag, before)), "a question that was sent is lost"
    recover(home)
    after = _replies(home.data)
    assert not any(path.stat().st_size for path in (home.data / "journal").iterdir())
    kept = {_tag(question): replies for question, replies in after.items()}
    behind: list[tuple[float, float, str]] = []
    for tag, exchanges in sent.items():
        replies = sorted(kept[tag], key=lambda reply: (len(reply["content"]), len(reply["reasoning"])))
        assert len(replies) >= len(exchanges), (round, tag)
        replies = replies[-len(exchanges) :]
        for exchange, reply in zip(sorted(exchanges, key=lambda one: one.deltas), replies, strict=True):
            assert exchange.content.startswith(reply["content"]), (round, tag)
            assert exchange.reasoning.startswith(reply["reasoning"]), (round, tag)
            if reply["status"] == "completed":
                assert reply["content"] == exchange.whole
            else:
                assert reply["error"]["kind"] == "interrupted", (round, tag, reply["status"])
                took, waited = watch.behind(exchange, len(reply["content"]), killed_at)
                what = f"{took:.3f} s, busy for {waited:.3f}: {reply['content'][-20:]!r} in round {round}, {tag}"
                behind.append((took, waited, what))
    return behind


def test_a_kill_takes_nothing_that_was_sent_and_no_text_older_than_a_moment(tmp_path: Path) -> None:
    print(f"\n{KILLS} kills, seed {SEED}")

    def turns(place: int) -> list[tuple[float, float, str]]:
        path = tmp_path / str(place)
        home = Home(path, clean_environment(path))
        choose = random.Random(f"{SEED} {place}")
        with LoadServer() as server:
            home.use(server.url)
            return [lost for round in range(place, KILLS, HOMES) for lost in _round(home, server, round, choose)]

    with ThreadPoolExecutor(HOMES) as homes:
        found = [one for turn in homes.map(turns, range(HOMES)) for one in turn]
    behind, starved, _ = zip(*found, strict=True)
    lost = f"{statistics.median(behind) * 1000:.0f} ms in the middle, {max(behind) * 1000:.0f} at most"
    idle = f"{statistics.median(starved) * 1000:.0f} and {max(starved) * 1000:.0f} ms"
    print(f"{len(behind)} replies were interrupted; text lost: {lost}; busy, or waiting for a core or the disk: {idle}")
    late = [what for took, waited, what in found if took > BEHIND + waited]
    assert not late, "text is lost that had come earlier"
