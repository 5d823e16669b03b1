"""Text that a terminal can be given: what would act on it becomes a visible sign. Pure."""

from __future__ import annotations

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
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), STAND_IN),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}


def plain(text: str) -> str:
    """The text without anything that a terminal obeys: escapes, control characters, reordering, lone surrogates."""
    if text.isascii() and text.isprintable():
        return text
    return text.replace("\r\n", "\n").translate(_SIGNS)


# For what is drawn by others, with its width counted already: what takes no cell goes without a sign.
_NOTHING: Final[dict[int, str]] = {
    code: sign if sign == "\ufffd" else "" for code, sign in {**_SIGNS, 0x09: "", 0x0A: ""}.items()
}


def bare(text: str) -> str:
    """The same with nothing in its place: as many cells wide as before."""
    return text if text.isascii() and text.isprintable() else text.translate(_NOTHING)


def line(text: str) -> str:
    """The same on one line."""
    return " ".join(plain(text).split())
