"""Waiting in a lane: woken in turn and in time, told what for, gone at once when stopped."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.support.waiting import eventually
from tui.engine.lanes import Lanes, Ticket
from tui.engine.stream import ErrorKind, StreamError, StreamEvent, StreamType, Waiting, Waits

CHAT, TITLE = StreamType.CHAT, StreamType.TOPIC_TITLE
BUSY = StreamError(ErrorKind.RATE_LIMIT, "Too many requests.", 429)
DOWN = StreamError(ErrorKind.SERVER, "It failed.", 500)


class Street:
    """Lanes, and what they told."""

    def __init__(self, limit: int = 1) -> None:
        self.limit = limit
        self.told: list[Waits] = []
        self.lanes = Lanes(lambda provider: self.limit, self._apply, time.time)
        self.inside: list[str] = []
        self.most = 0
        self.order: list[str] = []
        self._gates: dict[str, asyncio.Event] = {}
        self._count = 0

    def _apply(self, event: StreamEvent) -> None:
        assert isinstance(event, Waits)
        self.told.append(event)

    def waiting(self, id: str) -> Waiting | None:
        """What it was last told to wait for."""
        return next((event.waiting for event in reversed(self.told) if event.id == id), None)

    def go(self, id: str, type: StreamType = CHAT, provider: str = "p") -> asyncio.Task[None]:
        """One that wants in, and stays until `let_out`."""
        ticket = self.lanes.ticket(provider, id, type)
        self._gates[id] = asyncio.Event()
        return asyncio.create_task(self._stay(ticket))

    async def _stay(self, ticket: Ticket) -> None:
        async with ticket:
            self.inside.append(ticket.id)
            self.order.append(ticket.id)
            self.most = max(self.most, len(self.inside))
            try:
                await self._gates[ticket.id].wait()
            finally:
                self.inside.remove(ticket.id)

    def let_out(self, id: str) -> None:
        self._gates[id].set()


async def settled() -> None:
    """Everything that can go on without anybody's help has gone on."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_rest_waits_is_told_its_turn_and_is_woken_in_it() -> None:
    street = Street()
    tasks = [street.go("a"), street.go("title", TITLE), street.go("b"), street.go("c")]
    await settled()
    assert street.inside == ["a"]
    turns = {event.id: event.waiting.turn for event in street.told}
    assert set(turns) == {"title", "b", "c"}
    assert sorted(turns, key=lambda id: turns[id] or 0) == ["b", "c", "title"]
    for id in ("a", "b", "c", "title"):
        street.let_out(id)
        await settled()
    await asyncio.gather(*tasks)
    assert street.order == ["a", "b", "c", "title"]


async def test_a_larger_limit_counts_at_once_and_a_smaller_one_as_soon_as_it_can() -> None:
    street = Street()
    tasks = [street.go(id) for id in "abcde"]
    await settled()
    street.limit = 3
    street.lanes.changed(())
    await settled()
    assert street.inside == ["a", "b", "c"]
    street.limit = 1
    street.lanes.changed(())
    street.let_out("a")
    street.let_out("b")
    await settled()
    assert street.inside == ["c"]
    for id in "cde":
        street.let_out(id)
        await settled()
    await asyncio.gather(*tasks)


async def test_one_providers_queue_keeps_no_other_waiting() -> None:
    street = Street()
    tasks = [street.go("a"), street.go("b"), street.go("other", provider="q")]
    await settled()
    assert street.inside == ["a", "other"]
    for id in ("a", "b", "other"):
        street.let_out(id)
    await asyncio.gather(*tasks)


async def test_who_is_stopped_while_it_waits_is_gone_at_once_and_takes_nobodys_place() -> None:
    street = Street()
    tasks = {id: street.go(id) for id in "abc"}
    await settled()
    tasks["b"].cancel()
    await settled()
    assert tasks["b"].cancelled()
    street.let_out("a")
    await settled()
    assert street.inside == ["c"]
    street.let_out("c")
    await asyncio.gather(tasks["a"], tasks["c"])


async def test_who_is_stopped_in_the_moment_in_which_it_is_let_in_passes_its_place_on() -> None:
    street = Street()
    tasks = {id: street.go(id) for id in "abc"}
    await settled()
    street.let_out("a")
    await asyncio.sleep(0)  # `a` is on its way out: `b` is let in before it runs again
    tasks["b"].cancel()
    await settled()
    assert street.order[-1] == "c"
    street.let_out("c")
    await asyncio.gather(tasks["a"], tasks["c"])


async def test_a_refusal_holds_all_and_says_until_when_and_why() -> None:
    street = Street(limit=2)
    ticket = street.lanes.ticket("p", "refused", CHAT)
    other = street.go("b")
    await settled()
    begun = time.time()
    async with ticket:
        queued = street.go("c")
        await settled()
        ticket.refused(BUSY, 0.3)
    waiting = street.waiting("c")
    assert waiting is not None and waiting.turn is not None and waiting.error == BUSY
    assert waiting.until == pytest.approx(begun + 0.3, abs=0.25)
    again = asyncio.create_task(enter(ticket))
    await settled()
    own = street.waiting("refused")
    assert own is not None and own.turn is not None and own.turn < waiting.turn, "it keeps its turn"
    street.let_out("b")
    await asyncio.wait_for(again, 5)
    assert time.time() - begun >= 0.28
    await eventually(lambda: "c" in street.inside)
    street.let_out("c")
    await asyncio.gather(other, queued)


async def enter(ticket: Ticket) -> None:
    async with ticket:
        pass


async def test_a_pause_is_waited_for_without_a_place_and_can_be_cut_short() -> None:
    street = Street()
    ticket = street.lanes.ticket("p", "a", CHAT)
    assert not street.lanes.hurry("a"), "it waits for nothing"
    pause = asyncio.create_task(ticket.pause(DOWN, 600.0))
    await settled()
    other = street.go("b")
    await settled()
    assert street.inside == ["b"]
    waiting = street.waiting("a")
    assert waiting is not None and waiting.turn is None and waiting.error == DOWN
    assert waiting.until is not None and 590 < waiting.until - time.time() <= 600
    assert street.lanes.hurry("a")
    await asyncio.wait_for(pause, 1)
    street.let_out("b")
    await other


async def test_a_held_lane_can_be_opened_by_who_waits_in_it() -> None:
    street = Street()
    async with (ticket := street.lanes.ticket("p", "a", CHAT)):
        ticket.refused(BUSY, 600.0)
    task = street.go("b")
    await settled()
    assert street.inside == []
    assert street.lanes.hurry("b")
    await settled()
    assert street.inside == ["b"]
    queued = street.go("c")
    await settled()
    assert not street.lanes.hurry("c"), "it waits for its turn, not for a time"
    async with (again := street.lanes.ticket("q", "x", CHAT)):
        again.refused(BUSY, 1.0)  # another lane's
    street.let_out("b")
    street.let_out("c")
    await asyncio.gather(task, queued)


async def test_a_hold_that_was_cut_short_and_came_again_is_told_again() -> None:
    street = Street()
    ticket = street.lanes.ticket("p", "a", CHAT)
    async with ticket:
        ticket.refused(BUSY, 600.0)
    task = street.go("b")
    await settled()
    again = asyncio.create_task(ticket.__aenter__())
    await settled()
    street.lanes.hurry("b")
    await again
    waiting = street.waiting("b")
    assert waiting is not None and waiting.until is None
    ticket.refused(BUSY, 600.0)
    waiting = street.waiting("b")
    assert waiting is not None and waiting.until is not None
    await ticket.__aexit__(None, None, None)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_provider_that_is_another_now_lets_them_in() -> None:
    street = Street()
    async with (ticket := street.lanes.ticket("p", "a", CHAT)):
        ticket.refused(BUSY, 600.0)
    task = street.go("b")
    await settled()
    street.lanes.changed(["p", "unheard of"])
    await settled()
    assert street.inside == ["b"]
    street.let_out("b")
    await task


@pytest.mark.parametrize("seed", range(5))
async def test_no_wakeup_is_lost_whatever_happens(seed: int) -> None:
    chance = random.Random(seed)
    street = Street(limit=3)
    tasks = {f"s{number}": street.go(f"s{number}", chance.choice(list(StreamType))) for number in range(60)}
    acts: list[Callable[[], object]] = [
        lambda: street.let_out(chance.choice(street.inside)) if street.inside else None,
        lambda: tasks[chance.choice(list(tasks))].cancel(),
        lambda: street.lanes.hurry(chance.choice(list(tasks))),
        lambda: street.lanes.changed(()),
    ]
    for _ in range(60):
        chance.choices(acts, (6, 2, 1, 1))[0]()
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
    async with asyncio.timeout(10):
        while any(not task.done() for task in tasks.values()):
            for id in tuple(street.inside):
                street.let_out(id)
            await asyncio.sleep(0)
    assert street.most <= 3
    assert street.inside == []
