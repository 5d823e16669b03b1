"""All topics as rows: which of them, in which order, in which columns. Pure, but for what it remembers.

Ten thousand topics stay quick: a row is made anew only for another record (records are values, so `is` tells) and for
what streams, and a further letter in the filter only looks through texts that are there.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rich.cells import set_cell_size

from tui.engine import Catalog, Registry, Stream, StreamStatus, StreamType, Topic
from tui.glyphs import Glyphs
from tui.plain import line
from tui.screens.topic_rows import coming_names, pinned_name, sign, topic_name
from tui.waits import in_short
from tui.widgets.row_list import Row


class Order(StrEnum):
    """By what the topics are sorted; the pinned come first in each."""

    ACTIVITY = "activity"
    NAME = "name"
    ASSISTANT = "assistant"
    STATE = "state"

    @property
    def next(self) -> Order:
        orders = list(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells for what stands at the right of a name; 0: it is left out."""

    state: int = 14
    assistant: int = 0
    questions: int = 0
    asked: int = 0

    def text(self, state: str, assistant: str, questions: str, asked: str) -> str:
        """The cells side by side. `assistant` has its width already."""
        cells = [f"{state:<{self.state}}"]
        if self.assistant:
            cells.append(assistant)
        if self.questions:
            cells.append(f"{questions:>{self.questions}}")
        if self.asked:
            cells.append(f"{asked:>{self.asked}}")
        return "  ".join(cells)

    @property
    def titles(self) -> str:
        """What stands over them."""
        assistant = set_cell_size("Assistant", self.assistant)
        return self.text("State", assistant, "Questions", "Last asked" if self.asked >= 10 else "Asked")


def columns_for(width: int) -> Columns:
    """As many columns as leave the name its room."""
    if width >= 100:
        return Columns(assistant=16, questions=9, asked=12)
    return Columns(assistant=12, asked=6) if width >= 70 else Columns()


_NOBODY: Final[Mapping[str, int]] = {}


@dataclass(slots=True)
class _Face:
    """What a topic looks like while nothing streams in it."""

    topic: Topic
    questions: str
    haystack: str
    sorting: str
    row: Row


class TopicList:
    """Rows for the topics of a catalog, as wanted."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._faces: dict[str, _Face] = {}
        self._made_for: object = None
        self._faces_for: object = None
        self._all: list[_Face] = []
        self._sorted: list[_Face] = []
        self._sorted_for: object = None
        self._assistants: dict[str, str] = {}
        self._columned: dict[str, str] = {}
        """The same, as wide as their column; then as the filter reads them."""
        self._folded: dict[str, str] = {}
        self._rows: list[Row] = []
        self._places: dict[str, int] = {}
        self._found_in: list[_Face] | None = None
        self._found_for: object = None

    @property
    def total(self) -> int:
        """How many topics there are, whatever the filter says."""
        return len(self._all)

    def rows(
        self, catalog: Catalog, registry: Registry, *, needle: str, order: Order, columns: Columns, now: float
    ) -> list[Row]:
        """Those that match, in their order."""
        self._refresh(catalog, columns, now)
        live, coming, places = live_streams(registry), coming_names(registry), registry.places()
        self._find(self._in_order(order, live), folded(needle).split(), coming)
        rows = self._rows.copy()
        for id, streams in live.items():
            if (at := self._places.get(id)) is not None:
                rows[at] = self._row(self._faces[id], streams, coming.get(id, ""), columns, now, places)
        return rows

    def _find(self, faces: list[_Face], words: Sequence[str], coming: Mapping[str, str]) -> None:
        """Have the rows of those that match, as if nothing streamed. A name counts as far as it has come."""
        names = {id: folded(name) for id, name in coming.items()} if words else {}
        if self._found_in is faces and self._found_for == (words, names):
            return
        self._found_in, self._found_for = faces, (words, names)
        found = faces
        if words:
            found = []
            for face in faces:
                name = names.get(face.topic.id)
                haystack = f"{face.haystack} {name}" if name else face.haystack
                if all(word in haystack for word in words):
                    found.append(face)
        self._rows = [face.row for face in found]
        self._places = {face.topic.id: at for at, face in enumerate(found)}

    def _refresh(self, catalog: Catalog, columns: Columns, now: float) -> None:
        """Have a face for each topic as it is."""
        today = time.localtime(now)[:3]
        if self._made_for == (catalog.revision, columns, today):
            return
        self._made_for = (catalog.revision, columns, today)
        self._assistants = {one.id: line(one.name) for one in catalog.assistants()}
        self._columned = {id: set_cell_size(name, columns.assistant) for id, name in self._assistants.items()}
        self._folded = {id: folded(name) for id, name in self._assistants.items()}
        known = self._faces if self._faces_for == (columns, today, self._assistants) else {}
        self._faces_for = (columns, today, self._assistants)
        self._all = []
        for topic in catalog.topics():
            face = known.get(topic.id)
            uncounted = topic.conversations is None  # then what was read of it counts, which may be more now
            if face is None or face.topic is not topic or uncounted:
                questions = questions_in(catalog, topic)
                if face is None or face.topic is not topic or face.questions != questions:
                    face = self._face(topic, questions, columns, now)
            self._all.append(face)
        self._faces = {face.topic.id: face for face in self._all}
        self._sorted_for = None

    def _face(self, topic: Topic, questions: str, columns: Columns, now: float) -> _Face:
        name = folded(topic_name(topic))
        face = _Face(topic, questions, f"{name} {self._folded.get(topic.assistant_id, '')}", name, _NO_ROW)
        face.row = self._row(face, (), "", columns, now)
        return face

    def _row(
        self,
        face: _Face,
        streams: Sequence[Stream],
        coming: str,
        columns: Columns,
        now: float,
        places: Mapping[str, int] = _NOBODY,
    ) -> Row:
        topic = face.topic
        assistant = self._columned.get(topic.assistant_id, " " * columns.assistant)
        asked = moment(topic.updated_at, now, columns.asked) if columns.asked else ""
        glyph, tone = sign(topic, chief(streams), self._glyphs, now)
        return Row(
            topic.id,
            pinned_name(topic, self._glyphs, coming),
            glyph,
            tone,
            right=columns.text(state_word(topic, streams, places, now), assistant, face.questions, asked),
            strong=topic.unread,
        )

    def _in_order(self, order: Order, live: Mapping[str, Sequence[Stream]]) -> list[_Face]:
        ranks = {id: state_rank(None, streams) for id, streams in live.items()} if order is Order.STATE else None
        if self._sorted_for != (order, ranks):
            self._sorted_for = (order, ranks)
            match order:  # each sort is stable: what is equal stays as the catalog has it, the newest first
                case Order.ACTIVITY:
                    self._sorted = self._all
                case Order.NAME:
                    self._sorted = sorted(self._all, key=lambda face: (not face.topic.pinned, face.sorting))
                case Order.ASSISTANT:
                    self._sorted = sorted(
                        self._all,
                        key=lambda face: (not face.topic.pinned, self._folded.get(face.topic.assistant_id, "")),
                    )
                case Order.STATE:
                    self._sorted = sorted(
                        self._all,
                        key=lambda face: (not face.topic.pinned, state_rank(face.topic, live.get(face.topic.id, ()))),
                    )
        return self._sorted


_NO_ROW: Final = Row("", "")


def live_streams(registry: Registry) -> dict[str, list[Stream]]:
    """All that streams for each topic, the oldest first."""
    found: dict[str, list[Stream]] = {}
    for stream in registry.find(live=True):
        found.setdefault(stream.metadata.get("topic_id") or stream.related_id, []).append(stream)
    return found


def chief(streams: Sequence[Stream]) -> Stream | None:
    """The one that tells a topic's state: the newest reply, else whatever there is."""
    replies = [stream for stream in streams if stream.type is StreamType.CHAT]
    found = replies or streams
    return found[-1] if found else None


_LIVE: Final = {
    StreamStatus.IDLE: "waiting",
    StreamStatus.CONNECTING: "connecting",
    StreamStatus.STREAMING: "streaming",
}
_ENDED: Final = {StreamStatus.ERROR: "failed", StreamStatus.STOPPED: "stopped"}
_OTHERS: Final = {
    StreamType.CONVERSATION_TITLE: "naming",
    StreamType.TOPIC_TITLE: "naming",
    StreamType.PROMPT_OPTIMIZATION: "rewriting",
}


def state_word(topic: Topic, streams: Sequence[Stream], places: Mapping[str, int], now: float) -> str:
    """A topic's state, and how many streams run in it if there are several: `3 streaming`. One that waits says for
    what: `3rd in queue`, `retry in 7 s`."""
    stream = chief(streams)
    if stream is not None:
        naming = stream.type in (StreamType.CONVERSATION_TITLE, StreamType.TOPIC_TITLE)
        if len(streams) == 1 and not naming and (waits := in_short(stream, places.get(stream.id, 0), now)):
            return waits
        word = _OTHERS.get(stream.type) or _LIVE.get(stream.status, "")
        return f"{len(streams)} {word}" if len(streams) > 1 else word
    if topic.last_status in _ENDED:
        return _ENDED[topic.last_status]
    if topic.last_cut:
        return "cut"
    return "new" if topic.unread else ""


def state_rank(topic: Topic | None, streams: Sequence[Stream]) -> int:
    """The place of a state: what runs, what is new, what went wrong, the rest."""
    stream = chief(streams)
    if stream is not None:
        return {StreamStatus.STREAMING: 0, StreamStatus.CONNECTING: 1}.get(stream.status, 2)
    if topic is None or topic.last_status is StreamStatus.ERROR:
        return 4
    if topic.last_cut or topic.last_status is StreamStatus.STOPPED:
        return 5
    return 3 if topic.unread else 6


def questions_in(catalog: Catalog, topic: Topic) -> str:
    """How many conversations a topic has. One that nobody has counted tells it as far as it was read."""
    if topic.conversations is not None:
        return str(topic.conversations)
    if topic.head is None:
        return "0"
    if not catalog.loaded(topic.id):
        return ""
    return f"{len(catalog.branch(topic.id))}{'+' if catalog.earlier(topic.id) else ''}"


def moment(at: float, now: float, width: int) -> str:
    """A date as short as it can be, or with the time if there is room."""
    then, today = time.localtime(at), time.localtime(now)
    if width >= 12:
        return time.strftime("%d %b %H:%M" if then.tm_year == today.tm_year else "%d %b  %Y", then)
    if then[:3] == today[:3]:
        return time.strftime("%H:%M", then)
    return time.strftime("%d %b" if then.tm_year == today.tm_year else "%Y", then)


def folded(text: str) -> str:
    """The same for all ways of writing it: large and small, full and half width, composed or not."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
