"""The topics screen's part that acts on the topic under the cursor: renames, pins, moves, deletes, stops it."""

from __future__ import annotations

from functools import partial
from typing import Final

from rich.cells import cell_len, set_cell_size
from textual import work
from textual.screen import Screen

from tui.engine import LibraryError, Topic, UnknownModel
from tui.plain import line
from tui.screens.name_dialog import NameDialog
from tui.screens.palette import Entry, Palette, run_chosen
from tui.screens.topic_rows import topic_name
from tui.session import Session

_NAME: Final = 36
"""Cells of a name in a notice."""


class ActsOnTopics(Screen[None]):
    """A screen with a list of topics. Each action is told to the engine at once, and can be taken back or done anew."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._engine = session.engine
        self._deleted: list[tuple[str, bool]] = []
        """Topics that were deleted here, the last one last, and whether each was the one on show in the chat."""

    def sync(self) -> None:
        """Show what is so now."""
        raise NotImplementedError

    def key_here(self, id: str) -> str:
        """The key that does this with the focus where it is, as the screen writes it."""
        raise NotImplementedError

    @property
    def chosen(self) -> Topic | None:
        """The topic under the cursor."""
        raise NotImplementedError

    def _tell(self, words: str) -> None:
        self._session.say(words)
        self.sync()

    # Names

    def action_rename(self) -> None:
        if (topic := self.chosen) is not None:
            dialog = NameDialog(
                "Rename the topic",
                line(topic.name or ""),
                "enter rename   esc leave it",
                "empty: a model finds a name",
            )
            self.app.push_screen(dialog, partial(self._rename, topic))

    async def _rename(self, topic: Topic, name: str | None) -> None:
        if name is None or (name == line(topic.name or "") and topic.named_by == "user"):
            return
        if name.strip():
            await self._engine.rename_topic(topic.id, name)
            self.sync()
        else:
            self._leave_to_model(topic)

    @work
    async def _leave_to_model(self, topic: Topic) -> None:
        """What stands there until the model has found a name is how its first question begins."""
        try:
            await self._engine.load_whole(topic.id)
        except LibraryError as damage:
            self._tell(str(damage))
            return
        await self._engine.rename_topic(topic.id, "")
        if topic.head is not None:
            await self._title(topic)
        self.sync()

    def action_title(self) -> None:
        if (topic := self.chosen) is not None:
            self._title_anew(topic)

    @work
    async def _title_anew(self, topic: Topic) -> None:
        await self._title(topic)

    async def _title(self, topic: Topic) -> None:
        try:
            await self._engine.title_topic(topic.id)
        except (ValueError, UnknownModel, LibraryError) as trouble:
            self._tell(str(trouble))

    # Places

    async def action_pin(self) -> None:
        if (topic := self.chosen) is not None:
            await self._engine.pin_topic(topic.id, not topic.pinned)
            self.sync()

    def action_move(self) -> None:
        topic = self.chosen
        if topic is None:
            return
        others = [one for one in self._engine.catalog.assistants() if one.id != topic.assistant_id]
        if not others:
            self._tell("There is no other assistant to move it to.")
            return
        entries = [Entry(line(one.name), partial(self._move, topic, one.id, line(one.name))) for one in others]
        self.app.push_screen(Palette(entries, f"Move {_short(topic)} to"), self._run)

    def _run(self, entry: Entry | None) -> None:
        run_chosen(self.app, entry)

    async def _move(self, topic: Topic, assistant_id: str, name: str) -> None:
        try:
            await self._engine.move_topic(topic.id, assistant_id)
        except KeyError:
            return
        self._tell(f"{name} answers in {_short(topic)} from now on.")

    # Deleting

    async def action_delete(self) -> None:
        topic = self.chosen
        if topic is None:
            return
        await self._engine.delete_topic(topic.id)
        on_show = topic.id == self._session.topic_id
        if on_show:
            await self._show_another(topic)
        self._deleted.append((topic.id, on_show))
        self.sync()
        self._tell(f"Deleted {_short(topic)}. {self.key_here('topics.restore')} brings it back.")

    async def _show_another(self, topic: Topic) -> None:
        """The chat needs one to show: the newest, or an empty one."""
        others = self._engine.catalog.topics()
        if others:
            self._session.topic_id = max(others, key=lambda other: other.updated_at).id
        else:
            self._session.topic_id = (await self._engine.new_topic(topic.assistant_id)).id

    async def action_restore(self) -> None:
        if not self._deleted:
            self._tell("Nothing was deleted here that could come back.")
            return
        id, was_on_show = self._deleted.pop()
        await self._engine.restore_topic(id)
        if was_on_show:
            self._session.topic_id = id
        self.reveal(id)
        topic = self._engine.catalog.topic(id)
        self._tell(f"{_short(topic)} is back." if topic is not None else "")

    def reveal(self, id: str) -> None:
        """Put the cursor on that topic, if it is listed."""
        raise NotImplementedError

    # Streams

    async def action_stop_streams(self) -> None:
        if (topic := self.chosen) is not None:
            count = await self._engine.stop_topic(topic.id)
            streams = "1 stream" if count == 1 else f"{count} streams"
            self._tell(f"Stopped {streams} in {_short(topic)}." if count else "Nothing streams in this topic.")


def _short(topic: Topic) -> str:
    """Its name, so short that what is said about it has room behind it."""
    name = topic_name(topic)
    return name if cell_len(name) <= _NAME else set_cell_size(name, _NAME - 2).rstrip() + ".."
