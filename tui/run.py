"""Starts the terminal UI on an engine, and ends both in good order, whatever ends the program."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import threading
from typing import Final

from tui.app import RivuletApp
from tui.config import Config
from tui.engine import Engine, Library, run_loop
from tui.ground import ask_terminal, few_colours
from tui.themes import ThemeError, load_themes
from tui.usage import UsageError

_log: Final = logging.getLogger(__name__)

_PATIENCE: Final = 10.0
"""Seconds that a signal leaves for saving; then the process goes, for a terminal that is gone may hold it forever."""

_SETTLED: Final = 3.0
"""Seconds after which what the start has made is left out of every search for garbage. Such a search comes in the midst
of anything: with all of it, it kept a key or a new theme waiting for 80 to 115 ms, without it for 20 to 40."""


def run(config: Config) -> int:
    """Show the UI; returns the exit status. Raises LibraryError, UsageError."""
    theme, typed = choose_theme(config)
    library = Library.open(config.paths.data)
    return run_loop(_run(config, library, theme, typed))


async def _run(config: Config, library: Library, theme: str, typed: bytes) -> int:
    async with Engine(config.models, library, data=config.paths.data, log=config.paths.log) as engine:
        app = RivuletApp(engine, config, theme=theme, typed=typed)
        _handle_signals(app)
        asyncio.get_running_loop().call_later(_SETTLED, gc.freeze)
        await app.run_async()
        return app.return_code or 0


def _handle_signals(app: RivuletApp) -> None:
    """Stock SIGHUP and SIGTERM end a program without saving and leave the terminal broken."""
    loop = asyncio.get_running_loop()

    def give_up(status: int) -> None:
        _log.error("the end took too long")
        app.abandon_terminal()
        os._exit(status)

    def end(number: int) -> None:
        _log.info("told to end by %s", signal.Signals(number).name)
        watchdog = threading.Timer(_PATIENCE, give_up, (128 + number,))
        watchdog.daemon = True
        watchdog.start()
        app.end(128 + number)

    for name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"):
        if (number := getattr(signal, name, None)) is not None:
            loop.add_signal_handler(number, end, number)


def choose_theme(config: Config) -> tuple[str, bytes]:
    """The theme's name, and what was typed meanwhile: `auto` asks the terminal. Raises UsageError for a theme that is
    none."""
    wanted = config.ui.theme
    try:
        themes = load_themes()
    except ThemeError as error:
        raise UsageError(str(error)) from None
    if wanted in themes:
        return wanted, b""
    if few_colours():
        return "terminal", b""
    light, typed = ask_terminal()
    return ("light" if light else "dark"), typed
