"""JSON of other people: whatever stands where something is expected, looking at it never fails."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

Json = Mapping[str, Any]

UNREADABLE: Final = object()

_MOST: Final = 2**53
"""What every reader of JSON reads. Of longer numbers Python refuses to write some out, and nothing could be saved."""


def loads(text: str) -> Any:
    """The JSON value, or UNREADABLE."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # also for a number of 4,301 digits, and for 100,000 brackets
        return UNREADABLE


def table(value: object) -> Json:
    """An object's fields; of anything else, none."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Json]:
    """The objects in a list; of anything else, none."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def counts(**found: object) -> dict[str, int]:
    """The numbers among what a provider reported; null says nothing, nor what can't be a count of anything."""
    return {name: n for name, n in found.items() if isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= _MOST}


def error_in(data: str) -> object:
    """What an event that is an error by its name says, be it an object with `error`, one without, or bare words."""
    said = loads(data)
    if said is UNREADABLE:
        return data
    return table(said).get("error") or said
