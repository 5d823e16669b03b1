"""The embedded model's file, for a start that can't ask: fetched at once where it was asked for by name."""

from __future__ import annotations

import asyncio
import contextlib
import sys

from tui.config import Config
from tui.engine import Engine, Library, ModelRef
from tui.usage import say


def missing(config: Config, model: ModelRef) -> bool:
    """Whether it is an embedded model whose file is not here."""
    if not config.models.providers[model.provider].embedded:
        return False
    return not _engine(config).has_embedded(model.model)


def fetch(config: Config, model: ModelRef) -> int:
    """Fetch it, with progress on stderr; the exit status, 0 if it is here now."""
    from tui.cli import model as command

    with contextlib.redirect_stdout(sys.stderr):
        return command.run("fetch", model.model, config.paths.data, config.paths.log)


def _engine(config: Config) -> Engine:
    """One that only looks at files."""
    return Engine(config.models, Library.in_memory(), data=config.paths.data, log=config.paths.log)


def ready(config: Config, model: ModelRef) -> int:
    """Have the UI open on what was asked for by name only if that can answer: 0, or the exit status."""
    if not config.models.providers[model.provider].embedded:
        return 0
    if missing(config, model):
        return fetch(config, model)
    if why := asyncio.run(_engine(config).try_embedded()):
        say(why)
        return 2
    return 0


def have(config: Config, model: ModelRef, *, asked_for: bool) -> int:
    """Have the file if one is needed: 0, or the exit status of a start that can't be. Unasked nothing is fetched."""
    if not missing(config, model):
        return 0
    if asked_for:
        return fetch(config, model)
    for warning in config.warnings:  # why a provider that was meant is not there
        say(warning)
    say(
        "The embedded model is not here yet (93 MB): rivulet model fetch. "
        f"Or set OPENAI_API_KEY or ANTHROPIC_API_KEY, or name a provider in {config.paths.config_file}."
    )
    return 2
