"""Changing the settings file: what the user wrote in it stays, what he writes at the same time is not lost."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from tui.config import source
from tui.config.changes import (
    AddProvider,
    Change,
    ChangedMeanwhile,
    RemoveProvider,
    changed,
    needs_providers,
    with_discovered,
)
from tui.config.document import CannotRewrite, rewritten
from tui.config.environment import discover
from tui.config.fields import Fields, fields_of
from tui.config.loading import load, read
from tui.config.problems import ConfigError
from tui.config.providers import worth_knowing
from tui.config.replacing import replace_file
from tui.config.settings import Config
from tui.engine import Models, Role, UnknownModel
from tui.plain import line

_HEADER: Final = "# Rivulet's settings. Changes made in the program are written here; comments and order stay.\n"
_TRIES: Final = 5
"""How often the file may change under us before we give up: each time takes some milliseconds."""


def save(
    config: Config, *changes: Change, models: Models | None = None, environ: Mapping[str, str] = os.environ
) -> Config:
    """Write changes to the settings file, and give the settings as they are then, with `-m` as it was.

    `models`: who can answer now, if that is known better than `config` does (the engine has asked for lists). The file
    is read anew, so that nothing is lost that was written to it meanwhile. Takes 10 to 50 ms, and waits for the disk:
    not for the event loop. Raises ConfigError with a line for each problem, and then the file is as it was.
    """
    return _save(config, changes, models, environ)[0]


def _save(
    config: Config, changes: Sequence[Change], models: Models | None, environ: Mapping[str, str]
) -> tuple[Config, bytes | None, bytes | None]:
    """The settings, and the very file that was replaced and that took its place."""
    now = replace(config, models=models or config.models)
    file = config.paths.config_file
    for _ in range(_TRIES):
        data = source.data(file)
        values = source.values(file, data) or {}
        base = values
        if any(map(needs_providers, changes)):
            base = with_discovered(values, *_without_file(now, environ))
        try:
            after = changed(base, changes)
        except ChangedMeanwhile as found:
            raise ConfigError(line(f"{file}: {found.key}: it was changed in the file meanwhile.")) from None
        fresh = _read(after, now, environ)
        if after == values:
            return replace(fresh, from_file=data is not None), data, data
        text = data.decode() if data is not None else _HEADER
        if _put(file, new := _new_text(file, text, after).encode(), data):
            return fresh, data, new
    raise ConfigError(line(f"{file}: it changes all the time. Close what writes to it and try again."))


@dataclass(frozen=True, slots=True)
class Removed:
    """A provider that was taken out of the file, with all that is needed to have it back."""

    name: str
    before: bytes | None = field(repr=False)
    """The file as it was, every comment in its place."""
    after: bytes | None = field(repr=False)
    back: AddProvider = field(repr=False)


def remove(
    config: Config, name: str, *, models: Models | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[Config, Removed]:
    """Take a provider out of the file, with the roles that name it. Blocks and raises as `save` does."""
    now = replace(config, models=models or config.models)
    saved, before, after = _save(config, [RemoveProvider(name)], models, environ)
    said = source.values(config.paths.config_file, before) or {}
    values = with_discovered(said, *_without_file(now, environ))
    back = AddProvider(name, dict(values.get("providers", {}).get(name, {})), _roles_of(name, values.get("models", {})))
    return saved, Removed(name, before, after, back)


def put_back(
    config: Config, removed: Removed, *, models: Models | None = None, environ: Mapping[str, str] = os.environ
) -> Config:
    """Have a removed provider again: the whole file as it was if nothing else has changed it, else as one more table.

    Blocks and raises as `save` does.
    """
    file = config.paths.config_file
    if removed.before is not None and source.data(file) == removed.after:
        values = source.values(file, removed.before) or {}
        fresh = _read(values, replace(config, models=models or config.models), environ)
        if _put(file, removed.before, removed.after):
            return fresh
    return save(config, removed.back, models=models, environ=environ)


def load_again(config: Config, environ: Mapping[str, str] = os.environ) -> Config:
    """The settings as the file has them now, with `-m` as it was. Raises ConfigError."""
    return _lent(load(environ), config.override)


def fields_in_use(config: Config, name: str) -> Fields:
    """A provider's fields as they stand in the file, or as they would if it stood there; none if there is no such.

    Raises ConfigError.
    """
    file = config.paths.config_file
    tables = (source.values(file, source.data(file)) or {}).get("providers", {})
    if isinstance(tables, dict) and isinstance(tables.get(name), dict):
        return dict(tables[name])
    provider = config.models.providers.get(name)
    return {} if provider is None or provider.embedded else fields_of(provider)


def roles_in_use(config: Config, environ: Mapping[str, str] = os.environ) -> dict[Role, str]:
    """The roles as the file sets them, or as it would if it named the providers of the environment; without those that
    it leaves to the others. Raises ConfigError."""
    file = config.paths.config_file
    values = source.values(file, source.data(file)) or {}
    table = with_discovered(values, *_without_file(config, environ)).get("models", {})
    return {role: table[role] for role in Role if isinstance(table, dict) and isinstance(table.get(role), str)}


def _roles_of(name: str, roles: Any) -> dict[Role, str]:
    named = roles if isinstance(roles, dict) else {}
    return {role: named[role] for role in Role if str(named.get(role, "")).partition("/")[0] == name}


def _without_file(now: Config, environ: Mapping[str, str]) -> tuple[Models, str]:
    """Who there is by the environment alone, and what of that is only lent."""
    return (now.models, now.override) if now.discovered else (discover(environ)[0], "")


def _read(values: Mapping[str, Any], now: Config, environ: Mapping[str, str]) -> Config:
    def discovered() -> tuple[Models, list[str]]:
        if not now.discovered:
            return discover(environ)
        # Asking the environment anew may take a second, and would forget what was found out of it since the start.
        return now.models, [words for one in now.models.providers.values() for words in worth_knowing(one)]

    return _lent(replace(read(values, now.paths, discovered), from_file=True), now.override)


def _lent(config: Config, override: str) -> Config:
    """With the model that was named for this run, if it is still there."""
    try:
        return config.with_instruct(override) if override else config
    except UnknownModel:
        return config


def _new_text(file: Path, text: str, values: Mapping[str, Any]) -> str:
    try:
        return rewritten(text, values)
    except CannotRewrite:
        raise ConfigError(
            line(f"{file}: it is written in a way that Rivulet can't change without losing something. Edit it by hand.")
        ) from None


def _put(file: Path, data: bytes, old: bytes | None) -> bool:
    try:
        return replace_file(file, data, lambda: source.data(file) == old)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError(line(f"{file}: the change could not be written ({why}). It is as it was.")) from None
