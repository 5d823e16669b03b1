"""Where the user writes: a text area that sends with Enter and keeps its own editing keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from tui.widgets.keying import bindings, over_editing
from tui.widgets.text_area import SteadyTextArea


class Composer(SteadyTextArea):
    """A draft of any length; it grows with its text up to eight lines.

    The bindings that must win over the text area's own are priority bindings here, on the composer, so that
    Enter still works in lists.
    """

    @dataclass
    class Submitted(Message):
        """The user wants this sent."""

        text: str

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("composer", priority=True),
        *over_editing("transcript.find", "prompt.optimize", "composer.editor"),
        Binding("ctrl+c", "app.interrupt", show=False, priority=True),
        Binding("pageup", "screen.transcript('page_up')", show=False, priority=True),
        Binding("pagedown", "screen.transcript('page_down')", show=False, priority=True),
    ]

    def __init__(self, id: str) -> None:
        super().__init__(id=id, soft_wrap=True, show_line_numbers=False, highlight_cursor_line=False, compact=True)
        self.placeholder = "Ask something"
        self.cursor_blink = False  # nothing moves but what streams
        self.undo_first: Callable[[], bool] = lambda: False
        """What ctrl+z takes back before it undoes an edit."""

    def render_lines(self, crop: Region) -> list[Strip]:
        try:
            return super().render_lines(crop)
        except KeyError:  # drawn once more while its screen is taken away, when it has no styles any longer
            return [Strip.blank(crop.width)] * crop.height

    def action_send(self) -> None:
        if text := self.text if self.text.strip() else "":
            # Free for what is typed next, before anything else happens; undo brings the text back.
            self.give_back("")
            self.post_message(self.Submitted(text))

    def action_newline(self) -> None:
        start, end = self.selection
        self.replace("\n", start, end, maintain_selection_offset=False)

    def action_undo(self) -> None:
        if not self.undo_first():
            super().action_undo()

    def set_draft(self, text: str) -> None:
        """Show another topic's draft: its past is not this one's, so undo begins anew."""
        if text != self.text:
            self.load_text(text)
            self.move_cursor(self.document.end)

    def give_back(self, text: str) -> None:
        """Put text there as an edit that undo takes back."""
        self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        self.move_cursor(self.document.end)
