"""What a model is told of a topic, and what a topic is called before a model names it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tui.engine.protocols import Turn
from tui.engine.records import Conversation

_NAME_LENGTH: Final = 40


def turns(system: str, past: Iterable[Conversation], question: str) -> tuple[Turn, ...]:
    """The system prompt, the chosen version of each earlier exchange, the question.

    An exchange without an answer is left out: many servers refuse two questions in a row.
    """
    told = [Turn("system", system)] if system.strip() else []
    for conversation in past:
        reply = conversation.reply
        if reply is not None and reply.content.strip():
            told.append(Turn("user", conversation.question.content))
            told.append(Turn("assistant", reply.content))
    told.append(Turn("user", question))
    return tuple(told)


def first_words(text: str) -> str:
    """A name made of how a question begins: whole words, one line, at most 40 characters."""
    line = next((stripped for line in text.splitlines() if (stripped := " ".join(line.split()))), "")
    if len(line) <= _NAME_LENGTH:
        return line
    cut = line[:_NAME_LENGTH]
    head, space, _ = line[: _NAME_LENGTH + 1].rpartition(" ")
    # A word longer than half the name (or a script without spaces) is cut where it stands.
    return (head if space and len(head) > _NAME_LENGTH // 2 else cut).rstrip(" ,;:.") + "…"
