"""What lies over a screen, as it looks."""

from __future__ import annotations

from tests.snapshots.records import BREAD, TIDES
from tests.snapshots.stage import Stage
from tests.snapshots.test_chat import answers


async def test_help(at: Stage) -> None:
    await at.open(TIDES)
    await at.shows("spring tide")
    await at.press("f1")
    await at.shows("Send the message")
    await at.looks_as("help")


async def test_the_palette(at: Stage) -> None:
    await at.open(TIDES)
    await at.shows("spring tide")
    await at.press("ctrl+p")
    await at.write("topic")
    await at.shows("New topic")
    await at.looks_as("palette")


async def test_the_outline(at: Stage) -> None:
    await at.open(TIDES)
    await at.shows("spring tide")
    await at.press("alt+o")
    await at.shows("How tides arise")
    await at.looks_as("outline")


async def test_all_that_is_known_of_a_reply(at: Stage) -> None:
    await at.open(TIDES)
    await at.shows("spring tide")
    await at.press("alt+i")
    await at.shows("This reply")
    await at.looks_as("info")


async def test_renaming(at: Stage) -> None:
    await at.press("f3")
    await at.shows("Invoice letter")
    await at.press("alt+r")
    await at.shows("Rename")
    await at.looks_as("rename")


async def test_whether_to_quit(at: Stage) -> None:
    await answers(at)
    await at.shows("because")
    await at.press("ctrl+q")
    await at.shows("Quit?")
    await at.looks_as("quit")
    assert at.engine.catalog.topic(BREAD) is not None
