"""What is asked of a model: a question, what was said before it, and how much of that the model can take."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from tui.engine.history import last, newest, turns
from tui.engine.ids import new_id
from tui.engine.prompts import CONTINUE
from tui.engine.protocols import Turn
from tui.engine.provider import ModelRef
from tui.engine.records import Assistant, Conversation, Message, Topic
from tui.engine.runner import Runner
from tui.engine.shelf import Shelf
from tui.engine.stream import StreamType

EMBEDDED_LIMIT: Final = 2500
"""Tokens that the embedded model is told: its context is 4,096, and a reply takes up to 1,024 of them."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whom: a conversation, what was said before it, and how the model is to take it."""

    conversation: Conversation
    past: list[Conversation]
    assistant: Assistant
    model: ModelRef
    system: str | None = None
    """In the place of the assistant's own prompt."""


class Asking:
    """Makes chat streams."""

    def __init__(self, shelf: Shelf, runner: Runner) -> None:
        self._shelf = shelf
        self._runner = runner

    def model(self, topic: Topic, name: str | None) -> tuple[Assistant, ModelRef]:
        """Who answers in a topic. Raises KeyError, UnknownModel."""
        assistant = self._shelf.catalog.assistant(topic.assistant_id)
        if assistant is None:
            raise KeyError(f"There is no assistant {topic.assistant_id}.")
        return assistant, self._shelf.catalog.models.resolve(name or assistant.model)

    def ask(
        self,
        question: Question,
        *,
        go_on: Message | None = None,
        saved: asyncio.Task[None] | None = None,
        keep: int | None = None,
        message_id: str | None = None,
    ) -> str:
        """Start the stream of a reply; returns its id. Nothing is asked before `saved` is done.

        `go_on`: the reply that it continues. `keep`: tell only so many of the exchanges before. `message_id`: of the
        reply, if it has one already.
        """
        conversation, assistant, ref = question.conversation, question.assistant, question.model
        system = assistant.prompt if question.system is None else question.system
        told = turns(system, question.past, conversation.question.content)
        embedded = self._shelf.catalog.models.providers[ref.provider].embedded
        shorter = newest(told, EMBEDDED_LIMIT) if embedded else told
        if keep is not None:
            shorter = last(shorter, keep)
        metadata = {"message_id": message_id or new_id(), "topic_id": conversation.topic_id}
        if question.system is not None:
            metadata["system"] = question.system
        if len(shorter) < len(told):
            metadata["left_out"] = str((len(told) - len(shorter)) // 2)
        so_far = ("", "")
        if go_on is not None:
            metadata |= {"message_id": go_on.id, "continues": str(len(go_on.content))}
            so_far = (go_on.content, go_on.reasoning)
            shorter = (*shorter, Turn("assistant", go_on.content))
            if not embedded:  # whose server goes on with an answer that the request ends with
                shorter = (*shorter, Turn("user", CONTINUE))
        return self._runner.start(
            StreamType.CHAT,
            conversation.id,
            ref,
            shorter,
            metadata=metadata,
            params=assistant.params,
            after=saved,
            so_far=so_far,
        )
