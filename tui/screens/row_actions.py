"""The settings screen's part that acts on the row under the list's cursor, whichever kind it is of."""

from __future__ import annotations

from textual import work

from tui.screens.assistant_actions import ActsOnAssistants
from tui.screens.provider_actions import ActsOnProviders
from tui.screens.settings_rows import ADD, is_provider


class ActsOnRows(ActsOnProviders, ActsOnAssistants):
    """Makes, copies and deletes; what was deleted last comes back first."""

    def action_new(self) -> None:
        pointed = self.pointed
        if is_provider(pointed) or pointed == ADD:
            self.add_provider()
        else:
            self.new_assistant()

    def action_copy(self) -> None:
        if is_provider(pointed := self.pointed):
            self.copy_provider(pointed)
        else:
            self.copy_assistant()

    def action_delete(self) -> None:
        if is_provider(pointed := self.pointed):
            self.delete_provider(pointed)
        else:
            self.delete_assistant()

    @work
    async def action_undo(self) -> None:
        if not self._deleted:
            self._tell("Nothing was deleted here that could come back.")
            return
        back = self._deleted.pop()
        if isinstance(back, str):
            await self._engine.restore_assistant(back)
            self._session.say("")
            self.choose(back)
        else:
            await self.bring_back(back)
