"""When a request that failed is made again by itself, and how long that waits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.engine.backoff import FIRST, LONGEST, MOST, again, delay, holds
from tui.engine.protocols import Ending
from tui.engine.stream import ErrorKind, StreamError


def failed(status: int | None = 503, *, after: float | None = None, retryable: bool = True) -> Ending:
    kind = {429: ErrorKind.RATE_LIMIT, None: ErrorKind.NETWORK}.get(status, ErrorKind.SERVER)
    return Ending(error=StreamError(kind, "It failed.", status), retryable=retryable, after_s=after)


@pytest.mark.parametrize("most", [0, 1, 2, 7])
def test_never_more_often_than_the_settings_say(most: int) -> None:
    assert [again(failed(), tries, most) for tries in range(1, 10)] == [tries <= most for tries in range(1, 10)]


def test_what_the_server_does_not_want_again_is_not_asked_again() -> None:
    assert not again(failed(500, retryable=False), 1, 2)
    assert not again(Ending(), 1, 2), "it did not fail"


def test_what_came_to_nothing_for_too_long_was_waited_for_long_enough() -> None:
    timed_out = Ending(error=StreamError(ErrorKind.TIMEOUT, "Nothing came."), retryable=True)
    assert not again(timed_out, 1, 2)


def test_the_servers_own_wish_is_the_delay() -> None:
    assert delay(failed(429, after=7.0), 1, 0.5) == 7.0
    assert delay(failed(503, after=0.25), 5, 0.0) == 0.25


def test_who_is_told_to_come_back_much_later_is_told_so_at_once() -> None:
    assert again(failed(429, after=LONGEST), 1, 2)
    assert not again(failed(429, after=LONGEST + 1), 1, 2)
    assert not holds(failed(429, after=LONGEST + 1))


@settings(deadline=None, database=None)
@given(st.integers(1, 10_000), st.floats(0, 1))
def test_without_a_wish_it_waits_longer_from_try_to_try_within_bounds(tries: int, chance: float) -> None:
    longest = min(MOST, FIRST * 2.0 ** min(tries - 1, 30))
    assert longest / 2 <= delay(failed(), tries, chance) <= longest
    assert delay(failed(after=0.0), tries, chance) == delay(failed(), tries, chance), "no server means: at once, always"


def test_only_too_many_requests_hold_the_others_back() -> None:
    assert holds(failed(429))
    assert not holds(failed(429, retryable=False)), "a quota that is used up does not pass"
    assert not any(holds(failed(status)) for status in (408, 409, 500, 503, 529, None))
