"""The program with mistakes in it: at SIGUSR1 it reads the file that BREAK names and breaks the function named there.

`python -m tests.support.broken python -m tui …` is `python -m tui …` in all else. The file says
`{"at": "tui.screens.chat:ChatScreen.sync", "error": "runtime"}`; an empty `at` mends what was broken.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.support.waiting import until
from tui.__main__ import main

THROUGH: Sequence[str] = (sys.executable, "-m", "tests.support.broken")

_count = itertools.count(1)
_mend: list[Callable[[], None]] = []


class Speechless(Exception):
    """One that can't say what it is."""

    def __str__(self) -> str:
        raise ValueError("no words")

    __repr__ = __str__


def _deeper() -> int:
    return _deeper() + 1


def _fail(kind: str) -> Any:
    number = next(_count)
    match kind:
        case "numbered":
            raise RuntimeError(f"mistake {number}")
        case "recursion":
            _deeper()
        case "memory":
            raise MemoryError
        case "interrupt":
            raise KeyboardInterrupt
        case "exit":
            raise SystemExit(7)
        case "speechless":
            raise Speechless
        case "group":
            raise ExceptionGroup("several", [ValueError("one"), ExceptionGroup("more", [KeyError("two")])])
        case "hostile":
            raise RuntimeError("\x1b]0;taken\x07\x1b[31mred \u202e" + os.environ.get("FAKE_KEY", ""))
        case "long":
            raise RuntimeError("x" * 5_000_000)
        case "cancelled":
            import asyncio

            raise asyncio.CancelledError
    raise RuntimeError("a mistake")


def _break(signum: int, frame: object) -> None:
    while _mend:
        _mend.pop()()
    path = Path(os.environ["BREAK"])
    wanted = json.loads(path.read_text(encoding="utf-8"))
    if wanted["at"]:
        module, _, dotted = wanted["at"].partition(":")
        *owners, name = dotted.split(".")
        owner: Any = importlib.import_module(module)
        for step in owners:
            owner = getattr(owner, step)
        own = owner.__dict__.get(name)
        kind = wanted["error"]
        setattr(owner, name, lambda *_, **__: _fail(kind))
        _mend.append(lambda: setattr(owner, name, own) if own is not None else delattr(owner, name))
    path.unlink()


def tell(pid: int, path: Path, at: str, error: str = "runtime") -> None:
    """Break this in the program, or mend all."""
    path.with_suffix(".new").write_text(json.dumps({"at": at, "error": error}), encoding="utf-8")
    path.with_suffix(".new").replace(path)
    os.kill(pid, signal.SIGUSR1)
    until(lambda: not path.exists(), 10.0, "the program to have read it")


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _break)
    sys.exit(main(sys.argv[4:]))
