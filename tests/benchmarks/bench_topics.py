"""The list of all topics with 10,000 of them: `pytest -m benchmark -s tests/benchmarks/bench_topics.py`.

The app paints as into a terminal of 120x40, to the last escape sequence, but writes to none. `sync` is what each frame
costs while something streams."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from pathlib import Path, PurePath
from typing import ClassVar

import pytest
from rich.console import RenderableType
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

import tui.app
from tests.engine.engines import engine_in, models
from tests.support.front_end import config_in
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.app import RivuletApp
from tui.engine import Assistant, Library, StreamStatus, Topic
from tui.screens.chat import ChatScreen
from tui.screens.topics import TopicsScreen

pytestmark = pytest.mark.benchmark

TOPICS = 10_000
WORDS = "tide moon harbour 潮汐 月亮 invoice letter рассказ Rust lifetimes bread sourdough contract menu".split()
KEYS = {
    "a key in the filter": (
        *"tidemoon",
        *["backspace"] * 8,
        *"潮汐",
        *["backspace"] * 2,
        *"general",
        *["backspace"] * 7,
    ),
    "a step of the cursor": ("down",) * 20,
    "another order": ("alt+o",) * 8,
}


class Painted(RivuletApp):
    """An app that renders each frame as for a terminal."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [Path(tui.app.__file__).parent / path for path in RivuletApp.CSS_PATH]

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        render = getattr(renderable, "render_segments", None)
        if render is not None:
            render(self.console)


async def _write(data: Path) -> None:
    choose = random.Random(7)
    library = Library.open(data)
    assistants = [Assistant(f"{n:013}", f"Assistant {n}" if n else "General", 0.0, 0.0, position=n) for n in range(20)]
    topics = [
        Topic(
            f"{n + 100:013}",
            choose.choice(assistants).id,
            n,
            1_700_000_000.0 + n * 900,
            name=" ".join(choose.choices(WORDS, k=4)) + f" {n}",
            named_by="model",
            head="0",
            unread=n % 9 == 0,
            last_status=choose.choice([StreamStatus.COMPLETED, StreamStatus.ERROR, StreamStatus.STOPPED]),
            pinned=n % 1000 == 0,
        )
        for n in range(TOPICS)
    ]
    await library.save(*assistants, *topics)
    await library.close()


async def _painted(app: App[None]) -> None:
    done = asyncio.Event()
    app.screen.call_after_refresh(done.set)
    await done.wait()


async def _cost(pilot: Pilot[None], key: str) -> float:
    """CPU of a key until it is painted."""
    began = time.process_time()
    pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
    await pilot.pause()
    await _painted(pilot.app)
    return (time.process_time() - began) * 1000


def _sync(screen: TopicsScreen) -> float:
    began = time.process_time()
    screen.sync()
    return (time.process_time() - began) * 1000


async def test_ten_thousand_topics_stay_quick(tmp_path: Path, load_server: LoadServer) -> None:
    await _write(tmp_path / "data")
    of = models(load_server.url)
    costs: dict[str, list[float]] = {}
    async with engine_in(tmp_path, of) as engine:
        app = Painted(engine, config_in(tmp_path, of), theme="dark")
        async with app.run_test(size=(120, 40)) as pilot:
            await eventually(lambda: isinstance(app.screen, ChatScreen), what="the chat")
            began = time.process_time()
            await app.switch_mode("topics")
            await _painted(app)
            costs["opened for the first time"] = [(time.process_time() - began) * 1000]
            await pilot.pause()
            screen = app.screen
            assert isinstance(screen, TopicsScreen)
            for kind, keys in KEYS.items():
                costs[kind] = [await _cost(pilot, key) for key in keys]
            costs["sync, nothing new"] = [_sync(screen) for _ in range(30)]
            topics = engine.catalog.topics()
            costs["sync, one topic changed"] = []
            for topic in topics[:300:10]:
                await engine.pin_topic(topic.id, not topic.pinned)
                costs["sync, one topic changed"].append(_sync(screen))
            for number in range(20):
                topic = await engine.new_topic(topics[0].assistant_id)
                await engine.send(topic.id, f"n=100000 tps=20 tag=t{number}")
            await eventually(lambda: (found := load_server.find("t19")) and found.deltas > 5, what="the last stream")
            costs["sync, 20 streams"] = []
            for _ in range(30):
                await asyncio.sleep(0.05)
                costs["sync, 20 streams"].append(_sync(screen))
            await engine.stop_all()
    print(f"\n{TOPICS:,} topics, CPU in ms: median (greatest)")
    for kind, each in costs.items():
        print(f"{kind:28}{statistics.median(each):8.1f} ({max(each):.1f})")
    # As a ratio, whoever else uses the machine: a step of the cursor looks at two rows, however many there are.
    assert statistics.median(costs["a key in the filter"]) <= 3 * statistics.median(costs["a step of the cursor"]), (
        costs
    )
    assert statistics.median(costs["sync, 20 streams"]) <= statistics.median(costs["a step of the cursor"]), costs
