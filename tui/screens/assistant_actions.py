"""The settings screen's part that acts on assistants: makes, copies, moves, deletes them, has their prompts written."""

from __future__ import annotations

from textual import work

from tui.engine import UnknownModel
from tui.screens.assistant_form import NEW_NAME, AssistantForm
from tui.screens.settings_parts import SettingsParts
from tui.widgets.row_list import RowList


class ActsOnAssistants(SettingsParts):
    """Each action is told to the engine at once, and can be taken back."""

    @property
    def _pointed(self) -> str:
        """The assistant under the list's cursor; empty if it is on something else."""
        key = self.query_one(RowList).cursor_key
        return key if self._engine.catalog.assistant(key) is not None else ""

    @work
    async def new_assistant(self) -> None:
        made = await self._engine.new_assistant(NEW_NAME)
        self.show_row(made.id)

    @work
    async def copy_assistant(self) -> None:
        if (like := self._engine.catalog.assistant(self._pointed)) is not None:
            self.choose((await self._engine.new_assistant(f"{like.name} (copy)", like=like.id)).id)

    @work
    async def delete_assistant(self) -> None:
        if (gone := self._engine.catalog.assistant(self._pointed)) is None:
            return
        try:
            await self._engine.delete_assistant(gone.id)
        except ValueError as refused:
            self._session.say(str(refused))
        else:
            self._deleted.append(gone.id)
            self._session.say(f"{gone.name} was deleted. {self._shown_key('settings.undo')} brings it back.")
        self.sync()

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
