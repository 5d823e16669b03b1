"""One line of a form: what it is called, and what stands in it while it is empty."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form."""

    id: str
    label: str
    hint: str
    """What stands in it while it is empty."""
