# ruff: noqa: E501 - a table's rows are not broken
"""An attacker's reading of the programs that Rivulet starts: which of them is handed a key, in its environment or among
its arguments, where others may look.

| program | what it has |
|---|---|
| the browser, the clipboard's tool, tmux | no key: neither by what its variable is called, nor by what is in it |
| the embedded model's server, its trial, pip | the same, but the key of its own that the server asks for |
| a keyring's process | all of the environment: some are unlocked by it; the name of the key alone as an argument |
| `$VISUAL`, a key's command | all of the environment, as from a shell: what they do with it is the user's matter |
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.waiting import until
from tui.browser import open_address
from tui.clipboard import copy
from tui.engine.embedded import server, trial
from tui.engine.embedded.child import KEY_VARIABLE
from tui.engine.embedded.download import download
from tui.engine.embedded.models import SMOLLM2
from tui.engine.embedded.server import CannotRun, ModelServer
from tui.engine.secret import Secret

KEY = "sk-Zq8/vX+2mR&LwY4pKd9="
OTHER = "never-read-5f2b7c90aa41"
ADDRESS = "https://a.test/"


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """With keys in it, one that was read and one that was not; any program that is looked for tells what it was given."""
    for name in ("xclip", "tmux", "browser", "python"):
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\n{{ env; echo "arguments: $@"; }} > {tmp_path}/given\nmv {tmp_path}/given {tmp_path}/{name}.was-given\n'
        )
        program.chmod(0o700)
    given = {"PATH": f"{tmp_path}:/usr/bin:/bin", "DISPLAY": ":9", "TMUX": "x", "BROWSER": str(tmp_path / "browser")}
    given |= {"WORK_TOKEN": f"{KEY}\n", "OPENAI_API_KEY": OTHER, "KEPT": "and kept"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    Secret("$WORK_TOKEN").reveal()
    return given


async def look_at(environ: dict[str, str]) -> None:
    assert open_address(ADDRESS, environ)


async def copied(environ: dict[str, str]) -> None:
    await copy("text", lambda sequence: True, environ, "linux")


async def tried(environ: dict[str, str]) -> None:
    await trial.why_it_cant_run()


async def served(environ: dict[str, str]) -> None:
    folder = Path(environ["BROWSER"]).parent
    with pytest.raises(CannotRun):
        await ModelServer(SMOLLM2, data=folder, log=folder / "log").endpoint()


async def fetched(environ: dict[str, str]) -> None:
    folder = Path(environ["BROWSER"]).parent
    await download(SMOLLM2, folder, folder / "fetch.log", lambda size: None, sys.executable)


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (look_at, "browser"),
        (copied, "xclip"),
        (copied, "tmux"),
        (tried, "python"),
        (served, "python"),
        (fetched, "python"),
    ],
)
async def test_a_program_is_handed_no_key(
    environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    start: Callable[[dict[str, str]], Awaitable[None]],
    name: str,
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(server.ModelServer, "_refuse_early", lambda self: None)
    monkeypatch.setattr(trial, "available", lambda: True)
    await start(environ)
    given = tmp_path / f"{name}.was-given"
    until(given.exists, what="the program's word")
    words = given.read_text()
    assert "KEPT=and kept" in words and KEY not in words and OTHER not in words
    arguments = words.partition("arguments: ")[2]
    key = [line for line in words.splitlines() if line.startswith(KEY_VARIABLE)]
    assert len(key) == (start is served) and not any(line.partition("=")[2] in arguments for line in key)
