"""The program, with a window in it: at SIGUSR1 it writes down which tasks and threads it has, into the file that PROBE
names.

`python -m tests.support.probed python -m tui …` is `python -m tui …` in all else.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.waiting import until
from tui.__main__ import main

THROUGH: Sequence[str] = (sys.executable, "-m", "tests.support.probed")


def _look(number: int, frame: object) -> None:
    path = Path(os.environ["PROBE"])
    tasks = sorted(getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks())
    threads = {thread.name: thread.native_id for thread in threading.enumerate()}
    path.with_suffix(".new").write_text(json.dumps({"tasks": tasks, "threads": threads}), encoding="utf-8")
    path.with_suffix(".new").replace(path)


def tasks_of(pid: int, path: Path) -> list[str]:
    """The names of the coroutines that are under way in it."""
    return list(_asked(pid, path)["tasks"])


def threads_of(pid: int, path: Path) -> dict[str, int]:
    """Its threads' ids for the system, by their names."""
    return dict(_asked(pid, path)["threads"])


def _asked(pid: int, path: Path) -> Any:
    path.unlink(missing_ok=True)
    os.kill(pid, signal.SIGUSR1)
    until(path.exists, 30.0, "the program's answer")
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _look)
    sys.exit(main(sys.argv[4:]))
