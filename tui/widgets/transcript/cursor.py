"""A cursor that walks through drawn lines, and takes the view along."""

from __future__ import annotations

from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.ink import Line
from tui.widgets.transcript.seen import at_cell, cell_of, characters, extent, words
from tui.widgets.transcript.spots import Spot


class Cursor:
    """Walks from one spot to another. Each step is given the spot where it starts, and says where it ends."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._cell: int | None = None
        """The column that is kept while walking over shorter lines."""

    def first(self) -> Spot:
        """Where one begins: at the end for who follows it, else at the top of the view; at a line with text."""
        flow = self._flow
        rows = range(flow.height - 1, -1, -1) if flow.follows else range(flow.height)
        at = next((flow.top + row for row in rows if _text(flow.line(row))), flow.top)
        return self._at(at, extent(flow.window.line(at))[0])

    def on(self, key: str, line: int) -> Spot:
        """At the beginning of that line's text, with the view."""
        at, there = self._line(Spot(key, line, 0))
        return self._stand(at, _places(there)[0])

    def lines(self, spot: Spot, step: int) -> Spot:
        at, line = self._line(spot)
        cell = cell_of(line, spot.at) if self._cell is None else self._cell
        at = max(0, min(at + step, self._flow.total - 1))
        spot = self._stand(at, at_cell(self._flow.window.line(at), cell))
        self._cell = cell
        return spot

    def columns(self, spot: Spot, step: int) -> Spot:
        """To the next character, also in the next line."""
        at, line = self._line(spot)
        beyond = [place for place in _places(line) if (place - spot.at) * step > 0]
        if not beyond:
            at += step
            if not 0 <= at < self._flow.total:
                return spot
            beyond = _places(self._flow.window.line(at))
        return self._stand(at, beyond[0 if step > 0 else -1])

    def words(self, spot: Spot, step: int) -> Spot:
        """To the beginning of the next word, or with -1 of the one before; with 0 to the end of a word."""
        at, line = self._line(spot)
        forward = step >= 0
        ahead = [place for place in _words(line, step) if (place > spot.at if forward else place < spot.at)]
        while not ahead:
            at += 1 if forward else -1
            if not 0 <= at < self._flow.total:
                return spot
            ahead = _words(self._flow.window.line(at), step)
        return self._stand(at, ahead[0 if forward else -1])

    def edge(self, spot: Spot, side: int) -> Spot:
        """To the beginning of the line, or with 1 to its end."""
        at, line = self._line(spot)
        return self._stand(at, _places(line)[-1 if side > 0 else 0])

    def end_of_all(self, spot: Spot, side: int) -> Spot:
        """To the first line that is here, or with 1 to the last."""
        if side < 0:
            self._flow.to_start()
            return self._stand(0, 0)
        self._flow.to_end()
        return self._stand(self._flow.total - 1, 0)

    def _line(self, spot: Spot) -> tuple[int, Line]:
        """The line's number in what is laid out, to which it is brought if need be."""
        window = self._flow.window
        at = window.at(spot.key, spot.line)
        if at is None:
            self._flow.reveal(spot.key, lambda sheet: spot.line)
            at = window.at(spot.key, spot.line) or 0
        return at, window.line(at)

    def _stand(self, at: int, place: int) -> Spot:
        """There, with the view."""
        flow = self._flow
        self._cell = None
        spot = self._at(at, place)
        row = at - flow.top
        if not 0 <= row < flow.height:
            flow.reveal(spot.key, lambda sheet: spot.line, row=0 if row < 0 else flow.height - 1)
        return spot

    def _at(self, at: int, place: int) -> Spot:
        window = self._flow.window
        message = window.index(at)
        places = _places(window.line(at))
        nearest = max((one for one in places if one <= place), default=places[0])
        return Spot(window.items[message].key, at - window.start(message), nearest)


def _text(line: Line) -> bool:
    first, last = extent(line)
    return first < last


def _places(line: Line) -> list[int]:
    """Where the cursor can stand."""
    first, last = extent(line)
    return [start for start, _, _ in characters(line) if first <= start < last] or [first]


def _words(line: Line, step: int) -> list[int]:
    return [start if step else end - 1 for start, end in words(line)]
