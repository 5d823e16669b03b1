"""One reply as it grows: what a protocol finds in its events is gathered here, whatever the protocol. No I/O."""

from __future__ import annotations

from typing import Final

from tui.engine.protocols import Delta, Ending
from tui.engine.protocols.failures import in_words, provider_error
from tui.engine.protocols.shapes import counts
from tui.engine.protocols.text import Halves, whole
from tui.engine.protocols.think import Think
from tui.engine.provider import Provider
from tui.engine.redacting import Redactor
from tui.engine.stream import ErrorKind, StreamError

MOST: Final = 16 * 2**20
"""Characters that a reply may have, reasoning among them: some thousand pages. A server that never ends would fill
memory and disk."""


class Reply:
    """Filled event by event; `take` gives what is new, `ending` the rest."""

    def __init__(self, provider: Provider, key: str | None = None, most: int = MOST) -> None:
        self.provider = provider
        self.finish_reason: str | None = None
        self.usage: dict[str, int] = {}
        self.error: StreamError | None = None
        self.answered = False
        self.finished = False
        self.begun = False
        """Some of its text has come."""
        self._key = key
        self._content, self._reasoning, self._refusal = _Text(key), _Text(key), _Text(key)
        self._room = most
        self._think = Think() if provider.think_tags else None
        self._new: list[Delta] = []

    def add(self, content: str = "", reasoning: str = "", refusal: str = "") -> None:
        """New text, as the protocol parts it."""
        if content:
            self._add_content(self._content.feed(content))
        if reasoning:
            self._add(Delta(reasoning=self._reasoning.feed(reasoning)))
        if refusal:
            self._add(Delta(refusal=self._refusal.feed(refusal)))
        size = len(content) + len(reasoning) + len(refusal)
        self.begun = self.begun or size > 0
        self._room -= size
        if self._room < 0 and not self.finished:
            self.overflow("text without an end")

    def take(self) -> Delta:
        """What was added since the last time."""
        new, self._new = self._new, []
        return Delta(
            "".join(delta.content for delta in new),
            "".join(delta.reasoning for delta in new),
            "".join(delta.refusal for delta in new),
        )

    def count(self, **numbers: object) -> None:
        """Numbers of a protocol that reports them bit by bit: a later one counts, null says nothing."""
        self.usage |= counts(**numbers)

    def finish(self, reason: object) -> None:
        """A reason to end; null, nothing and an empty string are none."""
        if isinstance(reason, str) and reason:
            self.finish_reason = in_words(whole(reason), self._key)
            self.answered = True

    def done(self) -> None:
        """The protocol's own end: nothing after it counts."""
        self.answered = self.finished = True

    def provider_failed(self, said: object) -> None:
        """The provider reports an error within its answer."""
        self.error = provider_error(self.provider, self._key, said)
        self.finished = True

    def unexpected(self, data: str) -> None:
        """Something came that is no part of the protocol."""
        came = in_words(data, self._key)[:80]
        then = "Try again; if it stays so, check base_url."
        self.fail(ErrorKind.PROTOCOL, f"{self.provider.name} sent what is no part of a reply: {came!r}. {then}")

    def overflow(self, what: str) -> None:
        """There is more than a reply can have. One that has its reason to end is complete without it."""
        if self.answered:
            self.done()
        else:
            self.fail(ErrorKind.PROTOCOL, f"{self.provider.name} sent {what}, too long to be a reply.")

    def fail(self, kind: ErrorKind, message: str) -> None:
        self.error = StreamError(kind, message)
        self.finished = True

    def ending(self) -> Ending:
        """Everything is read: gives back what was held."""
        self._add_content(self._content.end())
        if self._think:
            self._add(self._think.end())
        self._add(Delta(reasoning=self._reasoning.end(), refusal=self._refusal.end()))
        return Ending(
            finish_reason=self.finish_reason,
            usage=self.usage or None,
            error=self.error,
            rest=self.take(),
        )

    def _add_content(self, text: str) -> None:
        self._add(self._think.feed(text) if self._think and text else Delta(content=text))

    def _add(self, delta: Delta) -> None:
        if delta:
            self._new.append(delta)


class _Text:
    """One of its texts: valid Unicode, and without the key, that a server may send back."""

    def __init__(self, key: str | None) -> None:
        self._halves, self._redactor = Halves(), Redactor(key)

    def feed(self, text: str) -> str:
        return self._redactor.feed(self._halves.feed(text))

    def end(self) -> str:
        return self._redactor.feed(self._halves.end()) + self._redactor.end()
