"""What can be changed in the settings: values that say it, and what each makes of the file's values. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tui.config.fields import FIELDS, Fields, fields_of
from tui.config.settings import Glyphs
from tui.engine import LOCAL, Models, Role

Values = dict[str, Any]
"""What the file says, as TOML has it."""


@dataclass(frozen=True, slots=True)
class SetProvider:
    """Have a provider with these fields and no others."""

    name: str
    fields: Fields = field(repr=False)  # a key may be among them

    def apply(self, values: Values) -> None:
        ordered = [name for name in FIELDS if name in self.fields]
        ordered += [name for name in self.fields if name not in FIELDS]
        _table(values, "providers")[self.name] = {name: self.fields[name] for name in ordered}


@dataclass(frozen=True, slots=True)
class RemoveProvider:
    """Have it no more, nor a role that names one of its models."""

    name: str

    def apply(self, values: Values) -> None:
        _table(values, "providers").pop(self.name, None)
        roles = _table(values, "models") if "models" in values and self.name != LOCAL else {}
        for role in [role for role, model in roles.items() if str(model).partition("/")[0] == self.name]:
            del roles[role]


@dataclass(frozen=True, slots=True)
class SetRole:
    """Have a model, `provider/model` or a provider's name, play a role; None: leave it to the others."""

    role: Role
    model: str | None

    def apply(self, values: Values) -> None:
        _set(values, "models", str(self.role), self.model)


@dataclass(frozen=True, slots=True)
class SetUi:
    """Have another look; what is None stays."""

    theme: str | None = None
    glyphs: Glyphs | None = None

    def apply(self, values: Values) -> None:
        for name, value in (("theme", self.theme), ("glyphs", self.glyphs)):
            if value is not None:
                _set(values, "ui", name, str(value))


@dataclass(frozen=True, slots=True)
class SetKey:
    """Have other keys for a binding; None: its own again."""

    id: str
    keys: tuple[str, ...] | None

    def apply(self, values: Values) -> None:
        keys = self.keys[0] if self.keys and len(self.keys) == 1 else None if self.keys is None else list(self.keys)
        _set(values, "keys", self.id, keys)


Change = SetProvider | RemoveProvider | SetRole | SetUi | SetKey


def changed(values: Mapping[str, Any], changes: Iterable[Change]) -> Values:
    """The values after the changes."""
    after = copy.deepcopy(dict(values))
    for change in changes:
        change.apply(after)
    return after


def needs_providers(change: Change) -> bool:
    """Whether it makes sense only beside providers that the file names."""
    return isinstance(change, SetProvider | RemoveProvider | SetRole)


def with_discovered(values: Mapping[str, Any], models: Models, override: str = "") -> Values:
    """The values with the providers that the environment makes, where the file names none.

    Once it names one, nothing is taken from the environment any more: who adds a provider would lose those that were
    there, and who gives a role to one of them would have settings that depend on what runs at the moment.
    `override`: `instruct` is only lent for this run.
    """
    found = [provider for provider in models.providers.values() if not provider.embedded]
    if "providers" in values or not found:
        return dict(values)
    roles = {str(role): models.roles[role] for role in Role if role in models.roles}
    if override:
        roles[str(Role.INSTRUCT)] = found[0].name
    providers = {provider.name: dict(fields_of(provider)) for provider in found}
    named = values.get("models", {})
    return {**values, "providers": providers, "models": roles | named if isinstance(named, dict) else named}


def _set(values: Values, table: str, name: str, value: Any) -> None:
    if value is not None:
        _table(values, table)[name] = value
    elif table in values:
        _table(values, table).pop(name, None)


def _table(values: Values, name: str) -> Values:
    """What is no table is not lost: the file can't be read like that, and so is not written."""
    table = values.setdefault(name, {})
    return table if isinstance(table, dict) else {}
