"""The reactive store of streams: one way to change one, quick ways to find them, subscriptions."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator
from typing import Final

from tui.engine.stream import (
    Arrived,
    Connecting,
    Created,
    Dropped,
    Ended,
    Heard,
    Stream,
    StreamEvent,
    StreamType,
    Waits,
    change,
)

_log: Final = logging.getLogger(__name__)

KEEP_ENDED: Final = 1000
"""How many ended streams stay: bounded by number, so that a view that comes late still finds them."""

Subscriber = Callable[[StreamEvent], None]


class Registry:
    """All streams by id, indexed by type and by related id.

    Fed the same events it holds the same streams, in whichever process it lives. It belongs to one
    event loop; a subscriber is called after each change, sets a flag and returns.
    """

    def __init__(self, keep_ended: int = KEEP_ENDED) -> None:
        self._keep_ended = keep_ended
        self._streams: dict[str, Stream] = {}
        # Dictionaries as ordered sets of ids: the order is that of creation.
        self._by_type: dict[StreamType, dict[str, None]] = {type: {} for type in StreamType}
        self._by_related: dict[str, dict[str, None]] = {}
        self._live: dict[str, None] = {}
        self._ended: deque[str] = deque()
        self._held: Counter[str] = Counter()
        self._subscribers: dict[object, Subscriber] = {}

    def apply(self, event: StreamEvent) -> None:
        """The one place where a stream changes. What no longer exists or has ended stays as it is."""
        match event:
            case Created(stream=stream):
                if stream.id in self._streams:
                    return
                self._streams[stream.id] = stream
                self._by_type[stream.type][stream.id] = None
                self._by_related.setdefault(stream.related_id, {})[stream.id] = None
                if stream.ended:
                    self._ended.append(stream.id)
                else:
                    self._live[stream.id] = None
            case Arrived() | Waits() | Connecting() | Heard() | Ended():
                before = self._streams.get(event.id)
                if before is None or (after := change(before, event)) is before:
                    return
                self._streams[event.id] = after
                if after.ended:
                    self._live.pop(event.id, None)
                    self._ended.append(event.id)
            case Dropped(id=id):
                if not self._remove(id):
                    return
        self._tell(event)
        self._trim()

    def get(self, id: str) -> Stream | None:
        return self._streams.get(id)

    def find(
        self, type: StreamType | None = None, related_id: str | None = None, *, live: bool = False
    ) -> Iterator[Stream]:
        """Streams of that type, for that entity, in the order of their creation; the smallest index is walked."""
        # The smallest of the indexes that hold all of them.
        ids: Collection[str] = self._streams
        for index in (
            self._by_type[type] if type is not None else None,
            self._by_related.get(related_id, {}) if related_id is not None else None,
            self._live if live else None,
        ):
            if index is not None and len(index) < len(ids):
                ids = index
        for id in tuple(ids):
            stream = self._streams.get(id)
            if (
                stream is not None
                and (type is None or stream.type is type)
                and (related_id is None or stream.related_id == related_id)
                and not (live and stream.ended)
            ):
                yield stream

    def places(self) -> dict[str, int]:
        """The place of each stream that waits in its provider's queue, from 1, by its id."""
        queues: dict[str, list[tuple[int, str]]] = {}
        for id in self._live:
            stream = self._streams[id]
            if stream.waiting is not None and stream.waiting.turn is not None:
                queues.setdefault(stream.provider, []).append((stream.waiting.turn, id))
        return {id: place for queue in queues.values() for place, (_, id) in enumerate(sorted(queue), 1)}

    @property
    def live(self) -> int:
        """How many streams have not ended."""
        return len(self._live)

    def __len__(self) -> int:
        return len(self._streams)

    def hold(self, id: str) -> None:
        """Keep an ended stream until as many calls of `release`: what is made of it is not saved yet."""
        self._held[id] += 1

    def release(self, id: str) -> None:
        self._held[id] -= 1
        if self._held[id] <= 0:
            del self._held[id]
        self._trim()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` after every change; returns what ends that."""
        key = object()
        self._subscribers[key] = subscriber

        def unsubscribe() -> None:
            self._subscribers.pop(key, None)

        return unsubscribe

    def _tell(self, event: StreamEvent) -> None:
        for subscriber in tuple(self._subscribers.values()):
            try:
                subscriber(event)
            except Exception:  # one view that fails must not take a stream or another view with it
                _log.exception("A subscriber failed at %s", type(event).__name__)

    def _trim(self) -> None:
        if len(self._ended) <= self._keep_ended:
            return
        waiting: list[str] = []
        while len(self._ended) + len(waiting) > self._keep_ended and self._ended:
            id = self._ended.popleft()
            if id in self._held:
                waiting.append(id)
            elif self._remove(id, listed=False):
                self._tell(Dropped(id))
        self._ended.extendleft(reversed(waiting))

    def _remove(self, id: str, *, listed: bool = True) -> bool:
        stream = self._streams.pop(id, None)
        if stream is None:
            return False
        self._by_type[stream.type].pop(id, None)
        related = self._by_related.get(stream.related_id, {})
        related.pop(id, None)
        if not related:
            self._by_related.pop(stream.related_id, None)
        self._live.pop(id, None)
        if listed and stream.ended:
            self._ended.remove(id)
        return True
