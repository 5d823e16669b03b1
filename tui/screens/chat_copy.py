"""The chat screen's part that copies: a selection, a message, code, the whole topic, to the clipboard or a file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from textual import on, work
from textual.screen import Screen

from tui.engine import LibraryError
from tui.exports import save_text
from tui.screens.chat_items import ChatItems
from tui.session import Session
from tui.widgets.transcript import Transcript

_SLICE = 0.01
"""Seconds of laying out at once: no key waits longer."""


class CopiesFromTopic(Screen[None]):
    """A screen with a transcript. The app knows the way to the clipboard and says what came of it."""

    _session: Session
    _items: ChatItems

    def sync(self) -> None:
        """Show what is so now."""
        raise NotImplementedError

    def _tell(self, words: str) -> None:
        self._session.say(words)
        self.sync()

    @on(Transcript.CopyWanted)
    @work
    async def _copy(self, message: Transcript.CopyWanted) -> None:
        await self._copy_pieces(message.pieces)

    async def _copy_pieces(self, pieces: Iterable[str]) -> None:
        parts: list[str] = []
        begun = time.perf_counter()
        for piece in pieces:
            parts.append(piece)
            if time.perf_counter() - begun > _SLICE:
                await asyncio.sleep(0)
                begun = time.perf_counter()
        text = "".join(parts).strip("\n")
        if text:
            self.app.copy_to_clipboard(text)
        else:
            self._tell("There is nothing to copy here.")

    @on(Transcript.TopicWanted)
    @work
    async def _copy_topic(self, message: Transcript.TopicWanted) -> None:
        """All of the topic, also what is not loaded yet."""
        engine, topic = self._session.engine, self._session.topic
        if topic is None:
            return
        try:
            await engine.load(topic.id)
            while engine.catalog.earlier(topic.id):
                await engine.load_earlier(topic.id)
        except LibraryError as damage:
            self._tell(str(damage))
            return
        items = self._items.of(topic.id, self._session.engine.now())
        await self._copy_pieces(self.query_one(Transcript).texts(items, message.form))

    @on(Transcript.SaveWanted)
    @work
    async def _save(self, message: Transcript.SaveWanted) -> None:
        """A code block as a file, named after its topic."""
        code, topic = message.code, self._session.topic
        name = topic.name if topic is not None and topic.name else "code"
        folder = self._session.config.paths.data / "exports"
        try:
            path = await asyncio.to_thread(save_text, folder, name, code.text + "\n", code.language)
        except OSError as error:
            self._tell(f"The code could not be saved in {folder}: {error.strerror or error}.")
        else:
            self._tell(f"Saved as {path}")

    @on(Transcript.Missed)
    def _missed(self, message: Transcript.Missed) -> None:
        self._tell(message.what)
