"""What the settings screen's parts share: the forms that wait, what was deleted, and the file behind them."""

from __future__ import annotations

import asyncio
import itertools
from typing import Final

from textual import work
from textual.screen import Screen
from textual.worker import Worker

from tui.config import ConfigError
from tui.config.changes import Change
from tui.config.fields import Fields, fields_of
from tui.config.writing import Removed, fields_in_use, roles_in_use
from tui.screens.palette import Entry, run_chosen
from tui.screens.provider_draft import Draft
from tui.screens.provider_form import ProviderForm, Trial
from tui.screens.roles_form import RolesForm
from tui.screens.settings_rows import NEW, PROVIDER, ROLES, is_provider
from tui.session import Session
from tui.widgets.keying import shown_key
from tui.widgets.row_list import RowList

_numbers: Final = itertools.count(1)


class SettingsParts(Screen[None]):
    """A screen with a provider's form and the roles' form."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._engine = session.engine
        self._chosen = ""
        """The row whose form is on show."""
        self._drafts: dict[str, Draft] = {}
        """Forms by their rows: what is written in one waits there while another is on show."""
        self._trials: dict[str, Trial] = {}
        self._testing: Worker[None] | None = None
        self._deleted: list[str | Removed | Draft] = []
        """What was deleted here, the last one last: an assistant's id, a provider, a new one's form."""

    def sync(self) -> None:
        """Show what is so now."""
        raise NotImplementedError

    def show_row(self, key: str) -> object:
        """Have the form of a row on show."""
        raise NotImplementedError

    def choose(self, key: str) -> object:
        """The same, and the focus stays where it is."""
        raise NotImplementedError

    @property
    def pointed(self) -> str:
        """The row under the list's cursor."""
        return self.query_one(RowList).cursor_key

    def _tell(self, words: str) -> None:
        self._session.say(words)
        self.sync()

    def _shown_key(self, id: str) -> str:
        return shown_key(id, self._session.config.keys)

    def _run(self, entry: Entry | None) -> None:
        run_chosen(self, entry)

    # The file

    @work
    async def read_again(self) -> None:
        """Take over what was written to the file meanwhile, and have the forms follow it."""
        try:
            await self._session.read_again()
        except ConfigError as wrong:
            self._tell(f"{wrong.lines[0]} Until that is mended, all stays as it was.")
            return
        await self.follow_file()

    async def follow_file(self) -> None:
        """Have the form on show say what the file says, but for what was written into it."""
        self._part_with_removed()
        if is_provider(self._chosen):
            await self.show_provider(self._chosen)
        await self.query_roles()
        self.sync()

    def _part_with_removed(self) -> None:
        """Forms of providers that the file has no more. What was written in one stays: as of one to be added."""
        there = [f"{PROVIDER}{name}" for name in self._engine.models.providers]
        for key in [key for key in self._drafts if key.startswith(PROVIDER) and key not in there]:
            draft = self._drafts.pop(key)
            self._trials.pop(key, None)
            if draft.changed:
                draft.new, draft.about = True, "It is not in the file any more."
                kept = self.keep_new(draft)
                self._chosen = kept if self._chosen == key else self._chosen

    def keep_new(self, draft: Draft) -> str:
        """Have a form of a provider that is still to be added; its row."""
        key = f"{NEW}{next(_numbers)}"
        self._drafts[key] = draft
        return key

    async def query_roles(self) -> None:
        """Have the roles' form say what the file says, if it was ever on show."""
        form = self.query_one(RolesForm)
        if self._chosen == ROLES:
            await form.make()
        if not form.made:
            return
        try:
            roles = await asyncio.to_thread(roles_in_use, self._session.settings)
        except ConfigError:
            return  # it was told when the file was read
        if form.made:
            form.follow(roles)

    async def show_provider(self, key: str) -> None:
        """Put a provider into its form."""
        if key.startswith(PROVIDER):
            name = key.removeprefix(PROVIDER)
            now = await self._fields(name)
            draft = self._drafts.setdefault(key, Draft.of(name, now))
            draft.follow(now)
        form = self.query_one(ProviderForm)
        await form.make()
        if (
            form.made and key in self._drafts and key == self._chosen
        ):  # else another one was chosen while the file was read
            form.show(self._drafts[key])

    async def _fields(self, name: str) -> Fields:
        """As the file has them; as we have them, if it can't be read now."""
        try:
            return await asyncio.to_thread(fields_in_use, self._session.settings, name)
        except ConfigError:
            provider = self._engine.models.providers.get(name)
            return fields_of(provider) if provider is not None else {}

    async def _write(self, *changes: Change) -> bool:
        """Whether they could be written; why not is told."""
        try:
            await self._session.change(*changes)
        except ConfigError as refused:
            self._tell(refused.lines[0])
            return False
        return True

    def _show_again(self, draft: Draft) -> None:
        form = self.query_one(ProviderForm)
        if form.draft is draft:
            form.show(draft)
        self.sync()
