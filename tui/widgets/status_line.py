"""The bottom line: which model, what goes on, and which keys can be used here and now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from tui.widgets.drawn import Drawn


@dataclass(frozen=True, slots=True)
class Status:
    """What the line says. All texts are safe to show."""

    left: tuple[str, ...] = ()
    """The model and what it does, the most important first: what does not fit whole is left out."""
    state: str = ""
    """What streams; in the accent colour. Its numbers have fixed widths, so that nothing moves."""
    hints: Sequence[tuple[str, str]] = ()
    """(key, word), the most important first: those that don't fit are left out."""


class StatusLine(Drawn):
    """One line, drawn from a value."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"status--left", "status--state", "status--key", "status--hint"}

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._status = Status()

    def show(self, status: Status) -> None:
        if status != self._status:
            self._status = status
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, status = self.size.width, self._status
        ground = self.rich_style
        style = {name: self.get_component_rich_style(f"status--{name}") for name in ("left", "state", "key", "hint")}
        state_width = cell_len(status.state)
        # The keys come first when it is narrow, then what streams, then the model.
        room = width - 2 - (state_width + 2 if status.state else 0)
        hints: list[tuple[str, str]] = []
        used = 0
        for key, word in status.hints:
            size = cell_len(key) + cell_len(word) + 3
            if used + size > max(room - min(cell_len("".join(status.left[:1])), 24), room // 2):
                break
            hints.append((key, word))
            used += size
        left = _fitting(status.left, max(0, room - used))
        gap = width - 2 - cell_len(left) - (state_width + 2 if status.state else 0) - used
        segments = [Segment(" ", ground), Segment(left, style["left"])]
        if status.state:
            segments += [Segment("  ", ground), Segment(status.state, style["state"])]
        segments.append(Segment(" " * max(0, gap), ground))
        for key, word in hints:
            segments += [Segment("  " + key, style["key"]), Segment(" " + word, style["hint"])]
        return Strip(segments).adjust_cell_length(width, ground)


def _fitting(parts: tuple[str, ...], width: int) -> str:
    """The first part, cut if it must be, and those after it that fit whole."""
    text = "".join(parts[:1])
    if cell_len(text) > width:
        return set_cell_size(text, width)
    for part in parts[1:]:
        if cell_len(text) + 2 + cell_len(part) > width:
            break
        text += "  " + part
    return text
