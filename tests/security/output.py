"""Reads what reached a terminal byte by byte: all that is neither plain text nor one of the program's own sequences."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_OWN: Final = re.compile(
    r"\x1b\[[0-9;:]*m"  # colours
    r"|\x1b\[[0-9]+;[0-9]+H"  # where a line is drawn
    r"|\x1b\[\?(?:25|7|1000|1003|1004|1006|1015|1049|2004|2026)[hl]"
    r"|\x1b\[\?(?:2026|2048)\$p|\x1b\[c|\x1b\[>25u|\x1b\[<u"
    r"|\x1b\]11;\?\x1b\\"  # what ground it has
    r"|\x1b\]22;[a-z]+\x07"  # the mouse's shape
    r"|\x1b\]52;c;[A-Za-z0-9+/]+=*\x07"  # a copy: what is in it is looked at apart
    r"|\x1b\]8;id=[0-9]+-?[0-9]*;https?://[!-~]+\x1b\\|\x1b\]8;;\x1b\\"  # a link
    r"|\x1b_drained\x1b\\"  # the test's own
    r"|\r\n|\t"
)
_FLAG: Final = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f")
_TURNING: Final = set("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206b\u206e\ufff9")


def foreign(raw: bytes, most_marks: int = 8) -> list[str]:
    """What is not the program's own, each with what stands around it. Bytes that are no UTF-8 are foreign, too."""
    found: list[str] = []
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return [f"{raw[error.start - 20 : error.end + 20]!r}"]
    text = _OWN.sub("\n", text)
    marks = 0
    for at, character in enumerate(_FLAG.sub("", text) if "\U0001f3f4" in text else text):
        if " " <= character <= "~" or character == "\n":
            marks = 0
            continue
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        acts = category in ("Cc", "Cs") or character in _TURNING or 0xE0000 <= ord(character) < 0xE0080
        if acts or marks > most_marks:
            found.append(ascii(text[max(0, at - 20) : at + 20]))
            if len(found) == 20:
                break
    return found
