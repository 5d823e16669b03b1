"""The command as a user runs it: a process of its own, with a home of its own and none of this machine's keys."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

CHECKOUT = Path(__file__).parents[2]
NOBODY = "127.0.0.1:1"
"""A place where nothing listens."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a program is given: its files under `home`, no provider."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "COVERAGE_PROCESS_START") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "OLLAMA_HOST": NOBODY,
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONWARNINGS": "error",
        "RIVULET_HOME": str(home),
        **more,
    }


def argv(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tui", *arguments]


def rivulet(
    *arguments: str, home: Path, stdin: bytes | IO[Any] | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run it to its end. Without `stdin` it is given none."""
    given: dict[str, Any] = {"stdin": subprocess.DEVNULL if stdin is None else stdin}
    if isinstance(stdin, bytes):
        given = {"input": stdin}
    return subprocess.run(
        argv(*arguments), env=environment(home, **(env or {})), cwd=home, capture_output=True, timeout=60, **given
    )


def started(*arguments: str, home: Path, env: Mapping[str, str] | None = None, **given: Any) -> subprocess.Popen[bytes]:
    """Start it with pipes for its output."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **given}
    return subprocess.Popen(argv(*arguments), env=environment(home, **(env or {})), cwd=home, **pipes)


def configure(home: Path, url: str, *lines: str, names: Sequence[str] = ("load",)) -> None:
    """A settings file with providers at that address, their model is `fake`; `lines` go to the first."""
    tables = [f'[providers.{name}]\nbase_url = "{url}"\nmodel = "fake"\n' for name in names]
    tables[0] += "\n".join(lines) + "\n"
    (home / "config.toml").write_text("".join(tables), encoding="utf-8")
