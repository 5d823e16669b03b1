"""What a terminal answers when a program asks it: what it is, its size, its colours, its modes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Here = tuple[int, int, int, int]
"""Cursor column and row (from 0), columns, rows."""

_QUERY = re.compile(
    rb"\x1b\[(?P<csi>0?c|>0?c|[56]n|\?\d+\$p|>0?q|1[468]t|\?u)"
    rb"|\x1b\](?P<osc>1[012]|4;\d+);\?(?:\x07|\x1b\\)"
    rb"|\x1bP\+q(?P<capability>[0-9A-Fa-f;]*)\x1b\\"
)
_BEGUN = re.compile(rb"\x1b(?:\[[>?0-9;$]{0,16}|\][^\x07\x1b]{0,16}\x1b?|P[^\x1b]{0,200}\x1b?)?\Z")
_KNOWN_MODES = {b"2026"}
"""Synchronized output: known and off. All others are answered as unknown, kitty's keys not at all, as by xterm."""


class Replies:
    """Finds the queries in a program's output, also one that came in two pieces."""

    def __init__(self, dark: bool = True) -> None:
        light, black = b"rgb:eeee/eeee/eeee", b"rgb:1111/1111/1111"
        self._foreground, self._background = (light, black) if dark else (black, light)
        self._tail = b""

    def to(self, data: bytes, here: Callable[[], Here]) -> Iterator[bytes]:
        """The answers to the queries that `data` brought; `here` is only asked when one needs it."""
        text = self._tail + data
        end = 0
        for query in _QUERY.finditer(text):
            end = query.end()
            yield self._answer(query, here)
        begun = _BEGUN.search(text, end)
        self._tail = begun[0] if begun else b""

    def _answer(self, query: re.Match[bytes], here: Callable[[], Here]) -> bytes:
        if (capability := query["capability"]) is not None:
            return b"\x1bP0+r" + capability + b"\x1b\\"
        if (osc := query["osc"]) is not None:
            colour = self._background if osc == b"11" else self._foreground
            return b"\x1b]" + osc + b";" + colour + b"\x1b\\"
        asked = query["csi"]
        match asked.lstrip(b">0") if asked.startswith((b">", b"0")) else asked:
            case b"c":
                return b"\x1b[>41;390;0c" if asked.startswith(b">") else b"\x1b[?62;22c"
            case b"5n":
                return b"\x1b[0n"
            case b"6n":
                column, row, _, _ = here()
                return b"\x1b[%d;%dR" % (row + 1, column + 1)
            case b"q":
                return b"\x1bP>|test(1)\x1b\\"
            case b"14t":
                return b"\x1b[4;%d;%dt" % (here()[3] * 20, here()[2] * 10)
            case b"16t":
                return b"\x1b[6;20;10t"
            case b"18t":
                return b"\x1b[8;%d;%dt" % (here()[3], here()[2])
            case b"?u":
                return b""
        mode = asked.strip(b"?$p")
        return b"\x1b[?%s;%d$y" % (mode, 2 if mode in _KNOWN_MODES else 0)
