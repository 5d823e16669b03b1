"""Colours that come later: plain at first, lexed in a thread, and in the end as if they had been there at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from textual.pilot import Pilot

from tests.widgets.transcript.test_finding import until
from tests.widgets.transcript.test_flow import grown
from tests.widgets.transcript.test_widget import Reader, reading, rows
from tui.engine import EMPTY, Log, StreamStatus
from tui.widgets.transcript import Item, ItemKind
from tui.widgets.transcript.code import highlighted
from tui.widgets.transcript.colours import AT_ONCE, Colours, gently
from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.ink import Line, Role

LINE = "def value(number: int) -> str:  # what it is\n    return f'{number}'\n"
CODE = LINE * 40
FENCE = f"```python\n{CODE}```\n"
WIDTH = 80


def reply(text: str, status: StreamStatus = StreamStatus.COMPLETED) -> Item:
    return Item("r", ItemKind.REPLY, Log(text), status=status)


def lines(flow: Flow) -> list[Line]:
    return [flow.line(y) for y in range(flow.total)]


def settled(items: list[Item]) -> list[Line]:
    """What is shown if all colours are there at once."""
    flow = Flow()
    flow.resize(WIDTH, 24)
    flow.show("t", items)
    return lines(flow)


def coloured(shown: list[Line]) -> bool:
    return any(span.ink.role is Role.CODE_KEYWORD for line in shown for span in line)


class Loop:
    """A flow with colours that come when `work` is called."""

    def __init__(self) -> None:
        self.starts = 0
        self.colours = Colours(self._start)
        self.flow = Flow(tint=self.colours.tint)
        self.flow.resize(WIDTH, 24)

    def _start(self) -> None:
        self.starts += 1

    def work(self) -> None:
        while self.colours.work():
            assert self.flow.recolour(self.colours.is_done)


def test_long_code_is_plain_at_first_and_then_as_if_it_had_been_coloured_at_once() -> None:
    items = [reply(f"Before.\n\n{FENCE}\nBetween.\n\n- item\n\n  {FENCE.replace(chr(10), chr(10) + '  ')}\nAfter.")]
    loop = Loop()
    loop.flow.show("t", items)
    first = lines(loop.flow)
    assert loop.starts == 1 and not coloured(first)
    loop.work()
    assert lines(loop.flow) == settled(items) and len(first) == len(lines(loop.flow))


def test_short_code_of_a_known_language_has_its_colours_at_once() -> None:
    highlighted("x", "python")
    loop = Loop()
    loop.flow.show("t", [reply(f"```python\n{LINE}```")])
    assert coloured(lines(loop.flow)) and not loop.starts


def test_a_fence_that_streams_is_coloured_once_it_has_closed() -> None:
    loop, item = Loop(), Item("r", ItemKind.REPLY, EMPTY, status=StreamStatus.STREAMING)
    text = FENCE + "\nAfter it.\n\n"
    for start in range(0, len(text), 40):
        item = grown(item, text[start : start + 40])
        loop.flow.show("t", [item])
        assert not loop.starts or start + 40 >= len(FENCE)
    assert loop.starts == 1 and not coloured(lines(loop.flow))
    loop.work()
    assert coloured(lines(loop.flow))


def test_what_was_lexed_is_not_lexed_again_for_another_width() -> None:
    loop = Loop()
    loop.flow.show("t", [reply(FENCE)])
    loop.work()
    loop.flow.resize(50, 24)
    assert coloured(lines(loop.flow)) and loop.starts == 1


def test_what_waits_is_lexed_once_and_the_newest_first() -> None:
    started: list[int] = []
    colours = Colours(lambda: started.append(1))
    jobs = [(CODE + str(number), "python") for number in range(3)]
    for job in (*jobs, *jobs):
        assert colours.tint(*job) is None
    assert started == [1]
    colours.work()
    assert [colours.is_done(job) for job in jobs] == [False, False, True]
    while colours.work():
        pass
    assert all(map(colours.is_done, jobs)) and colours.tint(*jobs[0]) == highlighted(*jobs[0])
    assert colours.tint("y" * 2 * AT_ONCE, "python") is None and started == [1, 1]


def test_code_of_no_language_and_code_that_a_lexer_fails_at_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    from pygments.lexers.python import PythonLexer

    def fails(self: object, text: str) -> None:
        raise IndexError(text)

    monkeypatch.setattr(PythonLexer, "get_tokens", fails)
    for language in ("python", "nonesuch", ""):
        assert {span.ink.role for line in highlighted(CODE, language) for span in line} == {Role.CODE_BLOCK}


def test_a_thread_that_lexes_rests_between_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    rests: list[float] = []
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(time, "sleep", rests.append)

    def tokens() -> Iterator[int]:
        for number in range(100):
            now[0] += 0.0005
            yield number

    assert list(gently(tokens())) == list(range(100))
    assert len(rests) >= 20


async def finished(app: Reader, pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    await until(pilot, condition)
    await pilot.pause()


async def test_in_the_app_the_colours_come_by_themselves_and_nothing_moves() -> None:
    item = reply(f"Before.\n\n{FENCE}")
    async with reading([item], WIDTH) as (app, pilot):
        flow = app.transcript._flow
        shown = rows(app)
        await finished(app, pilot, lambda: coloured([flow.line(y) for y in range(flow.height)]))
        assert rows(app) == shown and lines(flow) == settled([item])
