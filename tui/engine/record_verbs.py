"""The verbs that are about assistants and topics."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tui.engine.history import first_words
from tui.engine.ids import new_id
from tui.engine.parts import Parts
from tui.engine.records import Assistant, Topic


class RecordVerbs(Parts):
    """Making, changing, moving, deleting and bringing back."""

    # Assistants

    async def new_assistant(self, name: str, *, like: str | None = None) -> Assistant:
        """One more assistant, behind the others; `like`: a copy of that one. Raises KeyError, ValueError."""
        now, id = self._clock(), new_id()
        position = max((one.position for one in self.catalog.assistants()), default=-1) + 1
        if like is None:
            made = Assistant(id, _named(name), now, now, position=position)
        else:
            made = replace(
                self._assistant(like), id=id, name=_named(name), created_at=now, updated_at=now, position=position
            )
        self._shelf.put(made)
        return made

    async def change_assistant(self, id: str, **changes: Any) -> None:
        """Set fields of an assistant: name, description, prompt, model, params, titles. Raises KeyError, ValueError."""
        assistant = self._assistant(id)
        if "name" in changes:
            changes["name"] = _named(changes["name"])
        changed = replace(assistant, **changes)
        if changed != assistant:
            self._shelf.put(replace(changed, updated_at=self._clock()))

    async def move_assistant(self, id: str, step: int) -> None:
        """So many places down the list, or up. Raises KeyError."""
        order = self.catalog.assistants()
        moved = self._assistant(id)
        at = next((place for place, one in enumerate(order) if one.id == id), 0)
        order.remove(moved)
        order.insert(max(0, min(at + step, len(order))), moved)
        changed = [replace(one, position=place) for place, one in enumerate(order) if one.position != place]
        if changed:
            self._shelf.put(*changed)

    async def delete_assistant(self, id: str) -> None:
        """Take it away with its topics, until `restore_assistant`. What streams in them is stopped.

        Raises KeyError, and ValueError for the last one.
        """
        assistant = self._assistant(id)
        if len(self.catalog.assistants()) < 2:
            raise ValueError("This is the last assistant, and there has to be one.")
        for topic in self.catalog.topics(id):
            self._stop_topic(topic.id)
        for stream in self.registry.find(related_id=id, live=True):
            self._runner.stop(stream.id)
        self._shelf.put(replace(assistant, deleted_at=self._clock()))

    async def restore_assistant(self, id: str) -> None:
        """Raises KeyError."""
        self._shelf.put(replace(self._assistant(id), deleted_at=None))

    async def generate_prompt(self, assistant_id: str) -> str:
        """Write an assistant's system prompt; returns the stream's id. It lands when that has ended well.

        Raises KeyError, ValueError, UnknownModel.
        """
        self._refuse_closed()
        await self._assumptions.settled("instruct")
        return self._rewriting.generate(assistant_id)

    async def discard_prompt(self, assistant_id: str) -> bool:
        """Have the system prompt as it was before it was generated; a stream that writes one is stopped, a proposal
        goes. False if there is nothing to take back. Raises KeyError."""
        return self._rewriting.discard(assistant_id)

    def replaced_prompt(self, assistant_id: str) -> str | None:
        """What the system prompt was before it was generated, if `discard_prompt` brings that back. Raises KeyError."""
        return self._rewriting.replaced(assistant_id)

    async def accept_proposal(self, assistant_id: str) -> None:
        """Have the generated prompt in the place of what the user wrote meanwhile. Raises KeyError."""
        self._rewriting.accept(assistant_id)

    # Topics

    async def new_topic(self, assistant_id: str) -> Topic:
        """An empty topic with an assistant: one that was never used, if there is such. Raises KeyError."""
        self._assistant(assistant_id)
        for topic in self.catalog.topics(assistant_id):
            if topic.head is None and topic.name is None and not topic.draft and not self._chats.busy(topic.id):
                return topic
        now = self._clock()
        topic = Topic(new_id(), assistant_id, now, self.catalog.moment(now))
        self._shelf.put_new_topic(topic)
        return topic

    async def rename_topic(self, id: str, name: str) -> None:
        """The user's own name for a topic; an empty one leaves it to the model again. Raises KeyError."""
        name = " ".join(name.split())
        began = next((first_words(one.question.content) for one in self.catalog.branch(id)), None)
        self._shelf.change_topic(id, name=name or began, named_by="user" if name else None)

    async def rename_conversation(self, id: str, title: str) -> None:
        """The user's own title for a conversation; an empty one leaves it to the model again. Raises KeyError."""
        title = " ".join(title.split())
        conversation = self._threads.conversation(id)
        self._shelf.put(replace(conversation, title=title or None, named_by="user" if title else None))

    async def pin_topic(self, id: str, pinned: bool) -> None:
        """Have a topic before those that are not pinned. Raises KeyError."""
        self._shelf.change_topic(id, pinned=pinned)

    async def move_topic(self, id: str, assistant_id: str) -> None:
        """Give a topic to another assistant, who answers from now on. Raises KeyError."""
        self._assistant(assistant_id)
        self._shelf.change_topic(id, assistant_id=assistant_id)

    async def delete_topic(self, id: str) -> None:
        """Take a topic away, until `restore_topic`. What streams in it is stopped. Raises KeyError."""
        self._stop_topic(id)
        self._shelf.change_topic(id, deleted_at=self._clock())

    async def restore_topic(self, id: str) -> None:
        """Raises KeyError."""
        self._shelf.change_topic(id, deleted_at=None)

    async def stop_topic(self, id: str) -> int:
        """Stop all that streams for a topic; how many there were."""
        return self._stop_topic(id)

    async def load(self, topic_id: str) -> None:
        """Have the end of a topic in the catalog. Raises KeyError, LibraryError."""
        await self._shelf.load(topic_id)

    async def load_earlier(self, topic_id: str) -> None:
        """Have one more page of older conversations in the catalog. Raises LibraryError."""
        await self._shelf.load_earlier(topic_id)

    async def load_whole(self, topic_id: str) -> None:
        """Have all of a topic in the catalog. Raises KeyError, LibraryError."""
        await self._shelf.load(topic_id, whole=True)

    async def mark_read(self, topic_id: str) -> None:
        """The user has the topic before his eyes."""
        self._shelf.change_topic(topic_id, unread=False)

    def _stop_topic(self, id: str) -> int:
        live = self.registry.find(live=True)
        return sum(self._runner.stop(s.id) for s in live if id in (s.related_id, s.metadata.get("topic_id")))

    def _assistant(self, id: str) -> Assistant:
        assistant = self.catalog.assistant(id)
        if assistant is None:
            raise KeyError(f"There is no assistant {id}.")
        return assistant


def _named(name: str) -> str:
    """Raises ValueError for none."""
    name = " ".join(name.split())
    if not name:
        raise ValueError("An assistant needs a name.")
    return name
