"""The settings: assistants, providers and the roles of models, each with its form, and what is in use."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.engine import Role
from tui.keys import BINDINGS
from tui.screens.assistant_form import AssistantForm
from tui.screens.model_actions import ActsOnModels
from tui.screens.provider_form import ProviderForm
from tui.screens.roles_form import RolesForm
from tui.screens.row_actions import ActsOnRows
from tui.screens.settings_hints import form_hints, list_hints
from tui.screens.settings_rows import ADD, IN_USE, ROLES, is_provider, settings_rows
from tui.screens.settings_text import presets_text, settings_text
from tui.widgets.keying import bindings
from tui.widgets.row_list import RowList
from tui.widgets.status_line import Status, StatusLine

_TICK = 1.0
"""Seconds between two looks at how long a test takes."""


class SettingsScreen(ActsOnRows, ActsOnModels):
    """A list at the left, what is chosen in it at the right."""

    CSS_PATH = "settings.tcss"
    AUTO_FOCUS = "#sections"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("settings"),
        *(
            Binding(",".join(key.keys), action, key.description, show=False, id=key.id)
            for key in BINDINGS
            for id, action in (("stream.stop", "less"), ("prompt.optimize", "generate"))
            if key.id == id
        ),
        Binding("ctrl+z", "take_back", show=False),
    ]

    def compose(self) -> ComposeResult:
        yield Static("Settings", id="heading", markup=False)
        with Horizontal(id="body"):
            yield RowList(id="sections")
            yield AssistantForm(self._session, id="form")
            yield ProviderForm(id="provider")
            yield RolesForm(id="roles")
            with VerticalScroll(id="settings"):
                yield Static("", id="settings-text", markup=False)
        yield Static("", id="notice", markup=False)
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        topic = self._session.topic
        self.choose(topic.assistant_id if topic is not None else IN_USE)
        self.set_interval(_TICK, self._tick)

    def on_screen_resume(self) -> None:
        self.sync()
        self.read_again()

    async def on_screen_suspend(self) -> None:
        await self.query_one(AssistantForm).save()

    def on_descendant_focus(self) -> None:
        self._sync_keys()

    def _sync_keys(self) -> None:
        if self.is_mounted and self.query(AssistantForm):
            self._sync_line()

    @on(RowList.Moved)
    def _moved(self) -> None:
        """What the cursor is on is on show; the focus stays in the list."""
        rows = self.query_one(RowList)
        if rows.has_focus and rows.cursor_key not in ("", self._chosen):
            self._preview(rows.cursor_key)
        self._sync_keys()

    def _tick(self) -> None:
        if self.is_current and any(not trial.words for trial in self._trials.values()):
            self.sync()

    # Showing

    def sync(self) -> None:
        """Show what is so now."""
        if not self.is_mounted or not self.query(AssistantForm):
            return
        rows = settings_rows(self._session, self._drafts, self._trials, self._session.engine.now())
        section = self.query_one(RowList)
        section.show(rows, self._chosen)
        if self._chosen not in [row.key for row in rows]:  # it was deleted: its place has another one now
            self.choose(section.cursor_key)
            return
        for form in self._forms:
            form.display = form is self._form
        match self._form:
            case AssistantForm() as form:
                form.sync()
            case ProviderForm() as form:
                self._sync_provider(form)
            case RolesForm() as form:
                form.sync(self._engine.models, self._session.config.override)
            case _:
                text = presets_text() if self._chosen == ADD else settings_text(self._session)
                shown = self.query_one("#settings-text", Static)
                if str(shown.content) != text:
                    shown.update(Text(text))
        self._sync_line()

    @property
    def _forms(self) -> tuple[Widget, ...]:
        return (
            *(self.query_one(kind) for kind in (AssistantForm, ProviderForm, RolesForm)),
            self.query_one("#settings"),
        )

    @property
    def _form(self) -> Widget:
        """The one on show."""
        assistant, provider, roles, in_use = self._forms
        if is_provider(self._chosen):
            return provider
        return {ROLES: roles, IN_USE: in_use, ADD: in_use}.get(self._chosen, assistant)

    def _sync_provider(self, form: ProviderForm) -> None:
        draft = self._drafts.get(self._chosen)
        if draft is None or draft is not form.draft:
            return  # it is being read
        about = draft.about
        if draft.embedded:
            here = self._engine.has_embedded(self._engine.models.providers[draft.name].model or "")
            about = f"a small demo model on this machine, {'here' if here else 'not fetched yet'}"
        elif self._session.config.discovered and not draft.new:
            about = "from the environment; saving writes it to the settings file"
        form.sync(about, self._trials.get(self._chosen))

    def _sync_line(self) -> None:
        session, registry = self._session, self._engine.registry
        running = f"{session.glyphs.spin(session.engine.now())} {registry.live} running" if registry.live else ""
        count = len(self._engine.catalog.assistants())
        many = f"{count} assistant{'' if count == 1 else 's'}"
        notice = self.query_one("#notice", Static)
        notice.display = bool(session.notice)
        notice.update(Text(session.notice))
        if self.query_one(RowList).has_focus:
            hints = list_hints(session, self.query_one(RowList).cursor_key, undo=bool(self._deleted))
        else:
            trial = self._trials.get(self._chosen)
            hints = form_hints(session, self._form, testing=trial is not None and not trial.words)
        hints += [(self._shown_key("screen.chat"), "chat"), (self._shown_key("help"), "help")]
        self.query_one(StatusLine).show(Status((many,), running, [hint for hint in hints if hint[0]]))

    # Choosing

    @on(RowList.Chosen)
    def _row_chosen(self, message: RowList.Chosen) -> None:
        if message.key == ADD:
            self.add_provider()
        else:
            self.show_row(message.key)

    @work
    async def show_row(self, key: str) -> None:
        """Have the form of a row on show, with the focus in it."""
        await self._show(key)
        match self._form:
            case ProviderForm() as form:
                form.go_to_first()
            case RolesForm() as form:
                self.set_focus(form.field(Role.INSTRUCT))
            case AssistantForm() as form:
                form.go_to_name()
            case other:
                self.set_focus(other)
        self.sync()

    @work
    async def choose(self, key: str) -> None:
        """Have it on show, and the list's cursor on it; the focus stays."""
        await self._show(key)
        self.query_one(RowList).point_at(key)

    @work
    async def _preview(self, key: str) -> None:
        await self._show(key)

    async def _show(self, key: str) -> None:
        self._chosen = key
        if is_provider(key):
            await self.show_provider(key)
        elif key == ROLES:
            await self.query_roles()
        elif key not in (IN_USE, ADD):
            await self.query_one(AssistantForm).show(key)
        self.sync()

    # What can be done in a form

    @work
    async def action_test(self) -> None:
        key = self.query_one(RowList).cursor_key if self.query_one(RowList).has_focus else self._chosen
        if is_provider(key):
            await self._show(key)
            self.test_provider(key)

    @work
    async def action_pick(self) -> None:
        await self._show(self._chosen)  # it may be about to be on show
        match self._form:
            case ProviderForm():
                self.pick_of(self._chosen)
            case RolesForm() as form:
                focused = [role for role in Role if form.field(role).has_focus]
                self.pick_role((focused or [Role.INSTRUCT])[0])
            case AssistantForm() as form:
                self.pick_any(partial(form.take_model), tuple(map(str, Role)))

    @on(Input.Submitted)
    def _submitted(self) -> None:
        if is_provider(self._chosen):
            self.save_provider(self._chosen)
        elif self._chosen == ROLES:
            self.save_roles()

    def action_take_back(self) -> None:
        match self._form:
            case ProviderForm():
                self.take_back(self._chosen)
            case RolesForm() as form:
                form.take_back()
                self.sync()
            case AssistantForm() as form:
                form.take_back()

    async def action_less(self) -> None:
        """Stop what works here, else go back to the list, else to the chat."""
        form = self.query_one(AssistantForm)
        await form.save()
        stream = form.generating if form.display else None
        if stream is not None and await self._engine.stop(stream.id):
            return
        if is_provider(self._chosen) and self.stop_testing():
            return
        rows = self.query_one(RowList)
        if self.focused is not None and not rows.has_focus:
            self.set_focus(rows)
            rows.point_at(self._chosen)
            self.sync()
        else:
            await self.app.switch_mode("chat")
