"""Whether what happens reaches the disk. Who writes says so here; the user sees one line of it as long as it lasts."""

from __future__ import annotations

from typing import Final

from tui.engine.catalog import Catalog, Notice, Unsaved

_GOES_ON: Final = "Everything goes on in memory, and is saved as soon as that works again."


class Saving:
    """The state of all that writes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._faults: dict[str, str] = {}

    def failed(self, part: str, words: str) -> bool:
        """A part could not write, and why; whether that is news."""
        news = part not in self._faults
        if self._faults.get(part) != words:
            self._faults[part] = words
            self._tell()
        return news

    def works(self, part: str) -> None:
        """It can."""
        if self._faults.pop(part, None) is not None:
            self._tell()
            if not self._faults:
                self._catalog.apply(Notice("Saving works again."))

    def _tell(self) -> None:
        words = next(iter(self._faults.values()), "")
        told = f"{words} {_GOES_ON}" if words else ""
        if told != self._catalog.unsaved:
            self._catalog.apply(Unsaved(told))
