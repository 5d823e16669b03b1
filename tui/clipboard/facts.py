"""How copying will go here, and what must be allowed for it, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.clipboard.around import Around, Tmux, over_ssh
from tui.clipboard.ways import LIMIT, Way, ways

_HERE: Final = "the clipboard of the machine before you"


def copying_facts(environ: Mapping[str, str], around: Around) -> list[tuple[str, str]]:
    """Rows of a name and what is so."""
    planned = ways(environ, around)
    name = around.tool.name if around.tool else ""
    words = {
        Way.TMUX: "tmux's buffer and, through it, the terminal's clipboard",
        Way.TMUX_BUFFER: "tmux's buffer",
        Way.TOOL: f"this machine's clipboard ({name})",
        Way.TERMINAL: "the terminal's clipboard (OSC 52)",
        Way.PAST_TMUX: "past tmux the terminal's clipboard (OSC 52)",
        Way.PAST_SCREEN: "past screen the terminal's clipboard (OSC 52)",
    }
    rows = [("goes to", "; ".join(words[way] for way in planned))]
    if around.tmux is not None:
        rows += _tmux(around.tmux)
    elif environ.get("TMUX"):
        rows.append(("tmux", "does not answer; it lets a copy through after: set -g set-clipboard on"))
    elif over_ssh(environ) and environ.get("TERM", "").startswith(("tmux", "screen")) and not environ.get("STY"):
        rows.append(("tmux", "if there is one on the way, it needs: set -g set-clipboard on"))
    if over_ssh(environ):
        rows.append(("over SSH", f"a copy goes to {_HERE}, not to this one's"))
    if planned != (Way.TOOL,):
        rows.append(("at most", f"{LIMIT:,} bytes through a terminal; a longer text is saved as a file"))
        rows.append(("terminal", "must allow OSC 52; none says whether it does"))
    return rows


def _tmux(tmux: Tmux) -> list[tuple[str, str]]:
    found = f"{tmux.version or 'of an unknown version'}, set-clipboard {tmux.set_clipboard or 'unknown'}"
    if tmux.set_clipboard == "off":
        return [("tmux", f"{found}: to let copies through: set -g set-clipboard on")]
    if not tmux.hands_on:
        allowed = "what is allowed" if tmux.passes else "set -g allow-passthrough on"
        return [("tmux", f"{found}: it can't hand a text on before version 3.2; {allowed}")]
    if not tmux.knows_clipboard:
        mend = "set -as terminal-features ',*:clipboard', then attach again"
        return [("tmux", f"{found}, but it knows of no clipboard of its terminal: {mend}")]
    return [("tmux", f"{found}: fine")]
