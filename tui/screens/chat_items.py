"""A topic as the reading area shows it: questions, the chosen or running replies, what waits. Pure but for a cache."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from tui.engine import (
    Catalog,
    Conversation,
    ErrorKind,
    Log,
    Message,
    Registry,
    Stream,
    StreamStatus,
    StreamType,
)
from tui.glyphs import Glyphs
from tui.plain import line
from tui.widgets.transcript import Item, ItemKind

_CUT_BY_LENGTH: Final = frozenset({"length", "max_tokens", "max_output_tokens"})

_BROKEN: Final = {
    ErrorKind.TIMEOUT: "timed out",
    ErrorKind.NETWORK: "broken off",
    ErrorKind.TRUNCATED: "broken off",
    ErrorKind.INTERRUPTED: "interrupted",
}


class ChatItems:
    """Makes a topic's items. A record that did not change keeps its item, so a redraw makes only what streams."""

    def __init__(self, glyphs: Glyphs, again: str) -> None:
        self._glyphs = glyphs
        self._again = again
        self._kept: dict[str, tuple[Message, int, Item]] = {}
        self._settled: list[Item] = []
        self._settled_at: tuple[str, int] | None = None
        self._reply_at: dict[str, int] = {}

    def of(self, topic_id: str, catalog: Catalog, registry: Registry, now: float) -> Sequence[Item]:
        """The items of a topic; the same list again while nothing changed and nothing runs in it."""
        if self._settled_at != (topic_id, catalog.revision):
            self._settled_at = (topic_id, catalog.revision)
            self._settled = self._records(topic_id, catalog)
        items: list[Item] | None = None
        for stream in registry.find(StreamType.CHAT, live=True):
            conversation = catalog.conversation(stream.related_id)
            at = self._reply_at.get(stream.related_id)
            if conversation is not None and at is not None:
                items = items or list(self._settled)
                items[at] = self._running(stream, conversation, now)
        return items or self._settled

    def _records(self, topic_id: str, catalog: Catalog) -> list[Item]:
        """What the catalog holds; a conversation's reply stands at `_reply_at`, where a running one takes its place."""
        items: list[Item] = []
        self._reply_at.clear()
        for conversation in catalog.branch(topic_id):
            items.append(self._question(conversation.question))
            self._reply_at[conversation.id] = len(items)
            if conversation.reply is not None:
                items.append(self._reply(conversation.reply, conversation))
            else:
                note = f"No answer was kept. {self._again} asks again."
                items.append(Item(conversation.id + "-", ItemKind.REPLY, Log(), status=StreamStatus.ERROR, note=note))
        topic = catalog.topic(topic_id)
        for at, text in enumerate(topic.queue if topic is not None else ()):
            note = f"{self._glyphs.waiting} sent when the answer above is complete"
            items.append(Item(f"{topic_id}-queue-{at}", ItemKind.QUESTION, Log(text), note=note))
        return items

    def _question(self, message: Message) -> Item:
        kept = self._kept.get(message.id)
        if kept is None or kept[0] is not message:
            kept = self._kept[message.id] = (message, 0, Item(message.id, ItemKind.QUESTION, Log(message.content)))
        return kept[2]

    def _reply(self, message: Message, conversation: Conversation) -> Item:
        kept, versions = self._kept.get(message.id), len(conversation.replies)
        if kept is None or kept[0] is not message or kept[1] != versions:
            item = Item(
                message.id,
                ItemKind.REPLY,
                Log(message.content),
                Log(message.reasoning),
                message.status,
                _header(message, conversation.chosen + 1, versions),
                note=self._ending(message),
                thought=_thought(message.first_token_at, message.answered_at or message.ended_at, over=True),
            )
            kept = self._kept[message.id] = (message, versions, item)
        return kept[2]

    def _running(self, stream: Stream, conversation: Conversation, now: float) -> Item:
        versions = len(conversation.replies) + 1
        return Item(
            stream.metadata.get("message_id", stream.id),
            ItemKind.REPLY,
            stream.content,
            stream.reasoning,
            stream.status,
            _about(stream.model, versions, versions, stream.created_at),
            waiting=self._waiting(stream, now),
            thought=_thought(stream.first_token_at, stream.answered_at or now, over=stream.answered_at is not None),
        )

    def _waiting(self, stream: Stream, now: float) -> str:
        provider = stream.model.partition("/")[0]
        seconds = int(now - stream.created_at)
        what = f"waiting for a place at {provider}" if stream.status is StreamStatus.IDLE else f"waiting for {provider}"
        since = f", {seconds} s" if seconds >= 2 else ""
        return f"{self._glyphs.spin(now)} {line(what)}{since}"

    def _ending(self, message: Message) -> str:
        """How a reply ended, if it is not simply complete: what happened, and the key that mends it."""
        match message.status:
            case StreamStatus.STOPPED:
                return f"{self._glyphs.cut} Stopped. {self._again} answers again."
            case StreamStatus.ERROR:
                words = line(message.error.message) if message.error else "It failed."
                if message.error and message.error.kind in (ErrorKind.CONFIG, ErrorKind.AUTH):
                    return f"{self._glyphs.error} {words}"
                return f"{self._glyphs.error} {_with_key(words, self._again)}"
        if message.finish_reason in _CUT_BY_LENGTH:
            return f"{self._glyphs.cut} Cut by its length limit."
        if message.finish_reason == "content_filter":
            return f"{self._glyphs.cut} Cut by the provider's content filter."
        if not message.content.strip():
            return f"{self._glyphs.cut} The model sent no answer. {self._again} asks again."
        return ""


def _with_key(words: str, again: str) -> str:
    """The words with the key that tries again, where they say so themselves or else at their end."""
    before, says_so, after = words.rpartition("ry again")
    return f"{before}{says_so} ({again}){after}" if says_so else f"{words} {again} tries again."


def _thought(first: float | None, until: float | None, *, over: bool) -> str:
    """How long the reasoning took, or takes."""
    seconds = max(0, int(until - first)) if first is not None and until is not None else 0
    if over:
        return f"thought for {seconds} s" if seconds else "thought"
    return f"thinking {seconds} s" if seconds else "thinking"


def _header(message: Message, version: int, versions: int) -> str:
    """Who answered, when, how it ended in a word, and what it took."""
    parts = [_about(message.model or "", version, versions, message.created_at), _state(message)]
    tokens = (message.usage or {}).get("output_tokens")
    if tokens:
        parts.append(f"{tokens} tokens")
        if message.first_token_at is not None and message.ended_at is not None:
            seconds = message.ended_at - message.first_token_at
            if seconds > 1:
                parts.append(f"{tokens / seconds:.0f} tok/s")
    return "   ".join(parts)


def _about(model: str, version: int, versions: int, at: float) -> str:
    parts = [line(model), time.strftime("%H:%M", time.localtime(at))]
    if versions > 1:
        parts.insert(1, f"version {version} of {versions}")
    return "   ".join(parts)


def _state(message: Message) -> str:
    """The integrity of a reply in a word."""
    match message.status:
        case StreamStatus.STOPPED:
            return "stopped"
        case StreamStatus.ERROR:
            kind = message.error.kind if message.error else ErrorKind.INTERNAL
            return _BROKEN.get(kind, "failed")
    if message.finish_reason in _CUT_BY_LENGTH:
        return "cut"
    return "complete"
