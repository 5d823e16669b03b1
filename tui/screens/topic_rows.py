"""Assistants and topics as rows of a list, each with the sign of its state. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from tui.engine import Catalog, Registry, Stream, StreamStatus, StreamType, Topic, title_of
from tui.glyphs import Glyphs
from tui.live import Meter
from tui.plain import line
from tui.waits import at_a_glance, quiet
from tui.widgets.row_list import Row, Tone

_NAME: Final = 200
"""Characters: a model that was asked for a name may not find an end."""


def live_by_topic(registry: Registry) -> dict[str, Stream]:
    """The newest chat stream of each topic that answers."""
    return {stream.metadata.get("topic_id", ""): stream for stream in registry.find(StreamType.CHAT, live=True)}


def coming_names(registry: Registry) -> dict[str, str]:
    """What has arrived of the names that models give to topics now, by topic."""
    live = registry.find(StreamType.TOPIC_TITLE, live=True)
    return {stream.related_id: line(title_of(str(stream.content))) for stream in live}


def topic_name(topic: Topic, coming: str = "") -> str:
    """Its name, or as much as is `coming` of one; a topic that was never asked in is told by how its draft begins."""
    if topic.named_by == "user":
        coming = ""  # the user's own always wins
    return _narrow(coming[:_NAME]) or _shown(topic.name or "") or _shown(topic.draft[:200])[:40] or "New topic"


@lru_cache(maxsize=1 << 14)
def _shown(text: str) -> str:
    """Each list of topics wants the same names, and thousands of them are most of what such a list costs."""
    return _narrow(line(text))


def _narrow(text: str) -> str:
    """Without what is two cells wide in some terminals, and would shift what follows."""
    return text.replace("…", "..")


def pinned_name(topic: Topic, glyphs: Glyphs, coming: str = "") -> str:
    """The same, behind the sign of what is pinned."""
    name = topic_name(topic, coming)
    return f"{glyphs.pinned} {name}" if topic.pinned else name


def sign(topic: Topic, stream: Stream | None, glyphs: Glyphs, now: float) -> tuple[str, Tone]:
    """The glyph of a topic's state, and how it looks."""
    if stream is not None:
        if stream.status is StreamStatus.STREAMING and not quiet(stream, now):
            return glyphs.spin(now), Tone.STREAMING
        return glyphs.waiting, Tone.STREAMING
    match topic.last_status:
        case StreamStatus.ERROR:
            return glyphs.error, Tone.ERROR
        case StreamStatus.STOPPED:
            return glyphs.cut, Tone.CUT
    if topic.last_cut:
        return glyphs.cut, Tone.CUT
    return (glyphs.unread, Tone.UNREAD) if topic.unread else (glyphs.blank, Tone.PLAIN)


def topic_row(
    topic: Topic,
    live: Mapping[str, Stream],
    places: Mapping[str, int],
    glyphs: Glyphs,
    meter: Meter | None,
    now: float,
    coming: str = "",
) -> Row:
    stream = live.get(topic.id)
    glyph, tone = sign(topic, stream, glyphs, now)
    right = ""
    if stream is not None and meter is not None:
        speed = meter.rate(stream, now)
        right = at_a_glance(stream, places.get(stream.id, 0), now) or (f"{speed:.0f}" if speed >= 0.5 else "")
    return Row(
        topic.id,
        pinned_name(topic, glyphs, coming),
        glyph,
        tone,
        right=right,
        strong=topic.unread,
    )


class SideRows:
    """Every assistant with its topics, the newest first.

    A row is made anew only for another record and for what streams: with ten thousand topics to make all of them cost
    80 ms of CPU at every frame and key, and costs 2.
    """

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._kept: dict[str, tuple[Topic, Row]] = {}
        self._rows: list[Row] = []
        self._places: dict[str, int] = {}
        self._revision = -1

    def of(self, catalog: Catalog, registry: Registry, meter: Meter, now: float) -> list[Row]:
        """As they are now."""
        self._settle(catalog)
        live, coming, places = live_by_topic(registry), coming_names(registry), registry.places()
        rows = self._rows.copy() if live or coming else self._rows
        for id in {**live, **coming}:
            if (topic := catalog.topic(id)) is not None and id in self._places:
                rows[self._places[id]] = topic_row(topic, live, places, self._glyphs, meter, now, coming.get(id, ""))
        return rows

    def _settle(self, catalog: Catalog) -> None:
        """Have the rows of all records, as if nothing streamed."""
        if catalog.revision == self._revision:
            return
        self._revision = catalog.revision
        by_assistant: dict[str, list[Topic]] = {}
        for topic in catalog.topics():
            by_assistant.setdefault(topic.assistant_id, []).append(topic)
        known, self._kept, self._rows, self._places = self._kept, {}, [], {}
        for assistant in catalog.assistants():
            self._rows.append(Row("", line(assistant.name), heading=True))
            for topic in by_assistant.get(assistant.id, ()):
                kept = known.get(topic.id)
                if kept is None or kept[0] is not topic:
                    kept = topic, topic_row(topic, {}, {}, self._glyphs, None, 0.0)
                self._kept[topic.id] = kept
                self._places[topic.id] = len(self._rows)
                self._rows.append(kept[1])


def order(catalog: Catalog) -> list[str]:
    """The topics' ids as the list shows them."""
    return [topic.id for assistant in catalog.assistants() for topic in catalog.topics(assistant.id)]
