"""One assistant's form. What is written in it is kept by itself; a system prompt can be generated into it, live."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.suggester import SuggestFromList
from textual.timer import Timer
from textual.widgets import Input, Static, TextArea

from tui.engine import ROLES, Assistant, Models, Stream, StreamType, UnknownModel
from tui.plain import line
from tui.screens.assistant_fields import EFFORTS, FIELDS, changes, effort_hint, texts
from tui.session import Session
from tui.waits import in_short
from tui.widgets.keying import shown_key
from tui.widgets.text_area import SteadyTextArea

NEW_NAME: Final = "New assistant"

_DELAY = 0.4
"""Seconds after the last key until what was written is kept: each time the whole index is written."""


class PromptArea(SteadyTextArea):
    """The system prompt. Its own undo comes first, then what stood there before it was generated."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+z", "undo", show=False, priority=True)]

    def action_undo(self) -> None:
        before = self.text
        self.undo()
        form = next((node for node in self.ancestors if isinstance(node, AssistantForm)), None)
        if self.text == before and form is not None:
            form.take_back()


class AssistantForm(VerticalScroll):
    """Shows what the catalog says of one assistant, and tells the engine what the user writes."""

    can_focus = False

    def __init__(self, session: Session, id: str) -> None:
        super().__init__(id=id)
        self._session = session
        self._engine = session.engine
        self._models = Models()
        """Those that the model's field suggests."""
        self._effort_of: tuple[Models, str] | None = None
        self.assistant_id = self._wanted = ""
        self._shown: dict[str, str] = {}
        """What we have put into the fields: a field that says something else was written in."""
        self._prompt = ""
        self._following = ""
        """The stream whose text stands in the prompt's field; empty once the user writes there himself."""
        self._left: set[str] = set()
        """Streams that he wrote against: they end as proposals."""
        self._saving: Timer | None = None
        self.problems: list[str] = []

    def compose(self) -> ComposeResult:
        for field in FIELDS:
            with Horizontal(classes="field", id=f"{field.id}-line"):
                yield Static(field.label, classes="field-label", markup=False)
                # Without this the toolkit selects all at focus, and one key would take the place of a whole name.
                yield Input(id=field.id, placeholder=field.hint, compact=True, select_on_focus=False)
        yield Static("System prompt", classes="field-label", id="prompt-label", markup=False)
        yield Static("", id="prompt-note", markup=False)
        yield PromptArea(id="prompt", soft_wrap=True, show_line_numbers=False, compact=True)
        yield Static("", id="proposal", markup=False)
        yield Static("", id="problems", markup=False)

    @property
    def assistant(self) -> Assistant | None:
        assistant = self._engine.catalog.assistant(self.assistant_id)
        return None if assistant is None or assistant.deleted_at is not None else assistant

    @property
    def generating(self) -> Stream | None:
        """The stream that writes this assistant's system prompt."""
        found = self._engine.registry.find(StreamType.SYSTEM_PROMPT, self.assistant_id, live=True)
        return next(found, None)

    @property
    def why_not(self) -> str:
        """Why no system prompt can be generated here now; empty if one can."""
        if self.generating is not None:
            return "It is being generated already."
        if all(self.query_one(f"#{id}", Input).value.strip() for id in ("name", "description")):
            return ""
        key = shown_key("prompt.optimize", self._session.config.keys)
        return f"Write a name and a description, and {key} generates a system prompt out of them."

    def go_to_name(self) -> None:
        """Begin at the top. The name that a new assistant has until it is given one goes with the first key."""
        name = self.query_one("#name", Input)
        self.screen.set_focus(name)
        if name.value == NEW_NAME:
            name.select_all()

    def take_model(self, model: str) -> None:
        """Have another model in its field."""
        field = self.query_one("#model", Input)
        field.value = model
        self.screen.set_focus(field)

    async def show(self, assistant_id: str) -> None:
        """Show another assistant. What was written of the last one is kept."""
        self._wanted = assistant_id
        if assistant_id != self.assistant_id:
            await self.save()
            if self._wanted != assistant_id:
                return  # another one was chosen while that was kept
            self.assistant_id, self._prompt, self._following = assistant_id, "", ""
            self._effort_of = None
            self._shown = {field.id: "" for field in FIELDS}
            for field in self.query(Input):  # nothing of the last one's may be taken for what is written of this one
                field.value = ""
            self.query_one(PromptArea).load_text("")
            self.scroll_home(animate=False)
        self.sync()

    def sync(self) -> None:
        """Show what is so now; what the user is writing stays."""
        if (assistant := self.assistant) is None or not self.query(PromptArea):
            return
        for id, text in texts(assistant).items():
            field = self.query_one(f"#{id}", Input)
            if field.value == self._shown.get(id, "") and field.value != text:
                field.value = text
            self._shown[id] = text
        if (models := self._engine.models) is not self._models:
            self._models = models
            self.query_one("#model", Input).suggester = SuggestFromList(sorted([*ROLES, *models.providers]))
        self._sync_effort(assistant)
        self._sync_prompt(assistant)
        self.query_one("#problems", Static).update(Text("\n".join(line(problem) for problem in self.problems)))

    def _sync_effort(self, assistant: Assistant) -> None:
        """A model that has nothing like it has no field for it, unless something stands there."""
        model = self._engine.models, assistant.model
        if model != self._effort_of:
            self._effort_of = model
            try:
                efforts = self._engine.efforts(assistant.model)
            except UnknownModel:
                efforts = EFFORTS
            effort = self.query_one("#reasoning_effort", Input)
            effort.placeholder = effort_hint(efforts)
            effort.suggester = SuggestFromList(efforts)
            self.query_one("#reasoning_effort-line").display = bool(efforts) or bool(effort.value)

    def _sync_prompt(self, assistant: Assistant) -> None:
        area, stream = self.query_one(PromptArea), self.generating
        wanted = assistant.prompt
        if stream is not None and stream.id not in self._left:
            self._following = stream.id
            wanted = str(stream.content) or wanted
        elif self._following:
            self._following = ""
        if area.text == self._prompt and area.text != wanted:
            area.load_text(wanted)
            area.move_cursor(area.document.end)
            if stream is not None:
                area.scroll_cursor_visible(animate=False)
        self._prompt = wanted if area.text == wanted else self._prompt
        note = ""
        if stream is not None:
            note = "is being generated for what you did not write yourself" if stream.id in self._left else "streams"
            stop = shown_key("stream.stop", self._session.config.keys)
            place = self._engine.registry.places().get(stream.id, 0)
            if waits := in_short(stream, place, self._engine.now()):
                note = f"waits ({waits})"
            note = f"The system prompt {note}: {stop} stops it, ctrl+z brings the old one back."
        elif assistant.proposal:
            accept = shown_key("prompt.accept", self._session.config.keys)
            note = f"A system prompt was generated meanwhile, it stands below: {accept} takes it, ctrl+z drops it."
        else:
            note = self.why_not
        self.query_one("#prompt-note", Static).update(Text(note))
        self.query_one("#prompt-note", Static).display = bool(note)
        self.query_one("#prompt-note").set_class(stream is None and not assistant.proposal, "-quiet")
        proposal = "\n".join(line(part) for part in assistant.proposal.splitlines())
        self.query_one("#proposal", Static).update(Text(proposal))

    def take_back(self) -> None:
        """Have the system prompt as it was before it was generated."""
        self.run_worker(self._engine.discard_prompt(self.assistant_id))

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _changed(self) -> None:
        area = self.query_one(PromptArea)
        if self._following and area.text != self._prompt:  # the user's own words now: the stream is not to touch them
            self._left.add(self._following)
            self._following = ""
            self.call_later(self.save)  # before the stream ends: what it brings is a proposal then
        if self._saving is not None:
            self._saving.stop()
        self._saving = self.set_timer(_DELAY, self.save)

    async def save(self) -> None:
        """Keep what was written. What is wrong is told, and stays in its field."""
        if self._saving is not None:
            self._saving.stop()
            self._saving = None
        if (assistant := self.assistant) is None or not self.query(PromptArea):
            return
        written = {
            id: field.value
            for id, shown in self._shown.items()
            if (field := self.query_one(f"#{id}", Input)).value != shown
        }
        changed, self.problems = changes(assistant, written, self._engine.models)
        area = self.query_one(PromptArea)
        if not self._following and area.text != self._prompt:
            changed["prompt"] = self._prompt = area.text
        if changed:
            await self._engine.change_assistant(assistant.id, **changed)
        self.sync()

    async def on_unmount(self) -> None:
        await self.save()
