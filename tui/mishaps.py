"""A mistake in a screen or a widget: caught where it is made, logged and told. All else goes on, streams first."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from typing import Final, cast

from rich.segment import Segment, Segments
from rich.text import Text
from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver
from textual.events import Compose, Load, Mount
from textual.geometry import Region
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import WorkerFailed

from tui.plain import line
from tui.screens.failed import FailedScreen
from tui.session import Session
from tui.widgets.keying import shown_key

_log: Final = logging.getLogger(__name__)

_SCREENS: Final = ("chat", "topics", "settings")

_FAILED: Final = "failed"
"""The mode that is on show in place of one whose screen could not be."""

_AGAIN: Final = 10.0
"""Seconds after which the same mistake is logged once more: one in drawing is made at every frame."""

_REMEMBERED: Final = 100
"""Mistakes that are known again as the same."""

ANY_MISTAKE: Final = (Exception, KeyboardInterrupt, SystemExit, asyncio.CancelledError)
"""Also what ends programs and tasks, where nothing but a mistake raises it: ctrl+c is a key here, signals have
handlers, and the wait for another's task that was cancelled is no cancellation."""

_SHOWING: Final = frozenset({"_refresh_layout", "_compositor_refresh", "_compose", "_screen_resized"})
"""Functions of the toolkit without which a screen does not show. A mistake below any other leaves what is on show."""


class Unbroken(App[None]):
    """An app that no mistake of a screen ends.

    The toolkit ends the widget in which a handler failed, and then the app. Here the handler has failed and the widget
    goes on; what can't be drawn says so in its own place; a screen that can't be shown at all gives way to one that
    says what can be done, and is made anew when it is asked for again.
    """

    session: Session

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self.mishaps = 0
        """How many mistakes there have been."""
        self.ending = False
        """The screens are being taken away: what is half of one is no longer drawn."""
        self._unbroken = False
        self._failure = ""
        self._logged: dict[tuple[object, ...], float] = {}
        self.add_mode(_FAILED, lambda: FailedScreen(lambda: self._failure))

    def tell(self, text: str) -> None:
        """Show a notice, now."""
        raise NotImplementedError

    def never_break(self) -> None:
        """From now on. What fails before, while the app starts, ends it."""
        self._unbroken = True

    def could_not_show(self, screen: Screen[object], error: BaseException) -> None:
        """A screen can't be shown: what is under it, or another, is shown in its place."""
        if isinstance(screen, FailedScreen) or not self._unbroken:
            super()._handle_exception(cast(Exception, error))
        elif not self.ending:
            self._noted(error)
            self.call_later(self._leave, screen, _words(error))

    def made_a_mistake(self, error: BaseException) -> None:
        """Log it and tell of it; what is on show stays."""
        if self._noted(error):
            self.call_later(self.tell, _words(error))

    async def _leave(self, screen: Screen[object], words: str) -> None:
        if self.ending or self.screen is not screen:
            return
        if len(self.screen_stack) > 1:
            await self.pop_screen()
            self.tell(words)
            return
        keys = [f"{shown_key(f'screen.{mode}', self.session.config.keys)} {mode}" for mode in _SCREENS]
        log = self.session.config.paths.log
        self._failure = f"{words}\n\nGo on with {', '.join(keys)}: each is made anew. The log file: {log}"
        mode = self.current_mode
        await self.switch_mode(_FAILED)
        make = self._modes[mode]
        self.remove_mode(mode)
        self.add_mode(mode, make)

    def _noted(self, error: BaseException) -> bool:
        """False if it is the same as a moment ago: made in the same place, whatever it says."""
        self.mishaps += 1
        frames = traceback.walk_tb(error.__traceback__)
        place = (type(error), *((frame.f_code.co_filename, line) for frame, line in frames))
        now = time.monotonic()
        if now - self._logged.get(place, -_AGAIN) < _AGAIN:
            return False
        if len(self._logged) >= _REMEMBERED:
            self._logged.clear()
        self._logged[place] = now
        _log.error("A screen failed", exc_info=error)
        return True

    # Where the toolkit lets mistakes through

    async def _dispatch_message(self, message: Message) -> None:
        if isinstance(message, Compose | Mount | Load):
            await super()._dispatch_message(message)
            return
        try:
            await super()._dispatch_message(message)
        except ANY_MISTAKE as error:
            self.caught(error)

    def _handle_exception(self, error: Exception) -> None:
        """What the toolkit has caught itself, in timers, callbacks, workers and layouts."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            error = error.error
        self.caught(error)

    def caught(self, error: BaseException) -> None:
        """A mistake that was made somewhere. Raises it where it is none: the task itself is to end."""
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise error
        if not self._unbroken:
            super()._handle_exception(cast(Exception, error))
        elif any(frame.f_code.co_name in _SHOWING for frame, _ in traceback.walk_tb(error.__traceback__)):
            self.could_not_show(self.screen, error)
        else:
            self.made_a_mistake(error)

    def _fatal_error(self) -> None:
        """The toolkit would print a traceback with all local variables, keys among them: ours goes to the log."""
        _log.error("The screens failed", exc_info=True)
        log = line(str(self.session.config.paths.log))
        words = Text(f"Rivulet's screen failed; what had arrived is saved. Details: {log}")
        self._exit_renderables[:] = [Segments(self.console.render(words, self.console.options))]
        self._close_messages_no_wait()

    async def _close_all(self) -> None:
        self.ending = True
        await super()._close_all()

    def _register_child(self, parent: DOMNode, child: Widget, before: int | None, after: int | None) -> None:
        super()._register_child(parent, child, before, after)
        _guard(self, child)


def _guard(app: Unbroken, widget: Widget) -> None:
    """Have mistakes in what this widget handles and draws come to the app, and go no further."""
    handle, draw = widget._dispatch_message, widget.render_lines

    async def handle_safely(message: Message) -> None:
        try:
            await handle(message)
        except ANY_MISTAKE as error:
            if isinstance(message, Compose | Mount) and isinstance(error, Exception):
                app.could_not_show(widget.screen, error)
            else:
                app.caught(error)

    def draw_safely(crop: Region) -> list[Strip]:
        try:
            return draw(crop)
        except ANY_MISTAKE as error:
            app.made_a_mistake(error)
            said = Strip([Segment(f"{type(error).__name__}: see the log file")])
            rows = range(crop.y, crop.bottom)
            return [said.adjust_cell_length(crop.width) if y == 0 else Strip.blank(crop.width) for y in rows]

    widget._dispatch_message = handle_safely  # type: ignore[method-assign]
    widget.render_lines = draw_safely  # type: ignore[method-assign]


def _words(error: BaseException) -> str:
    made = f"Rivulet made a mistake here ({type(error).__name__})."
    return f"{made} What streams goes on and is saved; the log file has the details."
