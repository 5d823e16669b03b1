"""What becomes of a file that an older Rivulet wrote: the steps from each schema to the next. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tui.engine.documents import Document

Step = Mapping[str, Callable[[Document], Document]]
"""By table: what becomes of one of its documents. Tables that are not named stay as they are."""

STEPS: Final[tuple[Step, ...]] = ()
"""The first leads from schema 1 to 2. A change that an older Rivulet would read wrongly adds one at the end; one that
was released stays as it is."""


def current() -> int:
    """The schema of every file that is written now."""
    return 1 + len(STEPS)


def migrated(table: str, document: Document, schema: int) -> Document:
    """A document of that schema as one of the current one. Raises ValueError for one that no step can read."""
    for step in STEPS[schema - 1 :]:
        if table in step:
            try:
                document = step[table](document)
            except (AttributeError, KeyError, TypeError) as error:
                raise ValueError(f"{type(error).__name__}: {error}") from None
    return document
