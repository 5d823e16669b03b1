"""Find in the view: it shows the current match, and marks all that are on screen."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from tui.widgets.transcript.find import Find, Match
from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.ink import Glyphs, Role
from tui.widgets.transcript.marks import Mark, places
from tui.widgets.transcript.sheet import Sheet


class Seeker:
    """A search in what a flow shows. Nothing of it is kept between `end` and the next `seek`."""

    def __init__(self, flow: Flow, glyphs: Glyphs) -> None:
        self.find: Find | None = None
        self._flow, self._glyphs = flow, glyphs

    def seek(self, needle: str, seconds: float) -> None:
        """Search for that, starting where the reader was when the search began."""
        near = None
        if self.find is None:
            self.find = Find(self._glyphs)
            self.find.show(self._flow.items)
            near = next(((sheet.item.key, *sheet.near(-row)) for row, sheet in self._flow.seen()), None)
        self.find.seek(needle, near)
        self.step(seconds)

    def step(self, seconds: float) -> bool:
        """Search for about so long; whether something is left to be searched."""
        if self.find is None or self.find.done:
            return False
        before = self.find.current
        left = self.find.step(seconds)
        if self.find.current not in (before, None):
            self._reveal()
        return left

    def move(self, step: int) -> None:
        """Show the next match, or the one before."""
        if self.find is not None:
            self.find.move(step)
            self._reveal()

    def show(self) -> None:
        """The messages may have changed. The view stays where it is."""
        if self.find is not None:
            self.find.show(self._flow.items)

    def end(self) -> None:
        self.find = None

    def marks(self) -> Mapping[int, list[Mark]]:
        """What is to be marked in which row of the view."""
        marks: dict[int, list[Mark]] = {}
        find, height = self.find, self._flow.height
        if find is None or find.current is None:
            return marks
        for row, sheet in self._flow.seen():
            key = sheet.item.key
            for (part, piece), group in groupby(find.matches(key), key=lambda match: match[:2]):
                start, size = sheet.extent(part, piece)
                if row + start >= height:
                    break
                if row + start + size <= 0:
                    continue
                matches = list(group)
                for at, line, begin, end in _places(find, sheet, matches):
                    here = (key, matches[at]) == find.current
                    mark = Mark(begin, end, Role.FOUND_HERE if here else Role.FOUND)
                    marks.setdefault(row + line, []).append(mark)
        return marks

    def _reveal(self) -> None:
        if self.find is None or self.find.current is None:
            return
        find, (key, match) = self.find, self.find.current

        def line_of(sheet: Sheet) -> int:
            return next((place[1] for place in _places(find, sheet, [match])), sheet.extent(*match[:2])[0])

        self._flow.reveal(key, line_of, part=match.part)


def _places(find: Find, sheet: Sheet, matches: list[Match]) -> list[tuple[int, int, int, int]]:
    """(match, line of the sheet, start, end) of matches in one piece."""
    start, size = sheet.extent(*matches[0][:2])
    lines = [sheet.line(at) for at in range(start, start + size)]
    text = find.text(sheet.item.key, matches[0])
    found = places(lines, text, [(match.start, match.end) for match in matches])
    return [(place.match, start + place.line, place.start, place.end) for place in found]
