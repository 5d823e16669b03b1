"""Better prompts and system prompts: streams that rewrite a text of the user's, and never against him.

While one runs, the screens show what it brings in the place of the text. What the user wrote stays as it was until the
stream has ended well, and can be had back in one step.
"""

from __future__ import annotations

from dataclasses import replace

from tui.engine.catalog import Notice
from tui.engine.prompts import optimization_request, system_prompt_request, text_of
from tui.engine.provider import Role
from tui.engine.records import Assistant
from tui.engine.registry import Registry
from tui.engine.runner import Runner
from tui.engine.shelf import Shelf
from tui.engine.stream import ErrorKind, Stream, StreamStatus, StreamType

ORIGINAL = "original_prompt"
"""The metadata that holds what stood there."""


class Rewriting:
    """Optimizes drafts and generates system prompts."""

    def __init__(self, shelf: Shelf, registry: Registry, runner: Runner) -> None:
        self._shelf = shelf
        self._catalog = shelf.catalog
        self._registry = registry
        self._runner = runner
        self._unwanted: set[str] = set()
        """Streams whose text nobody wants any more."""
        self._closed = False

    def close(self) -> None:
        """What is stopped from now on was not stopped by the user: half of it is not what he wants to find."""
        self._closed = True

    def optimize(self, topic_id: str, text: str) -> str:
        """Rewrite a topic's draft; returns the stream's id. Raises KeyError, ValueError, UnknownModel."""
        self._shelf.topic(topic_id)
        if not text.strip():
            raise ValueError("There is nothing to optimize yet: write a prompt first.")
        if self.optimizing(topic_id) is not None:
            raise ValueError("This draft is being optimized already.")
        ref = self._catalog.models.resolve(Role.INSTRUCT)
        self._shelf.draft(topic_id, text)
        metadata = {ORIGINAL: text, "topic_id": topic_id}
        return self._runner.start(
            StreamType.PROMPT_OPTIMIZATION,
            topic_id,
            ref,
            optimization_request(text),
            metadata=metadata,
            params={"thinking": False},
        )

    def optimizing(self, topic_id: str) -> Stream | None:
        """The stream that rewrites a topic's draft now."""
        return next(self._registry.find(StreamType.PROMPT_OPTIMIZATION, topic_id, live=True), None)

    def original(self, topic_id: str) -> str | None:
        """What the topic's draft was before its last optimization, if the draft is still what that brought."""
        draft = self._shelf.topic(topic_id).draft
        for stream in reversed(list(self._registry.find(StreamType.PROMPT_OPTIMIZATION, topic_id))):
            if stream.ended:
                return stream.metadata[ORIGINAL] if brought(stream) == draft else None
        return None

    def give_back(self, topic_id: str) -> bool:
        """Have the draft as it was before it was optimized. False if there is nothing to give back."""
        if (before := self.original(topic_id)) is None:
            return False
        self._shelf.draft(topic_id, before)
        return True

    def generate(self, assistant_id: str) -> str:
        """Write an assistant's system prompt; returns the stream's id. Raises KeyError, ValueError, UnknownModel."""
        assistant = self._assistant(assistant_id)
        if not assistant.name.strip() or not assistant.description.strip():
            raise ValueError("Give the assistant a name and a description first: the prompt is made of them.")
        if self.generating(assistant_id) is not None:
            raise ValueError("The system prompt of this assistant is being generated already.")
        ref = self._catalog.models.resolve(Role.INSTRUCT)
        return self._runner.start(
            StreamType.SYSTEM_PROMPT,
            assistant_id,
            ref,
            system_prompt_request(assistant),
            metadata={ORIGINAL: assistant.prompt},
            params={"thinking": False},
        )

    def generating(self, assistant_id: str) -> Stream | None:
        """The stream that writes an assistant's system prompt now."""
        return next(self._registry.find(StreamType.SYSTEM_PROMPT, assistant_id, live=True), None)

    def discard(self, assistant_id: str) -> bool:
        """Have the system prompt as it was before it was generated, and a proposal or a stream that writes one gone.
        False if there is nothing to take back. Raises KeyError."""
        assistant = self._assistant(assistant_id)
        if (running := self.generating(assistant_id)) is not None:
            self._unwanted.add(running.id)
            return self._runner.stop(running.id)
        if assistant.proposal:
            self._shelf.put(replace(assistant, proposal=""))
        elif (before := self.replaced(assistant_id)) is not None:
            self._shelf.put(replace(assistant, prompt=before))
        else:
            return False
        return True

    def replaced(self, assistant_id: str) -> str | None:
        """What the system prompt was before its last generation, if it is still what that brought. Raises KeyError."""
        prompt = self._assistant(assistant_id).prompt
        last = next(reversed(list(self._registry.find(StreamType.SYSTEM_PROMPT, assistant_id))), None)
        before = None if last is None or brought(last) != prompt else last.metadata[ORIGINAL]
        return before if before != prompt else None

    def accept(self, assistant_id: str) -> None:
        """Have the proposal as the system prompt. Raises KeyError."""
        assistant = self._assistant(assistant_id)
        if assistant.proposal:
            self._shelf.put(replace(assistant, prompt=assistant.proposal, proposal=""))

    def ended(self, stream: Stream) -> None:
        """A stream ended: what it brought goes where it belongs, or nowhere."""
        match stream.type:
            case StreamType.PROMPT_OPTIMIZATION:
                self._optimized(stream)
            case StreamType.SYSTEM_PROMPT:
                self._generated(stream)

    def recovered(self, stream: Stream) -> None:
        """As `ended`, for one that an earlier run was ended in the midst of, or just behind.

        A draft is given back as it was; half a system prompt is the user's to accept. The text itself is in the record.
        """
        before, text = stream.metadata.get(ORIGINAL, ""), text_of(str(stream.content))
        interrupted = stream.error is not None and stream.error.kind is ErrorKind.INTERRUPTED
        if stream.type is StreamType.PROMPT_OPTIMIZATION and interrupted:
            self._give_back_unsaved(stream, before)
        elif stream.type is StreamType.PROMPT_OPTIMIZATION:
            self._optimized(stream)
        elif (assistant := self._catalog.assistant(stream.related_id)) is not None and assistant.deleted_at is None:
            if text in (assistant.prompt, assistant.proposal):
                return
            if interrupted:
                self._shelf.put(replace(assistant, proposal=text))
            else:
                self._generated(stream)

    def _give_back_unsaved(self, stream: Stream, before: str) -> None:
        """A draft is written some moments after it was typed, and optimizing begins at once. What was sent since is not
        a draft any more."""
        topic = self._catalog.topic(stream.related_id)
        if topic is not None and (topic.head or "") < stream.id and topic.draft != before:
            self._shelf.draft(topic.id, before)

    def _optimized(self, stream: Stream) -> None:
        topic = self._catalog.topic(stream.related_id)
        text = "" if self._breaks_off(stream) else brought(stream)
        if topic is None or topic.draft != stream.metadata[ORIGINAL]:  # the user has written something else, or sent it
            return
        if text:
            self._shelf.draft(topic.id, text)
        else:
            self._tell(stream, "The prompt was not optimized, it is as it was.")

    def _generated(self, stream: Stream) -> None:
        assistant = self._catalog.assistant(stream.related_id)
        unwanted = stream.id in self._unwanted
        self._unwanted.discard(stream.id)
        if assistant is None or assistant.deleted_at is not None or unwanted:
            return
        if not (text := brought(stream)):
            self._tell(stream, f"No system prompt was generated for {assistant.name}, it is as it was.")
        elif assistant.prompt == stream.metadata[ORIGINAL] and not self._breaks_off(stream):
            self._shelf.put(replace(assistant, prompt=text, proposal=""))
        else:
            self._shelf.put(replace(assistant, proposal=text))

    def _breaks_off(self, stream: Stream) -> bool:
        """Whether it ends because the program does."""
        return self._closed and stream.status is StreamStatus.STOPPED

    def _tell(self, stream: Stream, words: str) -> None:
        if stream.status is not StreamStatus.STOPPED:
            why = f" {stream.error.message}" if stream.error is not None else " The model sent no text."
            self._catalog.apply(Notice(words + why))

    def _assistant(self, id: str) -> Assistant:
        assistant = self._catalog.assistant(id)
        if assistant is None:
            raise KeyError(f"There is no assistant {id}.")
        return assistant


def brought(stream: Stream) -> str:
    """What a stream that rewrites has brought; nothing if it failed."""
    return "" if stream.status is StreamStatus.ERROR else text_of(str(stream.content))
