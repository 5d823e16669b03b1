"""The chat screen's part that finds: the line in which one searches, and the whole topic brought in for it."""

from __future__ import annotations

from textual import on, work
from textual.screen import Screen
from textual.widget import Widget

from tui.engine import LibraryError
from tui.session import Session
from tui.widgets.composer import Composer
from tui.widgets.find_line import FindField, FindLine
from tui.widgets.keying import shown_key
from tui.widgets.transcript import Transcript


class FindsInTopic(Screen[None]):
    """A screen with a transcript, a find line and a composer."""

    _session: Session
    _focus_before_find: Widget | None = None

    @property
    def finding(self) -> bool:
        """Whether the line in which one searches is open."""
        return self.query_one(FindLine).display

    @property
    def find_fields(self) -> list[Widget]:
        """What of it can have the focus."""
        return [self.query_one(FindField)] if self.finding else []

    def on_descendant_focus(self) -> None:
        self.sync()  # the bottom line names other keys

    def sync(self) -> None:
        """Show what is so now."""
        raise NotImplementedError

    def action_find(self) -> None:
        line = self.query_one(FindLine)
        if not self.finding:
            self._focus_before_find = self.focused
        line.open()
        self._find(line.needle)
        self.sync()

    def end_find(self) -> bool:
        """Close the line, and give the focus back; False if it is not open."""
        line = self.query_one(FindLine)
        if not self.finding:
            return False
        if line.has_focus_within:
            self.set_focus(self._focus_before_find or self.query_one(Composer))
        line.display = False
        self.query_one(Transcript).end_find()
        self.sync()
        return True

    def _find(self, needle: str) -> None:
        self.query_one(Transcript).find(needle)
        if needle.strip():
            self._load_all(self._session.topic_id)

    @work(group="load-all", exclusive=True)
    async def _load_all(self, topic_id: str) -> None:
        """What is searched shall be here, page by page; each is drawn, and searched, as it comes."""
        engine = self._session.engine
        try:
            await engine.load(topic_id)
            while engine.catalog.earlier(topic_id) and topic_id == self._session.topic_id and self.finding:
                await engine.load_earlier(topic_id)
        except LibraryError as damage:
            self._session.say(str(damage))
            self.sync()

    @on(FindLine.Wanted)
    def _needle_changed(self, message: FindLine.Wanted) -> None:
        if self.finding:
            self._find(message.needle)

    @on(FindLine.Next)
    def _next_match(self, message: FindLine.Next) -> None:
        self.query_one(Transcript).find_next(message.step)

    @on(Transcript.LinkChosen)
    def _link_chosen(self, message: Transcript.LinkChosen) -> None:
        which = f"Link {message.number} of {message.total}" if message.total > 1 else "A link"
        key = shown_key("reading.copy_selection", self._session.config.keys)
        self._session.say(f"{which}: {key} opens {message.address}")
        self.sync()

    @on(Transcript.Found)
    def _found(self, message: Transcript.Found) -> None:
        whole = message.done and not self._session.engine.catalog.earlier(self._session.topic_id)
        self.query_one(FindLine).show(message.number, message.total, whole)
