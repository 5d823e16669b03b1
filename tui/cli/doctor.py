"""`rivulet doctor`: what is set up here and whether it works, as text that can be sent to somebody who helps."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import tui
from tui.cli.terminal_facts import terminal_facts
from tui.clipboard import copying_facts, look_around
from tui.config import Config
from tui.engine import (
    Check,
    Engine,
    FolderLock,
    Library,
    LibraryError,
    Models,
    Provider,
    Role,
    SecretUnavailable,
    UnknownModel,
)
from tui.paths import Paths
from tui.plain import line

Rows = list[tuple[str, str]]


def run(config: Config) -> int:
    """Print it; 1 if no model can be used, else 0."""
    _print("Rivulet", _versions())
    _print("Files", _files(config.paths))
    _print("Terminal", terminal_facts(os.environ))
    _print("Copying", copying_facts(os.environ, look_around(os.environ)))
    checks, embedded = asyncio.run(_ask_all(config))
    models = config.models
    for name, check in checks.items():
        if check.ok:
            models = models.with_list(name, check.models)
    for name, provider in models.providers.items():
        _print(f"Provider {name}", _provider(provider, checks[name], embedded))
    _print("Roles", _roles(models, checks))
    if config.warnings:
        _print("Worth knowing", [("", warning) for warning in config.warnings])
    if any(check.ok for check in checks.values()):
        return 0
    print(
        f"No model can be used: mend one of the providers above, or name one in {line(str(config.paths.config_file))}."
    )
    return 1


def _print(title: str, rows: Iterable[tuple[str, str]]) -> None:
    print(title)
    for name, value in rows:
        print(f"  {name:11}{line(value)}" if name else f"  {line(value)}")
    print(flush=True)


def _versions() -> Rows:
    return [
        ("version", tui.__version__),
        ("Python", f"{platform.python_version()} ({platform.python_implementation()})"),
        ("Textual", version("textual")),
        ("system", f"{platform.system()} {platform.release()} {platform.machine()}"),
    ]


def _files(paths: Paths) -> Rows:
    return [
        (
            "settings",
            f"{paths.config_file} ({'read' if paths.config_file.exists() else 'none: the environment is used'})",
        ),
        ("data", f"{paths.data} ({_state(paths.data)})"),
        ("in use", _holder(paths.data)),
        ("log", f"{paths.log} ({_state(paths.log)})"),
    ]


def _state(folder: Path) -> str:
    """Whether it is there and can be written to."""
    if folder.is_dir():
        return "writable" if os.access(folder, os.W_OK | os.X_OK) else "can't be written to"
    above = next((parent for parent in folder.parents if parent.exists()), folder)
    if folder.exists() or not above.is_dir():
        return f"can't be made: {folder if folder.exists() else above} is no folder"
    if not os.access(above, os.W_OK | os.X_OK):
        return f"not there, and can't be made: {above} can't be written to"
    return "not there yet, made when needed"


def _holder(data: Path) -> str:
    """Who writes to the data folder now."""
    if not data.is_dir() or not os.access(data, os.W_OK | os.X_OK):
        return "no"
    try:
        FolderLock(data).release()
    except LibraryError as error:
        return str(error)
    return "no"


async def _ask_all(config: Config) -> tuple[dict[str, Check], Rows]:
    """What each provider says, and how the embedded model is. A key is only ever sent to its provider."""
    names = list(config.models.providers)
    async with Engine(config.models, Library.in_memory(), data=config.paths.data, log=config.paths.log) as engine:
        checks = await asyncio.gather(*(engine.check(name) for name in names))
        name = next((p.model for p in config.models.providers.values() if p.embedded and p.model), "")
        embedded = await _embedded(engine, name) if name else []
    return dict(zip(names, checks, strict=True)), embedded


async def _embedded(engine: Engine, model: str) -> Rows:
    """Whether the runtime loads, and whether the model's file is here and whole."""
    why_not = await engine.try_embedded()
    if not engine.has_embedded(model):
        file = f"not fetched: rivulet model fetch {model}"
    elif not await engine.embedded_is_whole(model):
        file = f"its file is damaged: rivulet model fetch {model}"
    else:
        file = "fetched"
    return [("runtime", why_not or "installed, and loads here"), ("model", f"{model} ({file})")]


def _provider(provider: Provider, check: Check, embedded: Rows) -> Rows:
    if provider.embedded:
        rows = embedded
    else:
        rows = [
            ("protocol", provider.protocol),
            ("address", provider.base_url),
            ("key", _key(provider)),
            ("model", _model(provider, check)),
        ]
    return [*rows, ("answer", check.message if check.ok else f"no: {check.message}")]


def _key(provider: Provider) -> str:
    """Where it comes from and whether it is there; never what it is."""
    if provider.api_key is None:
        return "none"
    origin = provider.api_key.origin
    if not origin.startswith("$") and origin != "the configuration":
        return f"from {origin}"  # asked for once, on the way to the answer: it may want a password
    try:
        return f"from {origin} ({'present' if provider.api_key.reveal() else 'empty'})"
    except SecretUnavailable as missing:
        return f"from {origin}: {missing}"


def _model(provider: Provider, check: Check) -> str:
    if provider.model is None:
        return "none by default"
    listed = {name.removesuffix(":latest") for name in check.models}
    lacks = bool(listed) and provider.model.removesuffix(":latest") not in listed
    return provider.model + (" (not in the list of its models)" if lacks else "")


def _roles(models: Models, checks: Mapping[str, Check]) -> Rows:
    rows: Rows = []
    for role in Role:
        try:
            model = models.resolve(role)
        except UnknownModel as unknown:
            rows.append((role, str(unknown)))
        else:
            rows.append((role, f"{model}" + ("" if checks[model.provider].ok else " (can't be used now)")))
    return rows
