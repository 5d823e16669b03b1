"""The journal's lines: written and read. Pure.

A line is a checksum (CRC 32, 8 digits), a blank and a JSON object: of the stream `id`, its fields (`stream`, in the
schema that `schema` names), or what was added to its text (`content`, `reasoning`: an offset in characters and the
text), or that nothing of it is needed any more (`safe`). The offsets make reading a line twice, or the same line in two
files, the same as reading it once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from zlib import crc32

from tui.engine.documents import Document, from_document, to_document
from tui.engine.log import EMPTY, Log
from tui.engine.migrations import current, migrated
from tui.engine.stream import Stream

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written of a stream: what its text has behind the offsets, and its fields if they have changed."""

    stream: Stream
    content: int
    reasoning: int
    fields: bool


def lines(entries: Iterable[Entry], safe: Sequence[str], at: float) -> bytes:
    """What a commit writes. `at`: seconds since the epoch."""
    written: list[bytes] = []
    for entry in entries:
        stream = entry.stream
        if entry.fields:
            document = to_document(replace(stream, content=EMPTY, reasoning=EMPTY))
            written.append(_line(_encode({"id": stream.id, "schema": current(), "stream": document})))
        added = ""
        if content := stream.content.since(entry.content):
            added = f',"content":[{entry.content},{_encode(content)}]'
        if reasoning := stream.reasoning.since(entry.reasoning):
            added += f',"reasoning":[{entry.reasoning},{_encode(reasoning)}]'
        if added:
            written.append(_line(f'{{"id":"{stream.id}","at":{at:.3f}{added}}}'))
    written += [_line(f'{{"id":"{id}","safe":true}}') for id in safe]
    return b"".join(written)


def _line(payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    return b"%08x %s\n" % (crc32(data), data)


def payload(line: bytes) -> dict[str, Any] | None:
    """What a line says; None if it is not whole."""
    try:
        if len(line) > 9 and line[8:9] == b" " and int(line[:8], 16) == crc32(line[9:]):
            payload = json.loads(line[9:])
            return payload if isinstance(payload, dict) and isinstance(payload.get("id"), str) else None
    except (ValueError, RecursionError):
        pass
    return None


def schema(payload: dict[str, Any]) -> int:
    """That of the fields in it; those of the first releases did not say."""
    schema = payload.get("schema", 1)
    return schema if type(schema) is int and schema > 0 else 1


@dataclass(slots=True)
class Notes:
    """What the lines say of one stream, so far."""

    fields: Document | None = None
    schema: int = 1
    texts: dict[str, list[str]] = field(default_factory=lambda: {"content": [], "reasoning": []})
    lengths: dict[str, int] = field(default_factory=lambda: {"content": 0, "reasoning": 0})
    at: float | None = None
    safe: bool = False

    def add(self, payload: dict[str, Any]) -> None:
        if payload.get("safe") is True:
            self.safe = True
        if isinstance(payload.get("stream"), dict):
            self.fields, self.schema = payload["stream"], schema(payload)
        for name, pieces in self.texts.items():
            match payload.get(name):
                case [int(offset), str(text)]:
                    known = self.lengths[name]
                    # What lies behind a gap would not be what was said: the line before it is lost.
                    if offset <= known < offset + len(text):
                        pieces.append(text[known - offset :])
                        self.lengths[name] = offset + len(text)
        if isinstance(payload.get("at"), float):
            self.at = payload["at"]

    def stream(self) -> Stream | None:
        """None if its fields are lost, or can't be read: then nobody can tell what its text was for."""
        if self.fields is None:
            return None
        try:
            stream = from_document(Stream, migrated("streams", self.fields, self.schema))
        except ValueError:
            return None
        content, reasoning = ("".join(self.texts[name]) for name in ("content", "reasoning"))
        known = stream.answered_at or stream.first_token_at or stream.started_at or stream.created_at
        ended_at = stream.ended_at or max(self.at or known, known)  # the clock may have been set back meanwhile
        return replace(stream, content=Log(content), reasoning=Log(reasoning), ended_at=ended_at)
