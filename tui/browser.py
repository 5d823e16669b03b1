"""Links outside of Rivulet: whether the terminal can be told of them, and how a browser is opened."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Final

from tui.engine import without_keys

_KNOWN_PROGRAMS: Final = frozenset({"iTerm.app", "WezTerm", "ghostty", "vscode", "Hyper", "rio", "WarpTerminal"})
_KNOWN_TERMS: Final = ("xterm-kitty", "xterm-ghostty", "wezterm", "alacritty", "foot", "contour", "rio")
_OWN_VARIABLES: Final = (
    "KITTY_WINDOW_ID",
    "WT_SESSION",
    "ALACRITTY_WINDOW_ID",
    "WEZTERM_PANE",
    "GHOSTTY_RESOURCES_DIR",
)
_IN_TERMINAL: Final = frozenset({"lynx", "w3m", "links", "links2", "elinks", "www-browser", "browsh", "carbonyl"})
"""Browsers that would draw over the screen."""


def shows_links(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known to make links of what OSC 8 marks.

    Off where nothing is known: some old ones write the address out as text. Behind tmux (from 3.4 on) it is tmux that
    understands it, and drops it for a terminal that does not; screen passes nothing on."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if environ.get("STY") or term in ("", "dumb", "linux"):
        return False
    if environ.get("TMUX"):
        return program == "tmux" and _number(environ.get("TERM_PROGRAM_VERSION", "")) >= (3, 4)
    return (
        program in _KNOWN_PROGRAMS
        or term.startswith(_KNOWN_TERMS)
        or any(environ.get(name) for name in _OWN_VARIABLES)
        or _number(environ.get("VTE_VERSION", "")) >= (5000,)  # GNOME's and its kin; before 0.50 they crashed
        or _number(environ.get("KONSOLE_VERSION", "")) >= (201200,)
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def opener(environ: Mapping[str, str], platform: str = sys.platform) -> list[str]:
    """The command that opens an address before the user's eyes; empty if there is none.

    Over SSH a browser would open on a screen that nobody looks at; without a desktop there is at most one that draws
    over ours. Only who sets $BROWSER knows better."""
    for wanted in filter(None, environ.get("BROWSER", "").split(os.pathsep)):
        try:
            command = shlex.split(wanted)
        except ValueError:
            continue
        if command and os.path.basename(command[0]) not in _IN_TERMINAL and shutil.which(command[0]):
            return command
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return []
    if platform == "darwin":
        names = ["open"]
    elif environ.get("WSL_DISTRO_NAME"):
        names = ["wslview", "explorer.exe"]
    elif environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        names = ["xdg-open", "gio open"]
    else:
        names = []
    return next((name.split() for name in names if shutil.which(name.split()[0])), [])


def open_address(address: str, environ: Mapping[str, str]) -> bool:
    """Open it in the user's browser, which does not end with us and writes nothing on our screen. False if there is
    none. Blocks for as long as it takes to start a program."""
    command = opener(environ)
    if not command:
        return False
    filled = [part.replace("%s", address) for part in command]
    argv = filled if filled != command else [*command, address]
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=without_keys(environ),
            start_new_session=True,
        )
    except OSError:
        return False
    threading.Thread(target=process.wait, name="browser", daemon=True).start()  # some run until their last window
    return True
