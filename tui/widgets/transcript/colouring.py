"""The reading area's half of colouring code: a thread that lexes, and the lines drawn again when it has."""

from __future__ import annotations

from textual import on
from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from tui.widgets.transcript.colours import Colours
from tui.widgets.transcript.flow import Flow


class Colouring(Widget):
    """A widget whose flow shows long code plain until its colours are there."""

    class Coloured(Message, bubble=False):
        """Some code has its colours now."""

    _colours: Colours
    _flow: Flow

    def _changed(self) -> None:
        """Draw what is there now."""
        raise NotImplementedError

    def _start_colouring(self) -> None:
        self.run_worker(self._colour, group="colours", thread=True)

    def _colour(self) -> None:
        worker = get_current_worker()
        while self._colours.work(lambda: worker.is_cancelled):
            self.post_message(self.Coloured())

    @on(Coloured)
    def _recolour(self) -> None:
        if self._flow.recolour(self._colours.is_done):
            self._changed()
