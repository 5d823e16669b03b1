"""What there is to copy with: the tmux around us, and a program that knows this machine's clipboard."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tui.engine import without_keys

PATIENCE: Final = 2.0
"""Seconds that a program has. They take some milliseconds; one whose display is gone may wait for ever."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program of this machine that puts its standard input on the clipboard."""

    argv: tuple[str, ...]
    encoding: str = "utf-8"

    @property
    def name(self) -> str:
        return os.path.basename(self.argv[0])


@dataclass(frozen=True, slots=True)
class Tmux:
    """The tmux around us, as its server says."""

    path: str
    version: str
    set_clipboard: str = "external"
    passes: bool = False
    """A program may speak past it to the terminal."""
    knows_clipboard: bool = True
    """It counts its terminal among those that take a clipboard. An `Ms` in terminal-overrides is not seen here."""

    @property
    def hands_on(self) -> bool:
        """`load-buffer -w` is there, from 3.2 on.

        tmux itself would do it with set-clipboard off too (3.3a does), but somebody who turned that off meant it.
        """
        return _number(self.version) >= (3, 2) and self.set_clipboard != "off"


@dataclass(frozen=True, slots=True)
class Around:
    """What there is here."""

    tmux: Tmux | None = None
    tool: Tool | None = None


def look_around(environ: Mapping[str, str], platform: str = sys.platform) -> Around:
    """Ask tmux, and look for programs. Blocks for some milliseconds."""

    def which(name: str) -> str | None:
        return shutil.which(name, path=environ.get("PATH"))

    return Around(_ask_tmux(environ, which("tmux")), find_tool(environ, platform, which))


def over_ssh(environ: Mapping[str, str]) -> bool:
    """Whether this machine's clipboard is another one than that before the user."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))


def find_tool(environ: Mapping[str, str], platform: str, which: Callable[[str], str | None]) -> Tool | None:
    """The program for the clipboard before the user, if there is one."""
    if over_ssh(environ):
        return None
    windows = platform == "win32" or environ.get("WSL_DISTRO_NAME")
    for here, encoding, name, *options in (
        (platform == "darwin", "utf-8", "pbcopy"),
        (windows, "utf-16-le", "clip.exe"),  # it takes UTF-8 for the console's old code page
        # Left to guess, wl-copy gives a script a type of its own, and nothing pastes that as text.
        (environ.get("WAYLAND_DISPLAY"), "utf-8", "wl-copy", "--type", "text/plain"),
        (environ.get("DISPLAY"), "utf-8", "xclip", "-selection", "clipboard", "-in"),
        (environ.get("DISPLAY"), "utf-8", "xsel", "--clipboard", "--input"),
    ):
        if here and (path := which(name)):
            return Tool((path, *options), encoding)
    return None


_QUESTION: Final = "#{version}|#{set-clipboard}|#{allow-passthrough}|#{client_termfeatures}"


def _ask_tmux(environ: Mapping[str, str], path: str | None) -> Tmux | None:
    if not environ.get("TMUX") or path is None:
        return None
    try:
        answer = subprocess.run(
            [path, "display-message", "-p", _QUESTION],
            env=without_keys(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return read_tmux(path, answer.stdout.decode(errors="replace"))


def read_tmux(path: str, answer: str) -> Tmux:
    """What a tmux says of itself; one that is too old for an option says nothing at its place."""
    version, set_clipboard, passthrough, features = [*answer.strip().split("|"), "", "", ""][:4]
    return Tmux(
        path,
        version,
        set_clipboard,
        # Before 3.3 there was no such option, and everything passed.
        passes=_number(version) < (3, 3) or passthrough not in ("", "0", "off"),
        knows_clipboard="clipboard" in features.split(","),
    )


def _number(version: str) -> tuple[int, int]:
    found = re.search(r"(\d+)\.(\d+)", version)
    if found is None:  # "master" is newer than any; what can't tell its version is older
        return (99, 0) if version else (0, 0)
    return int(found[1]), int(found[2])
