"""CPU of one more token in the reading area, by kind and size of text: `pytest -m benchmark -s tests/benchmarks`.

The app paints as into a terminal of 120x40, to the last escape sequence, but writes to none. The empty app of the
same run says what the toolkit itself takes for a frame with one changed line."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Iterator

import pytest
from rich.console import RenderableType
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from tui.engine import Log, StreamStatus
from tui.widgets.transcript import Item, ItemKind, Transcript

pytestmark = pytest.mark.benchmark

SIZES = (200, 1_000, 5_000, 20_000)
"""Tokens, of four characters as a model's mostly are."""
REPEATS = 60
WORDS = "the tide of a distant moon pulls near seas more than far ones and so they rise twice each day".split()


def _prose() -> Iterator[str]:
    words = itertools.cycle(WORDS)
    for number in itertools.count(1):
        yield " ".join(itertools.islice(words, 60)) + f" **{number}**.\n\n"


def _paragraph() -> Iterator[str]:
    words = itertools.cycle(WORDS)
    for number in itertools.count(1):
        yield " ".join(itertools.islice(words, 12)) + f" **bold {number}** and `code`, "


def _list() -> Iterator[str]:
    words = itertools.cycle(WORDS)
    for number in itertools.count(1):
        yield f"{number}. **Point**: " + " ".join(itertools.islice(words, 10)) + "\n"


def _nested() -> Iterator[str]:
    words = itertools.cycle(WORDS)
    yield "1. One long item:\n"
    while True:
        yield "   - **Point**: " + " ".join(itertools.islice(words, 10)) + "\n"


def _fence() -> Iterator[str]:
    yield "```python\n"
    for number in itertools.count(1):
        yield f"    result_{number} = compute(first, second, {number})  # and so on\n"


def _table() -> Iterator[str]:
    yield "| Number | Name | Text |\n|---:|---|---|\n"
    words = itertools.cycle(WORDS)
    for number in itertools.count(1):
        yield f"| {number} | {next(words)} | " + " ".join(itertools.islice(words, 8)) + " |\n"


def _quote() -> Iterator[str]:
    words = itertools.cycle(WORDS)
    while True:
        yield "> " + " ".join(itertools.islice(words, 40)) + "\n>\n"


KINDS: dict[str, Callable[[], Iterator[str]]] = {
    "prose": _prose,
    "one paragraph": _paragraph,
    "list": _list,
    "nested list": _nested,
    "fence": _fence,
    "table": _table,
    "quote": _quote,
}


class Painted(App[None]):
    """An app that renders each frame as for a terminal."""

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        render = getattr(renderable, "render_segments", None)
        if render is not None:
            render(self.console)


class Reader(Painted):
    def compose(self) -> ComposeResult:
        yield Transcript()


class Empty(Painted):
    def compose(self) -> ComposeResult:
        yield Static()


async def _painted(app: App[None]) -> None:
    done = asyncio.Event()
    app.screen.call_after_refresh(done.set)
    await done.wait()


async def _cost(kind: str, tokens: int) -> tuple[float, float]:
    """Median and greatest CPU of one append and its paint, in milliseconds."""
    needed = (tokens + REPEATS) * 4
    text, source = "", KINDS[kind]()
    while len(text) < needed:
        text += next(source)
    log = Log(text[: tokens * 4])
    app = Reader()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        transcript = app.query_one(Transcript)

        def show(log: Log) -> None:
            transcript.show("t", [Item("r", ItemKind.REPLY, log, status=StreamStatus.STREAMING)])

        show(log)
        await _painted(app)
        costs: list[float] = []
        for repeat in range(REPEATS):
            start = (tokens + repeat) * 4
            log = log.append(text[start : start + 4])
            began = time.process_time()
            show(log)
            await _painted(app)
            costs.append((time.process_time() - began) * 1000)
    return statistics.median(costs), max(costs)


async def _empty() -> float:
    app = Empty()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        line = app.query_one(Static)
        costs: list[float] = []
        for repeat in range(REPEATS):
            began = time.process_time()
            line.update(str(repeat))
            await _painted(app)
            costs.append((time.process_time() - began) * 1000)
    return statistics.median(costs)


async def test_one_more_token_costs_the_same_at_any_length() -> None:
    empty = await _empty()
    print(f"\nempty app, one changed line: {empty:.1f} ms")
    print("CPU ms of one append and paint: median (greatest)")
    print(f"{'':15}" + "".join(f"{size:>16,}" for size in SIZES) + "     20,000 : 200")
    ratios: dict[str, float] = {}
    slowest: dict[str, float] = {}
    for kind in KINDS:
        costs = [await _cost(kind, size) for size in SIZES]
        ratios[kind] = costs[-1][0] / max(costs[0][0], empty)  # below the empty app's frame all is noise
        row = "".join(f"{median:>9.1f} ({most:>4.0f})" for median, most in costs)
        print(f"{kind:15}{row}     {ratios[kind]:.2f}")
        slowest[kind] = costs[-1][0]
    assert max(slowest.values()) <= 5, slowest
    assert max(ratios.values()) <= 1.5, ratios
