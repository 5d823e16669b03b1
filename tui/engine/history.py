"""What a model is told of a topic, what is kept of its reply, what a topic is called before it has a name. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Final

from tui.engine.protocols import Turn
from tui.engine.records import Conversation, Message
from tui.engine.stream import Stream

_NAME_LENGTH: Final = 40
_FRAME: Final = 5
"""Tokens around each turn."""
_PIECES: Final = re.compile(rb"[A-Za-z]{1,6}|[\x80-\xff]{1,2}|[^A-Za-z ]")
"""Measured with SmolLM2 (estimated : real): English 145 : 121, code 483 : 403, Russian 200 : 176, Chinese 200 : 260."""


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


def newest(told: tuple[Turn, ...], limit: int) -> tuple[Turn, ...]:
    """Without the oldest exchanges, so that what is left is about `limit` tokens. Always kept: the system prompt and
    the question."""
    kept = [turn for turn in told if turn.role == "system"] + [told[-1]]
    start = len(kept) - 1
    left = limit - sum(estimated_tokens(turn.content) for turn in kept)
    for place in range(len(told) - 3, start - 1, -2):
        exchange = told[place : place + 2]
        left -= sum(estimated_tokens(turn.content) for turn in exchange)
        if left < 0:
            break
        kept[start:start] = exchange
    return tuple(kept)


def last(told: tuple[Turn, ...], exchanges: int) -> tuple[Turn, ...]:
    """Only so many exchanges before the question, the newest; the system prompt stays."""
    system = tuple(turn for turn in told if turn.role == "system")
    return (*system, *told[max(len(system), len(told) - 1 - 2 * exchanges) :])


def reply_of(stream: Stream, before: Message | None = None) -> Message:
    """The record of a reply, made of its stream; `before` is what it went on with."""
    reply = Message(
        id=stream.metadata.get("message_id") or stream.id,
        role="assistant",
        content=str(stream.content),
        reasoning=str(stream.reasoning),
        model=stream.model,
        status=stream.status,
        finish_reason=stream.finish_reason,
        usage=stream.usage,
        error=stream.error,
        stream_id=stream.id,
        created_at=stream.created_at,
        first_token_at=stream.first_token_at,
        answered_at=stream.answered_at,
        ended_at=stream.ended_at,
        left_out=int(stream.metadata.get("left_out", "0")),
    )
    if before is None:
        return reply
    went_on_at = stream.first_token_at or stream.ended_at or stream.created_at
    pause = max(0.0, went_on_at - (before.ended_at or went_on_at))
    ends = [at for at in (before.ended_at, stream.ended_at) if at is not None and stream.ended_at is not None]
    return replace(
        reply,
        ended_at=max(ends, default=None),  # the clock may have been set back between the parts
        created_at=before.created_at,
        first_token_at=before.first_token_at or stream.first_token_at,
        answered_at=before.answered_at or stream.answered_at,
        paused_ms=before.paused_ms + (round(pause * 1000) if before.first_token_at else 0),
        usage=_counted(before, stream),
        edited_at=before.edited_at,
    )


def _counted(before: Message, stream: Stream) -> Mapping[str, int] | None:
    """What both parts of a reply took; None if only one was counted: that would be the number of a part."""
    if stream.first_token_at is None and not stream.usage:
        return before.usage
    if not before.usage or not stream.usage:
        return None
    return {name: before.usage.get(name, 0) + stream.usage.get(name, 0) for name in {**before.usage, **stream.usage}}


def estimated_tokens(text: str) -> int:
    """Roughly, and rather too many. A small model that loops writes digits and signs: those are a token each."""
    return len(_PIECES.findall(text.encode(errors="replace"))) + _FRAME


def first_words(text: str) -> str:
    """A name made of how a question begins: whole words, one line, at most 40 characters."""
    line = next((stripped for line in text.splitlines() if (stripped := " ".join(line.split()))), "")
    if len(line) <= _NAME_LENGTH:
        return line
    cut = line[:_NAME_LENGTH]
    head, space, _ = line[: _NAME_LENGTH + 1].rpartition(" ")
    # A word longer than half the name (or a script without spaces) is cut where it stands.
    return (head if space and len(head) > _NAME_LENGTH // 2 else cut).rstrip(" ,;:.") + "…"


def numbered(name: str | None, taken: Collection[str | None]) -> str | None:
    """The name with the first number from 2 on that makes it one of its own."""
    if not name:
        return name
    stem = re.sub(r" \(\d{1,3}\)$", "", name)
    return next(one for number in count(2) if (one := f"{stem} ({number})") not in taken)
