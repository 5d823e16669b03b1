"""The log: it grows, it never changes, and every cursor finds what lies behind it."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from tui.engine.log import EMPTY, Log

TEXTS = st.lists(st.text(max_size=5))


def grown(pieces: list[str]) -> Log:
    log = EMPTY
    for piece in pieces:
        log = log.append(piece)
    return log


@given(TEXTS)
def test_a_log_is_all_that_was_appended(pieces: list[str]) -> None:
    log = grown(pieces)
    assert str(log) == "".join(pieces)
    assert len(log) == len("".join(pieces))
    assert bool(log) == bool("".join(pieces))


@given(TEXTS, st.integers(0, 30))
def test_a_cursor_reads_what_lies_behind_its_offset(pieces: list[str], offset: int) -> None:
    assert grown(pieces).since(offset) == "".join(pieces)[offset:]


@given(TEXTS)
def test_an_older_log_still_reads_as_it_was(pieces: list[str]) -> None:
    logs = [EMPTY]
    for piece in pieces:
        logs.append(logs[-1].append(piece))
    for count, log in enumerate(logs):
        assert str(log) == "".join(pieces[:count])
        assert log.since(1) == "".join(pieces[:count])[1:]


def test_two_may_go_on_from_one_log_without_seeing_each_other() -> None:
    common = EMPTY.append("one ")
    first, second = common.append("two"), common.append("three")
    assert (str(common), str(first), str(second)) == ("one ", "one two", "one three")


@given(TEXTS)
def test_a_packed_log_reads_the_same_and_grows_on(pieces: list[str]) -> None:
    log = grown(pieces)
    assert log.packed() == log
    assert str(log.packed().append("!")) == "".join(pieces) + "!"
    assert str(log) == "".join(pieces)


def test_logs_with_the_same_text_are_equal_however_it_came() -> None:
    assert Log("abc") == EMPTY.append("a").append("bc")
    assert hash(Log("abc")) == hash(EMPTY.append("a").append("bc"))
    assert Log("abc") != Log("abd")
    assert Log("abc") != "abc"


def test_appending_costs_the_same_at_any_size() -> None:
    def cost(log: Log) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(1_000):
                log = log.append("word ")
            times.append(time.perf_counter() - start)
        return min(times)

    # The larger log is 200,000 times as long; copying it would take some 5,000 times as long.
    assert cost(grown(["word "] * 200_000)) < 20 * cost(EMPTY.append("word "))
