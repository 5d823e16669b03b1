"""What is copied anywhere in the app, and links that are opened: by which way it went is told where it was asked."""

from __future__ import annotations

import asyncio
import os

from textual import on, work
from textual.app import App
from textual.driver import Driver

from tui.browser import open_address
from tui.clipboard import TooLong, copy
from tui.exports import save_text
from tui.session import Session
from tui.terminal import RivuletDriver
from tui.widgets.transcript import Transcript


class Copying(App[None]):
    """The part of the app that reaches the user's clipboard and browser."""

    session: Session

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self._copying = asyncio.Lock()

    def tell(self, text: str) -> None:
        """Show a notice, now."""
        raise NotImplementedError

    def copy_to_clipboard(self, text: str, before: str = "") -> None:
        """Whatever is copied or cut anywhere comes through here; the notice says what came of it, behind `before`."""
        self._clipboard = text  # what the toolkit pastes inside the app, at once
        self._copy(text, before)

    @on(Transcript.LinkWanted)
    @work
    async def _open_link(self, message: Transcript.LinkWanted) -> None:
        if await asyncio.to_thread(open_address, message.address, os.environ):
            self.tell(f"Opened {message.address}")
        else:
            self.copy_to_clipboard(message.address, "No browser can be opened from here.")

    @work
    async def _copy(self, text: str, before: str = "") -> None:
        async with self._copying:  # what was copied last stays last
            outcome = await copy(text, self._to_terminal)
        told = f"{before} {outcome}".strip()
        if isinstance(outcome, TooLong):
            told += " " + await asyncio.to_thread(self._save_copy, text)
        self.tell(told)

    def _to_terminal(self, data: str) -> bool:
        driver = self._driver
        if isinstance(driver, RivuletDriver):
            return driver.write_whole(data)
        if driver is None:
            return False
        driver.write(data)
        return True

    def _save_copy(self, text: str) -> str:
        try:
            return f"Saved as {save_text(self.session.config.paths.data / 'exports', 'copy', text, 'markdown')}"
        except OSError as error:
            return f"It could not be saved as a file either: {error.strerror or error}."
