"""The settings screen's part that is about models: tests a provider's, picks them from lists, gives them roles."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial

from textual import on, work

from tui.config import ConfigError
from tui.config.changes import SetRole
from tui.engine import Provider, Role
from tui.plain import line
from tui.screens.model_picker import Ask, ModelPicker
from tui.screens.provider_form import ProviderForm, Trial
from tui.screens.roles_form import RolesForm
from tui.screens.settings_parts import SettingsParts


class ActsOnModels(SettingsParts):
    """Asks providers, as forms have them, for a word or for their lists."""

    # Testing

    def test_provider(self, key: str) -> None:
        """Have its model say a word, as the form has it now; without a model, ask for the list of them."""
        if key not in self._drafts:
            return  # it went meanwhile
        self._testing = self._test(key)

    @work(group="test", exclusive=True)
    async def _test(self, key: str) -> None:
        draft = self._drafts[key]
        found = draft.checked(list(self._engine.models.providers))
        if not found.ok:
            self._trials.pop(key, None)
            self._tell("It can't be tested like that.")
            return
        trial = self._trials[key] = Trial(time.monotonic())
        self.sync()
        try:
            trial.ok, trial.words = await self._verdict(found.provider)
        finally:
            if not trial.words and self._trials.get(key) is trial:
                del self._trials[key]
            self.sync()
        if key != self._chosen:
            self._session.say(trial.words)

    async def _verdict(self, provider: Provider) -> tuple[bool, str]:
        if provider.model:
            check = await self._engine.try_model(provider)
            return check.ok, line(check.message) + ("" if check.message.endswith((".", "?")) else ".")
        check = await self._engine.check(provider)
        if not check.ok:
            return False, line(check.message)
        return True, f"{line(check.message).capitalize()}. {self._shown_key('model.pick')} chooses its model."

    def stop_testing(self) -> bool:
        """False if there is nothing to stop."""
        if (trial := self._trials.get(self._chosen)) is None or trial.words or self._testing is None:
            return False
        self._testing.cancel()
        return True

    @on(ProviderForm.Written)
    def _written(self, message: ProviderForm.Written) -> None:
        for key, draft in self._drafts.items():
            if draft is message.draft and (trial := self._trials.get(key)) is not None and trial.words:
                del self._trials[key]  # it was about what stood there before
        self.sync()

    # Models out of the providers' lists

    def pick_of(self, key: str) -> None:
        """Choose a provider's model out of its own list."""
        if (draft := self._drafts.get(key)) is None:
            return  # it went meanwhile
        found = draft.checked(list(self._engine.models.providers))
        if "base_url" in draft.problems or "api_key" in draft.problems or "protocol" in draft.problems:
            self._tell("Its list of models can't be asked for like that.")
            return
        draft.problems = {}
        provider = found.provider
        asked: Mapping[str, Ask] = {draft.name or "it": partial(self._engine.check, provider)}
        if provider.embedded:  # to ask it would start its server
            asked = {}
        known = [provider.model] if provider.embedded and provider.model else []
        picker = ModelPicker(asked, partial(self._take_model, key), known=known, whole=False)
        self.app.push_screen(picker, self._run)

    def _take_model(self, key: str, model: str) -> None:
        draft = self._drafts.get(key)
        if draft is not None:
            draft.write("model", model)
            self._trials.pop(key, None)
            self._show_again(draft)
            self.query_one(ProviderForm).go_to("model")

    def pick_role(self, role: Role) -> None:
        """Choose the model that plays a role out of all lists. It counts at once."""
        self.pick_any(partial(self._take_role, role))

    def _take_role(self, role: Role, model: str) -> None:
        self.query_one(RolesForm).field(role).value = model
        self.save_roles()

    def pick_any(self, take: partial[None], known: tuple[str, ...] = ()) -> None:
        providers = self._engine.models.providers
        asked = {name: partial(self._engine.check, name) for name, one in providers.items() if not one.embedded}
        own = [f"{name}/{one.model}" for name, one in providers.items() if one.embedded and one.model]
        self.app.push_screen(ModelPicker(asked, take, known=known, last=own, whole=True), self._run)

    # Roles

    @work(group="save")
    async def save_roles(self) -> None:
        """Write the roles that were changed in their form."""
        form = self.query_one(RolesForm)
        written = form.written
        if not written:
            self._tell("Nothing has changed here.")
            return
        changes = [SetRole(role, model, form.seen.get(role)) for role, model in written.items()]
        try:
            await self._session.change(*changes)
        except ConfigError as refused:
            form.problem = "\n".join(refused.lines)
        else:
            form.problem = ""
            self._session.say("The roles are saved; they count from now on.")
        await self.query_roles()
        self.sync()
