"""The program on a machine whose clock is set while it runs: the file that AHEAD names says by how many seconds.

`python -m tests.support.set_clock python -m tui …` is `python -m tui …` in all else. The steady clocks go on as they do
when a machine's clock is set.
"""

from __future__ import annotations

import datetime
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

THROUGH: Sequence[str] = (sys.executable, "-m", "tests.support.set_clock")


class MachineClock:
    """The hand of whoever sets it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.set()

    @property
    def env(self) -> dict[str, str]:
        return {"AHEAD": str(self._path)}

    def set(self, ahead: float = 0.0) -> None:
        """From now on it is so many seconds ahead."""
        new = self._path.with_suffix(".new")
        new.write_text(repr(ahead), encoding="utf-8")
        new.replace(self._path)


def _begin() -> None:
    """Before anything else is imported: some keep the function itself."""
    right, right_local, right_now = time.time, time.localtime, datetime.datetime.now
    path = Path(os.environ["AHEAD"])

    def now() -> float:
        return right() + float(path.read_text(encoding="utf-8"))

    class Set(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
            return right_now(tz) + datetime.timedelta(seconds=float(path.read_text(encoding="utf-8")))

    time.time = now
    time.localtime = lambda seconds=None: right_local(now() if seconds is None else seconds)
    datetime.datetime = Set  # type: ignore[misc]


if __name__ == "__main__":
    _begin()
    from tui.__main__ import main

    sys.exit(main(sys.argv[4:]))
