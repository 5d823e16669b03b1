"""The bridge from the engine to the screen: many changes, few redraws, none lost, none after the end."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from tests.engine.engines import engine_in, models
from tests.support.waiting import eventually
from tui.engine import (
    Arrived,
    Created,
    Dropped,
    Ended,
    Engine,
    Notice,
    Put,
    Stream,
    StreamStatus,
    StreamType,
)
from tui.live import FRAME, LATEST, WAY, Live, Meter, clock

WHO = contextvars.ContextVar("WHO", default="nobody")


@dataclass
class Screen:
    """Counts what it is told to do."""

    draws: list[float] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    drawn_as: list[str] = field(default_factory=list)
    broken: bool = False

    def draw(self) -> None:
        self.draws.append(time.monotonic())
        self.drawn_as.append(WHO.get())
        if self.broken:
            raise RuntimeError("a mistake in a screen")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine_in(tmp_path, models("http://127.0.0.1:9/v1")) as engine:
        yield engine


@pytest.fixture
async def screen() -> Screen:
    return Screen()


@pytest.fixture
async def live(engine: Engine, screen: Screen) -> AsyncIterator[Live]:
    WHO.set("the app")
    live = Live(engine, screen.draw, screen.notices.append)
    yield live
    live.close()


def begin(engine: Engine, id: str = "s1") -> None:
    engine.registry.apply(Created(Stream(id, StreamType.CHAT, "c1", "load/fake", time.time())))


def end(engine: Engine, id: str = "s1") -> None:
    engine.registry.apply(Ended(id, time.time(), StreamStatus.COMPLETED))


async def test_a_thousand_changes_at_once_are_drawn_once(engine: Engine, live: Live, screen: Screen) -> None:
    begin(engine)
    for _ in range(1000):
        engine.registry.apply(Arrived("s1", time.time(), "word "))
    end(engine)
    assert not screen.draws, "drawing has its own time, not the stream's"
    await eventually(lambda: screen.draws)
    assert len(screen.draws) == 1


async def test_redraws_keep_their_distance_while_text_comes(engine: Engine, live: Live, screen: Screen) -> None:
    begin(engine)
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        engine.registry.apply(Arrived("s1", time.time(), "w"))
        await asyncio.sleep(0)
    end(engine)
    gaps = [after - before for before, after in zip(screen.draws, screen.draws[1:], strict=False)]
    assert gaps and min(gaps) > FRAME * 0.9


async def test_the_last_change_is_always_drawn(engine: Engine, live: Live, screen: Screen) -> None:
    begin(engine)
    await eventually(lambda: screen.draws)
    end(engine)
    ended = time.monotonic()
    await eventually(lambda: screen.draws[-1] > ended)


async def test_the_clock_goes_on_while_a_stream_is_silent_and_rests_when_none_runs(
    engine: Engine, live: Live, screen: Screen
) -> None:
    begin(engine)
    await eventually(lambda: len(screen.draws) >= 4, what="redraws although nothing arrives")
    end(engine)
    ended = time.monotonic()
    await eventually(lambda: screen.draws[-1] > ended)
    drawn = len(screen.draws)
    await asyncio.sleep(0.3)  # the rest itself is what is tested
    assert len(screen.draws) == drawn


async def test_a_notice_is_told_in_the_context_of_the_app_wherever_it_comes_from(engine: Engine) -> None:
    WHO.set("the app")
    told: list[tuple[str, str]] = []
    live = Live(engine, lambda: None, lambda text: told.append((text, WHO.get())))
    contextvars.Context().run(engine.catalog.apply, Notice("Saving works again."))
    assert told == [("Saving works again.", "the app")]
    live.close()


async def test_a_record_that_changes_is_drawn_and_a_notice_is_handed_on(
    engine: Engine, live: Live, screen: Screen
) -> None:
    assistant = engine.catalog.assistants()[0]
    engine.catalog.apply(Put(assistant))
    await eventually(lambda: screen.draws)
    engine.catalog.apply(Notice("The disk is full."))
    assert screen.notices == ["The disk is full."]


async def test_drawing_runs_in_the_apps_context_whoever_changed_something(
    engine: Engine, live: Live, screen: Screen
) -> None:
    async def change() -> None:
        WHO.set("a stream")
        begin(engine)
        end(engine)

    await asyncio.get_running_loop().create_task(change())
    await eventually(lambda: screen.draws)
    assert screen.drawn_as == ["the app"]


async def test_a_screen_that_fails_is_logged_and_asked_again(
    engine: Engine, live: Live, screen: Screen, caplog: pytest.LogCaptureFixture
) -> None:
    screen.broken = True
    begin(engine)
    await eventually(lambda: len(screen.draws) >= 3)
    end(engine)
    assert "The screen could not be drawn" in caplog.text


async def test_nothing_is_drawn_after_the_close(engine: Engine, live: Live, screen: Screen) -> None:
    begin(engine)
    live.close()
    live.want()
    engine.registry.apply(Arrived("s1", time.time(), "late"))
    end(engine)
    await asyncio.sleep(0.2)  # that nothing comes is what is tested
    assert not screen.draws


def test_the_meter_counts_words_and_characters_and_forgets_what_is_dropped() -> None:
    meter = Meter()
    meter.count(Arrived("a", 0.0, "x" * 40, "y" * 20))
    meter.count(Arrived("b", 0.0, "漢字漢字漢字"))
    assert meter.tokens("a") == 15
    assert meter.tokens("b") == 4
    meter.count(Dropped("a"))
    assert meter.tokens("a") == 0


@pytest.mark.parametrize(
    "seconds, told", [(0, "0:00"), (7.9, "0:07"), (72, "1:12"), (3723, "1:02:03"), (-1, "0:00"), (600, "10:00")]
)
def test_the_clock_is_read_at_a_glance(seconds: float, told: str) -> None:
    assert clock(seconds) == told


async def test_a_typed_letter_is_shown_before_the_frame_that_is_due(
    live: Live, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.live.WAY", 2 * FRAME)
    live.want()
    await eventually(lambda: len(screen.draws) == 1)
    typed = time.monotonic()
    live.give_way()
    live.want()
    await eventually(lambda: len(screen.draws) == 2)
    assert screen.draws[1] - typed >= 2 * FRAME * 0.9


async def test_frames_come_also_while_letters_are_typed_without_a_pause(live: Live, screen: Screen) -> None:
    async def type_on() -> None:
        while True:
            live.give_way()
            live.want()
            await asyncio.sleep(WAY / 4)

    typing = asyncio.create_task(type_on())
    await eventually(lambda: len(screen.draws) >= 4)
    typing.cancel()
    gaps = [later - earlier for earlier, later in pairwise(screen.draws)]
    assert min(gaps) >= LATEST * 0.9  # each was put off, as far as may be
