"""CPU of one more token in the reading area, by kind and size of text: `pytest -m benchmark -s tests/benchmarks`.

The app paints as into a terminal of 120x40, to the last escape sequence, but writes to none. Of the same run are the
toolkit's own Markdown widget, and an empty app, which says what a frame with one changed line takes."""

from __future__ import annotations

import asyncio
import gc
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from rich.console import RenderableType
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Markdown, Static

from tui.engine import EMPTY, Log, StreamStatus
from tui.widgets.transcript import UNICODE, Item, ItemKind, Transcript
from tui.widgets.transcript.colours import Colours
from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.sheet import Sheet

pytestmark = pytest.mark.benchmark

SIZES = (200, 1_000, 5_000, 20_000)
"""Tokens, of four characters as a model's mostly are."""
REPEATS = 60
OF_THE_TOOLKIT = {200: 10, 1_000: 3}
"""Sizes at which the toolkit's Markdown is measured, and how often: at more a list takes minutes."""
WORDS = "the tide of a distant moon pulls near seas more than far ones and so they rise twice each day".split()


def _prose() -> Iterator[str]:
    words = itertools.cycle(WORDS)
    for number in itertools.count(1):
        yield " ".join(itertools.islice(words, 60)) + f" **{number}**.\n\n"


def _paragraph() -> Iterator[str]:
    words = itertools.cycle(WORDS)
    for number in itertools.count(1):
        yield " ".join(itertools.islice(words, 12)) + f" **bold {number}** and `code`, "


def _lines() -> Iterator[str]:
    words = itertools.cycle(WORDS)
    for number in itertools.count(1):
        yield " ".join(itertools.islice(words, 7)) + f" **{number}**,\n"


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


def _indented() -> Iterator[str]:
    for number in itertools.count(1):
        yield f"    result_{number} = compute(first, second, {number})  # and so on\n"
        yield "\n" if number % 3 else f"\tresult_{number} += 1\n"


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
    "one of lines": _lines,
    "list": _list,
    "nested list": _nested,
    "fence": _fence,
    "indented code": _indented,
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


class MarkdownReader(Painted):
    """The toolkit's widget, the end of its text in view."""

    def compose(self) -> ComposeResult:
        with VerticalScroll() as scroll:
            scroll.anchor()
            yield Markdown()


class Empty(Painted):
    def compose(self) -> ComposeResult:
        yield Static()


async def _painted(app: App[None]) -> None:
    done = asyncio.Event()
    app.screen.call_after_refresh(done.set)
    await done.wait()


def _text(kind: str, tokens: int) -> str:
    text, source = "", KINDS[kind]()
    while len(text) < tokens * 4:
        text += next(source)
    return text[: tokens * 4]


async def _toolkit_cost(kind: str, tokens: int, repeats: int) -> float:
    """Median CPU of one append and its paint in the toolkit's Markdown, in milliseconds."""
    text = _text(kind, tokens + repeats)
    app = MarkdownReader()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        markdown = app.query_one(Markdown)
        await markdown.append(text[: tokens * 4])
        await _painted(app)
        costs: list[float] = []
        for start in range(tokens * 4, len(text), 4):
            began = time.process_time()
            await markdown.append(text[start : start + 4])
            await _painted(app)
            costs.append((time.process_time() - began) * 1000)
    return statistics.median(costs)


async def _cost(kind: str, tokens: int) -> tuple[float, float]:
    """Median and greatest CPU of one append and its paint, in milliseconds."""
    text = _text(kind, tokens + REPEATS)
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
        theirs = [await _toolkit_cost(kind, size, repeats) for size, repeats in OF_THE_TOOLKIT.items()]
        print(f"{'  the toolkit':15}" + "".join(f"{median:>9.1f}       " for median in theirs))
        slowest[kind] = costs[-1][0]
    assert max(slowest.values()) <= 5, slowest
    assert max(ratios.values()) <= 1.5, ratios


def test_the_end_of_a_giant_block_keeps_no_key_waiting() -> None:
    """A block of 20,000 tokens ends, and a fence of 50,000 characters gets its colours: CPU in the loop, at once."""
    gc.collect()
    gc.freeze()  # what earlier tests left is not ours to look through
    print("\nCPU ms at once: greatest of a 400-character append, when it ends, laid out anew as a whole")
    ends: dict[str, float] = {}
    for kind in KINDS:
        text, log = _text(kind, 20_000), EMPTY
        item = Item("r", ItemKind.REPLY, log, status=StreamStatus.STREAMING)
        sheet, costs = Sheet(item, 118, UNICODE), []
        for start in range(0, len(text), 400):
            log = log.append(text[start : start + 400])
            item = replace(item, content=log)
            costs.append(_timed(lambda: sheet.update(item)))  # noqa: B023 - called at once
        item = replace(item, status=StreamStatus.COMPLETED)
        ends[kind] = _timed(lambda: sheet.update(item))  # noqa: B023
        anew = _timed(lambda: Sheet(item, 118, UNICODE))  # noqa: B023
        print(f"{kind:15}{max(costs):9.1f}{ends[kind]:9.1f}{anew:9.1f}")
    colours = Colours(lambda: None)
    flow = Flow(tint=colours.tint)
    flow.resize(118, 38)
    fence = Item("r", ItemKind.REPLY, Log(_text("fence", 12_400) + "\n```\n"))
    shown = _timed(lambda: flow.show("t", [fence]))
    while colours.work():
        pass
    coloured = _timed(lambda: flow.recolour(colours.is_done))
    print(f"a fence of 50,000 characters: shown plain {shown:.1f}, coloured {coloured:.1f}")
    assert max(ends.values()) <= 50 and max(shown, coloured) <= 20


def _timed(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return (time.process_time() - began) * 1000
