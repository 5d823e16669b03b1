"""Ids: short, rising, never twice, whoever makes them and whatever the clock does."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.home import CHECKOUT
from tui.engine import ids
from tui.engine.ids import EPOCH_MS, LENGTH, WORKERS, Snowflakes, claim_worker, encode, new_id, timestamp

CLAIM = """
import sys
from pathlib import Path
from tui.engine.ids import claim_worker
print(claim_worker(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""

MAKE = """
import sys
from pathlib import Path
from tui.engine import ids
ids._source = ids.Snowflakes(ids.claim_worker(Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
print("\\n".join([ids.new_id() for _ in range(int(sys.argv[2]))]))
"""


class Clock:
    """Shows what it is set to."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_an_id_is_thirteen_plain_characters() -> None:
    assert re.fullmatch(r"[0-9a-z]{13}", new_id())


def test_an_id_says_when_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_source", None)  # that of other tests goes on from the ids of their data
    before = time.time()
    assert before - 0.002 <= timestamp(new_id()) <= time.time() + 0.002


@given(st.lists(st.integers(0, 36**LENGTH - 1), min_size=2))
def test_encoding_keeps_the_order_of_numbers(numbers: list[int]) -> None:
    assert sorted(map(encode, numbers)) == [encode(number) for number in sorted(numbers)]
    assert all(int(encode(number), 36) == number for number in numbers)


def test_ids_fit_until_the_year_2163() -> None:
    last = encode((1 << 66) - 1)
    assert len(last) == LENGTH
    assert int(last, 36) == (1 << 66) - 1


def test_ids_rise_strictly_also_when_a_million_are_asked_for_in_a_millisecond() -> None:
    source = Snowflakes(7, Clock(EPOCH_MS / 1000 + 5))
    made = [source.next() for _ in range(20_000)]
    assert made == sorted(set(made))


@given(st.lists(st.floats(1.8e9, 1.8e9 + 100), min_size=1, max_size=50))
def test_ids_rise_strictly_whatever_the_clock_does(times: list[float]) -> None:
    clock = Clock(1.8e9)
    source = Snowflakes(0, clock)
    made = []
    for clock.now in times:
        made += [source.next(), source.next()]
    assert made == sorted(set(made))


def test_a_clock_that_goes_back_an_hour_does_not_take_ids_back() -> None:
    clock = Clock(1.8e9)
    source = Snowflakes(0, clock)
    clock.now += 1
    before = source.next()
    clock.now -= 3600
    after = [source.next() for _ in range(10_000)]
    assert [before, *after] == sorted({before, *after})


def test_a_worker_number_that_is_given_away_again_within_a_millisecond_makes_no_id_twice() -> None:
    clock = Clock(1.8e9)
    first = Snowflakes(9, clock)
    clock.now += 0.001
    made = {first.next() for _ in range(3_000)}  # some ten times what a processor makes
    second = Snowflakes(9, clock)  # its holder ended, the clock still shows the same millisecond
    assert made.isdisjoint(second.next() for _ in range(3_000))


@given(st.floats(-2e9, 9e9), st.floats(1.71e9, 4e9))
def test_ids_are_ids_and_come_behind_those_of_an_earlier_run_whatever_the_clock_shows(now: float, then: float) -> None:
    known = [Snowflakes(5, Clock(then)).next(), "no id", "zzzzzzzzzzzzz", "", "of a newer one"]
    source = Snowflakes(5, Clock(now))
    source.rise_above(known)
    made = [source.next() for _ in range(50)]
    assert made == sorted(set(made)) and made[0] > known[0]
    assert all(re.fullmatch("[0-9a-z]{13}", id) for id in made)


def test_two_runs_in_1970_behind_the_same_record_do_not_make_the_same_ids() -> None:
    known = Snowflakes(5, Clock(1.8e9)).next()
    made = set()
    for _ in range(3):
        source = Snowflakes(5, Clock(0.0))
        source.rise_above([known])
        made |= {source.next() for _ in range(100)}
    assert len(made) == 300


@pytest.mark.parametrize("worker", [-1, WORKERS])
def test_a_worker_number_out_of_bounds_is_refused(worker: int) -> None:
    with pytest.raises(ValueError, match="is not in"):
        Snowflakes(worker)


def test_threads_make_no_id_twice() -> None:
    made: list[list[str]] = [[] for _ in range(8)]
    start = threading.Barrier(len(made))

    def work(into: list[str]) -> None:
        start.wait()
        into += [new_id() for _ in range(5_000)]

    threads = [threading.Thread(target=work, args=(into,)) for into in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == sorted(each) for each in made)
    assert len({id for each in made for id in each}) == 40_000


def test_eight_processes_started_at_once_make_160_000_ids_and_none_twice(tmp_path: Path) -> None:
    processes = [start(MAKE, tmp_path, 20_000) for _ in range(8)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:  # all wait for this line: they run in the same milliseconds
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    made = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [len(each) for each in made] == [20_000] * 8
    assert all(each == sorted(each) for each in made)
    assert len({id for each in made for id in each}) == 160_000
    milliseconds = [{id[:-5] for id in each} for each in made]
    assert any(one & other for i, one in enumerate(milliseconds) for other in milliseconds[:i]), "they did not overlap"


def test_living_processes_have_numbers_of_their_own_and_a_dead_one_leaves_its_own(tmp_path: Path) -> None:
    processes = [start(CLAIM, tmp_path) for _ in range(6)]
    numbers = []
    for process in processes:
        assert process.stdout is not None
        numbers.append(int(process.stdout.readline()))
    assert len(set(numbers)) == 6
    for process in processes:
        process.kill()
        process.communicate()
    assert claim_worker(tmp_path) in range(WORKERS)


def test_a_number_that_is_taken_is_passed_over(tmp_path: Path) -> None:
    holder = start(CLAIM, tmp_path)
    assert holder.stdout is not None
    taken = int(holder.stdout.readline())
    code = "import os, sys; os.getpid = lambda: int(sys.argv[2])\n" + CLAIM
    other = start(code, tmp_path, taken)
    out, _ = other.communicate(timeout=30)
    holder.communicate(timeout=30)
    assert int(out) == (taken + 1) % WORKERS


def test_without_a_folder_to_lock_in_the_number_is_random(tmp_path: Path) -> None:
    numbers = {claim_worker(tmp_path / "missing") for _ in range(20)}
    assert len(numbers) > 1
    assert numbers <= set(range(WORKERS))


def test_a_file_that_is_a_link_is_not_touched(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / f"rivulet-workers-{os.getuid()}").symlink_to(precious)
    numbers = {claim_worker(tmp_path) for _ in range(20)}
    assert len(numbers) > 1
    assert precious.read_text() == "mine"


def _made_in_a_child(pipe: multiprocessing.connection.Connection) -> None:
    pipe.send([new_id() for _ in range(5_000)])


def test_a_forked_child_makes_ids_of_its_own() -> None:
    new_id()  # the parent has its source
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=_made_in_a_child, args=(theirs,))
    child.start()
    made = [new_id() for _ in range(5_000)]
    others = ours.recv()
    child.join()
    ours.close()
    theirs.close()
    assert child.exitcode == 0
    assert len({*made, *others}) == 10_000
    assert ids._source is not None
