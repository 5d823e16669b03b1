"""When a request that failed is made again by itself. Pure."""

from __future__ import annotations

from typing import Final

from tui.engine.protocols import Ending
from tui.engine.stream import ErrorKind

FIRST: Final = 0.5
"""Seconds before the second try, as the providers' own clients have it; twice as many before each further one."""

MOST: Final = 30.0
"""Seconds, where the provider does not say how long it wants to be left alone."""

LONGEST: Final = 600.0
"""Seconds that we wait because a provider wants so. Who is told to come back in an hour decides himself."""


def again(ending: Ending, tries: int, most: int) -> bool:
    """Whether to ask again after `tries` that failed, the last one with this ending and nothing shown; `most`: tries
    after the first.

    Not after a time-out: that was waited for long enough, and its reader could see so.
    """
    failed = ending.error is not None and ending.error.kind is not ErrorKind.TIMEOUT
    return failed and ending.retryable and tries <= most and (ending.after_s or 0.0) <= LONGEST


def delay(ending: Ending, tries: int, chance: float) -> float:
    """Seconds until the next try: what the provider wants, else longer from try to try. `chance`: from 0 to 1, so that
    many that failed together do not come back together."""
    if ending.after_s:
        return ending.after_s
    return min(MOST, FIRST * 2.0 ** min(tries - 1, 16)) * (1 + chance) / 2


def holds(ending: Ending) -> bool:
    """Whether the provider's other streams are to leave it alone, too: it had too many requests, and that passes."""
    limited = ending.error is not None and ending.error.http_status == 429
    return limited and ending.retryable and (ending.after_s or 0.0) <= LONGEST
