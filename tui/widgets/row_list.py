"""A list drawn by lines: any number of rows costs what the visible ones cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.drawn import Drawn


class Tone(StrEnum):
    """What a sign or a row says, for the theme to colour."""

    PLAIN = "plain"
    MUTED = "muted"
    STREAMING = "streaming"
    UNREAD = "unread"
    ERROR = "error"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list. Its texts are safe to show (`tui.plain.line`)."""

    key: str
    """Empty: a heading that can't be chosen."""
    text: str
    glyph: str = " "
    tone: Tone = Tone.PLAIN
    """Of the glyph."""
    right: str = ""
    """Right-aligned, muted."""
    strong: bool = False
    heading: bool = False


class RowList(Drawn, ScrollView, can_focus=True):
    """Rows with a cursor; Enter or a click chooses."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row--heading",
        "row--current",
        "row--cursor",
        "row--strong",
        *(f"row--{tone}" for tone in Tone),
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor(-1)", show=False),
        Binding("down,j", "cursor(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "cursor(-1000000)", show=False),
        Binding("end,G", "cursor(1000000)", show=False),
        Binding("enter", "choose", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """The user chose a row."""

        list: RowList
        key: str

        @property
        def control(self) -> RowList:
            return self.list

    class Moved(Message):
        """The cursor is on another row. That its own row has another place now is none."""

    cursor: reactive[int] = reactive(0)

    def __init__(self, id: str, *, indent: int = 2, led: bool = False) -> None:
        """`led`: the focus is elsewhere, in a field whose keys lead the cursor, so the cursor is seen all the same."""
        super().__init__(id=id)
        self._led = led
        self._indent = indent
        self._rows: tuple[Row, ...] = ()
        self._current = self._on = ""
        self._paints: dict[str, Style] = {}

    def show(self, rows: Sequence[Row], current: str = "") -> None:
        """Show these rows; only lines that differ are drawn again. The cursor stays on its row's key."""
        new = tuple(rows)
        if new == self._rows and current == self._current:
            return
        old, was_current = self._rows, self._current
        under_cursor = self.cursor_key
        self._rows, self._current = new, current
        self.virtual_size = Size(self.size.width, len(new))
        wanted = under_cursor if (self.has_focus or self._led) and under_cursor else current
        keys = [row.key for row in new]
        if wanted in keys:
            self.cursor = keys.index(wanted)
        elif self.cursor >= len(new) or not self.cursor_key:
            self.cursor = next((at for at, row in enumerate(new) if row.key), 0)
        if len(old) != len(new):
            self.refresh()
            return
        top = self.scroll_offset.y
        seen = slice(top, top + self.size.height)  # of ten thousand rows in another order the most are out of sight
        for at, (before, after) in enumerate(zip(old[seen], new[seen], strict=True), top):
            if before != after or (current != was_current and after.key in (current, was_current)):
                self._refresh_row(at)

    def point_at(self, key: str) -> None:
        """Put the cursor on the row with that key, if there is one."""
        self.cursor = next((at for at, row in enumerate(self._rows) if row.key == key), self.cursor)

    @property
    def cursor_key(self) -> str:
        """The key of the row under the cursor; empty if there is none."""
        return self._rows[self.cursor].key if 0 <= self.cursor < len(self._rows) else ""

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, len(self._rows) - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        self._refresh_row(old)
        self._refresh_row(new)
        self._scroll_to_cursor()
        if self.cursor_key != self._on:
            self._on = self.cursor_key
            self.post_message(self.Moved())

    def on_resize(self) -> None:
        self._scroll_to_cursor()

    def _scroll_to_cursor(self) -> None:
        if self.size.height:  # before the first layout any row would seem to be out of sight
            self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def notify_style_update(self) -> None:
        self._paints.clear()
        super().notify_style_update()

    def _on_focus(self, event: events.Focus) -> None:
        super()._on_focus(event)
        self._refresh_row(self.cursor)

    def _on_blur(self, event: events.Blur) -> None:
        super()._on_blur(event)
        self._refresh_row(self.cursor)

    def action_cursor(self, step: int) -> None:
        at = self.cursor + step
        rows = [index for index, row in enumerate(self._rows) if row.key]
        if step > 0:
            self.cursor = next((index for index in rows if index >= at), rows[-1] if rows else 0)
        else:
            self.cursor = next((index for index in reversed(rows) if index <= at), rows[0] if rows else 0)

    def action_page(self, step: int) -> None:
        self.action_cursor(step * max(1, self.size.height - 1))

    def action_choose(self) -> None:
        if self.cursor_key:
            self.post_message(self.Chosen(self, self.cursor_key))

    def on_click(self, event: events.Click) -> None:
        at = event.y + self.scroll_offset.y
        if 0 <= at < len(self._rows) and self._rows[at].key:
            self.cursor = at
            self.action_choose()

    def _refresh_row(self, at: int) -> None:
        self.refresh(Region(0, at - self.scroll_offset.y, self.size.width, 1))

    def _style(self, name: str) -> Style:
        # Asking the toolkit costs 0.1 ms a time; themes change seldom.
        if name not in self._paints:
            self._paints[name] = self.get_component_rich_style(f"row--{name}")
        return self._paints[name]

    def render_line(self, y: int) -> Strip:
        width, at = self.scrollable_content_region.width, y + self.scroll_offset.y
        if at >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows[at]
        if row.heading:
            return Strip([Segment(set_cell_size(" " * (self._indent - 1) + row.text, width), self._style("heading"))])
        base = self._style("plain")
        if row.key and row.key == self._current:
            base = self._style("current")
        if (self.has_focus or self._led) and at == self.cursor:
            base = self._style("cursor")
        room = width - self._indent - 2 - (cell_len(row.right) + 1 if row.right else 0)
        text = _cut(row.text, max(0, room))
        return Strip(
            [
                Segment(" " * (self._indent - 1), base),
                Segment(row.glyph, base + Style(color=self._style(row.tone).color, bold=row.tone is Tone.UNREAD)),
                Segment(" " + text, base + self._style("strong") if row.strong else base),
                Segment(" " + row.right + " " if row.right else " ", base + Style(color=self._style("muted").color)),
            ]
        ).adjust_cell_length(width, base)


def _cut(text: str, width: int) -> str:
    """Exactly `width` cells: filled, or cut where a whole character ends (the ellipsis is not one cell everywhere)."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, max(0, width - 2)).rstrip() + "..", width)
