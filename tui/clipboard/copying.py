"""Copies a text: goes the ways that there are, off the event loop, and says in a line what came of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tui.clipboard.around import PATIENCE, Around, look_around
from tui.clipboard.ways import LIMIT, Way, sequence, ways
from tui.engine import without_keys
from tui.plain import line, plain


@dataclass(frozen=True, slots=True)
class Copied:
    """It is there to be pasted, as far as can be known: no terminal says whether it took a text."""

    way: str
    characters: int

    def __str__(self) -> str:
        return f"Copied {self.characters:,} character{'' if self.characters == 1 else 's'} {self.way}."


@dataclass(frozen=True, slots=True)
class TooLong:
    """Only a terminal could take it, and it would not; nothing was sent."""

    size: int

    def __str__(self) -> str:
        return f"Too long for this terminal's clipboard: {self.size / 1000:,.0f} kB."


@dataclass(frozen=True, slots=True)
class Failed:
    """It is nowhere."""

    reason: str

    def __str__(self) -> str:
        return f"Not copied: {self.reason}."


async def copy(
    text: str,
    send: Callable[[str], bool],
    environ: Mapping[str, str] | None = None,
    platform: str = sys.platform,
) -> Copied | TooLong | Failed:
    """Copy it. `send` writes to the terminal in one piece and says whether that can be done now. Never raises.

    What a terminal would obey is copied as it is seen: pasted into another one, it could end the paste and go on as if
    it was typed there.
    """
    text = plain(text)
    if not text:
        return Failed("there is no text")
    environ = os.environ if environ is None else environ
    data = text.encode("utf-8", "replace")
    too_long = len(data) > LIMIT
    around = await asyncio.to_thread(look_around, environ, platform)
    gone: list[Way] = []
    troubles: list[str] = []

    async def go(way: Way) -> None:
        if way is Way.TMUX and too_long:
            way = Way.TMUX_BUFFER
        if way in (Way.TMUX, Way.TMUX_BUFFER, Way.TOOL):
            trouble = await asyncio.to_thread(_run, way, text, environ, around)
        elif too_long:
            trouble = "it is too long for the terminal"
        else:
            trouble = "" if send(sequence(data, way)) else "the terminal takes nothing now"
        if trouble:
            troubles.append(trouble)
        else:
            gone.append(way)

    planned = ways(environ, around)
    for way in planned:
        await go(way)
    if not gone and not {Way.TERMINAL, Way.PAST_SCREEN} & {*planned}:
        await go(Way.TERMINAL)
    if gone:
        return Copied(_words(gone, around, too_long=too_long), len(text))
    return TooLong(len(data)) if too_long else Failed("; ".join(troubles))


def _run(way: Way, text: str, environ: Mapping[str, str], around: Around) -> str:
    """Give the text to a program; returns what went wrong, in words, or nothing. Blocks."""
    if way is Way.TOOL and around.tool is not None:
        return _feed(around.tool.argv, text.encode(around.tool.encoding, "replace"), environ)
    if around.tmux is not None:
        flags = ("-w",) if way is Way.TMUX else ()
        return _feed((around.tmux.path, "load-buffer", *flags, "-"), text.encode("utf-8", "replace"), environ)
    return "there is no such program"


def _feed(argv: Sequence[str], data: bytes, environ: Mapping[str, str]) -> str:
    name = os.path.basename(argv[0])
    if name == "pbcopy":
        environ = {**environ, "LC_ALL": "en_US.UTF-8"}  # in the C locale it takes the bytes for Mac Roman
    try:
        # xclip, xsel and wl-copy stay behind to serve the clipboard. So they get no pipe whose end would be waited
        # for, and a session of their own, lest they go with this terminal.
        with tempfile.TemporaryFile() as said:
            ended = subprocess.run(
                argv,
                env=without_keys(environ),
                input=data,
                stdout=subprocess.DEVNULL,
                stderr=said,
                timeout=PATIENCE,
                start_new_session=True,
            )
            said.seek(0)
            words = line(said.read(1000).decode(errors="replace"))
    except subprocess.TimeoutExpired:
        return f"{name} did not end within {PATIENCE:g} s"
    except OSError as error:
        return f"{name}: {error.strerror or error}"
    return f"{name}: {words or f'exit status {ended.returncode}'}" if ended.returncode else ""


def _words(gone: Sequence[Way], around: Around, *, too_long: bool) -> str:
    if list(gone) == [Way.TMUX_BUFFER]:
        why = "too long for the terminal" if too_long else "rivulet doctor says what tmux must allow"
        return f"to tmux's buffer only: {why}"
    names = []
    if {Way.TMUX, Way.PAST_TMUX} & {*gone}:
        names.append("through tmux")
    elif Way.TMUX_BUFFER in gone:
        names.append("to tmux's buffer")
    if Way.TERMINAL in gone:
        names.append("through the terminal")
    if Way.PAST_SCREEN in gone:
        names.append("through screen")
    if Way.TOOL in gone and around.tool is not None:
        names.append(f"with {around.tool.name}")
    return " and ".join(names)
