"""A request is made again by itself while nothing of its reply was shown, as its server wants, and never afterwards."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from tests.engine.engines import ask, contents, ended, engine_in, grown, models, new_topic, start
from tests.support.raw_server import Connection, RawServer, raw_server
from tests.support.waiting import eventually
from tui.engine import Engine, ErrorKind, Stream, StreamStatus, StreamType, Turn, Waits
from tui.engine.provider import WireProtocol

COMPLETED, ERROR, STOPPED = StreamStatus.COMPLETED, StreamStatus.ERROR, StreamStatus.STOPPED
SSE = [("Content-Type", "text/event-stream")]


def chunk(finish: str | None = None, **delta: str) -> bytes:
    said = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(said).encode() + b"\n\n"


WHOLE = (chunk(content="Hi"), chunk("stop"), b"data: [DONE]\n\n")


@dataclass
class Moody:
    """A server that does something else than answer, so often, and when it was asked."""

    status: int = 0
    headers: Sequence[tuple[str, str]] = ()
    pieces: Sequence[bytes] = ()
    """Of a body that begins well and breaks off."""
    how: str = "eof"
    times: int = 1
    asked_at: list[float] = field(default_factory=list)
    server: RawServer | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return self.server.url

    async def answer(self, connection: Connection) -> None:
        self.asked_at.append(time.time())
        if len(self.asked_at) > self.times:
            await connection.head(headers=SSE)
            await connection.body(*WHOLE)
            await connection.end()
        elif self.status:
            await connection.head(self.status, self.headers)
            await connection.body(b"No.")
            await connection.end()
        elif self.how == "hang up":
            connection.reset()
        else:
            await connection.head(headers=SSE)
            await connection.body(*self.pieces)
            await connection.end(self.how)


@asynccontextmanager
async def moody(folder: Path, server: Moody, **changes: Any) -> AsyncIterator[Engine]:
    async with raw_server(server.answer) as server.server:
        async with engine_in(folder, models(server.url, **changes), titles=False) as engine:
            yield engine


async def waiting(engine: Engine, id: str) -> Stream:
    """The stream once it waits."""
    return await eventually(
        lambda: stream if (stream := engine.registry.get(id)) and stream.waiting is not None else None,
        what=f"waiting; the stream is {engine.registry.get(id)}",
    )


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
async def test_what_passes_is_asked_again_and_nobody_sees_more_than_a_wait(tmp_path: Path, status: int) -> None:
    server = Moody(status)
    async with moody(tmp_path, server) as engine:
        told: list[Waits] = []
        engine.registry.subscribe(lambda event: told.append(event) if isinstance(event, Waits) else None)
        stream = await ended(engine, await start(engine, "Hello?"))
        assert (stream.status, str(stream.content), stream.error, stream.tries) == (COMPLETED, "Hi", None, 2)
        assert stream.waiting is None
    (waits,) = told
    assert waits.waiting.error is not None and waits.waiting.error.http_status == status
    assert waits.waiting.until is not None and 0.2 < waits.waiting.until - waits.at <= 0.5
    assert server.asked_at[1] - server.asked_at[0] >= 0.2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_what_does_not_pass_is_not_asked_again(tmp_path: Path, status: int) -> None:
    server = Moody(status)
    async with moody(tmp_path, server) as engine:
        stream = await ended(engine, await start(engine, "Hello?"))
        assert (stream.status, stream.tries) == (ERROR, 1)
        assert stream.error is not None and stream.error.http_status == status
    assert len(server.asked_at) == 1


@pytest.mark.parametrize(
    ("status", "headers", "tries"),
    [
        (400, {"x-should-retry": "true"}, 2),
        (503, {"x-should-retry": "false"}, 1),
        (429, {"X-Should-Retry": "false", "Retry-After": "0"}, 1),
        (429, {"Retry-After": "601"}, 1),
        (503, {"Retry-After": formatdate(time.time() + 7200, usegmt=True)}, 1),
    ],
)
async def test_the_server_may_say_otherwise(tmp_path: Path, status: int, headers: dict[str, str], tries: int) -> None:
    async with moody(tmp_path, Moody(status, list(headers.items()))) as engine:
        stream = await ended(engine, await start(engine, "Hello?"))
        assert stream.tries == tries
        assert stream.status is (COMPLETED if tries > 1 else ERROR)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "wish",
    [("retry-after-ms", "1100"), ("Retry-After", "1.1"), ("Retry-After", "the date of in three seconds")],
    ids=lambda wish: wish[1],
)
async def test_it_is_left_alone_for_as_long_as_it_wants(tmp_path: Path, status: int, wish: tuple[str, str]) -> None:
    date = int(time.time()) + 3.0 if "date" in wish[1] else None
    server = Moody(status, [wish if date is None else (wish[0], formatdate(date, usegmt=True))])
    async with moody(tmp_path, server) as engine:
        id = await start(engine, "Hello?")
        stream = await waiting(engine, id)
        until = server.asked_at[0] + 1.1 if date is None else date
        assert stream.waiting is not None and stream.waiting.until == pytest.approx(until, abs=0.4)
        assert stream.status is StreamStatus.CONNECTING
        assert (await ended(engine, id)).status is COMPLETED
    assert server.asked_at[1] >= until - 0.05


@pytest.mark.parametrize("most", [0, 1, 3])
async def test_never_more_often_than_max_retries_and_then_it_says_so(tmp_path: Path, most: int) -> None:
    server = Moody(500, [("retry-after-ms", "20")], times=99)
    async with moody(tmp_path, server, max_retries=most) as engine:
        stream = await ended(engine, await start(engine, "Hello?"))
        assert (stream.status, stream.tries) == (ERROR, most + 1)
        assert stream.error is not None and stream.error.kind is ErrorKind.SERVER
        assert stream.error.message.endswith(f"It was asked {most + 1} times.") == (most > 0)
    assert len(server.asked_at) == most + 1


async def test_connections_that_fail_are_made_again(tmp_path: Path) -> None:
    server = Moody(how="hang up", times=2)
    async with moody(tmp_path, server) as engine:
        stream = await ended(engine, await start(engine, "Hello?"))
        assert (stream.status, str(stream.content), stream.tries) == (COMPLETED, "Hi", 3)


async def test_a_server_that_is_not_there_is_asked_again(tmp_path: Path) -> None:
    async with raw_server(Moody().answer) as server:
        gone = server.url
    async with engine_in(tmp_path, models(gone), titles=False) as engine:
        stream = await ended(engine, await start(engine, "Hello?"))
        assert stream.tries == 3
        assert stream.error is not None and stream.error.kind is ErrorKind.NETWORK
        assert "refused" in stream.error.message


BEFORE_TEXT = {
    "no body at all": (),
    "who speaks, and no word": (chunk(role="assistant", content=""),),
    "a keep-alive": (b": keep-alive\n\n",),
}


@pytest.mark.parametrize("how", ["eof", "reset"])
@pytest.mark.parametrize("pieces", BEFORE_TEXT.values(), ids=BEFORE_TEXT)
async def test_a_reply_that_broke_before_its_first_word_is_asked_for_again(
    tmp_path: Path, pieces: Sequence[bytes], how: str
) -> None:
    async with moody(tmp_path, Moody(pieces=pieces, how=how)) as engine:
        stream = await ended(engine, await start(engine, "Hello?"))
        assert (stream.status, str(stream.content), stream.tries) == (COMPLETED, "Hi", 2)


WITH_TEXT = {
    "a word": (chunk(content="Hel"),),
    "a thought": (chunk(reasoning_content="Hm"),),
    "half a tag": (chunk(content="<thi"),),
    "a blank": (chunk(content=" "),),
}


@pytest.mark.parametrize("how", ["eof", "reset"])
@pytest.mark.parametrize("pieces", WITH_TEXT.values(), ids=WITH_TEXT)
async def test_once_anything_was_shown_it_is_not_asked_again(tmp_path: Path, pieces: Sequence[bytes], how: str) -> None:
    server = Moody(pieces=pieces, how=how)
    async with moody(tmp_path, server) as engine:
        stream = await ended(engine, await start(engine, "Hello?"))
        assert (stream.status, stream.tries) == (ERROR, 1)
        assert str(stream.content) + str(stream.reasoning) in ("Hel", "Hm", "<thi", " ")
    assert len(server.asked_at) == 1


async def test_a_reply_that_times_out_is_not_asked_for_again(tmp_path: Path) -> None:
    server = Moody(pieces=[b": keep-alive\n\n"], how="hang")
    async with moody(tmp_path, server, idle_timeout=0.2) as engine:
        stream = await ended(engine, await start(engine, "Hello?"))
        assert stream.error is not None and stream.error.kind is ErrorKind.TIMEOUT
        assert stream.tries == 1


async def test_a_wait_is_cut_short_by_who_wants_that(tmp_path: Path) -> None:
    for status in (429, 503):  # one waits in its lane, the other beside it
        async with moody(tmp_path / str(status), Moody(status, [("Retry-After", "500")])) as engine:
            id = await start(engine, "Hello?")
            await waiting(engine, id)
            assert await engine.hurry(id)
            assert (await ended(engine, id, timeout=5)).status is COMPLETED
            assert not await engine.hurry(id)


async def test_a_stop_while_it_waits_counts_at_once(tmp_path: Path) -> None:
    for status in (429, 503):
        server = Moody(status, [("Retry-After", "500")])
        async with moody(tmp_path / str(status), server) as engine:
            topic = await new_topic(engine)
            id = await ask(engine, topic, "Hello?")
            await waiting(engine, id)
            assert await engine.stop(id)
            stream = await ended(engine, id, timeout=2)
            assert (stream.status, stream.error, stream.waiting) == (STOPPED, None, None)
            assert contents(engine, topic.id) == [("Hello?", STOPPED, "")]
        assert len(server.asked_at) == 1


async def test_an_engine_that_closes_waits_for_no_try(tmp_path: Path) -> None:
    async with moody(tmp_path, Moody(503, [("Retry-After", "500")])) as engine:
        id = await start(engine, "Hello?")
        await waiting(engine, id)
        async with asyncio.timeout(10):
            await engine.close()
        stream = engine.registry.get(id)
        assert stream is not None and stream.status is STOPPED


async def test_a_reply_that_goes_on_is_tried_again_too_and_keeps_what_it_had(tmp_path: Path) -> None:
    server = Moody(pieces=[chunk(content="One, ")], how="reset")
    async with moody(tmp_path, server) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "Count."))
        conversation = engine.catalog.branch(topic.id)[-1]
        server.status, server.times = 503, 2
        stream = await ended(engine, await engine.continue_reply(conversation.id))
        assert (stream.status, str(stream.content), stream.tries) == (COMPLETED, "One, Hi", 2)


async def test_too_many_requests_hold_back_the_providers_others_and_nobody_elses(tmp_path: Path) -> None:
    server = Moody(429, [("retry-after-ms", "1200")])
    async with raw_server(server.answer) as server.server:
        of = models(server.url)
        of = replace(of, providers={**of.providers, "other": replace(of.providers["load"], name="other")})
        async with engine_in(tmp_path, of, titles=False) as engine:
            first = await start(engine, "Hello?")
            await waiting(engine, first)
            second = await start(engine, "Hello?")
            stream = await waiting(engine, second)
            assert stream.status is StreamStatus.IDLE and stream.tries == 0
            assert stream.waiting is not None and stream.waiting.until is not None
            assert stream.waiting.error is not None and stream.waiting.error.http_status == 429
            assert engine.registry.places() == {first: 1, second: 2}
            other = await engine.start(StreamType.CHAT, "x", "other", (Turn("user", "Hello?"),))
            assert (await ended(engine, other)).status is COMPLETED
            assert len(server.asked_at) == 2, "the first's, and the other's"
            for id in (first, second):
                assert (await ended(engine, id)).status is COMPLETED
    assert min(server.asked_at[2:]) >= server.asked_at[0] + 1.15


async def test_a_failure_of_one_holds_no_other_back(tmp_path: Path) -> None:
    async with moody(tmp_path, Moody(503, [("Retry-After", "500")])) as engine:
        first = await start(engine, "Hello?")
        await waiting(engine, first)
        assert (await ended(engine, await start(engine, "Hello?"))).status is COMPLETED
        await engine.stop(first)


async def test_a_changed_limit_counts_for_those_that_wait(tmp_path: Path) -> None:
    server = Moody(pieces=[chunk(content="Hel")], how="hang", times=99)
    async with moody(tmp_path, server, max_streams=1) as engine:
        ids = [await start(engine, "Hello?") for _ in range(4)]
        await grown(engine, ids[0])
        await waiting(engine, ids[3])
        assert engine.registry.places() == {id: place for place, id in enumerate(ids[1:], 1)}
        await engine.configure(models(server.url, max_streams=3))
        for id in ids[1:3]:
            await grown(engine, id)
        assert engine.registry.places() == {ids[3]: 1}
        await engine.stop_all()


async def test_other_settings_for_a_provider_end_what_it_has_said(tmp_path: Path) -> None:
    server = Moody(429, [("Retry-After", "500")])
    async with moody(tmp_path, server) as engine:
        id = await start(engine, "Hello?")
        await waiting(engine, id)
        await engine.configure(models(server.url, model="other"))
        assert (await ended(engine, id, timeout=5)).status is COMPLETED


async def test_every_protocol_has_its_tries(tmp_path: Path) -> None:
    server = Moody(503, [("retry-after-ms", "10")], times=99)
    async with raw_server(server.answer) as server.server:
        of = models(server.url, max_retries=1)
        for protocol in WireProtocol:
            spoken = replace(of, providers={"load": replace(of.providers["load"], protocol=protocol)})
            async with engine_in(tmp_path / protocol, spoken, titles=False) as engine:
                stream = await ended(engine, await start(engine, "Hello?"))
                assert (stream.status, stream.tries) == (ERROR, 2)
