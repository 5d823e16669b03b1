"""Waiting for a condition: a test never sleeps for as long as it hopes something takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

TICK = 0.01
PATIENCE = 30.0
"""Seconds until a condition is given up: nothing that is quick waits for it, and a machine may have much else to do."""


def until(
    condition: Callable[[], T | None], timeout: float = PATIENCE, what: str | Callable[[], str] = "the condition"
) -> T:
    """The condition's first true value. Fails, saying what was waited for, when the time is up."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(_too_long(timeout, what))
        time.sleep(TICK)
    return value


async def eventually(
    condition: Callable[[], T | None], timeout: float = PATIENCE, what: str | Callable[[], str] = "the condition"
) -> T:
    """As `until`, for a test that shares its event loop with what it waits for.

    It looks less often as time goes: to draw a screen in order to look at it takes the time of what is waited for.
    """
    end = time.monotonic() + timeout
    pause = TICK
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(_too_long(timeout, what))
        await asyncio.sleep(pause)
        pause = min(1.2 * pause, 5 * TICK)
    return value


def _too_long(timeout: float, what: str | Callable[[], str]) -> str:
    return f"waited {timeout:g} s in vain for {what() if callable(what) else what}"
