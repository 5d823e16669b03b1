"""A clock that is set back, or far ahead and back again, does no harm: ids, order, times, titles, journal."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.engine.engines import ask, ended, engine_in, grown, models, new_topic, replies
from tests.engine.kills import as_if_killed
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import Engine, ErrorKind, Message, StreamStatus, ids
from tui.engine.documents import time_text
from tui.engine.journal_file import read
from tui.engine.storage import DocumentFile

YEARS = 74 * 365.25 * 86_400
BACK = 50 * 365.25 * 86_400


class Clock:
    """The machine's clock, as somebody has set it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The clock of ids, too."""
    clock = Clock()
    monkeypatch.setattr(ids, "_source", ids.Snowflakes(7, clock))
    yield clock


@asynccontextmanager
async def started(folder: Path, server: LoadServer, clock: Clock) -> AsyncIterator[Engine]:
    """A new start, with a source of ids that knows of none before."""
    ids._source = ids.Snowflakes(7, clock)
    async with engine_in(folder, models(server.url), clock=clock, titles=False) as engine:
        await engine._tasks.finish()
        yield engine


def never_negative(message: Message | None) -> None:
    assert message is not None
    at = [message.created_at, message.first_token_at, message.answered_at, message.ended_at]
    known = [one for one in at if one is not None]
    assert known == sorted(known)
    assert message.ended_at is not None and message.paused_ms >= 0


JUMPS = [[-3600.0], [YEARS, 0.0], [-BACK, 0.0, YEARS, -3600.0], [0.0, -1.0, -2.0]]


@pytest.mark.parametrize("jumps", JUMPS, ids=str)
@pytest.mark.parametrize("restarted", [False, True])
async def test_order_ids_and_times_hold_within_a_run_and_over_starts(
    tmp_path: Path, load_server: LoadServer, clock: Clock, jumps: list[float], restarted: bool
) -> None:
    seen: list[str] = []
    topics: list[str] = []

    async def step(engine: Engine) -> None:
        for id in topics[:1]:
            await engine.load(id)
        topic = await new_topic(engine)
        topics.append(topic.id)
        await ended(engine, await ask(engine, topic, f"n=3 tag=t{len(topics)}"))
        lasting = engine.catalog.topic(topics[0])
        assert lasting is not None
        stream = await ended(engine, await ask(engine, lasting, f"n=3 think=2 tag=l{len(topics)}"))
        branch = engine.catalog.branch(topics[0])
        assert [one.question.content for one in branch] == [
            f"n=3 {words}" for number in range(len(topics)) for words in questions(number)
        ]
        assert engine.catalog.newest(topics[0]) == branch[-1]
        assert [one.id for one in engine.catalog.topics()] == [topics[0], *reversed(topics[1:])]
        seen.extend([topic.id, branch[-1].id, stream.id])
        assert seen == sorted(set(seen))
        assert all(re.fullmatch("[0-9a-z]{13}", id) for id in seen)
        for reply in replies(engine, topics[0]):
            never_negative(reply)

    def questions(number: int) -> list[str]:
        return ["tag=t1", "think=2 tag=l1"] if number == 0 else [f"think=2 tag=l{number + 1}"]

    if restarted:
        for clock.ahead in [0.0, *jumps]:
            async with started(tmp_path, load_server, clock) as engine:
                await step(engine)
    else:
        async with started(tmp_path, load_server, clock) as engine:
            for clock.ahead in [0.0, *jumps]:
                await step(engine)
    clock.ahead = 0.0
    async with started(tmp_path, load_server, clock) as engine:
        assert [one.id for one in engine.catalog.topics()] == [topics[0], *reversed(topics[1:])]
        await engine.load(topics[0])
        assert [one.id for one in engine.catalog.branch(topics[0])][-1] == seen[-2]


@pytest.mark.parametrize("jump", [-3600.0, YEARS, -BACK])
async def test_a_reply_in_the_midst_of_which_the_clock_is_set_is_whole_and_took_no_less_than_nothing(
    tmp_path: Path, load_server: LoadServer, clock: Clock, jump: float
) -> None:
    async with started(tmp_path, load_server, clock) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=60 think=5 hold=30 tag=a")
        await grown(engine, id)
        clock.ahead = jump
        sent = await asyncio.to_thread(load_server.wait_for, "a", 30)
        load_server.release()
        assert (await ended(engine, id)).status is StreamStatus.COMPLETED
        never_negative(replies(engine, topic.id)[0])
        cut = await ask(engine, topic, "n=9 stall=5 tag=b")
        await grown(engine, cut)
        await engine.stop(cut)
        await ended(engine, cut)
        clock.ahead -= 86_400.0
        again = await engine.continue_reply(engine.catalog.branch(topic.id)[-1].id)
        await ended(engine, again)
        for reply in replies(engine, topic.id):
            never_negative(reply)
        assert str((await ended(engine, id)).content) == sent.whole


@pytest.mark.parametrize("jump", [-3600.0, YEARS, -BACK])
async def test_what_streamed_when_the_clock_was_set_and_rivulet_killed_comes_back_whole_and_once(
    tmp_path: Path, load_server: LoadServer, clock: Clock, jump: float
) -> None:
    async with started(tmp_path / "a", load_server, clock) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=3 tag=before"))
        clock.ahead = jump
        id = await ask(engine, topic, "n=50 think=3 stall=20 tag=a")
        sent = await asyncio.to_thread(load_server.wait_for, "a", 20)
        await grown(engine, id, len(sent.content))
        await eventually(
            lambda: any(str(one.content) == sent.content for one in read(tmp_path / "a" / "data" / "journal").streams)
        )
        killed = as_if_killed(tmp_path / "a", tmp_path / "b")
        await engine.stop_all()
    # As if the kill had come before the index was written: it does not know of the question yet.
    index = DocumentFile(killed / "data" / "index.json")
    [before, _] = engine.catalog.branch(topic.id)
    index.put("topics", [{"id": topic.id, "head": before.id, "updated_at": time_text(before.created_at)}])
    index.flush()
    clock.ahead = 0.0
    for _ in range(2):
        async with started(killed, load_server, clock) as engine:
            await engine.load(topic.id)
            [_, message] = replies(engine, topic.id)
            assert message is not None and (message.content, message.reasoning) == (sent.content, sent.reasoning)
            assert message.error is not None and message.error.kind is ErrorKind.INTERRUPTED
            never_negative(message)
