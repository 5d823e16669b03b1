"""Which model plays which role: what the file says, and what counts where it says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rich.text import Text
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.engine import Models, Role, UnknownModel
from tui.plain import line
from tui.screens.late_form import LateForm

PREFIX: Final = "role-"

_ABOUT: Final = {
    Role.INSTRUCT: "answers, unless an assistant has another model; optimizes prompts, writes system prompts",
    Role.THINKING: "for assistants that shall think longer: write thinking as their model",
    Role.FAST: "names topics, if it is of the provider that answered there",
}


class RolesForm(LateForm):
    """A field for each role. Enter saves all of them."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.seen: dict[Role, str] = {}
        """What the file said when it was read last."""
        self.problem = ""

    def fields(self) -> Iterator[Widget]:
        yield Static(Text.assemble(("Roles", "bold"), "   which model is meant by a role's name"), id="roles-title")
        for role in Role:
            yield Horizontal(
                Static(str(role), classes="field-label", markup=False),
                Input(id=f"{PREFIX}{role}", compact=True, select_on_focus=False),
                classes="field",
            )
            yield Static(_ABOUT[role], classes="field-about", markup=False)
        yield Static("", id="roles-problem", markup=False)

    def follow(self, now: Mapping[Role, str]) -> None:
        """The file says this now. What is written here and not saved stays."""
        for role in Role:
            field = self.field(role)
            if field.value.strip() == self.seen.get(role, ""):
                field.value = now.get(role, "")
        self.seen = dict(now)

    def take_back(self) -> None:
        self.problem = ""
        for role in Role:
            self.field(role).value = self.seen.get(role, "")

    def sync(self, models: Models, lent: str) -> None:
        """Show what counts where nothing is written. `lent`: what plays `instruct` for this run only."""
        if not self.made:
            return
        for role in Role:
            try:
                now = line(str(models.resolve(role)))
            except UnknownModel:
                now = "nobody yet"
            self.field(role).placeholder = f"{now} if left empty"
        told = f"For this run {line(lent)} plays instruct, as -m says." if lent else ""
        self.query_one("#roles-problem", Static).update(Text("\n".join(part for part in (self.problem, told) if part)))
        self.query_one("#roles-problem").set_class(bool(self.problem), "-failed")

    @property
    def written(self) -> dict[Role, str | None]:
        """The roles that are to be others than the file has them; None: left to the others."""
        texts = {role: self.field(role).value.strip() for role in Role}
        return {role: text or None for role, text in texts.items() if text != self.seen.get(role, "")}

    def field(self, role: Role) -> Input:
        return self.query_one(f"#{PREFIX}{role}", Input)
