"""All topics of all assistants: typing filters them, Enter opens one, and what can be done with one has its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from tui.engine import Topic
from tui.keys import BINDINGS, keys_of, shown
from tui.screens.topic_actions import ActsOnTopics
from tui.screens.topic_list import Order, TopicList, columns_for
from tui.session import Session
from tui.widgets.keying import bindings, shown_key
from tui.widgets.row_list import RowList
from tui.widgets.status_line import Status, StatusLine

_HINTS: Final = tuple((key.id, key.hint) for key in BINDINGS if key.scope == "topics" and key.hint)


class FilterField(Input):
    """Where the filter is written. Up and down go through the list, as the screen has bound them."""

    def action_copy(self) -> None:
        """Without a selection the key means what it means everywhere."""
        if self.selected_text:
            super().action_copy()
        else:
            self.app.call_later(self.app.run_action, "interrupt", self.app)


class TopicsScreen(ActsOnTopics):
    """A list that shows what the registry and the catalog say now."""

    CSS_PATH = "page.tcss"
    AUTO_FOCUS = "#filter"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor(-1)", show=False),
        Binding("down", "cursor(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("ctrl+home", "cursor(-1000000)", show=False),
        Binding("ctrl+end", "cursor(1000000)", show=False),
        Binding("space", "choose", show=False),
        Binding("tab,shift+tab", "change_focus", show=False),
        *bindings("topics"),
        *(
            Binding(",".join(key.keys), "less", key.description, show=False, id=key.id)
            for key in BINDINGS
            if key.id == "stream.stop"
        ),
    ]

    @dataclass
    class Open(Message):
        """The user wants this topic on show."""

        topic_id: str

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._topics = TopicList(session.glyphs)
        self._order = Order.ACTIVITY
        self._needle = ""

    def compose(self) -> ComposeResult:
        yield Static("Topics", id="heading", markup=False)
        yield FilterField(placeholder="Type to filter by name or assistant", id="filter", compact=True)
        with Horizontal(id="columns"):
            yield Static("Name", id="column-name", markup=False)
            yield Static("", id="column-others", markup=False)
        yield RowList(id="topics", led=True)
        yield Static("", id="empty", markup=False)
        yield Static("", id="notice", markup=False)
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        self.sync()

    def on_screen_resume(self) -> None:
        self.sync()
        self.reveal(self._session.topic_id)  # not where the cursor was left the last time

    def on_resize(self, event: events.Resize) -> None:
        self.sync()

    # Showing

    def sync(self) -> None:
        """Show what is so now."""
        if not self.is_mounted or not self.query(RowList):  # not there yet, or being taken away
            return
        session, now = self._session, self._engine.now()
        columns = columns_for(self.app.size.width)
        rows = self._topics.rows(
            self._engine.catalog,
            self._engine.registry,
            needle=self._needle,
            order=self._order,
            columns=columns,
            now=now,
        )
        self.query_one(RowList).show(rows, session.topic_id)
        self.query_one("#topics").display = self.query_one("#columns").display = bool(rows)
        self.query_one("#empty").display = not rows
        if not rows:
            self.set_focus(self.query_one(FilterField))  # the list is out of sight now
            self._say_empty()
        self._put("#heading", Text.assemble("Topics", (f"   sorted by {self._order}", "not bold")))
        self._put("#column-others", Text(columns.titles))
        self._put("#notice", Text(session.notice))
        self._sync_status(len(rows), now)

    def _say_empty(self) -> None:
        keys = self._session.config.keys
        if self._needle.strip():
            self._put("#empty", Text(f"No topic matches. {shown_key('stream.stop', keys)} shows all of them."))
        else:
            self._put("#empty", Text(f"There is no topic yet. {shown_key('topic.new', keys)} begins one."))

    def _put(self, where: str, text: Text) -> None:
        static = self.query_one(where, Static)
        if static.content != text:
            static.update(text)

    def _sync_status(self, matching: int, now: float) -> None:
        session, live, total = self._session, self._engine.registry.live, self._topics.total
        many = f"{total:,} topic{'' if total == 1 else 's'}"
        if self._needle.strip():
            many = f"{matching:,} of {many}"
        running = f"{session.glyphs.spin(now)} {live} running" if live else ""
        hints = [("enter", "open"), *((self.key_here(id), word) for id, word in _HINTS)]
        keys = session.config.keys
        hints[3:3] = [(shown_key("help", keys), "help")]
        if not self._deleted:
            hints = [hint for hint in hints if hint != (self.key_here("topics.restore"), "undo")]
        self.query_one(StatusLine).show(Status((many,), running, [hint for hint in hints if hint[0]]))

    def key_here(self, id: str) -> str:
        """In the filter a letter is a letter: there the key with alt is the one."""
        writing = self.focused is self.query_one(FilterField)
        keys = [key for key in keys_of(id, self._session.config.keys) if not (writing and len(key) == 1)]
        return shown(keys[0]) if keys else ""

    # Filtering and sorting

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        self._filter(event.value)

    def _filter(self, needle: str) -> None:
        if needle != self._needle:
            self._needle = needle
            topics = self.query_one(RowList)
            before = topics.cursor_key
            self.sync()
            if topics.cursor_key != before:
                topics.cursor = 0

    def action_filter(self) -> None:
        self.set_focus(self.query_one(FilterField))
        self.sync()

    def action_order(self) -> None:
        self._order = self._order.next
        self.sync()

    async def action_less(self) -> None:
        """Take the filter back; without one, go back to the chat."""
        field = self.query_one(FilterField)
        if field.value:
            field.value = ""
            self._filter("")
        else:
            await self.app.run_action("stop", self.app)

    # Moving

    @property
    def chosen(self) -> Topic | None:
        self._filter(self.query_one(FilterField).value)  # typed on after what is shown: what was typed counts
        return self._engine.catalog.topic(self.query_one(RowList).cursor_key)

    def reveal(self, id: str) -> None:
        self.sync()
        self.query_one(RowList).point_at(id)

    @on(Input.Submitted, "#filter")
    def action_choose(self) -> None:
        if (topic := self.chosen) is not None:
            self.post_message(self.Open(topic.id))

    @on(RowList.Chosen)
    def _chosen(self, message: RowList.Chosen) -> None:
        self.post_message(self.Open(message.key))

    def action_cursor(self, step: int) -> None:
        self.query_one(RowList).action_cursor(step)

    def action_page(self, step: int) -> None:
        self.query_one(RowList).action_page(step)

    def action_change_focus(self) -> None:
        field, topics = self.query_one(FilterField), self.query_one(RowList)
        self.set_focus(topics if self.focused is field and topics.display else field)
        self.sync()
