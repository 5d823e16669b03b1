"""The settings as they look."""

from __future__ import annotations

from tests.snapshots.records import MENU, TRANSLATOR
from tests.snapshots.stage import Stage
from tui.engine import StreamType
from tui.screens.settings_rows import IN_USE, PROVIDER, ROLES
from tui.widgets.row_list import RowList


async def opened(at: Stage, row: str, sign: str) -> None:
    """The settings, where one of their list's rows was chosen."""
    await at.open(MENU)
    await at.press("f4")
    await at.shows("You translate")
    rows = at.app.screen.query_one("#sections", RowList)
    while rows.cursor_key != row:
        await at.press("down")
    await at.press("enter")
    await at.shows(sign)


async def test_an_assistant(at: Stage) -> None:
    await at.open(MENU)
    await at.press("f4")
    await at.shows("You translate")
    await at.looks_as("settings-assistant")


async def test_a_system_prompt_that_is_generated(at: Stage) -> None:
    await at.open(MENU)
    await at.press("f4")
    await at.shows("You translate")
    await at.press("enter")
    at.stream(
        StreamType.SYSTEM_PROMPT,
        TRANSLATOR.id,
        "You are a translator between German, English and Chinese. Keep",
        metadata={"original_prompt": TRANSLATOR.prompt},
    )
    await at.shows("You are a translator")
    await at.looks_as("settings-generating")


async def test_a_provider(at: Stage) -> None:
    await opened(at, f"{PROVIDER}openai", "https://api.openai.com")
    await at.looks_as("settings-provider")


async def test_the_roles(at: Stage) -> None:
    await opened(at, ROLES, "gpt-5.4-mini")
    await at.looks_as("settings-roles")


async def test_all_that_is_in_use(at: Stage) -> None:
    await opened(at, IN_USE, "/home/ada")
    await at.looks_as("settings-in-use")
