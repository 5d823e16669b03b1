"""A topic as the reading area shows it: questions, the versions on show, what waits. Pure but for a cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tui.engine import Conversation, Engine, Log, Message, Stream, StreamStatus, StreamType
from tui.glyphs import Glyphs
from tui.screens.reply_words import NOT_TOLD, about, header, left_out, note, thought, version_of
from tui.waits import left, quiet, silence, waits_for
from tui.widgets.transcript import Item, ItemKind


class ChatItems:
    """Makes a topic's items. A record that did not change keeps its item, so a redraw makes only what streams."""

    def __init__(self, engine: Engine, glyphs: Glyphs, key: Callable[[str], str]) -> None:
        """`key`: the key of a binding, as the screen writes it."""
        self._engine = engine
        self._glyphs = glyphs
        self._key = key
        self._kept: dict[str, tuple[Message, tuple[int, ...], Item]] = {}
        self._settled: list[Item] = []
        self._settled_at: tuple[object, ...] = ()
        self._streaming: dict[int, tuple[str, int, int, Message | None]] = {}
        """Where a version on show streams: its message's id, which of how many versions it is, what it goes on with."""

    def of(self, topic_id: str, now: float) -> Sequence[Item]:
        """The items of a topic; the same list again while nothing changed and nothing runs in it."""
        streams = self._settle(topic_id)
        if not self._streaming:
            return self._settled
        items = list(self._settled)
        for at, (message_id, version, versions, before) in self._streaming.items():
            items[at] = self._running(streams[message_id], version, versions, before, now)
        return items

    def running(self, topic_id: str) -> Stream | None:
        """The newest stream that is on show in a topic."""
        streams = self._settle(topic_id)
        shown = [streams[message_id] for message_id, *_ in self._streaming.values()]
        return max(shown, key=lambda stream: stream.created_at, default=None)

    def conversation(self, topic_id: str, item_key: str) -> Conversation | None:
        """Whose item it is."""
        self._settle(topic_id)
        at = next((at for at, item in enumerate(self._settled) if item.key == item_key), None)
        branch = self._engine.catalog.branch(topic_id)
        return branch[at // 2] if at is not None and at // 2 < len(branch) else None  # behind them stands what waits

    def queued(self, topic_id: str, item_key: str) -> int | None:
        """The place in the topic's queue of the message whose item it is; None for any other item."""
        topic, (before, _, place) = self._engine.catalog.topic(topic_id), item_key.rpartition("-")
        waits = topic is not None and before == f"{topic_id}-queue" and int(place) < len(topic.queue)
        return int(place) if waits else None

    def _settle(self, topic_id: str) -> Mapping[str, Stream]:
        """Make the items that change with the records only; returns what streams in the topic, by message."""
        catalog = self._engine.catalog
        live = self._engine.registry.find(StreamType.CHAT, live=True)
        streams = {_message_id(stream): stream for stream in live if stream.metadata.get("topic_id") == topic_id}
        settled_at = (topic_id, catalog.revision, *streams)
        if settled_at != self._settled_at:
            self._settled_at = settled_at
            self._settled = self._records(topic_id, streams)
        return streams

    def _records(self, topic_id: str, streams: Mapping[str, Stream]) -> list[Item]:
        catalog = self._engine.catalog
        items: list[Item] = []
        self._streaming.clear()
        forks, answering = catalog.forks(topic_id), {stream.related_id for stream in streams.values()}
        branch = catalog.branch(topic_id)
        for conversation in branch:
            asked = forks.get(conversation.parent_id, ()) if forks else ()
            items.append(self._question(conversation, asked))
            at, last = len(items), conversation is branch[-1]
            items.append(self._reply(conversation, conversation.id in answering, streams, at, gone_on=not last))
        topic = catalog.topic(topic_id)
        queue = topic.queue if topic is not None else ()
        until = "the answer above is" if self._streaming or not streams else "all that streams in this topic is"
        for at, text in enumerate(queue):
            back = f"; {self._key('queue.edit')} takes it back" if at == len(queue) - 1 else ""
            said = f"{self._glyphs.waiting} sent when {until} complete{back}"
            items.append(Item(f"{topic_id}-queue-{at}", ItemKind.QUESTION, Log(text), note=said))
        return items

    def _question(self, conversation: Conversation, siblings: Sequence[Conversation]) -> Item:
        message, place = conversation.question, (1, 1)
        if siblings:
            place = [one.id for one in siblings].index(conversation.id) + 1, len(siblings)
        kept = self._kept.get(message.id)
        if kept is None or kept[0] is not message or kept[1] != place:
            said = version_of(*place) if place[1] > 1 else ""
            item = Item(message.id, ItemKind.QUESTION, Log(message.content), note=said)
            kept = self._kept[message.id] = (message, place, item)
        return kept[2]

    def _reply(
        self, conversation: Conversation, answering: bool, streams: Mapping[str, Stream], at: int, *, gone_on: bool
    ) -> Item:
        """The version on show; one that streams is to take the item's place at `at`. `gone_on`: it is not the last."""
        replies = conversation.replies
        if len(replies) == 1 and not answering:
            return self._settled_reply(replies[0], 1, 1, gone_on)
        ids = self._engine.versions(conversation) if answering else [reply.id for reply in replies]
        if not ids:
            said = f"No answer was kept. {self._key('reply.regenerate')} asks again."
            said += f" {NOT_TOLD}" if gone_on else ""
            return Item(conversation.id + "-", ItemKind.REPLY, Log(), status=StreamStatus.ERROR, note=said)
        version = max(0, min(conversation.chosen, len(ids) - 1))
        id = ids[version]
        if id in streams:
            before = next((reply for reply in replies if reply.id == id), None)
            self._streaming[at] = id, version + 1, len(ids), before
            return Item(id, ItemKind.REPLY, Log())
        message = replies[version] if not answering else next(reply for reply in replies if reply.id == id)
        return self._settled_reply(message, version + 1, len(ids), gone_on)

    def _settled_reply(self, message: Message, version: int, versions: int, gone_on: bool) -> Item:
        kept, place = self._kept.get(message.id), (version, versions, gone_on)
        if kept is None or kept[0] is not message or kept[1] != place:
            item = Item(
                message.id,
                ItemKind.REPLY,
                Log(message.content),
                Log(message.reasoning),
                message.status,
                header(message, version, versions),
                note=note(message, self._glyphs, self._key, gone_on=gone_on),
                thought=_thought(message),
            )
            kept = self._kept[message.id] = (message, place, item)
        return kept[2]

    def _running(self, stream: Stream, version: int, versions: int, before: Message | None, now: float) -> Item:
        over = stream.answered_at is not None
        return Item(
            _message_id(stream),
            ItemKind.REPLY,
            stream.content,
            stream.reasoning,
            stream.status,
            about(stream.model, version, versions, (before or stream).created_at),
            waiting=self._waiting(stream, now),
            note=self._so_far(stream, now) if stream.content or stream.reasoning else "",
            thought=_thought(before)
            if before
            else thought(stream.first_token_at, stream.answered_at or now, over=over),
        )

    def _waiting(self, stream: Stream, now: float) -> str:
        place = self._engine.registry.places().get(stream.id, 0) if stream.waiting is not None else 0
        words = waits_for(stream, place, self._engine.models, now)
        if left(stream, now):
            words += f". {self._key('reply.regenerate')} asks now, {self._key('stream.stop')} stops."
        return f"{self._glyphs.spin(now)} {words}"

    def _so_far(self, stream: Stream, now: float) -> str:
        """What is to be said below a reply that has begun."""
        told = left_out(int(stream.metadata.get("left_out", "0")), self._glyphs)
        if not quiet(stream, now):
            return told
        words = f"{self._glyphs.waiting} {silence(stream, self._engine.models, now)}."
        return f"{words} {told}" if told else words


def _thought(message: Message) -> str:
    return thought(message.first_token_at, message.answered_at or message.ended_at, over=True)


def _message_id(stream: Stream) -> str:
    return stream.metadata.get("message_id", stream.id)
