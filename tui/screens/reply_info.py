"""Everything that is known of a reply: ids, model, times, what the provider counted, how it ended."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.engine import Conversation, Engine, Message, Stream
from tui.plain import line
from tui.widgets.keying import quitting

_WIDTH = 16


def facts(engine: Engine, conversation: Conversation) -> list[tuple[str, str]]:
    """(what, how it is) of the version on show, whether it streams or has ended; none if there is no reply."""
    ids = engine.versions(conversation)
    if not ids:
        return []
    at = max(0, min(conversation.chosen, len(ids) - 1))
    reply = next((reply for reply in conversation.replies if reply.id == ids[at]), None)
    live = (s for s in engine.registry.find(related_id=conversation.id, live=True) if _message_id(s) == ids[at])
    stream = next(live, None) or (engine.registry.get(reply.stream_id or "") if reply is not None else None)
    told = stream if stream is not None and not stream.ended else reply
    if told is None:
        return []
    rows = [("Model", told.model or ""), ("Version", f"{at + 1} of {len(ids)}"), ("Status", str(told.status))]
    rows += [("Finish reason", told.finish_reason or ""), ("Error", _error(told)), *_times(told)]
    rows += [(name.replace("_", " ").capitalize(), str(count)) for name, count in (told.usage or {}).items()]
    rows += [("Length", f"{len(told.content)} characters")]
    if isinstance(told, Message):
        rows += [("Edited", _moment(told.edited_at)), ("Left out", _left_out(told.left_out))]
    else:
        rows += [("Left out", _left_out(int(told.metadata.get("left_out", "0"))))]
    stream_id = stream.id if stream is not None else (reply.stream_id or "" if reply is not None else "")
    rows += [("Stream", stream_id), ("Message", ids[at]), ("Conversation", conversation.id)]
    rows += [("Topic", conversation.topic_id)]
    return [(what, line(how)) for what, how in rows if how]


def _message_id(stream: Stream) -> str:
    return stream.metadata.get("message_id", stream.id)


def _error(told: Message | Stream) -> str:
    if told.error is None:
        return ""
    http = f" (HTTP {told.error.http_status})" if told.error.http_status else ""
    return f"{told.error.kind}{http}: {told.error.message}"


def _times(told: Message | Stream) -> list[tuple[str, str]]:
    asked, first, ended = told.created_at, told.first_token_at, told.ended_at
    paused = told.paused_ms / 1000 if isinstance(told, Message) else 0.0
    rows = [("Asked", _moment(asked))]
    if first is not None and first >= asked:
        rows.append(("First text", f"after {first - asked:.1f} s"))
    if first is not None and told.answered_at is not None and told.answered_at > first:
        rows.append(("Thought", f"{told.answered_at - first:.1f} s"))
    if ended is not None:
        between = f", without {paused:.1f} s between its parts" if paused else ""
        rows += [("Ended", _moment(ended)), ("Took", f"{ended - asked - paused:.1f} s{between}")]
        tokens = (told.usage or {}).get("output_tokens")
        if tokens and first is not None and ended - first - paused > 0.1:
            rows.append(("Speed", f"{tokens / (ended - first - paused):.0f} tokens a second"))
    return rows


def _moment(at: float | None) -> str:
    return "" if at is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def _left_out(exchanges: int) -> str:
    return f"{exchanges} oldest exchange{'s' if exchanges > 1 else ''}, too long for the model" if exchanges else ""


class ReplyInfo(ModalScreen[None]):
    """The facts as a table; Esc closes it."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,alt+i,q,ctrl+c", "close", show=False), *quitting()]

    def __init__(self, rows: list[tuple[str, str]]) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="dialog"):
            yield Static("This reply", id="title", markup=False)
            for what, how in self._rows:
                yield Static(Text(f"{what:<{_WIDTH}}{how}"), classes="fact", markup=False)
            yield Static("esc close", id="keys", markup=False)

    def action_close(self) -> None:
        self.dismiss(None)
