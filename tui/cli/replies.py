"""How `ask` writes replies: one as it arrives, several each whole as it ends, or as lines of JSON. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from tui.cli.outlet import ERR, OUT
from tui.engine import CUT_BY_LENGTH, Models, Stream, StreamStatus, Waiting
from tui.plain import Plain, line, plain
from tui.waits import waits_for

Write = Callable[[str, int], None]


class Replies(Protocol):
    """Writes streams. Both calls are given the stream as it is now."""

    def grown(self, stream: Stream) -> None: ...

    def ended(self, stream: Stream) -> None: ...


class AsItArrives:
    """One reply: content to stdout, the reasoning before it to stderr. On a terminal nothing of it acts."""

    def __init__(self, write: Write, out_is_terminal: bool, err_is_terminal: bool) -> None:
        self._write = write
        self._out_is_terminal = out_is_terminal
        self._err_is_terminal = err_is_terminal
        self._plain = {OUT: Plain(), ERR: Plain()}
        self._content = 0
        self._reasoning = 0
        self._line_open = {OUT: False, ERR: False}

    def grown(self, stream: Stream) -> None:
        if reasoning := stream.reasoning.since(self._reasoning):
            self._reasoning += len(reasoning)
            self._put(reasoning, ERR, self._err_is_terminal)
        if content := stream.content.since(self._content):
            if not self._content:
                self._close_line(ERR)
            self._content += len(content)
            self._put(content, OUT, self._out_is_terminal)

    def ended(self, stream: Stream) -> None:
        self.grown(stream)
        for to in (ERR, OUT):
            self._write(self._plain[to].end(), to)
        if self._out_is_terminal:  # elsewhere the content is written as it is, to its last byte
            self._close_line(OUT)
        self._close_line(ERR)
        self._write(note(stream), ERR)

    def _put(self, text: str, to: int, terminal: bool) -> None:
        self._write(self._plain[to].feed(text) if terminal else text, to)
        self._line_open[to] = not text.endswith("\n")

    def _close_line(self, to: int) -> None:
        if self._line_open[to]:
            self._write("\n", to)
            self._line_open[to] = False


class WholeReplies:
    """Several replies, each under its model's name when it has ended."""

    def __init__(self, write: Write, out_is_terminal: bool) -> None:
        self._write = write
        self._out_is_terminal = out_is_terminal
        self._first = True

    def grown(self, stream: Stream) -> None:
        pass

    def ended(self, stream: Stream) -> None:
        if stream.content:
            content = str(stream.content).rstrip("\n")
            before = "" if self._first else "\n"
            self._first = False
            self._write(
                f"{before}# {line(stream.model)}\n\n{plain(content) if self._out_is_terminal else content}\n", OUT
            )
        self._write(note(stream), ERR)


class JsonLines:
    """One JSON object a line for each stream, as it ends."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def grown(self, stream: Stream) -> None:
        pass

    def ended(self, stream: Stream) -> None:
        self._write(json_line(record(stream)), OUT)


class Waits:
    """What a stream waits for, as a line for stderr each time that it is something else."""

    def __init__(self, write: Write, models: Models, clock: Callable[[], float]) -> None:
        self._write = write
        self._models = models
        self._clock = clock
        self._told: dict[str, Waiting | None] = {}

    def tell(self, stream: Stream, place: int) -> None:
        """`place`: in its provider's queue, from 1, else 0."""
        if stream.waiting != self._told.get(stream.id):
            self._told[stream.id] = stream.waiting
            words = waits_for(stream, place, self._models, self._clock())
            self._write(f"rivulet: {line(stream.model)}: {words}\n", ERR)


def note(stream: Stream) -> str:
    """What to know about the ending, as a line for stderr; empty if all is well."""
    if stream.error:
        words = stream.error.message
    elif stream.status is StreamStatus.STOPPED:
        words = "stopped before its end."
    elif stream.finish_reason in CUT_BY_LENGTH:
        words = f"cut off by its length limit ({stream.finish_reason})."
    else:
        return ""
    return f"rivulet: {line(stream.model)}: {line(words)}\n"


def record(stream: Stream) -> dict[str, Any]:
    """The stream as the command line's contract names its fields."""
    error = stream.error
    return {
        "id": stream.id,
        "type": stream.type,
        "model": stream.model,
        "status": stream.status,
        "content": str(stream.content),
        "reasoning": str(stream.reasoning),
        "finish_reason": stream.finish_reason,
        "usage": None if stream.usage is None else dict(stream.usage),
        "error": error and {"kind": error.kind, "message": error.message, "http_status": error.http_status},
        "created_at": _time(stream.created_at),
        "first_token_at": _time(stream.first_token_at),
        "ended_at": _time(stream.ended_at),
    }


def full_record(stream: Stream) -> dict[str, Any]:
    """The same, and what a stream that was not just asked for is told by. Texts are null where a message of its topic
    holds them, which `metadata` names."""
    held = {"content": None, "reasoning": None} if _held_by_a_message(stream) else {}
    return {
        **record(stream),
        **held,
        "related_id": stream.related_id,
        "metadata": dict(stream.metadata),
        "tries": stream.tries,
        "started_at": _time(stream.started_at),
        "answered_at": _time(stream.answered_at),
    }


def _held_by_a_message(stream: Stream) -> bool:
    return "message_id" in stream.metadata and not stream.content and not stream.reasoning


# Escaped though JSON would let them stand: they end a line for many readers, or act on a terminal.
_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e00ff]")


def json_line(fields: Mapping[str, Any]) -> str:
    """They fit on one line, for every reader of lines."""
    text = json.dumps(fields, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: json.dumps(match[0])[1:-1], text) + "\n"


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
