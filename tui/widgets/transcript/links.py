"""Addresses that may be opened: what is safe to hand to a terminal or a browser, and where they are on screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from markdown_it.common.normalize_url import normalizeLink

from tui.widgets.transcript.ink import Line

_LONGEST: Final = 2_000
"""Characters: terminals refuse longer ones, and nobody reads where they lead."""
# Nobody needs a user's name in one but who wants a host to look like another: `https://bank.test:…@evil.test`.
_WEB: Final = re.compile(r"https?://[A-Za-z0-9\[](?:(?![/?#@])[!-~])*(?:[/?#][!-~]*)?", re.IGNORECASE)
_KEPT: Final = "!#$%&'()*+,/:;=?@[]~"


@lru_cache(maxsize=1024)
def web_address(address: str) -> str:
    """The address as plain ASCII without blanks or control characters; empty if it is not one of the web."""
    try:
        safe = quote(normalizeLink(address.strip()), safe=_KEPT)
    except ValueError:  # half a surrogate pair, or no host that could be one
        return ""
    return safe if len(safe) <= _LONGEST and _WEB.fullmatch(safe) else ""


@dataclass(frozen=True, slots=True)
class Link:
    """An address on screen, and where it stands: (row, start, end) for each row."""

    address: str
    places: list[tuple[int, int, int]] = field(default_factory=list)


def links(lines: Sequence[Line]) -> list[Link]:
    """The links in the lines, from above. What stands side by side, or wraps, is one."""
    found: list[Link] = []
    open_address = ""
    for row, line in enumerate(lines):
        at = 0
        for text, ink in line:
            if ink.link and text:
                if ink.link != open_address:
                    found.append(Link(ink.link))
                open_address = ink.link
                found[-1].places.append((row, at, at + len(text)))
            elif text.strip():
                open_address = ""
            at += len(text)
        if not line:
            open_address = ""
    return found
