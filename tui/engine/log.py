"""The append-only log of a stream's text: writers append, every reader keeps an offset of its own."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final


class Log:
    """Text that only grows, as an immutable value: `append` returns the longer log.

    All lengths of one log share their pieces, so appending costs the same at any size
    (`text += piece` would copy the whole), and an older value still reads as it was.
    Offsets count characters.
    """

    __slots__ = ("_count", "_ends", "_pieces")

    def __init__(self, text: str = "") -> None:
        self._pieces: list[str] = [text] if text else []
        self._ends: list[int] = [len(text)] if text else []
        self._count = len(self._pieces)

    def append(self, text: str) -> Log:
        if not text:
            return self
        pieces, ends, count = self._pieces, self._ends, self._count
        if count != len(pieces):  # somebody went on from here already: part ways
            pieces, ends = pieces[:count], ends[:count]
        ends.append((ends[-1] if ends else 0) + len(text))
        pieces.append(text)
        longer = Log.__new__(Log)
        longer._pieces, longer._ends, longer._count = pieces, ends, count + 1
        return longer

    def packed(self) -> Log:
        """The same text in one piece, for when nothing more comes: a thousand pieces take 100 kB more."""
        return self if self._count < 2 else Log(str(self))

    def since(self, offset: int) -> str:
        """What stands behind `offset`; empty if nothing does."""
        if offset >= len(self):
            return ""
        first = bisect_right(self._ends, offset, 0, self._count)
        start = self._ends[first - 1] if first else 0
        return "".join(self._pieces[first : self._count])[offset - start :]

    def __len__(self) -> int:
        return self._ends[self._count - 1] if self._count else 0

    def __bool__(self) -> bool:
        return self._count > 0

    def __str__(self) -> str:
        return "".join(self._pieces[: self._count])

    def __repr__(self) -> str:
        return f"Log({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Log) and len(self) == len(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


EMPTY: Final = Log()
