"""What happens to the terminal behind the app's back: the shell has it for a while, or its size comes and goes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Final

from textual import events, on
from textual.app import App
from textual.driver import Driver
from textual.geometry import Size

from tui.terminal import RivuletDriver

_SETTLED: Final = 0.1
"""Seconds without another size."""


class Suspending(App[None]):
    """The part of the app that the shell's job control acts on. Stopped, it reads nothing; then all goes on."""

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self._settled: asyncio.TimerHandle | None = None

    def tell(self, text: str) -> None:
        """Show a notice, now."""
        raise NotImplementedError

    def draw(self) -> None:
        """Show what is so now."""
        raise NotImplementedError

    def action_suspend_process(self) -> None:
        """Leave the terminal as it was, and stop."""
        if sys.platform == "win32" or self.is_headless:
            self.tell("This system can't suspend a program.")
        elif os.getpgrp() == os.getsid(0):  # whose shell would not notice; and nobody could wake it
            self.tell("No shell waits behind Rivulet, so there is nothing to go back to.")
        else:
            self._suspend_signal()
            # All of the job: from a wrapper that goes on (uv run, a script) the shell would not see that it stopped.
            os.killpg(os.getpgrp(), signal.SIGTSTP)

    def on_resize(self) -> None:
        """Of sizes that come at once one may be told late, or as another: look again once they have settled."""
        if self._settled is not None:
            self._settled.cancel()
        self._settled = asyncio.get_running_loop().call_later(_SETTLED, self._look_again)

    def abandon_terminal(self) -> None:
        """Give it back as it was, whatever else may hang. From any thread."""
        if isinstance(self._driver, RivuletDriver):
            self._driver.abandon()

    def terminal_size(self) -> Size:
        """What the terminal says now."""
        return self._driver.size_now() if isinstance(self._driver, RivuletDriver) else self.size

    def _look_again(self) -> None:
        size = self.terminal_size()
        if size == self.size:
            self._draw_all()  # what the terminal cut off at a size that came and went is gone
        else:
            self.post_message(events.Resize(size, size))

    @on(Driver.SignalResume)
    def _draw_all(self) -> None:
        if self.is_running and self.screen_stack:
            self.screen.refresh(layout=True)

    def frames_dropped(self) -> None:
        """The terminal is slow and lacks frames. Nothing else may come that has the screen drawn: look again."""
        self.set_timer(0.1, self._catch_up)

    def _catch_up(self) -> None:
        if isinstance(self._driver, RivuletDriver) and self._driver.dropping:
            self.draw()
            if self._driver.dropping:
                self.frames_dropped()
