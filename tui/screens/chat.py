"""The chat: assistants and topics at the left, the topic on show at the right. It owns no stream and no task of one."""

from __future__ import annotations

import os
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from tui.browser import shows_links
from tui.engine import LibraryError
from tui.screens.chat_copy import CopiesFromTopic
from tui.screens.chat_find import FindsInTopic
from tui.screens.chat_status import status
from tui.screens.editing import EditsWhatWasSaid
from tui.screens.optimizing import OptimizesDraft
from tui.screens.outside_editor import EditsOutside
from tui.screens.reshaping import ReshapesTopic
from tui.screens.topic_rows import SideRows, order
from tui.session import Session
from tui.widgets.composer import Composer
from tui.widgets.difference_panel import DifferencePanel
from tui.widgets.edge_line import EdgeLine
from tui.widgets.find_line import FindLine
from tui.widgets.keying import bindings
from tui.widgets.row_list import RowList
from tui.widgets.status_line import StatusLine
from tui.widgets.transcript import ASCII, UNICODE, Transcript
from tui.widgets.welcome import Welcome

_WIDE = 100
"""Columns from which on the list stands beside the text."""


class ChatScreen(CopiesFromTopic, FindsInTopic, EditsWhatWasSaid, ReshapesTopic, OptimizesDraft, EditsOutside):
    """Shows what the registry and the catalog say now; `sync` is all it does, on mount, on resume and on change."""

    CSS_PATH = "chat.tcss"
    AUTO_FOCUS = "#composer"
    BINDINGS: ClassVar[list[BindingType]] = bindings("chat")

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._deleted = {}
        self._side = SideRows(session.glyphs)

    def compose(self) -> ComposeResult:
        self.set_class(self.app.size.width >= _WIDE, "-wide")  # before there is anything to style anew
        signs = ASCII if self._session.config.ui.glyphs == "ascii" else UNICODE
        with Horizontal(id="body"):
            yield RowList(id="side")
            with Vertical(id="main"):
                yield Transcript(id="transcript", glyphs=signs, hyperlinks=shows_links(os.environ))
                yield Welcome(id="welcome")
                yield FindLine(id="find")
                yield EdgeLine(id="edge")
                yield Static(id="editing", markup=False)
                yield DifferencePanel(id="difference")
                yield Composer(id="composer")
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        self._fold(self.app.size.width)
        self.query_one(Composer).undo_first = self.take_back
        self.sync()

    def on_screen_resume(self) -> None:
        self.sync()

    def on_resize(self, event: events.Resize) -> None:
        self._fold(event.size.width)

    def _fold(self, width: int) -> None:
        """The list has its place beside the text only where both have room."""
        if (width >= _WIDE) != self.has_class("-wide"):
            self.set_class(width >= _WIDE, "-wide")
            self.remove_class("-side")
            if self.query_one(RowList).has_focus:  # it may be out of sight now
                self.set_focus(self.query_one(Composer))

    # Showing

    def sync(self) -> None:
        """Show what is so now."""
        if (
            not self.is_mounted or not self.query(Composer) or not self.query(RowList)
        ):  # not there yet, or being taken away
            return
        session, catalog, registry = self._session, self._engine.catalog, self._engine.registry
        now = self._engine.now()
        topic = session.topic
        if topic is None:
            return
        if self.sync_draft() and not catalog.loaded(topic.id):
            self._load(topic.id)
        if topic.unread and self.is_current and self.app.app_focus:
            self._mark_read(topic.id)
        self.query_one(RowList).show(self._side.of(catalog, registry, session.meter, now), topic.id)
        items = self._items.of(topic.id, now)
        transcript, welcome = self.query_one(Transcript), self.query_one(Welcome)
        empty = not items and (catalog.loaded(topic.id) or topic.head is None) and not self.can_bring_back
        transcript.display, welcome.display = not empty, empty
        if empty:
            welcome.show(session)
        transcript.show(topic.id, items, earlier=catalog.earlier(topic.id))
        self.sync_lines(now)

    def sync_lines(self, now: float) -> None:
        """The line that says what is below, and the bottom line."""
        transcript = self.query_one(Transcript)
        notice, edge = self._session.notice, self.query_one(EdgeLine)
        edge.display = bool(notice) or not self.finding  # one line is enough for both
        edge.show(notice, transcript.lines_below if transcript.display else 0)
        self.sync_edit()
        self.sync_difference()
        writing, needle = bool(self.query_one(Composer).text.strip()), self.query_one(FindLine).has_focus_within
        self.query_one(StatusLine).show(
            status(
                self._session,
                self.stoppable,
                writing=writing,
                now=now,
                finding=needle,
                reading=transcript.hints,
                editing=self.edit is not None,
                optimized=self.before_and_after is not None,
                difference=self.query_one(DifferencePanel).overflows,
                listing=self.has_class("-side"),
            )
        )

    @work
    async def _load(self, topic_id: str) -> None:
        try:
            await self._engine.load(topic_id)
        except LibraryError as damage:
            self._session.say(str(damage))
        self.sync()

    @work
    async def _mark_read(self, topic_id: str) -> None:
        await self._engine.mark_read(topic_id)

    # Moving

    @on(RowList.Chosen)
    def _chosen(self, message: RowList.Chosen) -> None:
        self.open(message.key)

    def open(self, topic_id: str) -> None:
        """Show a topic and be ready to write in it."""
        self.end_find()
        self._session.topic_id = topic_id
        self._session.say("")
        self.remove_class("-side")
        self.set_focus(self.query_one(Composer))
        self.sync()

    def action_topic(self, step: int) -> None:
        topics = order(self._engine.catalog)
        if topics:
            at = topics.index(self._session.topic_id) if self._session.topic_id in topics else 0
            self.open(topics[(at + step) % len(topics)])

    def action_toggle_sidebar(self) -> None:
        """Wide: fold the list away or not. Narrow: a panel over the text."""
        narrow = not self.has_class("-wide")
        opened = "-side" if narrow else "-folded"
        self.toggle_class(opened)
        if narrow and self.has_class("-side"):
            self.set_focus(self.query_one(RowList))
        elif self.query_one(RowList).has_focus:
            self.set_focus(self.query_one(Composer))
        self.sync_lines(self._engine.now())

    def close_open(self) -> bool:
        """Close what lies over the text; False if nothing does."""
        if self.has_class("-side"):
            self.remove_class("-side")
            self.set_focus(self.query_one(Composer))
            self.sync_lines(self._engine.now())
            return True
        return self.query_one(Transcript).give_up() or self.end_find() or self.end_edit() or self.end_difference()

    def action_move_focus(self, direction: str) -> None:
        difference = self.query_one(DifferencePanel)
        places = [
            self.query_one(Composer),
            difference,
            *self.find_fields,
            self.query_one(Transcript),
            self.query_one(RowList),
        ]
        shown = [place for place in places if place.focusable]
        at = next((i for i, place in enumerate(shown) if place.has_focus), 0)
        # Not `focus()`, which comes later: the next key may be here already.
        self.set_focus(shown[(at + (1 if direction == "next" else -1)) % len(shown)])

    # Reading

    def action_transcript(self, where: str) -> None:
        transcript = self.query_one(Transcript)
        match where:
            case "end":
                transcript.go_to_end()
            case "start":
                transcript.go_to_start()
            case "page_up":
                transcript.page(-1)
            case "page_down":
                transcript.page(1)

    def copy_selection(self) -> bool:
        """Copy what is selected in the text; False if nothing is."""
        return self.query_one(Transcript).copy_selection()

    def action_toggle_reasoning(self) -> None:
        self.query_one(Transcript).toggle_reasoning()

    @on(Transcript.Moved)
    def _moved(self) -> None:
        self.sync_lines(self._engine.now())

    @on(EdgeLine.EndWanted)
    def _end_wanted(self) -> None:
        self.query_one(Transcript).go_to_end()

    @on(Transcript.EarlierWanted)
    @work
    async def _earlier(self) -> None:
        try:
            await self._engine.load_earlier(self._session.topic_id)
        except LibraryError as damage:
            self._session.say(str(damage))
        self.sync()

    def action_copy_reply(self) -> None:
        for conversation in reversed(self._engine.catalog.branch(self._session.topic_id)):
            reply = self._engine.as_shown(conversation).reply
            if reply is not None and reply.content:
                self.app.copy_to_clipboard(reply.content)
                return
        self._session.say("There is no reply to copy yet.")
        self.sync()

    def on_app_focus(self, event: events.AppFocus) -> None:
        self.sync()
