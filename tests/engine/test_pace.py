from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from tui.engine import pace as paces
from tui.engine.pace import Pace, Turns


@pytest.fixture
def pace() -> Pace:
    return Pace()


async def take(pace: Pace, order: list[str], name: str) -> None:
    await pace.turn()
    order.append(name)


async def test_one_turn_in_each_round_of_the_loop_in_the_order_of_asking(pace: Pace) -> None:
    order: list[str] = []
    tasks = [asyncio.create_task(take(pace, order, name)) for name in "abcd"]
    seen: list[int] = []
    while len(order) < 4:
        await asyncio.sleep(0)
        seen.append(len(order))
    assert order == list("abcd")
    assert all(later - earlier <= 1 for earlier, later in pairwise(seen))
    await asyncio.gather(*tasks)


async def test_one_that_is_cancelled_while_it_waits_takes_nobodys_turn(pace: Pace) -> None:
    order: list[str] = []
    tasks = [asyncio.create_task(take(pace, order, name)) for name in "abc"]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[1].cancel()
    await asyncio.wait_for(tasks[2], 5)
    assert order == ["c"]
    await asyncio.wait_for(take(pace, order, "d"), 5)  # and none is held up later


async def test_a_key_goes_first(pace: Pace) -> None:
    loop = asyncio.get_running_loop()
    pace.give_way()
    pressed = loop.time()
    await pace.turn()
    assert loop.time() - pressed >= paces.WAY * 0.9


async def test_keys_without_end_hold_no_stream_for_long(pace: Pace) -> None:
    loop = asyncio.get_running_loop()
    held = asyncio.Event()

    async def press() -> None:
        while not held.is_set():
            pace.give_way()
            await asyncio.sleep(paces.WAY / 4)

    pressing = asyncio.create_task(press())
    await asyncio.sleep(0)
    began = loop.time()
    await asyncio.wait_for(pace.turn(), paces.LONGEST * 50)
    assert loop.time() - began >= paces.LONGEST * 0.9  # the keys did come on
    held.set()
    await pressing


async def test_a_rest_is_part_of_the_time_that_keys_hold_a_stream(pace: Pace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paces, "WAY", 1000.0)
    pace.give_way()
    now = asyncio.get_running_loop().time()
    rested, new = asyncio.create_task(pace.turn(now - paces.LONGEST)), asyncio.create_task(pace.turn(now + 1000.0))
    for _ in range(5):
        await asyncio.sleep(0)
    assert rested.done() and not new.done()
    new.cancel()


class Clock:
    """The loop's time, which passes only as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)
        monkeypatch.setattr(asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


async def test_a_stream_that_waits_for_each_delta_rests_and_then_takes_in_all_that_came(
    pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    turns = Turns(pace)
    clock.now += 0.01
    turns.came(200)
    assert turns.over()
    await turns.rest(brought=True)
    assert clock.slept == [paces.BEAT]
    for _ in range(4):  # they were there already
        clock.now += 0.0001
        turns.came(200)
        assert not turns.over()
    clock.now += 0.01
    turns.came(200)
    assert turns.over()


async def test_what_brings_no_text_makes_no_rest(pace: Pace, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    turns = Turns(pace)
    clock.now += 0.5
    turns.came(200)
    assert turns.over()
    await turns.rest(brought=False)
    assert clock.slept == []


async def test_a_flood_never_rests_but_lets_others_have_their_turn(pace: Pace, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    turns = Turns(pace)
    for _ in range(3):
        clock.now += 0.01  # it was not there yet, and is much
        turns.came(paces._FLOOD)
        assert turns.over()
        await turns.rest(brought=True)
    for _ in range(20):  # it was there, and takes its time
        clock.now += paces.SLICE / 5
        turns.came(200)
        if turns.over():
            await turns.rest(brought=True)
    assert clock.slept == []
