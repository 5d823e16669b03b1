"""What can be changed in the settings: values that say it, and what each makes of the file's values. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

from tui.config.fields import FIELDS, Fields, fields_of
from tui.config.problems import dotted
from tui.config.settings import Glyphs
from tui.engine import LOCAL, Models, Role

Values = dict[str, Any]
"""What the file says, as TOML has it."""


class ChangedMeanwhile(ValueError):
    """The file says something there that who makes the change has not seen; `key` is where."""

    def __init__(self, *key: str) -> None:
        super().__init__(dotted(*key))
        self.key = dotted(*key)


@dataclass(frozen=True, slots=True)
class SetProvider:
    """Have a provider with these fields and no others."""

    name: str
    fields: Fields = field(repr=False)  # a key may be among them
    seen: Fields | None = field(default=None, repr=False)
    """The fields that these were made of: what was changed in the file meanwhile stays, and a field that was changed
    in both raises ChangedMeanwhile. None: whatever there was."""

    def apply(self, values: Values) -> None:
        providers = _table(values, "providers")
        _put(providers, self.name, self.fields if self.seen is None else self._merged(providers.get(self.name)))

    def _merged(self, now: Any) -> Values:
        seen = self.seen or {}
        if now is None and seen:
            raise ChangedMeanwhile("providers", self.name)
        merged = dict(now) if isinstance(now, dict) else {}
        for name in {**seen, **self.fields}:
            mine, theirs = self.fields.get(name), merged.get(name)
            if mine == seen.get(name) or mine == theirs:
                continue
            if theirs != seen.get(name):
                raise ChangedMeanwhile("providers", self.name, name)
            if mine is None:
                del merged[name]
            else:
                merged[name] = mine
        return merged


@dataclass(frozen=True, slots=True)
class AddProvider:
    """Have one more provider, and roles that nobody plays. Raises ChangedMeanwhile if there is one of that name."""

    name: str
    fields: Fields = field(repr=False)
    roles: Mapping[Role, str] = field(default_factory=dict)

    def apply(self, values: Values) -> None:
        providers = _table(values, "providers")
        if self.name in providers:
            raise ChangedMeanwhile("providers", self.name)
        _put(providers, self.name, self.fields)
        for role, model in self.roles.items():
            _table(values, "models").setdefault(str(role), model)


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
    seen: str | EllipsisType | None = ...
    """Who played it: if that is another one now, and not `model`, it raises ChangedMeanwhile. `...`: whoever it was."""

    def apply(self, values: Values) -> None:
        now = _table(values, "models").get(str(self.role)) if "models" in values else None
        if self.seen is not ... and now not in (self.seen, self.model):
            raise ChangedMeanwhile("models", str(self.role))
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


Change = SetProvider | AddProvider | RemoveProvider | SetRole | SetUi | SetKey


def changed(values: Mapping[str, Any], changes: Iterable[Change]) -> Values:
    """The values after the changes."""
    after = copy.deepcopy(dict(values))
    for change in changes:
        change.apply(after)
    return after


def needs_providers(change: Change) -> bool:
    """Whether it makes sense only beside providers that the file names."""
    return isinstance(change, SetProvider | AddProvider | RemoveProvider | SetRole)


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


def _put(providers: Values, name: str, fields: Fields) -> None:
    ordered = [key for key in FIELDS if key in fields] + [key for key in fields if key not in FIELDS]
    providers[name] = {key: fields[key] for key in ordered}


def _table(values: Values, name: str) -> Values:
    """What is no table is not lost: the file can't be read like that, and so is not written."""
    table = values.setdefault(name, {})
    return table if isinstance(table, dict) else {}
