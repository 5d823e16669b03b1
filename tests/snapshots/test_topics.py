"""The list of all topics as it looks."""

from __future__ import annotations

from pathlib import Path

from tests.snapshots.records import GENERAL, RUST
from tests.snapshots.stage import Stage, stage
from tests.snapshots.test_chat import answers


async def test_all_topics_of_which_two_stream(at: Stage) -> None:
    await answers(at, RUST)
    await answers(at)
    await at.press("f3", "tab")
    await at.shows("streaming")
    await at.looks_as("topics")


async def test_a_filter(at: Stage) -> None:
    await at.press("f3")
    await at.write("er")
    await at.shows("Invoice letter")
    await at.looks_as("topics-filter")


async def test_nothing_matches(at: Stage) -> None:
    await at.press("f3")
    await at.write("xyz")
    await at.shows("xyz")
    await at.looks_as("topics-nothing")


async def test_no_topics_yet(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size, [GENERAL]) as at:
        await at.press("f3")
        await at.looks_as("topics-first-minute")
