"""The settings screen's part that acts on providers: adds, saves, deletes them and brings them back."""

from __future__ import annotations

from functools import partial

from textual import work

from tui.config import ConfigError
from tui.config.changes import AddProvider, SetProvider
from tui.config.presets import PRESETS, Preset
from tui.config.writing import Removed
from tui.plain import line
from tui.screens.palette import Entry, Palette
from tui.screens.provider_draft import Draft
from tui.screens.provider_form import ProviderForm
from tui.screens.settings_parts import SettingsParts
from tui.screens.settings_rows import NEW, PROVIDER


class ActsOnProviders(SettingsParts):
    """What is done with providers. What is wrong with one stands beside its field."""

    # Adding

    def add_provider(self) -> None:
        """Offer the presets."""
        entries = [Entry(f"{one.title:<19} {one.about}", partial(self._begin, one)) for one in PRESETS]
        self.app.push_screen(Palette(entries, "Which provider?"), self._run)

    def _begin(self, preset: Preset) -> None:
        self._open_new(Draft.begun(preset, self._names))

    def copy_provider(self, key: str) -> None:
        """A new one that begins as this one is."""
        if key.startswith(PROVIDER):
            self._copy(key.removeprefix(PROVIDER))

    @work
    async def _copy(self, name: str) -> None:
        provider = self._engine.models.providers.get(name)
        if provider is None or provider.embedded:
            self._tell("There is one demo model only.")
        else:
            self._open_new(Draft.copied(name, await self._fields(name), self._names))

    def _open_new(self, draft: Draft) -> None:
        self.show_row(self.keep_new(draft))

    @property
    def _names(self) -> list[str]:
        """All that are taken, also by what is not saved yet."""
        return [*self._engine.models.providers, *(draft.name for draft in self._drafts.values() if draft.new)]

    # Saving

    @work(group="save")
    async def save_provider(self, key: str) -> None:
        """Write what stands in the form, if it is right; else say beside each field what is wrong."""
        draft = self._drafts[key]
        found = draft.checked(list(self._engine.models.providers))
        if not found.ok:
            self.query_one(ProviderForm).go_to_first()
            self.sync()
            return
        if not draft.changed and not self._session.config.discovered:
            self._tell("Nothing has changed here.")
            return
        name, fields = draft.name, draft.fields
        change = AddProvider(name, fields) if draft.new else SetProvider(name, fields, draft.seen)
        before = self._session.config.warnings
        if not await self._write(change):
            if not draft.new:
                draft.follow(await self._fields(name))
                self._show_again(draft)
            self.read_again()
            return
        saved, now = f"{PROVIDER}{name}", await self._fields(name)
        self._drafts.pop(key, None)
        if key in self._trials:
            self._trials[saved] = self._trials.pop(key)
        self._drafts[saved] = Draft.of(name, now)
        if self._chosen == key:
            self._chosen = saved
            self.query_one(ProviderForm).show(self._drafts[saved])
        await self.query_roles()
        new = [warning for warning in self._session.config.warnings if warning not in (*before, *found.warnings)]
        self._tell(
            " ".join([f"{name} is saved in {self._session.config.paths.config_file.name}.", *new, *found.warnings])
        )

    def take_back(self, key: str) -> None:
        """Have the form as the file has it."""
        draft = self._drafts.get(key)
        if draft is not None and not draft.new:
            draft.take_back()
            self._trials.pop(key, None)
            self._show_again(draft)

    # Deleting

    @work(group="save")
    async def delete_provider(self, key: str) -> None:
        if key.startswith(NEW):
            draft = self._drafts.pop(key)
            self._trials.pop(key, None)
            self._deleted.append(draft)
            self._tell(
                f"Dropped {draft.name or 'the new provider'}. {self._shown_key('settings.undo')} brings it back."
            )
            return
        name = key.removeprefix(PROVIDER)
        provider = self._engine.models.providers.get(name)
        if provider is None or provider.embedded:
            self._tell("The demo model is always there.")
            return
        try:
            removed = await self._session.remove_provider(name)
        except ConfigError as refused:
            self._tell(refused.lines[0])
            return
        self._drafts.pop(key, None)
        self._trials.pop(key, None)
        self._deleted.append(removed)
        await self.query_roles()
        self._tell(f"{name} was deleted{self._lost(removed)}. {self._shown_key('settings.undo')} brings it back.")

    def _lost(self, removed: Removed) -> str:
        """What goes without it now."""
        roles = [str(role) for role in removed.back.roles]
        named = [line(one.name) for one in self._engine.catalog.assistants() if one.model.split("/")[0] == removed.name]
        lost = f", with the role{'s' if len(roles) > 1 else ''} {' and '.join(roles)}" if roles else ""
        return lost + (f"; {' and '.join(named)} had its model" if named else "")

    async def bring_back(self, deleted: Removed | Draft) -> None:
        """What was deleted here."""
        if isinstance(deleted, Draft):
            self._open_new(deleted)
            return
        try:
            await self._session.put_back(deleted)
        except ConfigError as refused:
            self._deleted.append(deleted)
            self._tell(refused.lines[0])
            return
        await self.query_roles()
        self._tell(f"{deleted.name} is back.")
        self.show_row(f"{PROVIDER}{deleted.name}")
