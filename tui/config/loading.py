"""Settings file and environment → Config. All that is wrong is found at once, before anything else happens."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tui.config import source
from tui.config.environment import discover
from tui.config.problems import ConfigError, Problem, shown
from tui.config.providers import read_models, read_providers
from tui.config.settings import Config, Glyphs, Language, LogLevel, Ui
from tui.config.table import Table, one_of
from tui.engine import Models
from tui.keys import BINDINGS, IDS, keys_of
from tui.paths import Paths, theme_names
from tui.plain import line


def load(environ: Mapping[str, str]) -> Config:
    """The configuration. Raises ConfigError with a line for each problem."""
    paths = Paths.of(environ)
    return read(source.read(paths.config_file), paths, lambda: discover(environ))


def read(values: Mapping[str, Any] | None, paths: Paths, discovered: Callable[[], tuple[Models, list[str]]]) -> Config:
    """What these values of the settings file mean; `discovered` tells who there is if they name no provider.

    Raises ConfigError with a line for each problem.
    """
    problems: list[Problem] = []
    settings = Table(values or {}, problems)
    named = settings.has("providers")
    providers = settings.table("providers")
    found, warnings = read_providers(providers) if named else discovered()
    models = read_models(settings.table("models"), found)
    keys = _keys(settings.table("keys"))
    ui = _ui(settings.table("ui"))
    log_level, log_prompts = _log(settings.table("log"))
    settings.close()

    if problems:
        raise ConfigError(*(problem.told(paths.config_file) for problem in problems))
    if exposed := _exposed(paths.config_file, models):
        warnings.append(line(exposed))
    if log_prompts and log_level is not LogLevel.DEBUG:
        warnings.append('log.prompts is told with the level "debug" only.')
    return Config(
        models,
        paths,
        keys,
        ui,
        log_level,
        log_prompts,
        from_file=values is not None,
        discovered=not named,
        warnings=tuple(warnings),
    )


def _exposed(file: Path, models: Models) -> str:
    """What others can do with the file that they should not, if that is anything. On Windows the mode says nothing."""
    if os.name != "posix":
        return ""
    folder, mode = _mode(file.parent), _mode(file)
    if folder & 0o002 and not folder & stat.S_ISVTX:
        return f"{file.parent} {_BY_ANYBODY}: chmod 700 makes it yours alone."
    if mode & 0o002:
        return f"{file} {_BY_ANYBODY}: chmod 600 makes it yours alone."
    written = any(p.api_key and p.api_key.origin == "the configuration" for p in models.providers.values())
    if written and mode & 0o077:
        return f"{file} holds a key, and others may read it: chmod 600 makes it yours alone."
    return ""


_BY_ANYBODY: Final = "can be changed by anybody, and with it who is asked and which commands give keys"


def _mode(path: Path) -> int:
    """None at all of what is not there."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _ui(table: Table) -> Ui:
    themes = ["auto", *theme_names()]
    theme = table.text("theme", one_of(themes)) or "auto"
    if theme not in themes:
        table.problem("theme", shown(theme), one_of(themes, like=theme))
    ui = Ui(
        theme=theme,
        glyphs=table.choice("glyphs", Glyphs.UNICODE),
        language=table.choice("language", Language.AUTO),
    )
    table.close()
    return ui


def _log(table: Table) -> tuple[LogLevel, bool]:
    level, prompts = table.choice("level", LogLevel.INFO), table.flag("prompts", False)
    table.close()
    return level, prompts


_KEY: Final = re.compile(r"((ctrl|alt|shift|super|hyper|meta)\+)*([a-z0-9_]+|[^\s,+\x00-\x1f])")

_SAME: Final = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+[": "escape"}
"""Two names for one byte: who wanted the first would take the second away."""


def _keys(table: Table) -> dict[str, tuple[str, ...]]:
    keys: dict[str, tuple[str, ...]] = {}
    for id, value in table.items():
        if id not in IDS:
            table.problem(id, "an unknown binding", one_of(sorted(IDS), like=id))
            continue
        written = [value] if isinstance(value, str) else value
        if not isinstance(written, list) or not written or not all(isinstance(key, str) for key in written):
            table.problem(id, shown(value) if written != [] else "an empty list", "a key, or a list of keys")
            continue
        # Commas separate keys in the toolkit's own notation; the comma's own key is called "comma".
        split = [key.strip() for entry in written for key in entry.split(",")]
        if wrong := [key for key in split if not _KEY.fullmatch(key)]:
            table.problem(id, shown(wrong[0]), 'a key such as "f5", "ctrl+x" or "alt+enter"')
            continue
        if wrong := [key for key in split if key in _SAME]:
            sends = _SAME[wrong[0]]
            table.problem(id, f"{shown(wrong[0])}, for which terminals send {sends}", f"another key, or {shown(sends)}")
            continue
        keys[id] = tuple(dict.fromkeys(split))
    _refuse_clashes(table, keys)
    return keys


_TOGETHER: Final = frozenset({"app", "chat", "composer"})
"""Where bindings are at hand at the same time, so that a key can have only one of them."""


def _refuse_clashes(table: Table, keys: Mapping[str, tuple[str, ...]]) -> None:
    """A key that two bindings have would do one thing and be shown for the other."""
    taken: dict[str, str] = {}
    for binding in (binding for binding in BINDINGS if binding.scope in _TOGETHER):
        for key in keys_of(binding.id, keys):
            other = taken.setdefault(key, binding.id)
            if other != binding.id:
                mine, its = (binding.id, other) if binding.id in keys else (other, binding.id)
                table.problem(mine, f"{shown(key)}, which {its} has", f"a key of its own, or another one for {its}")
