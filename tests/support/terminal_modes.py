"""Which modes of the terminal a program has switched and not switched back, read off its output."""

from __future__ import annotations

import re

_SWITCH = re.compile(rb"\x1b\[\?([0-9;]+)([hl])|\x1b\[([<>])[0-9;]*u|\x1b\[>4(?:;(\d))?m|\x1b([=>])|\x1b(c)")
_OFF_BY_DEFAULT = {
    1: "application cursor keys",
    9: "mouse (X10)",
    47: "alternate screen",
    1000: "mouse",
    1002: "mouse drags",
    1003: "mouse movements",
    1004: "focus reports",
    1005: "mouse (UTF-8)",
    1006: "mouse (SGR)",
    1015: "mouse (urxvt)",
    1016: "mouse (pixels)",
    1047: "alternate screen",
    1049: "alternate screen",
    2004: "bracketed paste",
    2026: "synchronized output",
    2048: "resize reports",
}
_ON_BY_DEFAULT = {7: "line wrap switched off", 25: "cursor hidden"}


def leftovers(output: bytes) -> list[str]:
    """What is still switched after all of this output; empty when a shell could go on."""
    switched: set[int] = set()
    kitty = 0
    other_keys = keypad = False
    for modes, to, kitty_verb, other, pad, reset in _SWITCH.findall(output):
        if modes:
            for mode in map(int, filter(None, modes.split(b";"))):
                if (to == b"h") == (mode in _OFF_BY_DEFAULT):
                    switched.add(mode)
                else:
                    switched.discard(mode)
        elif kitty_verb:
            kitty = max(0, kitty + (1 if kitty_verb == b">" else -1))
        elif pad:
            keypad = pad == b"="
        elif reset:
            switched.clear()
            kitty, other_keys, keypad = 0, False, False
        else:
            other_keys = other not in (b"", b"0")
    names = _OFF_BY_DEFAULT | _ON_BY_DEFAULT
    found = sorted({names[mode] for mode in switched if mode in names})
    found += ["kitty's keyboard protocol"] if kitty else []
    found += ["modifyOtherKeys"] if other_keys else []
    found += ["application keypad"] if keypad else []
    return found
