"""A hundred streams at once, with faults, stops, retries, screens at random: no byte is lost, nothing is left over.

20 seconds here; by hand `RIVULET_SOAK=1800 python -m pytest -s tests/end_to_end/test_soak.py`, with RIVULET_SEED to do
the same once more.
"""

from __future__ import annotations

import itertools
import math
import os
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.end_to_end.program import ALT_DOWN, ALT_UP, CTRL_N, ENTER, ESCAPE, F2, F3, F4, Program, conversations
from tests.support.home import Home
from tests.support.load_server import Exchange, LoadServer
from tests.support.probed import THROUGH, tasks_of

SECONDS = float(os.environ.get("RIVULET_SOAK", "20"))
SEED = int(os.environ.get("RIVULET_SEED", random.SystemRandom().randrange(10**6)))
STREAMS = 100
BEHIND = 1.0
"""Seconds of text that may be on its way when a stream is stopped, besides those for which the program was busy."""
GROWN = 30
"""MB that the program may have grown by beside the texts: its screens, what is kept of streams, files kept open."""
Text = tuple[str, str, bool]
"""Content, reasoning, and whether it was stopped."""
CTRL_R, CTRL_T, ALT_X = b"\x12", b"\x14", b"\x1bx"


@dataclass
class Size:
    """What a process holds; zeros where the system does not say."""

    pid: int
    memory: int = 0
    threads: int = 0
    sockets: int = 0
    files: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        status = Path(f"/proc/{self.pid}/status")
        if not status.exists():
            return
        found = dict(re.findall(r"^(VmRSS|Threads):\s+(\d+)", status.read_text(), re.MULTILINE))
        self.memory, self.threads = int(found["VmRSS"]) // 1024, int(found["Threads"])
        links = sorted(os.readlink(link) for link in _links(self.pid))
        self.sockets = sum(link.startswith("socket:") for link in links)
        self.files = [re.sub(r"\d+", "0", link) for link in links if not link.startswith("socket:")]


def _links(pid: int) -> Iterator[Path]:
    for link in Path(f"/proc/{pid}/fd").iterdir():
        if link.is_symlink():
            yield link


def _question(choose: random.Random, number: int) -> str:
    n = choose.randint(100, 1200)
    fault = choose.choice(["", "", "cut", "reset", "stall", "error", "fail"])
    how = {"": "", "fail": f"fail={choose.choice([500, 503])}"}.get(fault, f"{fault}={choose.randint(0, n)}")
    return f"Soak. n={n} tps={choose.randint(3, 9)} think={choose.choice([0, 8])} {how} tag=s{number}"


def _stir(program: Program, choose: random.Random, number: int, missing: int) -> int:
    """Do one thing at random, of which asking for what is `missing` of the hundred streams is the most likely; how many
    questions were asked by then."""
    match choose.randrange(10):
        case 0 | 1:
            program.write(choose.choice([ALT_DOWN, ALT_UP]) * choose.randint(1, 3))
        case 2:
            program.write(choose.choice([F3, F4]))
            time.sleep(choose.uniform(0.0, 0.3))
            program.write(F2)
        case 3:
            program.write(CTRL_T)
        case 4:
            program.write(ESCAPE)
            time.sleep(0.4)  # a key on its heels would make another of it
        case 5:
            program.write(CTRL_R)
        case 6:
            columns = choose.randint(60, 140)
            program.resize(columns, choose.randint(15, 40))
        case _:
            for _ in range(choose.randint(1, max(1, min(missing, 5)))):
                place = choose.choice([CTRL_N, ALT_DOWN, ALT_DOWN * 2, ALT_DOWN * 3])
                program.write(place + _question(choose, number).encode() + ENTER)
                number += 1
    time.sleep(choose.uniform(0.0, 0.3))
    return number


def _live(server: LoadServer) -> int:
    """How many replies are being sent now."""
    return sum(not exchange.ended for exchange in list(server.requests))


def _settle(program: Program) -> float:
    """Wait until all keys before this have acted; how long that took. By the bytes: to draw all that came costs more
    than the program does."""
    began = time.monotonic()
    for key, sign in ((F3, b"Topics"), (F2, "─".encode() * 40)):
        start = len(program.raw)
        program.write(key)
        program.wait_until(lambda at=start, sign=sign: program.seen_at(sign, at), 60.0, "a screen to come")  # type: ignore[misc]
    return time.monotonic() - began


def _left_over(program: Program, probe: Path, before: list[str]) -> Counter[str]:
    """The tasks beside those before, once what is being saved is saved."""
    end = time.monotonic() + 20.0
    while True:
        left = Counter(tasks_of(program.pid, probe)) - Counter(before)
        if left["MessagePump._process_messages"] <= 9:  # a bar of scrolling is made when it is needed first
            del left["MessagePump._process_messages"]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.1)


def test_every_byte_that_was_delivered_is_in_its_record_and_nothing_is_left_over(
    home: Home, load_server: LoadServer, tmp_path: Path
) -> None:
    print(f"\n{SECONDS:g} s, seed {SEED}")
    choose = random.Random(SEED)
    home.configure(
        f'[providers.fake]\nbase_url = "{load_server.url}"\nmodel = "fake"\nmax_streams = {STREAMS + 20}\n'
        "idle_timeout = 3\nmax_retries = 0\n"
    )
    probe = tmp_path / "tasks.json"
    with Program(home, env={"PROBE": str(probe)}, through=THROUGH) as program:
        program.wait_ready()
        program.ask("Soak. n=5 tag=first")
        program.wait_for("end-of-first")
        program.write(F4)
        _settle(program)
        tasks, before = tasks_of(program.pid, probe), Size(program.pid)

        number = STREAMS
        for first in range(0, STREAMS, 10):
            program.write(b"".join(CTRL_N + _question(choose, n).encode() + ENTER for n in range(first, first + 10)))
            program.wait_until(lambda tag=f"s{first + 9}": load_server.find(tag), 30.0, "questions to be sent")  # type: ignore[misc]
        began, sizes, live, busy = time.monotonic(), [Size(program.pid)], [_live(load_server)], 0.0
        while time.monotonic() < began + SECONDS:
            number = _stir(program, choose, number, STREAMS - live[-1])
            if choose.random() < 0.2:
                busy = max(busy, _settle(program))
            live.append(_live(load_server))
            if time.monotonic() > began + len(sizes) * SECONDS / 10:
                sizes.append(Size(program.pid))
        program.resize(110, 30)
        busy = max(busy, _settle(program))
        program.write(ALT_X + ENTER)
        program.wait_until(lambda: not re.search(r"\d (streams?|running)", program.lines()[-1]), 30.0, "a rest")
        _settle(program)
        left = _left_over(program, probe, tasks)
        after = Size(program.pid)
        program.quit()

    said = _check(home, load_server, busy)
    memory = " ".join(str(size.memory) for size in sizes)
    at_once = f"{statistics.median(live):.0f} at once, {max(live)} at most"
    print(f"{len(load_server.requests)} replies were asked for, {at_once}; memory in MB: {memory}, of texts {said:.0f}")
    print(f"threads {before.threads} -> {after.threads}, sockets {before.sockets} -> {after.sockets}, {dict(left)}")
    assert not left, f"tasks are left over: {left}"
    assert not Counter(after.files) - Counter(before.files)
    assert after.threads <= before.threads + 8  # the pool that is made as it is needed
    assert after.sockets <= before.sockets + 32  # those that are kept for the next question
    assert load_server.connections == 0
    assert max(size.memory for size in sizes) <= before.memory + GROWN + 2 * said


def _check(home: Home, server: LoadServer, busy: float) -> float:
    """Every reply is what its request was sent, as far as it was delivered. How many MB all texts take in memory, where
    what was said in this run stays: four bytes for each letter, as there are signs beyond the first 65,536 in all."""
    sent: dict[str, list[Exchange]] = {}
    for exchange in server.requests:
        sent.setdefault(exchange.tag, []).append(exchange)
    kept: dict[str, list[Text]] = {}
    for question, versions in conversations(home.data):
        texts = [(reply["content"], reply["reasoning"], reply["status"] == "stopped") for reply in versions]
        kept.setdefault(question.rpartition("tag=")[2], []).extend(texts)
    late: list[float] = []
    for tag, exchanges in sent.items():
        replies = sorted(kept[tag], key=lambda text: -len(text[0] + text[1]))
        assert len(replies) >= len(exchanges), tag
        late += (found := _least(exchanges, replies))
        if max(found) > BEHIND + busy:
            print(tag, found, [(one.script, one.deltas, one.closed_at) for one in exchanges], *map(repr, replies))
    stopped = [seconds for seconds in late if seconds]
    print(f"{len(late) - len(stopped)} replies are what was sent to the last byte", end="; ")
    print(f"{len(stopped)} were stopped a moment behind, {max(late):.2f} s at most; the screen took {busy:.2f} at most")
    assert max(late) <= BEHIND + busy
    return sum(4 * len(content + reasoning) for texts in kept.values() for content, reasoning, _ in texts) / 2**20


def _least(exchanges: list[Exchange], replies: list[Text]) -> list[float]:
    """How far each reply is behind its exchange, if they belong together as well as they can: versions look alike."""
    if not exchanges:
        return []
    first, *others = sorted(exchanges, key=lambda exchange: -exchange.deltas)
    ways = []
    for reply in dict.fromkeys(replies[: 3 + len(others)]):
        if (behind := _behind(first, reply)) < math.inf:
            rest = list(replies)
            rest.remove(reply)
            ways.append([behind, *_least(others, rest)])
        if ways and max(ways[-1]) < BEHIND:
            break
    return min(ways, key=max, default=[math.inf] * len(exchanges))


def _behind(exchange: Exchange, reply: Text) -> float:
    """Seconds from the first delta that is not kept until its end; infinite if they don't belong together."""
    content, reasoning, stopped = reply
    if not (exchange.content.startswith(content) and exchange.reasoning.startswith(reasoning)):
        return math.inf
    if (content, reasoning) == (exchange.content, exchange.reasoning):
        return 0.0
    end = exchange.closed_at or exchange.done_at
    if not stopped or end is None:
        return math.inf
    lengths = list(itertools.accumulate(len("".join(exchange.script.delta(n))) for n in range(exchange.deltas)))
    length = len(content + reasoning)
    return next((end - at for at, deltas in exchange.recent if lengths[deltas - 1] > length), math.inf)
