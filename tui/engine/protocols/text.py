"""Valid Unicode out of what providers send: halves of a surrogate pair may come in two deltas."""

from __future__ import annotations

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


class Halves:
    """Joins the halves of a pair across pieces of one text; a lone half becomes U+FFFD."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """The text so far known; a first half at its end waits for the next piece."""
        if not text or not (self._held or _SURROGATE.search(text)):
            return text
        text = self._held + text
        self._held = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
        return whole(text.removesuffix(self._held))

    def end(self) -> str:
        """What was held."""
        held, self._held = self._held, ""
        return whole(held)


def whole(text: str) -> str:
    """The text with its pairs joined and lone halves replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
