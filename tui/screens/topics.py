"""All topics of all assistants, with their states; Enter opens one."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from tui.engine import StreamStatus
from tui.plain import line
from tui.screens.topic_rows import live_by_topic, topic_row
from tui.session import Session
from tui.widgets.keying import shown_key
from tui.widgets.row_list import Row, RowList
from tui.widgets.status_line import Status, StatusLine

_STATES = {
    StreamStatus.IDLE: "waiting",
    StreamStatus.CONNECTING: "connecting",
    StreamStatus.STREAMING: "streaming",
    StreamStatus.ERROR: "failed",
    StreamStatus.STOPPED: "stopped",
}


class TopicsScreen(Screen[None]):
    """A list that shows what the registry and the catalog say now."""

    CSS_PATH = "page.tcss"
    AUTO_FOCUS = "#topics"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "choose", show=False)]

    @dataclass
    class Open(Message):
        """The user wants this topic on show."""

        topic_id: str

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        yield Static("Topics", id="heading", markup=False)
        yield RowList(id="topics")
        yield Static("There is no topic yet.", id="empty", markup=False)
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        self.sync()

    def on_screen_resume(self) -> None:
        self.sync()
        self.query_one(RowList).point_at(self._session.topic_id)  # not where the cursor was left the last time

    def sync(self) -> None:
        """Show what is so now."""
        if not self.is_mounted:
            return
        session, registry = self._session, self._session.engine.registry
        rows = self._rows(time.time())
        self.query_one("#topics").display = bool(rows)
        self.query_one("#empty").display = not rows
        self.query_one(RowList).show(rows, session.topic_id)
        keys = session.config.keys
        running = f"{session.glyphs.spin(time.time())} {registry.live} running" if registry.live else ""
        many = f"{len(rows)} topic{'' if len(rows) == 1 else 's'}"
        hints = (
            ("enter", "open"),
            (shown_key("topic.new", keys), "new"),
            (shown_key("stream.stop", keys), "back"),
            (shown_key("help", keys), "help"),
        )
        self.query_one(StatusLine).show(Status((session.notice or many,), running, hints))

    def _rows(self, now: float) -> list[Row]:
        catalog = self._session.engine.catalog
        live = live_by_topic(self._session.engine.registry)
        names = {assistant.id: line(assistant.name) for assistant in catalog.assistants()}
        rows = []
        for topic in catalog.topics():
            row = topic_row(topic, live, self._session.glyphs, self._session.meter, now)
            stream = live.get(topic.id)
            status = stream.status if stream is not None else topic.last_status
            state = _STATES.get(status, "new" if topic.unread else "") if status else ""
            when = time.strftime("%d %b %H:%M", time.localtime(topic.updated_at))
            rows.append(replace(row, right=f"{state:<10}  {names.get(topic.assistant_id, ''):<16.16}  {when}"))
        return rows

    @on(RowList.Chosen)
    def _chosen(self, message: RowList.Chosen) -> None:
        self.post_message(self.Open(message.key))

    def action_choose(self) -> None:
        self.query_one(RowList).action_choose()
