"""Text that a terminal can be given, whoever wrote it: what would act on it becomes a visible sign. Pure.

The one place that says what no terminal may be sent, and what no name may hide.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

STAND_IN: Final = "\u2426"
"""For what has no sign of its own. One cell in every locale."""

# Newline and tab stay. C0 and DEL have pictures of their own. The embeddings, overrides and isolates of
# bidirectional text go too: with them a line of code can read otherwise than it is. The plain direction
# marks (U+200E, U+200F, U+061C) stay: Hebrew and Arabic need them, and they can't reorder what is around them.
_SIGNS: Final[dict[int, str]] = {
    **{code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), STAND_IN),
    0xAD: "",  # a soft hyphen: nothing to see, but terminals disagree about its width
    **dict.fromkeys((0x2028, 0x2029), "\u2424"),  # line ends for some readers of lines
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x2070), *range(0xFFF9, 0xFFFC)), STAND_IN),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
_TAGS: Final = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f)|[\U000e0000-\U000e00ff]")
"""A whole alphabet that nobody sees. It has one use: behind a black flag, as the flags of England and its kin."""

_MOST: Final = 8
"""Marks on one character. Vietnamese has two, Hebrew four, the flag of England six; thousands are an attack."""
_MAYBE_MARKS: Final = re.compile(rf"[^\w\s!-~\u2190-\u2cee]{{{_MOST + 1},}}")  # of letters and lines none is a mark
_MARKS: Final = frozenset(("Mn", "Me"))
_UNSEEN: Final = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff")


def plain(text: str) -> str:
    """The text without anything that a terminal obeys: escapes, control characters, reordering, lone surrogates."""
    if text.isascii() and text.isprintable():
        return text
    return _thinned(text.replace("\r\n", "\n").translate(_SIGNS))


class Plain:
    """The same for a text that comes in pieces, wherever it is cut."""

    def __init__(self) -> None:
        self._broke = ""
        self._marks = ""

    def feed(self, text: str) -> str:
        text, self._broke = self._broke + text, ""
        if text.endswith("\r"):  # half of a line's end, maybe
            text, self._broke = text[:-1], "\r"
        found = plain(self._marks + text)[len(self._marks) :]
        self._marks = _marks_at_end(self._marks + found)
        return found

    def end(self) -> str:
        """What was held."""
        held, self._broke = self._broke, ""
        return plain(held)


# For what is drawn by others, with its width counted already: what takes no cell goes without a sign.
_NOTHING: Final[dict[int, str]] = {
    code: sign if sign == "\ufffd" else "" for code, sign in {**_SIGNS, 0x09: "", 0x0A: ""}.items()
} | dict.fromkeys((0x034F, 0x200B, *range(0x2060, 0x2065), 0xFEFF), "")  # no script needs them, and names hide in them


def bare(text: str) -> str:
    """The same with nothing in its place: as many cells wide as before."""
    return text if text.isascii() and text.isprintable() else _thinned(text.translate(_NOTHING))


# What a name may not hide: with it two look the same and are not, or one says what nobody sees. Joiners and the sign
# for a picture stay where scripts and pictures need them: between, or behind, what is no ASCII.
_HIDDEN: Final = re.compile(
    "[\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u2064\u3164\ufe00-\ufe0e\ufeff"
    "\uffa0\U000e0100-\U000e01ef]"
)
_JOINERS: Final = re.compile("[\u200c\u200d\ufe0f]+")


def line(text: str) -> str:
    """A name, or what else has one line to itself: plain, on one line, and all of it seen."""
    text = plain(text)
    if not text.isascii():
        text = _JOINERS.sub(_where_needed, _HIDDEN.sub("", text))
    return " ".join(text.split())


def _thinned(text: str) -> str:
    """Without tags, and with no more marks on a character than a script has."""
    if text.isascii():
        return text
    return _MAYBE_MARKS.sub(_with_fewer_marks, _TAGS.sub(r"\1", text))


def _with_fewer_marks(found: re.Match[str]) -> str:
    kept: list[str] = []
    run = 0
    for character in found[0]:
        run = run + 1 if _is_mark(character) else 0
        if run <= _MOST:
            kept.append(character)
    return "".join(kept)


def _where_needed(found: re.Match[str]) -> str:
    """The sign for a picture, and one joiner."""
    run, before, after = (
        found[0],
        found.string[max(0, found.start() - 1) : found.start()],
        found.string[found.end() : found.end() + 1],
    )
    if before.isascii() or before.isspace():
        return ""
    picture = "\ufe0f" if run.startswith("\ufe0f") else ""
    joins = not after.isascii() and not after.isspace()
    return picture + (run.replace("\ufe0f", "")[:1] if joins else "")


def _marks_at_end(text: str) -> str:
    at = len(text)
    while at and len(text) - at < _MOST and _is_mark(text[at - 1]):
        at -= 1
    return text[at:]


def _is_mark(character: str) -> bool:
    return not character.isascii() and (
        unicodedata.category(character) in _MARKS or character in _UNSEEN or "\U000e0000" <= character < "\U000e0200"
    )
