"""Back to the shell for a while: the program stops as any other does, and `fg` brings it back."""

from __future__ import annotations

import os
import signal
import sys

from textual import on
from textual.app import App
from textual.driver import Driver


class Suspending(App[None]):
    """The part of the app that the shell's job control acts on. Stopped, it reads nothing; then all goes on."""

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)

    def tell(self, text: str) -> None:
        """Show a notice, now."""
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

    @on(Driver.SignalResume)
    def _draw_all(self) -> None:
        self.screen.refresh(layout=True)
