"""The reading area's half of selecting, copying and going to landmarks: keys, and holding still."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.message import Message
from textual.widget import Widget

from tui.widgets.transcript.cursor import Cursor
from tui.widgets.transcript.excerpts import Form, of_message, of_selection, of_topic
from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.hold import let_in, lines_new
from tui.widgets.transcript.item import Item
from tui.widgets.transcript.landmarks import Kind, Landmark, Landmarks
from tui.widgets.transcript.picker import Picker
from tui.widgets.transcript.source import Code
from tui.widgets.transcript.spots import Spot, Unit

Walk = Callable[[Spot, int], Spot]


class Picking(Widget):
    """A widget in whose flow one can select, copy, and go from one message or code block to the next."""

    @dataclass
    class CopyWanted(Message):
        """Text for the clipboard, in pieces of which each may take a few milliseconds to make."""

        pieces: Iterator[str]

    @dataclass
    class SaveWanted(Message):
        """A code block for a file."""

        code: Code

    @dataclass
    class TopicWanted(Message):
        """The whole topic for the clipboard, of which but some messages may be here."""

        form: Form

    @dataclass
    class Missed(Message):
        """There is nothing of what a key was pressed for."""

        what: str

    SELECTING: ClassVar[frozenset[str]] = frozenset({"column", "word", "edge", "other_end", "copy_selection"})
    """Actions that there are only while something is selected."""

    _flow: Flow
    _picker: Picker
    _cursor: Cursor
    _landmarks: Landmarks
    _waiting: Sequence[Item] | None = None
    """What came while the view was held."""
    _lines_waiting = 0

    def _changed(self) -> None:
        """Draw what is there now."""
        raise NotImplementedError

    def _show(self, items: Sequence[Item]) -> None:
        """Show these messages of the same topic."""
        raise NotImplementedError

    # The door

    @property
    def selecting(self) -> bool:
        """There is a selection, or a cursor for one: the view holds still."""
        return self._picker.active

    def texts(self, items: Sequence[Item], form: Form) -> Iterator[str]:
        """The messages' text in pieces, for whoever copies more than is here."""
        return of_topic(items, self._flow.window.draw, form)

    @property
    def hints(self) -> Sequence[str]:
        """The ids of the keys that can be used here and now, the most important first."""
        if self._picker.selects:
            return ("reading.copy", "reading.copy_source", "stream.stop", "reading.other_end", "reading.select")
        if self._picker.active:
            return ("reading.select", "reading.select_lines", "stream.stop")
        return ("reading.select", "reading.copy", "reading.copy_code") if self.has_focus else ()

    @property
    def message_here(self) -> str | None:
        """The message that a key means: at the cursor, else the one gone to, else the nearest, if there is one."""
        head = self._picker.head
        mark = self._landmarks.nearest(Kind.MESSAGE, None if head is None else (head.key, head.line))
        return mark.key if mark is not None else None

    def go_to(self, message: str) -> None:
        """Have that message at the top of the view, as far as there are lines below."""
        self._let_go()
        if (mark := self._landmarks.message(message)) is not None:
            self._landmarks.go(mark)
        self._changed()

    def copy_selection(self) -> bool:
        """Copy what is selected, as seen; False if nothing is."""
        if not self._picker.selects:
            return False
        self.action_copy(Form.SEEN)
        return True

    def give_up(self) -> bool:
        """Select nothing any more, and go on from where the view was held; False if nothing was selected."""
        was = self._picker.active
        self._landmarks.leave()
        self._let_go()
        return was

    # Holding still

    def _admitted(self, items: Sequence[Item]) -> Sequence[Item]:
        """What may show now."""
        if not self._picker.holds:
            self._waiting, self._lines_waiting = None, 0
            return items
        shown = self._flow.items
        self._waiting, self._lines_waiting = items, lines_new(shown, items)
        return let_in(shown, items)

    def _let_go(self) -> None:
        self._picker.give_up()
        self._go_on()

    def _go_on(self) -> None:
        if not self._picker.holds and self._waiting is not None:
            self._show(self._waiting)
        self._changed()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._picker.active if action in self.SELECTING else super().check_action(action, parameters)

    def action_select(self, unit: str) -> None:
        if not self._flow.total:
            self.post_message(self.Missed("There is nothing to select yet."))
        elif self._picker.active:
            self._picker.set_unit(Unit(unit))
        else:
            here = self._landmarks.here
            spot = self._cursor.first() if here is None else self._cursor.on(here.key, here.start)
            self._picker.begin(spot, Unit(unit))
            self._landmarks.leave()
        self._changed()

    def action_column(self, step: int) -> None:
        self._walk(self._cursor.columns, step)

    def action_word(self, step: int) -> None:
        self._walk(self._cursor.words, step)

    def action_edge(self, side: int) -> None:
        self._walk(self._cursor.edge, side)

    def _walk(self, way: Walk, step: int) -> bool:
        """The cursor goes that way; False if there is none."""
        if self._picker.head is None:
            return False
        self._picker.move(way(self._picker.head, step))
        self._changed()
        return True

    def action_other_end(self) -> None:
        self._picker.swap()
        self._walk(self._cursor.lines, 0)

    def action_message(self, step: int) -> None:
        self._go(Kind.MESSAGE, step)

    def action_code(self, step: int) -> None:
        self._go(Kind.CODE, step)

    def _go(self, kind: Kind, step: int) -> None:
        head = self._picker.head
        mark = self._landmarks.next(kind, step, None if head is None else (head.key, head.line))
        if mark is None:
            self.post_message(self.Missed(f"There is no {'next' if step > 0 else 'earlier'} {kind}."))
        elif head is not None:
            self._picker.move(self._cursor.on(mark.key, mark.start))
        else:
            self._landmarks.go(mark)
        self._changed()

    # Copying

    def action_copy_selection(self) -> None:
        self.action_copy(Form.SEEN)

    def action_copy(self, form: str) -> None:
        """The selection; without one the message at the cursor, else the one on show."""
        reach = self._picker.reach
        if reach is not None:
            self.post_message(self.CopyWanted(of_selection(self._flow.window, reach, Form(form))))
            self._let_go()
        elif (mark := self._nearest(Kind.MESSAGE)) is not None:
            self.post_message(self.CopyWanted(iter([of_message(self._landmarks.sheet(mark), Form(form))])))

    def action_copy_code(self) -> None:
        if (mark := self._nearest(Kind.CODE)) is not None:
            self.post_message(self.CopyWanted(iter([self._landmarks.code(mark).text])))

    def action_save_code(self) -> None:
        if (mark := self._nearest(Kind.CODE)) is not None:
            self.post_message(self.SaveWanted(self._landmarks.code(mark)))

    def action_copy_topic(self, form: str) -> None:
        self.post_message(self.TopicWanted(Form(form)))

    def _nearest(self, kind: Kind) -> Landmark | None:
        """The one that a key without a selection means. It is marked, so that one sees which it was."""
        head = self._picker.head
        mark = self._landmarks.nearest(kind, None if head is None else (head.key, head.line))
        if mark is None:
            self.post_message(self.Missed(f"There is no {kind} here."))
            return None
        self._landmarks.stand(mark)
        self._let_go()
        return mark
