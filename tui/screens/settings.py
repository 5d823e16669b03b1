"""The settings: assistants, each with its form, and what is in use: models, providers, files."""

from __future__ import annotations

import time
from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from tui.engine import StreamType, UnknownModel
from tui.plain import line
from tui.screens.assistant_form import AssistantForm
from tui.screens.settings_text import settings_text
from tui.session import Session
from tui.widgets.keying import bindings, shown_key
from tui.widgets.row_list import Row, RowList, Tone
from tui.widgets.status_line import Status, StatusLine

IN_USE: Final = "in use"
"""The key of the row that shows models, providers and files; the others are assistants' ids."""


class SettingsScreen(Screen[None]):
    """A list at the left, what is chosen in it at the right."""

    CSS_PATH = "settings.tcss"
    AUTO_FOCUS = "#sections"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("settings"),
        Binding("escape", "less", show=False, id="stream.stop"),
        Binding("ctrl+o", "generate", show=False, id="prompt.optimize"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._engine = session.engine
        self._chosen = ""
        self._deleted = ""
        """The assistant that was deleted last, for undo."""

    def compose(self) -> ComposeResult:
        yield Static("Settings", id="heading", markup=False)
        with Horizontal(id="body"):
            yield RowList(id="sections")
            yield AssistantForm(self._engine, id="form")
            with VerticalScroll(id="settings"):
                yield Static("", id="settings-text", markup=False)
        yield Static("", id="notice", markup=False)
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        topic = self._session.topic
        self._chosen = topic.assistant_id if topic is not None else IN_USE
        self._choose(self._chosen)

    def on_screen_resume(self) -> None:
        self.sync()

    async def on_screen_suspend(self) -> None:
        await self.query_one(AssistantForm).save()

    # Showing

    def sync(self) -> None:
        """Show what is so now."""
        if not self.is_mounted or not self.query(AssistantForm):
            return
        assistants = self._engine.catalog.assistants()
        if self._chosen != IN_USE and self._chosen not in [one.id for one in assistants]:
            self._choose(assistants[0].id)
            return
        self.query_one(RowList).show(self._rows(), self._chosen)
        form, text = self.query_one(AssistantForm), self.query_one("#settings")
        form.display, text.display = self._chosen != IN_USE, self._chosen == IN_USE
        if form.display:
            form.sync()
        else:
            self.query_one("#settings-text", Static).update(Text(settings_text(self._session)))
        self._sync_line(form)

    def _rows(self) -> list[Row]:
        glyphs, now = self._session.glyphs, time.time()
        writing = {stream.related_id for stream in self._engine.registry.find(StreamType.SYSTEM_PROMPT, live=True)}
        rows = [Row("", "Assistants", heading=True)]
        for one in self._engine.catalog.assistants():
            glyph, tone = (glyphs.spin(now), Tone.STREAMING) if one.id in writing else (glyphs.blank, Tone.PLAIN)
            if one.proposal and one.id not in writing:
                glyph, tone = glyphs.unread, Tone.UNREAD
            rows.append(Row(one.id, line(one.name), glyph, tone))
        return [*rows, Row("", "Rivulet", heading=True), Row(IN_USE, "Models, files")]

    def _sync_line(self, form: AssistantForm) -> None:
        session, registry = self._session, self._engine.registry
        keys = session.config.keys
        running = f"{session.glyphs.spin(time.time())} {registry.live} running" if registry.live else ""
        hints: list[tuple[str, str]] = []
        if form.display and form.generating is not None:
            hints.append((shown_key("stream.stop", keys), "stop"))
        elif form.display:
            hints.append((shown_key("prompt.optimize", keys) or "^o", "generate prompt"))
        if self.query_one(RowList).has_focus:
            hints += [
                (shown_key(f"assistant.{what}", keys), word)
                for what, word in (("new", "new"), ("copy", "copy"), ("delete", "delete"), ("undo", "undo"))
                if what != "undo" or self._deleted
            ]
        hints += [("tab", "next field"), (shown_key("screen.chat", keys), "chat"), (shown_key("help", keys), "help")]
        count = len(self._engine.catalog.assistants())
        many = f"{count} assistant{'' if count == 1 else 's'}"
        notice = self.query_one("#notice", Static)
        notice.display = bool(session.notice)
        notice.update(Text(session.notice))
        self.query_one(StatusLine).show(Status((many,), running, hints))

    @on(RowList.Chosen)
    def _row_chosen(self, message: RowList.Chosen) -> None:
        self._choose(message.key)
        self.set_focus(self.query_one("#settings" if message.key == IN_USE else "#name"))

    @work
    async def _choose(self, key: str) -> None:
        self._chosen = key
        if key != IN_USE:
            await self.query_one(AssistantForm).show(key)
        self.sync()

    # Assistants

    @work
    async def action_new(self) -> None:
        made = await self._engine.new_assistant("New assistant")
        self._choose(made.id)
        self.set_focus(self.query_one("#name"))

    @property
    def _pointed(self) -> str:
        """The assistant under the list's cursor."""
        key = self.query_one(RowList).cursor_key
        return key if self._engine.catalog.assistant(key) is not None else ""

    @work
    async def action_copy(self) -> None:
        if (like := self._engine.catalog.assistant(self._pointed)) is not None:
            self._choose((await self._engine.new_assistant(f"{like.name} (copy)", like=like.id)).id)

    @work
    async def action_delete(self) -> None:
        if (gone := self._engine.catalog.assistant(self._pointed)) is None:
            return
        try:
            await self._engine.delete_assistant(gone.id)
        except ValueError as refused:
            self._session.say(str(refused))
        else:
            self._deleted = gone.id
            again = shown_key("assistant.undo", self._session.config.keys)
            self._session.say(f"{gone.name} was deleted. {again} brings it back.")
        self.sync()

    @work
    async def action_undo(self) -> None:
        if self._deleted:
            back, self._deleted = self._deleted, ""
            await self._engine.restore_assistant(back)
            self._session.say("")
            self._choose(back)

    @work
    async def action_move(self, step: int) -> None:
        if self._pointed:
            await self._engine.move_assistant(self._pointed, step)
            self.sync()

    # The system prompt

    @work
    async def action_generate(self) -> None:
        form = self.query_one(AssistantForm)
        if not form.display:
            return
        await form.save()
        try:
            await self._engine.generate_prompt(form.assistant_id)
            self._session.say("")
        except (ValueError, UnknownModel) as refused:
            self._session.say(str(refused))
        self.sync()

    @work
    async def action_accept(self) -> None:
        await self.query_one(AssistantForm).save()
        await self._engine.accept_proposal(self.query_one(AssistantForm).assistant_id)
        self.sync()

    async def action_less(self) -> None:
        """Stop what writes here, else go back to the chat."""
        form = self.query_one(AssistantForm)
        await form.save()
        stream = form.generating if form.display else None
        if stream is None or not await self._engine.stop(stream.id):
            await self.app.switch_mode("chat")
