"""What changed from one text to another, word by word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

_TOKEN: Final = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]|\s+|[^\W\u3040-\u9fff\uac00-\ud7a3]+|.", re.S
)
"""A word, a gap or a single sign; scripts without gaps go by the character."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that stayed (` `), went (`-`) or came (`+`)."""

    sign: str
    text: str


def word_difference(before: str, after: str) -> list[Piece]:
    """The pieces in their order; what went stands before what came in its place. A gap that both have between other
    words belongs to these: word by word in turns, neither text could be read."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    pieces: list[Piece] = []
    went = came = ""
    for place, (tag, i, j, k, m) in enumerate(codes):
        same, gone, new_here = "", "".join(old[i:j]), "".join(new[k:m])
        if tag == "equal" and not (gone.isspace() and 0 < place < len(codes) - 1):
            same, gone, new_here = gone, "", ""
        went, came = went + gone, came + new_here
        if same or place == len(codes) - 1:
            pieces += [Piece(sign, text) for sign, text in (("-", went), ("+", came), (" ", same)) if text]
            went = came = ""
    return pieces
