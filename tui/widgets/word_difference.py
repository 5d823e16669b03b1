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
    """The pieces in their order; what went stands before what came in its place."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    pieces: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(" ", "".join(old[i:j])))
            continue
        if i < j:
            pieces.append(Piece("-", "".join(old[i:j])))
        if k < m:
            pieces.append(Piece("+", "".join(new[k:m])))
    return pieces
