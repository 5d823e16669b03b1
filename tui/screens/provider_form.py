"""One provider's form. What is written in it is kept in its draft until it is saved, whatever else is on show."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.engine import WireProtocol
from tui.screens.form_field import Field
from tui.screens.late_form import LateForm
from tui.screens.provider_draft import FIELDS, Draft
from tui.widgets.key_field import KeyField

PREFIX = "provider-"
"""Of its fields' ids: the other forms of the screen have a name and a model, too."""


@dataclass(slots=True)
class Trial:
    """What came of testing a provider, or that it is being tested."""

    began: float
    words: str = ""
    """Safe to show; empty while it goes on."""
    ok: bool = False


class ProviderForm(LateForm):
    """Shows a draft, and writes into it what the user writes."""

    @dataclass
    class Written(Message):
        """A draft says something else now."""

        draft: Draft

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.draft: Draft | None = None

    def fields(self) -> Iterator[Widget]:
        yield Static("", id="provider-title", markup=False)
        for field in FIELDS:
            yield Horizontal(Static(field.label, classes="field-label", markup=False), _input(field), classes="field")
            yield Static("", id=f"{PREFIX}{field.id}-problem", classes="field-problem", markup=False)
        yield Static("", id="provider-state", markup=False)

    def show(self, draft: Draft) -> None:
        """Show another draft."""
        if draft is not self.draft:
            self.scroll_home(animate=False)
        self.draft = draft
        for field in FIELDS:
            text = draft.name if field.id == "name" else draft.texts[field.id]
            found = self._field(field.id)
            with self.prevent(Input.Changed):
                if isinstance(found, KeyField):
                    found.put(text)
                else:
                    found.value = text

    def sync(self, about: str, trial: Trial | None) -> None:
        """Show what is so now: a line above the fields, and below them whether it is saved and what a test said."""
        if (draft := self.draft) is None or not self.made:
            return
        title = draft.name or "New provider"
        self._put("#provider-title", Text.assemble((title, "bold"), f"   {about}" if about else ""))
        for field in FIELDS:
            found = self._field(field.id)
            found.parent.display = draft.shows(field.id)  # type: ignore[union-attr]
            found.placeholder = draft.hint(field)
            problem = self.query_one(f"#{PREFIX}{field.id}-problem", Static)
            problem.display = field.id in draft.problems
            self._put(f"#{problem.id}", Text(draft.problems.get(field.id, "")))
        state = draft.state
        told = Text(state)
        if trial is not None:
            if not trial.words:
                told = Text(f"Asking it for a word, {time.monotonic() - trial.began:.0f} s. esc stops that.")
            else:
                told = Text(trial.words + (f"\n{state}" if state else ""))
        below = self.query_one("#provider-state", Static)
        below.set_class(trial is not None and bool(trial.words) and not trial.ok, "-failed")
        below.set_class(trial is not None and trial.ok, "-works")
        self._put("#provider-state", told)

    def go_to(self, id: str) -> None:
        """Put the focus into a field."""
        self.screen.set_focus(self._field(id))

    def go_to_first(self) -> None:
        """Into the one that is to be filled in: what a problem is with, else what is empty and must not be."""
        if (draft := self.draft) is None:
            return
        empty = {"name": not draft.name, "base_url": not draft.texts["base_url"]}
        needed = [id for id, lacks in empty.items() if draft.new and lacks]
        wrong = [field.id for field in FIELDS if field.id in draft.problems]
        first = "api_key" if draft.new and draft.texts["api_key"] else "model"
        self.go_to([*wrong, *needed, first][0])

    def _field(self, id: str) -> Input:
        return self.query_one(f"#{PREFIX}{id}", Input)

    def _put(self, where: str, text: Text) -> None:
        static = self.query_one(where, Static)
        if static.content != text:
            static.update(text)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.draft is not None and event.input.id:
            self.draft.write(event.input.id.removeprefix(PREFIX), event.value)
            self.post_message(self.Written(self.draft))


def _input(field: Field) -> Input:
    if field.id == "api_key":
        return KeyField(f"{PREFIX}{field.id}", field.hint)
    options = {"protocol": [str(one) for one in WireProtocol], "think_tags": ["true", "false"]}.get(field.id)
    suggester = SuggestFromList(options) if options else None
    # Without this the toolkit selects all at focus, and one key would take the place of a whole name.
    return Input(
        id=f"{PREFIX}{field.id}", placeholder=field.hint, suggester=suggester, compact=True, select_on_focus=False
    )
