"""The reactive store of records: assistants, topics, the conversations that were loaded, and who can answer."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tui.engine.provider import Models
from tui.engine.records import Assistant, Conversation, Record, Topic

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Put:
    """A record is new, or is now so."""

    record: Record


@dataclass(frozen=True, slots=True)
class Loaded:
    """Conversations of a topic came from disk; `earlier` says whether there are older ones."""

    topic_id: str
    conversations: tuple[Conversation, ...]
    earlier: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the user should know and that belongs to no stream: one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What happens does not reach the disk, and why: one line. An empty one says that it does again."""

    text: str


@dataclass(frozen=True, slots=True)
class Fetching:
    """An embedded model is being fetched."""

    name: str
    done: int
    """Bytes, of `total`."""
    total: int
    stage: str
    """`waiting`, `downloading`, `checking`, then `done`, `failed` or `stopped` (which leaves no trace)."""
    error: str = ""

    @property
    def ended(self) -> bool:
        return self.stage in ("done", "failed", "stopped")


@dataclass(frozen=True, slots=True)
class Configured:
    """Who can answer, and who plays which role, from now on."""

    models: Models


CatalogEvent = Put | Loaded | Notice | Unsaved | Fetching | Configured


class Catalog:
    """Records by id. Fed the same events it holds the same records, in whichever process it lives."""

    def __init__(self) -> None:
        self._assistants: dict[str, Assistant] = {}
        self._topics: dict[str, Topic] = {}
        self._in_order: list[Topic] | None = None
        """Those that are not deleted, as lists show them; None: it is to be made anew."""
        self._places: dict[str, int] = {}
        """Where each stands there."""
        self._conversations: dict[str, dict[str, Conversation]] = {}
        self._topic_of: dict[str, str] = {}
        self._earlier: dict[str, bool] = {}
        self.revision = 0
        """Grows with every change: what was derived at the same one still holds."""
        self.models = Models()
        """Who can answer now."""
        self.notices: deque[str] = deque(maxlen=20)
        """The last ones, for who comes late."""
        self.unsaved = ""
        """Why nothing can be saved now, in one line; empty while all can."""
        self.fetching: dict[str, Fetching] = {}
        """How far each embedded model is that is being fetched, or was."""
        self._subscribers: dict[object, Callable[[CatalogEvent], None]] = {}

    def apply(self, event: CatalogEvent) -> None:
        """The one place where a record changes."""
        self.revision += 1
        match event:
            case Put(record=Assistant() as assistant):
                self._assistants[assistant.id] = assistant
            case Put(record=Topic() as topic):
                self._put_topic(topic)
            case Put(record=Conversation() as conversation):
                self._conversations.setdefault(conversation.topic_id, {})[conversation.id] = conversation
                self._topic_of[conversation.id] = conversation.topic_id
            case Loaded(topic_id=topic_id, conversations=conversations, earlier=earlier):
                # What is in memory is newer than what came from disk.
                known = self._conversations.get(topic_id, {})
                self._conversations[topic_id] = {c.id: c for c in conversations} | known
                self._topic_of.update((c.id, topic_id) for c in conversations)
                self._earlier[topic_id] = earlier
            case Fetching(name=name, stage="stopped"):
                self.fetching.pop(name, None)
            case Fetching(name=name):
                self.fetching[name] = event
            case Configured(models=models):
                self.models = models
            case Unsaved(text=text):
                self.unsaved = text
            case Notice(text=text):
                self.notices.append(text)
        for subscriber in tuple(self._subscribers.values()):
            try:
                subscriber(event)
            except Exception:  # one view that fails must not take another with it
                _log.exception("A subscriber failed at %s", type(event).__name__)

    def _put_topic(self, topic: Topic) -> None:
        before, self._topics[topic.id] = self._topics.get(topic.id), topic
        stays = before is not None and _place(before) == _place(topic) and before.deleted_at == topic.deleted_at
        if not stays:
            self._in_order = None
        elif self._in_order is not None and topic.id in self._places:
            self._in_order[self._places[topic.id]] = topic

    def assistants(self) -> list[Assistant]:
        """In the user's order, without the deleted."""
        alive = (a for a in self._assistants.values() if a.deleted_at is None)
        return sorted(alive, key=lambda a: (a.position, a.id))

    def assistant(self, id: str) -> Assistant | None:
        return self._assistants.get(id)

    def topics(self, assistant_id: str | None = None) -> list[Topic]:
        """The newest first, without the deleted. A key in a draft is a change of its topic, but not of its place: ten
        thousand are sorted only when one has another."""
        if self._in_order is None:
            alive = (topic for topic in self._topics.values() if topic.deleted_at is None)
            self._in_order = sorted(alive, key=_place, reverse=True)
            self._places = {topic.id: at for at, topic in enumerate(self._in_order)}
        if assistant_id is None:
            return self._in_order.copy()
        return [topic for topic in self._in_order if topic.assistant_id == assistant_id]

    def topic(self, id: str) -> Topic | None:
        return self._topics.get(id)

    def moment(self, at: float) -> float:
        """When something happens that topics and conversations are put in order by: now, `at`, or right behind all that
        is known of topics where the clock was set back."""
        newest = max((topic.updated_at for topic in self._topics.values()), default=at)
        return at if at > newest else newest + 0.001

    def conversation(self, id: str) -> Conversation | None:
        topic_id = self._topic_of.get(id)
        return None if topic_id is None else self._conversations[topic_id].get(id)

    def loaded(self, topic_id: str) -> bool:
        """Whether the end of the topic was read from disk."""
        return topic_id in self._earlier

    def earlier(self, topic_id: str) -> bool:
        """Whether older conversations than the loaded ones wait on disk."""
        return self._earlier.get(topic_id, False)

    def branch(self, topic_id: str) -> list[Conversation]:
        """The conversations on show, as far as they are loaded, the oldest first: from the head back to the root."""
        topic = self._topics.get(topic_id)
        return self._up_to(topic.head) if topic else []

    def before(self, conversation: Conversation) -> list[Conversation]:
        """What was said before it, as far as it is loaded, the oldest first."""
        return self._up_to(conversation.parent_id)

    def siblings(self, conversation: Conversation) -> list[Conversation]:
        """What was asked at the same place of a topic, as far as it is loaded, the oldest first: itself, and what its
        question was before it was edited, or after."""
        known = self._conversations.get(conversation.topic_id, {}).values()
        alive = (c for c in known if c.parent_id == conversation.parent_id and c.deleted_at is None)
        return sorted(alive, key=lambda c: (c.created_at, c.id))

    def forks(self, topic_id: str) -> dict[str | None, list[Conversation]]:
        """Where more than one question was asked at the same place of a topic, as far as it is loaded: those, the
        oldest first, by what they follow. One walk: asking `siblings` of each would be as many."""
        known = self._conversations.get(topic_id, {}).values()
        many = {parent for parent, times in Counter(one.parent_id for one in known).items() if times > 1}
        found: dict[str | None, list[Conversation]] = {}
        for one in known if many else ():
            if one.parent_id in many and one.deleted_at is None:
                found.setdefault(one.parent_id, []).append(one)
        return {parent: sorted(asked, key=lambda c: (c.created_at, c.id)) for parent, asked in found.items()}

    def leaf(self, conversation: Conversation) -> Conversation:
        """The end of the newest branch that goes on from it, as far as it is loaded; also behind what was deleted."""
        children: dict[str, list[Conversation]] = {}
        for known in self._conversations.get(conversation.topic_id, {}).values():
            if known.parent_id is not None:
                children.setdefault(known.parent_id, []).append(known)
        found, waiting = conversation, children.pop(conversation.id, [])
        while waiting:
            known = waiting.pop()
            waiting += children.pop(known.id, [])
            if known.deleted_at is None and (known.created_at, known.id) > (found.created_at, found.id):
                found = known
        return found

    def newest(self, topic_id: str) -> Conversation | None:
        """What was asked last in a topic, as far as it is loaded, on whichever branch."""
        alive = (one for one in self._conversations.get(topic_id, {}).values() if one.deleted_at is None)
        return max(alive, key=lambda one: (one.created_at, one.id), default=None)

    def _up_to(self, id: str | None) -> list[Conversation]:
        found: dict[str, Conversation] = {}
        while id is not None and id not in found and (conversation := self.conversation(id)) is not None:
            found[id] = conversation
            id = conversation.parent_id
        return [conversation for conversation in reversed(found.values()) if conversation.deleted_at is None]

    def subscribe(self, subscriber: Callable[[CatalogEvent], None]) -> Callable[[], None]:
        """Call `subscriber` after every change; returns what ends that."""
        key = object()
        self._subscribers[key] = subscriber

        def unsubscribe() -> None:
            self._subscribers.pop(key, None)

        return unsubscribe


def _place(topic: Topic) -> tuple[bool, float, str]:
    """What it is sorted by."""
    return topic.pinned, topic.updated_at, topic.id
