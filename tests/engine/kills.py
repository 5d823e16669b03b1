"""What a kill or a power cut leaves: the files as they are at one moment, in a folder of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

from tui.engine import Engine


def as_if_killed(folder: Path, to: Path) -> Path:
    """A copy of an engine's folder as it stands now, for another engine to start in."""
    (to / "data").mkdir(parents=True)
    # Not what another process may hold while it is copied, nor what is about to take another file's place.
    left_out = shutil.ignore_patterns("*.tmp", ".lock", ".holder.json")
    # In the order in which it must hold: what the journal lets go of is in the other files by then.
    shutil.copytree(folder / "data" / "journal", to / "data" / "journal", dirs_exist_ok=True)
    shutil.copytree(folder / "data", to / "data", dirs_exist_ok=True, ignore=left_out)
    return to


def journal_size(engine: Engine) -> int:
    """Bytes in all files of an engine's journal."""
    folder = engine._data / "journal"
    return sum(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else 0
