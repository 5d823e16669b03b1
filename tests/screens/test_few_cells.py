"""Windows of a few cells: nothing is to be read, and nothing fails."""

from __future__ import annotations

import pytest

from tests.support.front_end import FrontEnd


@pytest.mark.parametrize("screen", ["", "f3", "f4", "f1", "ctrl+p", "ctrl+f"])
async def test_no_screen_makes_a_mistake_however_few_cells_it_has(front: FrontEnd, screen: str) -> None:
    if screen:
        await front.pilot.press(screen)
    for columns in (*range(1, 12), 40, 1, 120):
        for rows in (1, 3, 24):
            await front.pilot.resize_terminal(columns, rows)
            front.app.screen.refresh(layout=True)
            await front.pilot.pause()
    await front.pilot.press("f2")
    assert front.app.mishaps == 0
