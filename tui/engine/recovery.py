"""What becomes of streams that an earlier run was ended in the midst of: each lands where its ending would have put it.

A reply is kept as far as it had come, as interrupted. A title falls back on the first words. A draft is what it was
before it was optimized. A system prompt waits as a proposal if any of it had come. Nothing is asked of a model by this,
and what is on the disk already is not touched: to recover twice changes no more than to do it once.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from tui.engine.catalog import Notice
from tui.engine.chat import Chats
from tui.engine.files import reason
from tui.engine.journal import Journal
from tui.engine.registry import Registry
from tui.engine.rewriting import Rewriting
from tui.engine.shelf import Shelf
from tui.engine.stream import Created, Ended, ErrorKind, Stream, StreamError, StreamStatus, StreamType
from tui.engine.titles import Titles

_log: Final = logging.getLogger(__name__)

_INTERRUPTED: Final = "Rivulet was ended in the midst of this."
_NOTHING: Final = "Rivulet was ended before anything of this had come."


class Recovery:
    """Runs once, after a start. It tells what it finds as events: all who look at streams see it as any other."""

    def __init__(
        self,
        journal: Journal,
        registry: Registry,
        shelf: Shelf,
        chats: Chats,
        titles: Titles,
        rewriting: Rewriting,
    ) -> None:
        self._journal = journal
        self._registry = registry
        self._shelf = shelf
        self._chats = chats
        self._titles = titles
        self._rewriting = rewriting
        self._recovering: str | None = None

    async def run(self) -> None:
        """Never raises: a start goes on without what can't be recovered, and what there is of it stays on the disk."""
        try:
            found = await self._journal.recover()
        except OSError as error:
            self._tell(f"What streamed when Rivulet was ended can't be read: {error.filename}: {reason(error)}.")
            return
        for path in found.damaged:
            self._tell(f"Part of {path} can't be read; the rest is recovered, and the file is kept.")
        for path, why in found.unread:
            self._tell(f"{path} can't be read: {why}. What streamed when Rivulet was ended is in it, and it stays.")
        replies = 0
        for stream in found.streams:
            try:
                await self._load(stream)
                self._recover(stream)
                replies += stream.type is StreamType.CHAT and not stream.ended
            except Exception as failure:
                _log.error("stream %s is not recovered: %s", stream.id, failure)
                self._tell(f"A reply could not be recovered, it stays in the journal: {failure}")
        if replies:
            many = "A reply was" if replies == 1 else f"{replies} replies were"
            self._tell(f"{many} interrupted when Rivulet was ended; all that had come is kept.")

    def takes(self, stream: Stream) -> bool:
        """Whether this ending is one that is told here. Then its text goes where it belongs, and nothing follows."""
        if stream.id != self._recovering:
            return False
        match stream.type:
            case StreamType.CHAT:
                self._chats.recovered(stream)
            case StreamType.CONVERSATION_TITLE | StreamType.TOPIC_TITLE:
                self._titles.recovered(stream)
            case StreamType.PROMPT_OPTIMIZATION | StreamType.SYSTEM_PROMPT:
                self._rewriting.recovered(stream)
        return True

    def _recover(self, stream: Stream) -> None:
        at = stream.ended_at or stream.created_at
        ending = Ended(stream.id, at, stream.status, stream.finish_reason, stream.usage, stream.error)
        if not stream.ended:
            words = _INTERRUPTED if stream.content or stream.reasoning else _NOTHING
            error = StreamError(ErrorKind.INTERRUPTED, words)
            ending = Ended(stream.id, at, StreamStatus.ERROR, error=error)
        self._recovering = stream.id
        try:
            began = replace(stream, status=StreamStatus.IDLE, error=None, ended_at=None)
            self._registry.apply(Created(began))
            self._registry.apply(ending)
        finally:
            self._recovering = None

    async def _load(self, stream: Stream) -> None:
        """Have what it belongs to at hand. Raises LibraryError."""
        topic = self._shelf.catalog.topic(stream.metadata.get("topic_id", ""))
        if topic is None or stream.type not in (StreamType.CHAT, StreamType.CONVERSATION_TITLE):
            return
        await self._shelf.load(topic.id)
        while self._shelf.catalog.conversation(stream.related_id) is None and self._shelf.catalog.earlier(topic.id):
            await self._shelf.load_earlier(topic.id)

    def _tell(self, words: str) -> None:
        self._shelf.catalog.apply(Notice(words))
