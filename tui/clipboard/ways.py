"""Which ways a copied text goes, and what is written to a terminal. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tui.clipboard.around import Around

LIMIT: Final = 74_994
"""Bytes of text that go through a terminal. As base64, with what stands around it, that is a sequence of 100,000
bytes: the most that scripts have sent since hterm set that bound. Many terminals take more; those that do not
drop it, or its tail, without a word, so a longer one is not sent."""

_PIECE: Final = 200
"""Characters that GNU screen is given at a time to pass on: older ones cut a string at 256."""


class Way(StrEnum):
    """One way to a clipboard."""

    TMUX = "tmux"
    """Its buffer, and through tmux the clipboard of its terminal."""
    TMUX_BUFFER = "tmux-buffer"
    """Its buffer alone."""
    TOOL = "tool"
    """A program that knows this machine's clipboard."""
    TERMINAL = "terminal"
    """OSC 52."""
    PAST_TMUX = "past-tmux"
    """OSC 52 that tmux passes on as it is."""
    PAST_SCREEN = "past-screen"
    """OSC 52 that GNU screen passes on as it is."""


def ways(environ: Mapping[str, str], around: Around) -> tuple[Way, ...]:
    """All ways that a text should go, in order.

    In tmux and screen more than one: somebody may have attached from elsewhere since the program was started, and
    then what its environment says of SSH and of a display is no longer so.
    """
    tool = (Way.TOOL,) if around.tool else ()
    if (tmux := around.tmux) is not None:
        if tmux.hands_on:
            return (Way.TMUX, *tool)
        return (Way.TMUX_BUFFER, *((Way.PAST_TMUX,) if tmux.passes else ()), *tool)
    if environ.get("TMUX"):  # it does not answer, but it may take an OSC 52 all the same
        return (*tool, Way.TERMINAL)
    if environ.get("STY"):
        return (*tool, Way.PAST_SCREEN)
    return tool or (Way.TERMINAL,)


def sequence(data: bytes, way: Way) -> str:
    """What is written to the terminal: one OSC 52 always, since a second one would replace the first."""
    whole = f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"
    if way is Way.PAST_TMUX:
        return "\x1bPtmux;" + whole.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if way is Way.PAST_SCREEN:
        pieces = (whole[at : at + _PIECE] for at in range(0, len(whole), _PIECE))
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return whole
