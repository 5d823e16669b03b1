"""Keys out of texts that others wrote: as they are, and as a URL, a JSON text or a web page writes them. Pure.

What a server encodes on purpose (base64, backwards) goes through: nobody can know all of that, and it has the key.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from typing import Final

SHORTEST: Final = 6
"""Characters from which on a key is taken out: a shorter one would take ordinary words with it."""

_PLACEHOLDERS: Final = frozenset(
    {"ollama", "lm-studio", "lmstudio", "llamacpp", "llama.cpp", "no-key", "not-needed", "not-used", "unused", "secret"}
    | {"api-key", "apikey", "placeholder", "sk-no-key-required", "localhost", "password"}
)
"""What is written where a server wants no key. It is no secret, and a word of many replies."""

STAND_IN: Final = "[your key]"

_LONGEST_REFERENCE: Final = 8
"""Characters of `&#x0006d;`, about: what goes on for longer is none."""


_IN_AN_ADDRESS: Final = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")


def without_passwords(text: str, instead: str) -> str:
    """The text with none in its addresses: a proxy's stands in the environment, and libraries quote it."""
    return _IN_AN_ADDRESS.sub(rf"\1{instead}@", text)


def is_secret(key: str | None) -> bool:
    """Whether it is one, and long enough to be told from words."""
    return key is not None and len(key) >= SHORTEST and key.lower() not in _PLACEHOLDERS


def redacted(text: str, key: str | None, instead: str = STAND_IN) -> str:
    """The text without the key, however it is written in it."""
    redactor = Redactor(key, instead)
    return redactor.feed(text) + redactor.end()


class Redactor:
    """The same for a text that comes in pieces: what may be the key's beginning waits for the next one."""

    def __init__(self, key: str | None, instead: str = STAND_IN) -> None:
        self._key = key if key is not None and is_secret(key) else ""
        self._instead = instead
        self._held = ""
        self._begins = _beginning(self._key[:2]) if self._key else None

    def feed(self, text: str) -> str:
        """The text so far known to be none of the key."""
        if self._begins is None:
            return text
        text, self._held = self._held + text, ""
        out: list[str] = []
        at = 0
        while found := self._begins.search(text, at):
            end = _spelled(self._key, text, found.start())
            if end is None:  # it ends before it can be told
                out.append(text[at : found.start()])
                self._held = text[found.start() :]
                return "".join(out)
            out.append(text[at : found.start()] + (self._instead if end else found[0]))
            at = end or found.end()
        return "".join(out) + text[at:]

    def end(self) -> str:
        """What was held. Half of a key and more is as good as the key."""
        held, self._held = self._held, ""
        if self._begins is not None:
            known = self._key[: (len(self._key) + 1) // 2]
            for found in self._begins.finditer(held):  # behind what may have been the first of its letters, too
                if _spelled(known, held, found.start()):
                    return held[: found.start()] + self._instead
        return held


@lru_cache(maxsize=64)
def _beginning(two: str) -> re.Pattern[str]:
    """Where a key may begin that begins with these two characters: almost nowhere, also in a text that is full of the
    first, or of signs that may write it. Each place that is looked at costs a microsecond."""
    first, second = map(_letters, two)
    return re.compile(rf"[{first}](?=[{second}%&\\]|\Z)|%(?=[0-9A-Fa-f]|\Z)|&(?=[#A-Za-z]|\Z)|\\(?=[u{first}]|\Z)")


def _letters(character: str) -> str:
    """All that are the same as this one, for a class of a pattern; the sign of Kelvin is a capital k, too."""
    kelvin = "\u212a" if character in "kK" else ""
    return re.escape(character.lower() + character.upper() + kelvin)


def _spelled(key: str, text: str, at: int) -> int | None:
    """Where the key ends that is spelled out from `at` on; 0 if it is not, None if the text ends too early to tell."""
    for character in key:
        step = _step(character, text, at)
        if not step:
            return step
        at += step
    return at


def _step(character: str, text: str, at: int) -> int | None:
    """How many characters spell this one at `at`, as a capital or not: some servers change that."""
    there = text[at : at + 1]
    if not there:
        return None
    escaped = _escaped(character, text, at, there)
    return int(_same(there, character)) if escaped == 0 else escaped


def _escaped(character: str, text: str, at: int, there: str) -> int | None:
    match there:
        case "%":
            return _number(character, text, at + 1, 2, 3)
        case "\\" if text[at + 1 : at + 2] == "u":
            return _number(character, text, at + 2, 4, 6)
        case "\\":
            behind = text[at + 1 : at + 2]
            return 2 if _same(behind, character) else 0 if behind else None
        case "&":
            reference, end, _ = text[at : at + _LONGEST_REFERENCE + 2].partition(";")
            if not end:
                return None if len(text) - at <= _LONGEST_REFERENCE else 0
            return len(reference) + 1 if _same(unescape(reference + ";"), character) else 0
    return 0


def _number(character: str, text: str, start: int, digits: int, length: int) -> int | None:
    """The same for one that is written as its number in so many hexadecimal digits."""
    written = text[start : start + digits].lower()
    if not any(f"{ord(one):0{digits}x}".startswith(written) for one in (character.lower(), character.upper())):
        return 0
    return length if len(written) == digits else None


def _same(there: str, character: str) -> bool:
    return there.lower() == character.lower()
