"""What the environment says about the terminal, in words. Pure but for its size."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from tui.browser import opener, shows_links


def terminal_facts(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Rows of a name and what is so."""
    term = environ.get("TERM", "")
    return [
        ("TERM", f"{term or 'not set'}{': the UI needs more than that' if term == 'dumb' else ''}"),
        ("size", _size()),
        ("colours", _colours(environ)),
        ("text", _text(environ)),
        ("reached", _reached(environ)),
        ("links", _links(environ)),
        ("opened", _opened(environ)),
    ]


def _size() -> str:
    for number in (1, 0, 2):
        with suppress(OSError):
            size = os.get_terminal_size(number)
            return f"{size.columns} x {size.lines}"
    return "no terminal here"


def _colours(environ: Mapping[str, str]) -> str:
    told = environ.get("COLORTERM", "")
    if told in ("truecolor", "24bit"):
        number = f"16 million (COLORTERM={told})"
    elif "256color" in environ.get("TERM", ""):
        number = "256 (COLORTERM does not say more)"
    else:
        number = "16"
    return number + (", but NO_COLOR is set" if environ.get("NO_COLOR") else "")


def _text(environ: Mapping[str, str]) -> str:
    name = next((name for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), None)
    if name is None:
        return "no locale is set; if signs look broken: LANG=C.UTF-8"
    value = environ[name]
    if value.lower().replace("-", "").endswith("utf8"):
        return f"UTF-8 ({name}={value})"
    return f'not UTF-8 ({name}={value}); if signs look broken: LANG=C.UTF-8, or [ui] glyphs = "ascii"'


def _reached(environ: Mapping[str, str]) -> str:
    through = [
        words
        for variable, words in (("SSH_CONNECTION", "over SSH"), ("TMUX", "in tmux"), ("STY", "in screen"))
        if environ.get(variable)
    ]
    return ", ".join(through) or "directly"


def _links(environ: Mapping[str, str]) -> str:
    if shows_links(environ):
        return "told to the terminal, which makes them ones to click (OSC 8)"
    if environ.get("TMUX"):
        return "not told to the terminal: tmux hands them on from 3.4 on"
    return "not told to the terminal: it is not known to understand OSC 8"


def _opened(environ: Mapping[str, str]) -> str:
    if command := opener(environ):
        return f"with {' '.join(command)}"
    why = "over SSH" if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY") else "there is no desktop here"
    return f"not from here ({why}): the address is copied; $BROWSER can name a program"
