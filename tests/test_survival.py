"""Whatever becomes of the screens, no stream ends: each is in the end what the server sent."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual import events

from tests.engine.engines import contents, engine_in, models, quiet
from tests.support.front_end import FrontEnd, app_on, config_in, front_end
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.app import RivuletApp
from tui.engine import Engine, StreamStatus
from tui.screens.chat import ChatScreen
from tui.screens.dialog import Dialog
from tui.screens.failed import FailedScreen
from tui.screens.help import HelpScreen
from tui.screens.topics import TopicsScreen
from tui.widgets.composer import Composer
from tui.widgets.row_list import RowList
from tui.widgets.status_line import StatusLine
from tui.widgets.transcript import Transcript

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


async def test_a_closed_switched_and_emptied_screen_ends_no_stream(tmp_path: Path, load_server: LoadServer) -> None:
    async with front_end(tmp_path, load_server, frail=True) as shown:  # without its children a screen can't be shown
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


@dataclass(frozen=True)
class Mistake:
    """Where one is made in our own screens, how, and whether the screen can still be shown."""

    where: str
    on: type
    method: str
    bring_about: Callable[[FrontEnd], object]
    stays: bool = True


MISTAKES = (
    Mistake("drawing a line", Transcript, "_paint", lambda shown: shown.transcript.refresh()),
    Mistake("drawing", StatusLine, "render_line", lambda shown: shown.chat.query_one(StatusLine).refresh()),
    Mistake("a key's action", ChatScreen, "action_toggle_reasoning", lambda shown: _press(shown, "ctrl+t")),
    Mistake("a handler", ChatScreen, "on_resize", lambda shown: shown.pilot.resize_terminal(110, 35)),
    Mistake("a widget's handler", Composer, "_on_key", lambda shown: _press(shown, "x")),
    Mistake("a timer", ChatScreen, "focus_next", lambda shown: shown.chat.set_timer(0.01, shown.chat.focus_next)),
    Mistake("a callback", ChatScreen, "focus_next", lambda shown: shown.chat.call_later(shown.chat.focus_next)),
    Mistake("a task of a screen", ChatScreen, "focus_next", lambda shown: shown.chat.run_worker(_call(shown.chat))),
    Mistake("the app", RivuletApp, "action_help", lambda shown: _press(shown, "f1")),
    Mistake("sync", ChatScreen, "sync", lambda shown: shown.drawn(), stays=False),
    Mistake("layout", Composer, "get_content_height", lambda shown: shown.composer.refresh(layout=True), stays=False),
    Mistake("composing", TopicsScreen, "compose", lambda shown: _press(shown, "f3"), stays=False),
    Mistake("mounting", TopicsScreen, "on_mount", lambda shown: _press(shown, "f3"), stays=False),
    Mistake("mounting a widget", RowList, "on_mount", lambda shown: _press(shown, "f3"), stays=False),
)


def _press(shown: FrontEnd, key: str) -> None:
    """Without a pilot, which waits for a rest that streams do not give."""
    shown.app.post_message(events.Key(key, key if len(key) == 1 else None))


async def _call(screen: ChatScreen) -> None:
    screen.focus_next()


async def test_a_mistake_in_any_screen_is_told_and_logged_and_ends_no_stream_and_no_app(
    tmp_path: Path, load_server: LoadServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with front_end(tmp_path, load_server, frail=True) as shown:
        topics = await three_streams(shown.engine, load_server)
        await shown.open(topics[0])
        await shown.shows("a1-000")
        for number, mistake in enumerate(MISTAKES):
            with pytest.MonkeyPatch.context() as patch:
                _break(patch, mistake, number)
                done = mistake.bring_about(shown)
                if inspect.isawaitable(done):
                    await done
                await shown.until(lambda: "Rivulet made a mistake here" in " ".join(shown.text.split()), mistake.where)
                await shown.until(lambda n=number: f"mistake {n}" in caplog.text, mistake.where)  # type: ignore[misc]
                assert isinstance(shown.app.screen, FailedScreen) != mistake.stays, mistake.where
            if not mistake.stays:
                _press(shown, "f4")
                await shown.shows("^  Settings")
                _press(shown, "f2")
                await shown.shows("Ask something")
            await shown.open(topics[0])
            await shown.shows("a1-00")
            await shown.shows_no("Rivulet made a mistake")
        await shown.pilot.press("f3")
        await shown.until(lambda: isinstance(shown.app.screen, TopicsScreen), "the topics, made anew")
        await shown.pilot.press("ctrl+n", *"tag=after", "enter")
        await shown.shows("end-of-after")
        await all_whole(shown.engine, load_server, topics)


def _break(patch: pytest.MonkeyPatch, mistake: Mistake, number: int) -> None:
    # Each in a place of its own: what fails again in the same one is not told at once.
    made: dict[str, object] = {}
    exec(compile(f"def fail(*_, **__): raise RuntimeError('mistake {number}')", f"mistake {number}", "exec"), made)
    patch.setattr(mistake.on, mistake.method, made["fail"], raising=False)


async def test_a_screen_that_fails_while_the_app_starts_gives_way_too(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a mistake at the start")

    of = models(load_server.url)
    async with engine_in(tmp_path, of) as engine:
        monkeypatch.setattr(ChatScreen, "compose", fail)
        app = RivuletApp(engine, config_in(tmp_path, of), theme="dark")
        async with app.run_test(size=(120, 35)) as pilot:
            await eventually(lambda: isinstance(app.screen, FailedScreen), what="words in its place")
            await pilot.press("f3")
            await eventually(lambda: isinstance(app.screen, TopicsScreen), what="another screen")


async def test_a_stream_outlives_the_task_and_the_screen_that_sent_it(shown: FrontEnd, load_server: LoadServer) -> None:
    async def send() -> None:
        await shown.engine.send(shown.app.session.topic_id, "n=100 tps=200 tag=sender")
        await asyncio.Event().wait()

    worker = shown.chat.run_worker(send())
    sent = await shown.exchange("sender", 5)
    worker.cancel()
    await quiet(shown.engine)
    assert contents(shown.engine, shown.app.session.topic_id)[0][1:] == (StreamStatus.COMPLETED, sent.content)
