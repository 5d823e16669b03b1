"""The driver before a terminal that takes nothing for a while."""

from __future__ import annotations

from queue import Queue
from types import SimpleNamespace
from typing import cast

from textual.drivers._writer_thread import WriterThread

from tests.support.front_end import FrontEnd
from tests.support.waiting import eventually
from tui.terminal import RivuletDriver


async def test_a_frame_that_was_dropped_is_made_up_for_though_nothing_else_is_drawn(front: FrontEnd) -> None:
    waiting: Queue[str | None] = Queue(30)
    driver = RivuletDriver(front.app)
    driver._writer_thread = cast(
        WriterThread, SimpleNamespace(_queue=waiting, is_alive=lambda: True, write=waiting.put)
    )
    for _ in range(12):
        waiting.put("what the terminal did not take yet")
    toolkits, front.app._driver = front.app._driver, driver
    try:
        front.composer.insert("words")
        await eventually(lambda: driver.dropping, what="a frame to be dropped")
        assert waiting.qsize() == 12
        taken: list[str | None] = []

        def takes_again() -> bool:
            while not waiting.empty():
                taken.append(waiting.get_nowait())
            return not driver.dropping and any("words" in str(written) for written in taken)

        await eventually(takes_again, what="the frame to be made up")
    finally:
        front.app._driver = toolkits
