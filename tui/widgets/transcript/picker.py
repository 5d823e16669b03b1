"""What is selected, by mouse or by keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.ink import Role
from tui.widgets.transcript.item import Item
from tui.widgets.transcript.marks import Mark
from tui.widgets.transcript.seen import at_cell, behind
from tui.widgets.transcript.spots import Point, Reach, Spot, Unit, reach, shown


class Picker:
    """A selection in what a flow shows. While there is one, whoever shows messages must not change those in it."""

    def __init__(self, flow: Flow) -> None:
        self.anchor: Spot | None = None
        """Where the selection began; None: there is but a cursor that goes where it shall begin."""
        self.head: Spot | None = None
        """Where it ends, and the cursor is."""
        self.unit = Unit.CELLS
        self._flow = flow
        self._pressed: Spot | None = None
        self._by_mouse = False
        self._counted: tuple[Sequence[Item], dict[str, int]] = ((), {})

    @property
    def active(self) -> bool:
        """There is a selection, or a cursor for one."""
        return self.head is not None

    @property
    def holds(self) -> bool:
        """Nothing may move under what is picked, or under a mouse button that is down."""
        return self.head is not None or self._pressed is not None

    @property
    def pressed(self) -> bool:
        """A mouse button is down."""
        return self._pressed is not None

    @property
    def selects(self) -> bool:
        return self.head is not None and self.anchor is not None

    # By mouse

    def press(self, row: int, cell: int, unit: Unit) -> None:
        """A button is down. Cells are selected only once it has moved to another one."""
        self.give_up()
        self._pressed = self.spot(row, cell)
        self.unit, self._by_mouse = unit, True
        if unit is not Unit.CELLS:
            self.anchor = self.head = self._pressed

    def drag(self, row: int, cell: int) -> None:
        spot = self.spot(row, cell)
        if self._pressed is not None and spot is not None and (spot != self._pressed or self.active):
            self.anchor, self.head = self._pressed, spot

    def release(self) -> None:
        self._pressed = None

    def spot(self, row: int, cell: int) -> Spot | None:
        """What is in that cell of the view, else what is nearest to it."""
        flow, window = self._flow, self._flow.window
        if not window.total:
            return None
        at = max(0, min(flow.top + max(0, min(row, flow.height - 1)), window.total - 1))
        message = window.index(at)
        line = at - window.start(message)
        return Spot(flow.items[message].key, line, at_cell(window.line(at), cell))

    # By keys

    def begin(self, spot: Spot, unit: Unit) -> None:
        """Select from there on."""
        self.anchor = self.head = spot
        self.unit, self._by_mouse = unit, False

    def set_unit(self, unit: Unit) -> None:
        """Select by that unit; the same again: no more, the cursor stays."""
        if self.anchor is None:
            self.anchor = self.head
        elif self.unit is unit:
            self.anchor = None
        self.unit, self._by_mouse = unit, False

    def move(self, spot: Spot) -> None:
        """The cursor goes there."""
        self.head, self._by_mouse = spot, False

    def swap(self) -> None:
        if self.anchor is not None:
            self.anchor, self.head = self.head, self.anchor

    def give_up(self) -> None:
        self.anchor = self.head = self._pressed = None

    # What it looks like

    def marks(self) -> Mapping[int, list[Mark]]:
        """What is to be marked in which row of the view."""
        marks: dict[int, list[Mark]] = {}
        if self.head is None:
            return marks
        flow, picked = self._flow, self.reach
        for row, sheet in flow.seen():
            message = self._index(sheet.item.key)
            for number in range(max(0, -row), min(sheet.height, flow.height - row)):
                cut = picked.of(message, number, sheet.line(number)) if picked else None
                if cut is not None:
                    marks[row + number] = [Mark(*shown(cut), Role.SELECTED)]
            if self.head.key == sheet.item.key and not self._by_mouse:
                at = self.head.at
                cursor = Mark(at, behind(sheet.line(self.head.line), at), Role.CURSOR)
                marks.setdefault(row + self.head.line, []).append(cursor)
        return marks

    @property
    def reach(self) -> Reach | None:
        """From where to where the selection goes; None if there is none."""
        if self.anchor is None or self.head is None:
            return None
        window = self._flow.window
        one, other = (Point(self._index(spot.key), spot.line, spot.at) for spot in (self.anchor, self.head))
        return reach(one, other, self.unit, (window.drawn(one.message), window.drawn(other.message)))

    def _index(self, key: str) -> int:
        items = self._flow.items
        if self._counted[0] is not items:
            self._counted = items, {item.key: number for number, item in enumerate(items)}
        return self._counted[1][key]
