"""The real embedded model for tests: fetched once for this machine and user, through the project's own `fetch`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from platformdirs import user_cache_path

from tui.engine.embedded.fetch import fetch
from tui.engine.embedded.models import SMOLLM2


def model_folder() -> Path:
    """A data folder that holds the model. It outlives the run; processes that come at one time fetch once.

    To be called outside of a running event loop, e.g. in a fixture that is not async.
    """
    folder = user_cache_path("rivulet-tests", appauthor=False) / "data"
    if not SMOLLM2.present(folder):
        asyncio.run(fetch(SMOLLM2, folder, folder.parent / "log", lambda progress: None))
    return folder


def place_model(data: Path) -> Path:
    """Put the model into another data folder (a link), as if it had been fetched there."""
    path = SMOLLM2.path(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(SMOLLM2.path(model_folder()))
    return path


def runtime(folder: Path, source: str) -> Path:
    """A folder for PYTHONPATH whose `xllamacpp` does what the source says when it is imported."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "xllamacpp.py").write_text(source)
    return folder


def runtime_without_libgomp(folder: Path) -> Path:
    """The runtime as it is where the system lacks its library."""
    words = "libgomp.so.1: cannot open shared object file: No such file or directory"
    return runtime(folder / "runtime", f"raise ImportError({words!r})\n")
