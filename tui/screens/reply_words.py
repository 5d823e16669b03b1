"""What stands above and below a reply: who answered and when, how it ended, and the keys that mend it. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from tui.engine import CUT_BY_FILTER, CUT_BY_LENGTH, ErrorKind, Message, StreamStatus
from tui.glyphs import Glyphs
from tui.plain import line

_BROKEN: Final = {
    ErrorKind.TIMEOUT: "timed out",
    ErrorKind.NETWORK: "broken off",
    ErrorKind.TRUNCATED: "broken off",
    ErrorKind.INTERRUPTED: "interrupted",
}


def header(message: Message, version: int, versions: int) -> str:
    """Who answered, when, how it ended in a word, and what it took."""
    parts = [about(message.model or "", version, versions, message.created_at), state(message)]
    tokens = (message.usage or {}).get("output_tokens")
    if tokens:
        parts.append(f"{tokens} tokens")
        if message.first_token_at is not None and message.ended_at is not None:
            seconds = message.ended_at - message.first_token_at - message.paused_ms / 1000
            if seconds > 1:
                parts.append(f"{tokens / seconds:.0f} tok/s")
    return "   ".join(parts)


def about(model: str, version: int, versions: int, at: float) -> str:
    """Who answers, since when, and which of how many versions it is."""
    parts = [line(model), when(at, time.time())]
    if versions > 1:
        parts.insert(1, version_of(version, versions))
    return "   ".join(parts)


def when(at: float, now: float) -> str:
    """The time of day; with the day, if it was another one; of another year the day alone."""
    then, today = time.localtime(at), time.localtime(now)
    if then[:3] == today[:3]:
        return time.strftime("%H:%M", then)
    return time.strftime("%d %b %H:%M" if then.tm_year == today.tm_year else "%d %b %Y", then)


def version_of(version: int, versions: int) -> str:
    return f"version {version} of {versions}"


def state(message: Message) -> str:
    """The integrity of a reply in a word."""
    if message.edited_at is not None:
        return "edited"
    match message.status:
        case StreamStatus.STOPPED:
            return "stopped"
        case StreamStatus.ERROR:
            kind = message.error.kind if message.error else ErrorKind.INTERNAL
            return _BROKEN.get(kind, "failed")
    return "cut" if message.cut else "complete"


def thought(first: float | None, until: float | None, *, over: bool) -> str:
    """How long the reasoning took, or takes."""
    seconds = max(0, int(until - first)) if first is not None and until is not None else 0
    if over:
        return f"thought for {seconds} s" if seconds else "thought"
    return f"thinking {seconds} s" if seconds else "thinking"


NOT_TOLD: Final = "What follows was asked without this question."


def note(message: Message, glyphs: Glyphs, key: Callable[[str], str], *, gone_on: bool = False) -> str:
    """What is to be said below a reply. `key`: the key of a binding, as the screen writes it. `gone_on`: something was
    asked after it; models are not told questions without an answer."""
    untold = NOT_TOLD if gone_on and not message.content.strip() else ""
    return " ".join(filter(None, (_ending(message, glyphs, key), untold, left_out(message.left_out, glyphs))))


def left_out(exchanges: int, glyphs: Glyphs) -> str:
    """What its model was not told."""
    if not exchanges:
        return ""
    many = "oldest exchange was" if exchanges == 1 else f"{exchanges} oldest exchanges were"
    return f"{glyphs.cut} The {many} left out: too long for the model."


def _ending(message: Message, glyphs: Glyphs, key: Callable[[str], str]) -> str:
    """How a reply ended, if it is not simply complete: what happened, and the keys that mend it."""
    again, text = key("reply.regenerate"), bool(message.content.strip())
    go_on = f"{key('reply.continue')} goes on" if text else ""
    match message.status:
        case StreamStatus.STOPPED:
            return f"{glyphs.cut} Stopped. {go_on + ', ' if go_on else ''}{again} answers again."
        case StreamStatus.ERROR:
            words = line(message.error.message) if message.error else "It failed."
            if message.error and message.error.kind in (ErrorKind.CONFIG, ErrorKind.AUTH):
                return f"{glyphs.error} {words}"
            words = f"{glyphs.error} {_with_key(words, again)}"
            return f"{words} {go_on}." if go_on else words
    if message.finish_reason in CUT_BY_LENGTH:
        return f"{glyphs.cut} Cut by its length limit." + (f" {go_on}." if go_on else "")
    if message.finish_reason == CUT_BY_FILTER:
        return f"{glyphs.cut} Cut by the provider's content filter."
    if not text:
        return f"{glyphs.cut} The model sent no answer. {again} asks again."
    return ""


def _with_key(words: str, again: str) -> str:
    """The words with the key that tries again, where they say so themselves or else at their end."""
    before, says_so, after = words.rpartition("ry again")
    return f"{before}{says_so} ({again}){after}" if says_so else f"{words} {again} tries again."
