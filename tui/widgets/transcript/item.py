"""What the transcript is given to show: one message as a plain value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, Protocol

_ENDED: Final = frozenset({"completed", "stopped", "error"})


class Text(Protocol):
    """A text that only grows. Whoever reads it keeps an offset: its cursor."""

    def __len__(self) -> int: ...

    def since(self, offset: int, /) -> str:
        """What stands behind `offset`; empty if nothing does. `str()` gives all of it."""


class _Nothing:
    """No text."""

    def __len__(self) -> int:
        return 0

    def __str__(self) -> str:
        return ""

    def since(self, offset: int, /) -> str:
        return ""


NOTHING: Final = _Nothing()


class ItemKind(StrEnum):
    """Who speaks."""

    QUESTION = "question"
    REPLY = "reply"


class Part(IntEnum):
    """The texts of a message, in the order in which they are shown."""

    REASONING = 0
    CONTENT = 1


@dataclass(frozen=True, slots=True)
class Item:
    """One message. Two of the same key are the same message, the later one with as much text or more."""

    key: str
    """The message's id."""
    kind: ItemKind
    content: Text
    reasoning: Text = NOTHING
    status: str = "completed"
    """`idle`, `connecting`, `streaming`; at its end `completed`, `stopped` or `error`."""
    header: str = ""
    """A muted line above it: model, version."""
    waiting: str = ""
    """What it waits for until its first text."""
    note: str = ""
    """A line below it: how it ended, if it is not complete, and the key that mends it."""
    thought: str = ""
    """The label of its reasoning: `thinking 6 s`, `thought for 6 s`."""

    @property
    def ended(self) -> bool:
        """Nothing more of it comes."""
        return self.status in _ENDED


def same(one: Item, other: Item) -> bool:
    """Whether both look the same. Texts that only grow are the same at one length, so none is read."""
    return one is other or (
        one.key == other.key
        and one.kind is other.kind
        and one.status == other.status
        and len(one.content) == len(other.content)
        and len(one.reasoning) == len(other.reasoning)
        and one.header == other.header
        and one.waiting == other.waiting
        and one.note == other.note
        and one.thought == other.thought
    )
