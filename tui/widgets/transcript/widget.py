"""The reading area: a topic's messages drawn by lines, which costs the same however long they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.keying import bindings
from tui.widgets.transcript.colouring import Colouring
from tui.widgets.transcript.colours import Colours
from tui.widgets.transcript.cursor import Cursor
from tui.widgets.transcript.finding import Finding
from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.ink import UNICODE, UNSEEN, Glyphs, Line, Role
from tui.widgets.transcript.item import Item
from tui.widgets.transcript.landmarks import Landmarks
from tui.widgets.transcript.linking import Linking
from tui.widgets.transcript.marks import Mark, marked, together
from tui.widgets.transcript.paint import Painter
from tui.widgets.transcript.picker import Picker
from tui.widgets.transcript.seeker import Seeker
from tui.widgets.transcript.style import DEFAULT_CSS

_WHEEL = 3


class Transcript(Linking, Finding, Colouring, ScrollView, can_focus=True):
    """Shows items. It decides nothing about them: `show` says all that there is to see, as often as it likes."""

    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"transcript--{role}" for role in Role if role not in UNSEEN}
    DEFAULT_CSS = DEFAULT_CSS
    BINDINGS: ClassVar[list[BindingType]] = bindings("reading")

    class EarlierWanted(Message):
        """The reader comes near the first message, and there are earlier ones. Said once for each first message."""

    class Moved(Message):
        """What is below the view, whether it follows the end, or what can be done here has changed."""

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        hyperlinks: bool = False,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`hyperlinks`: the terminal makes links of what OSC 8 marks."""
        super().__init__(name=name, id=id, classes=classes)
        self._colours = Colours(self._start_colouring)
        self._flow = Flow(glyphs, self._colours.tint)
        self._hyperlinks = hyperlinks
        self._topic = ""
        self._earlier = False
        self._asked: tuple[str, str] | None = None
        self._told: tuple[object, ...] | None = None
        self._seeker = Seeker(self._flow, glyphs)
        self._picker = Picker(self._flow)
        self._cursor = Cursor(self._flow)
        self._landmarks = Landmarks(self._flow)
        self._marks: Mapping[int, list[Mark]] = {}
        self._drawn: list[Line] = []
        self._painter: Painter | None = None

    # The door

    def show(self, topic: str, items: Sequence[Item], *, earlier: bool = False) -> None:
        """Show these messages of the topic. Idempotent; costs what has changed.

        `earlier`: there are messages before the first; `EarlierWanted` asks for them."""
        before, self._topic, self._earlier = self._topic, topic, earlier
        if topic != before:
            self._seeker.end()
            self._landmarks.leave()
            self._picker.give_up()
        changed = self._flow.show(topic, self._admitted(items))
        self._seeker.show()
        if changed:
            self._changed()
        self._go_on_searching()
        self._tell()

    def _show(self, items: Sequence[Item]) -> None:
        self.show(self._topic, items, earlier=self._earlier)

    def toggle_reasoning(self) -> None:
        """Open or fold the reasoning of the latest reply that has one."""
        self._let_go()
        if self._flow.toggle_reasoning():
            self._changed()

    @property
    def at_end(self) -> bool:
        """Whether the view follows the end."""
        return self._flow.follows

    @property
    def lines_below(self) -> int:
        """How many lines are below the view; about, while not all of them are laid out."""
        return self._flow.lines_below + self._lines_waiting

    def move(self, lines: int) -> None:
        """Scroll by that many lines, down if positive."""
        self._flow.move(lines)
        self._changed()

    def go_to_end(self) -> None:
        """Show the end, and follow it."""
        self.give_up()
        self._flow.to_end()
        self._changed()

    def go_to_start(self) -> None:
        """Show the first message that is here."""
        self._flow.to_start()
        self._changed()

    def page(self, pages: int) -> None:
        """Scroll by pages, of which two share two lines."""
        self.move(pages * max(1, self._flow.height - 2))

    def find(self, needle: str) -> None:
        self._let_go()  # a match may be in reasoning that is folded: opening it would move what is selected
        super().find(needle)

    def find_next(self, step: int = 1) -> None:
        self._let_go()
        super().find_next(step)

    # What Textual asks

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of the view, straight from the cache. Without the toolkit's own pass over each line a frame costs
        a quarter less; so padding and borders are not drawn here."""
        if self.parent is None:  # taken out, its styles forgotten, and yet drawn once more by the toolkit
            return [Strip.blank(crop.width)] * crop.height
        painter, width = self._paint(), self.size.width
        strips = [painter.paint(self._line(y), width) for y in crop.line_range]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        return self._paint().paint(self._line(y), self.size.width)

    def _line(self, y: int) -> Line:
        line, marks = self._flow.line(y), self._marks.get(y)
        return marked(line, marks) if marks else line

    @property
    def max_scroll_y(self) -> int:
        return self._flow.limit

    @property
    def allow_vertical_scroll(self) -> bool:
        return True

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._painter = None

    def _paint(self) -> Painter:
        if self._painter is None:
            filters, background = self.app.get_line_filters(), self.background_colors[1]

            def finish(strip: Strip) -> Strip:
                for each in filters:
                    strip = strip.apply_filter(each, background)
                return strip

            def style(role: Role) -> Style:
                return self.get_component_rich_style(f"transcript--{role}")

            self._painter = Painter(self.rich_style, style, finish, hyperlinks=self._hyperlinks)
        return self._painter

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if (size.width, size.height) != (self._flow.width, self._flow.height) and size:
            if size.width != self._flow.width:
                self._picker.give_up()
            self._flow.resize(size.width, size.height)
            self._go_on()
        return changed

    def _changed(self) -> None:
        """Draw what is there now, and tell who wants to know."""
        flow = self._flow
        self.set_reactive(Transcript.scroll_y, float(flow.top))
        self._marks = together(self._seeker.marks(), self._landmarks.marks(), self._link_marks(), self._picker.marks())
        before, now = self._drawn, [self._line(y) for y in range(flow.height)]
        self._drawn = now
        if len(before) != len(now):
            self.refresh()
        elif changed := [y for y, line in enumerate(now) if line is not before[y] and line != before[y]]:
            self.refresh(Region(0, changed[0], flow.width, changed[-1] - changed[0] + 1))
        self._tell()
        if self._earlier and flow.items and flow.near_start:
            asked = (self._topic, flow.items[0].key)
            if asked != self._asked:
                self._asked = asked
                self.post_message(self.EarlierWanted())

    def _tell(self) -> None:
        told = (self.lines_below, self.at_end, self.hints)
        if told != self._told:
            self._told = told
            self.post_message(self.Moved())

    # Keys and mouse

    def action_match(self, step: int) -> None:
        self.find_next(step)

    def action_line(self, lines: int) -> None:
        if not self._walk(self._cursor.lines, lines):
            self.move(lines)

    def action_page(self, pages: int) -> None:
        if not self._walk(self._cursor.lines, pages * max(1, self._flow.height - 2)):
            self.page(pages)

    def action_start(self) -> None:
        if not self._walk(self._cursor.end_of_all, -1):
            self.go_to_start()

    def action_end(self) -> None:
        if not self._walk(self._cursor.end_of_all, 1):
            self.go_to_end()

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.move(_WHEEL)
        event.stop()

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.move(-_WHEEL)
        event.stop()

    def on_click(self, event: events.Click) -> None:
        key = self._flow.label_at(event.y)
        if key is not None and not self.selecting and self._flow.toggle_reasoning(key):
            self._changed()
            event.stop()
