"""Key presses out of a slow line: escape sequences come whole, and only a lone Esc is the Esc key. Pure."""

from __future__ import annotations

import re
from typing import Final

LONE_ESCAPE: Final = "\x1b"

_PASTE_BEGINS: Final = "\x1b[200~"
_PASTE_ENDS: Final = "\x1b[201~"

LONE_AFTER: Final = 0.15
"""Seconds after an Esc from which an ordinary letter no longer makes a sequence (alt+letter) with it."""

HOLD: Final = 0.35
"""Seconds for which the continuation of a key sequence (`[`, `O`, Enter) may be late. A line that splits
sequences by 300 ms is in daily use; a lone Esc acts after this time."""

GIVE_UP: Final = 1.0
"""Seconds after which the start of a sequence that never went on is thrown away."""

# What a key or a report looks like, whole: CSI (also the X10 mouse and the console's function keys), SS3, one letter.
_WHOLE: Final = re.compile(
    r"\x1b\x1b?(?:\[(?:M[\s\S]{3}|\[[A-E]|[0-?]*[ -/]*[@-LN-Z\\-~]|[0-?]+[ -/]*M)|O[ -~]|[^\[O\x1b])"
)
_BEGUN: Final = re.compile(r"\x1b\x1b?(?:\[(?:M[\s\S]{0,2}|\[|[0-?]*[ -/]*)|O)?")
# Answers to queries (OSC, DCS, APC): nothing of them is a key. The first character tells them from alt+P and text.
_ANSWER: Final = re.compile(r"\x1b(?:\]\d|P[\d>!|+$]|_[A-Z])[^\x07\x1b]*(?:\x07|\x1b\\)")
_ANSWER_BEGUN: Final = re.compile(r"\x1b(?:[\]P_]|(?:\]\d|P[\d>!|+$]|_[A-Z])[^\x07\x1b]*\x1b?)")
_ANSWER_OR_KEY: Final = ("\x1b]", "\x1bP", "\x1b_")
_MODIFY_OTHER_KEYS: Final = re.compile(r"\x1b\[27;(\d+);(\d+)~")
# alt+b, alt+f and alt+backspace move and delete by words, as in any shell: the parser knows them.
_READLINE: Final = "bf\x7f"
_META: Final = re.compile(r"\x1b\x1b(?:\[|O)(\d*)([A-DFH~])")


class Pasted(str):
    """A whole paste. Nothing in it is a key, whatever it looks like; the toolkit's parser would find some."""

    __slots__ = ()


class EscapeGate:
    """Holds back what may be the start of a sequence; times are of a monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._held = ""
        self._since = 0.0
        self._paste: list[str] | None = None

    def feed(self, text: str, now: float) -> list[str]:
        """Characters that arrived now → pieces: text and whole sequences for the key parser, LONE_ESCAPE, Pasted."""
        pieces: list[str] = []
        lone = self._held == "\x1b" and self._paste is None and now - self._since >= LONE_AFTER
        if lone and text and text[0] not in "[O\r":
            pieces.append(LONE_ESCAPE)
            self._held = ""
        rest = self._held + text
        if not self._held:
            self._since = now
        self._held = ""
        while rest:
            if self._paste is not None:
                rest = self._take_paste(self._paste, rest, pieces)
                continue
            at = rest.find("\x1b")
            if at < 0:
                pieces.append(rest)
                break
            if at > 0:
                pieces.append(rest[:at])
                rest = rest[at:]
                self._since = now
            if answer := _ANSWER.match(rest):
                rest = rest[answer.end() :]
            elif _ANSWER_BEGUN.fullmatch(rest) or _BEGUN.fullmatch(rest):
                self._held = rest
                break
            elif rest.startswith(_PASTE_BEGINS):
                self._paste = []
                rest = rest.removeprefix(_PASTE_BEGINS)
            elif whole := _WHOLE.match(rest):
                pieces.append(_plain_form(whole[0]))
                rest = rest[whole.end() :]
                self._since = now
            else:  # an Esc before something that is no sequence: it was not alone, so it is nothing
                rest = rest[1:]
        return pieces

    def tick(self, now: float) -> list[str]:
        """What has been held for long enough."""
        if self._paste is not None:
            return []
        waited = now - self._since
        if self._held in ("\x1b", "\x1b\x1b") and waited >= HOLD:
            self._held = ""
            return [LONE_ESCAPE]
        if self._held in _ANSWER_OR_KEY and waited >= HOLD:
            key, self._held = self._held, ""
            return [_plain_form(key)]
        if self._held and waited >= GIVE_UP:
            self._held = ""
        return []

    def _take_paste(self, paste: list[str], rest: str, pieces: list[str]) -> str:
        """All up to its end; returns what comes behind.

        What is pasted may hold an end of its own, which most terminals take out, but old ones and tmux do not: what
        stands behind it would be keys. So of the ends that came at once the last counts, up to where a next paste
        begins: one that is forged as well, begin and all, can't be told from two pastes.
        """
        end = rest.find(_PASTE_ENDS)
        if end < 0:
            begun = next((n for n in range(len(_PASTE_ENDS) - 1, 0, -1) if rest.endswith(_PASTE_ENDS[:n])), 0)
            self._held = rest[len(rest) - begun :]
            paste.append(rest[: len(rest) - begun])
            return ""
        begins = rest.find(_PASTE_BEGINS, end)
        end = rest.rfind(_PASTE_ENDS, end, begins if begins >= 0 else len(rest))
        pieces.append(Pasted("".join([*paste, rest[:end]])))
        self._paste = None
        return rest[end + len(_PASTE_ENDS) :]


def _plain_form(sequence: str) -> str:
    """The forms that the key parser does not know, in one that it does."""
    if len(sequence) == 2 and sequence[1] not in _READLINE:
        return f"\x1b[{ord(sequence[1])};3u"
    if other := _MODIFY_OTHER_KEYS.fullmatch(sequence):
        modifier, code = other.groups()
        return f"\x1b[{code};{modifier}u"
    if meta := _META.fullmatch(sequence):
        number, final = meta.groups()
        return f"\x1b[{number or 1};3{final}"
    return sequence
