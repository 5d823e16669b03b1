"""Whatever becomes of the screens, no stream ends: each is in the end what the server sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual import events
from textual.screen import Screen

from tests.engine.engines import contents, engine_in, models, quiet
from tests.support.front_end import FrontEnd, app_on, config_in, front_end
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import Engine, StreamStatus
from tui.screens.chat import ChatScreen
from tui.screens.dialog import Dialog
from tui.screens.help import HelpScreen
from tui.screens.topics import TopicsScreen

TAGS = ("a1", "b2", "c3")
QUESTION = "n=600 tps=250 think=10 hold=500"
"""It waits before its end, so that it goes on while all is done that a test does."""


@pytest.fixture
async def shown(tmp_path: Path, load_server: LoadServer) -> AsyncIterator[FrontEnd]:
    async with front_end(tmp_path, load_server) as front:
        yield front


async def three_streams(engine: Engine, server: LoadServer) -> list[str]:
    """The topics of three streams that have begun and go on for some seconds. No screen had a part in it."""
    topics = []
    for tag in TAGS:
        topic = await engine.new_topic(engine.catalog.assistants()[0].id)
        await engine.send(topic.id, f"{QUESTION} tag={tag}")
        topics.append(topic.id)
    for tag in TAGS:
        await eventually(lambda tag=tag: (found := server.find(tag)) and found.deltas > 10, what=f"text of {tag}")  # type: ignore[misc]
    return topics


async def all_whole(engine: Engine, server: LoadServer, topics: list[str]) -> None:
    """Nothing was stopped, and what is kept is the server's record, in its own topic."""
    assert engine.registry.live == len(TAGS), "they still go on when this is asked"
    server.release()
    await quiet(engine)
    for topic, tag in zip(topics, TAGS, strict=True):
        (sent,) = server.find_all(tag)
        assert sent.done_at is not None and sent.closed_at is None
        assert contents(engine, topic) == [(f"{QUESTION} tag={tag}", StreamStatus.COMPLETED, sent.content)]
        reply = engine.catalog.branch(topic)[0].reply
        assert reply is not None and reply.reasoning == sent.reasoning


async def test_pushed_and_popped_screens_end_no_stream(shown: FrontEnd, load_server: LoadServer) -> None:
    topics = await three_streams(shown.engine, load_server)
    for screen in (HelpScreen({}), ChatScreen(shown.app.session), Dialog("Title", "Body", "Keys")):
        await shown.app.push_screen(screen)
        await shown.drawn()
        await shown.app.pop_screen()
        await shown.drawn()
    await all_whole(shown.engine, load_server, topics)


async def test_modes_switched_and_removed_end_no_stream(shown: FrontEnd, load_server: LoadServer) -> None:
    topics = await three_streams(shown.engine, load_server)
    for mode in ("topics", "settings", "chat", "topics"):
        await shown.app.switch_mode(mode)
        await shown.drawn()
    await shown.app.remove_mode("chat")
    await all_whole(shown.engine, load_server, topics)


async def test_switching_topics_ends_no_stream(shown: FrontEnd, load_server: LoadServer) -> None:
    topics = await three_streams(shown.engine, load_server)
    for topic in (*topics, *reversed(topics), *topics):
        await shown.open(topic)
    await all_whole(shown.engine, load_server, topics)


async def test_a_closed_and_switched_screen_ends_no_stream(shown: FrontEnd, load_server: LoadServer) -> None:
    topics = await three_streams(shown.engine, load_server)
    await shown.app.push_screen(ChatScreen(shown.app.session))
    await shown.app.switch_screen(TopicsScreen(shown.app.session))
    await shown.app.screen.dismiss()
    await shown.drawn()
    await shown.chat.remove_children()
    await all_whole(shown.engine, load_server, topics)


async def test_an_app_that_closes_ends_no_stream_of_an_engine_that_lives(
    tmp_path: Path, load_server: LoadServer
) -> None:
    of = models(load_server.url)
    async with engine_in(tmp_path, of) as engine:
        async with app_on(engine, config_in(tmp_path, of)):
            topics = await three_streams(engine, load_server)
        await all_whole(engine, load_server, topics)
        async with app_on(engine, config_in(tmp_path, of)) as pilot:
            await eventually(lambda: pilot.app.screen.query("#transcript"), what="the next app")


async def test_an_app_that_crashes_ends_no_stream(tmp_path: Path, load_server: LoadServer) -> None:
    class Fragile(Screen[None]):
        def on_key(self, event: events.Key) -> None:
            raise RuntimeError("a mistake in a screen")

    of = models(load_server.url)
    async with engine_in(tmp_path, of) as engine:
        with pytest.raises(RuntimeError, match="a mistake in a screen"):
            async with app_on(engine, config_in(tmp_path, of)) as pilot:
                topics = await three_streams(engine, load_server)
                await pilot.app.push_screen(Fragile())
                await pilot.press("x")
        await all_whole(engine, load_server, topics)


async def test_a_screen_that_cannot_be_drawn_ends_no_stream_and_stops_no_clock(
    shown: FrontEnd, load_server: LoadServer, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Screen[None]):
        tried = 0

        def sync(self) -> None:
            self.tried += 1
            raise RuntimeError("a mistake in sync")

    topics = await three_streams(shown.engine, load_server)
    broken = Broken()
    with caplog.at_level(logging.ERROR, "tui.live"):
        await shown.app.push_screen(broken)
        await eventually(lambda: broken.tried > 1, what="more than one try to draw")
    assert "a mistake in sync" in caplog.text
    await shown.app.pop_screen()
    await all_whole(shown.engine, load_server, topics)
    await shown.open(topics[0])
    await shown.shows("end-of-a1")


async def test_a_stream_outlives_the_task_and_the_screen_that_sent_it(shown: FrontEnd, load_server: LoadServer) -> None:
    async def send() -> None:
        await shown.engine.send(shown.app.session.topic_id, "n=100 tps=200 tag=sender")
        await asyncio.Event().wait()

    worker = shown.chat.run_worker(send())
    sent = await shown.exchange("sender", 5)
    worker.cancel()
    await quiet(shown.engine)
    assert contents(shown.engine, shown.app.session.topic_id)[0][1:] == (StreamStatus.COMPLETED, sent.content)
