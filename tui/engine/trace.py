"""What the log is told of streams: whose line it is, and what happens to each. What was said only if that is asked for.

Nothing here comes from a model or a server but numbers: their words may repeat a prompt.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Final

from tui.engine.protocols import Turn
from tui.engine.registry import Registry
from tui.engine.stream import Connecting, Created, Ended, Stream, StreamEvent

_log: Final = logging.getLogger(__name__)

STREAM_ID: Final[ContextVar[str]] = ContextVar("stream_id", default="")
"""Set in a stream's own task, so that every line written there can name it, whoever writes it."""

PROMPTS: Final = "tui.prompts"
"""The logger that is told what is sent. It is closed until the user opens it."""

logging.getLogger(PROMPTS).setLevel(logging.CRITICAL + 1)


def prompt(turns: Iterable[Turn]) -> None:
    """What this task's stream sends."""
    log = logging.getLogger(PROMPTS)
    if log.isEnabledFor(logging.DEBUG):
        for turn in turns:
            log.debug("%s: %s", turn.role, turn.content)


def watch(registry: Registry) -> None:
    """Have a line written for each thing that happens to a stream."""

    def happened(event: StreamEvent) -> None:
        # Named in so many words: a stop comes from another task.
        match event:
            case Created(stream=stream):
                _log.debug("%s with %s", stream.type.value, stream.model, extra={"stream_id": stream.id})
            case Connecting(id=id):
                _log.debug("connecting", extra={"stream_id": id})
            case Ended(id=id):
                if (ended := registry.get(id)) is not None:
                    _log.info("%s with %s %s", ended.type.value, ended.model, _ending(ended), extra={"stream_id": id})

    registry.subscribe(happened)


def _ending(stream: Stream) -> str:
    seconds = (stream.ended_at or stream.created_at) - (stream.started_at or stream.created_at)
    words = [f"{stream.status.value} after {seconds:.1f} s, {len(stream.content)} characters"]
    if stream.usage and "output_tokens" in stream.usage:
        words.append(f"{stream.usage['output_tokens']} tokens")
    if stream.error is not None:
        status = "" if stream.error.http_status is None else f" {stream.error.http_status}"
        words.append(f"{stream.error.kind.value}{status}")
    return ", ".join(words)
