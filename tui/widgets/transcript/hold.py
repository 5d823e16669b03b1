"""What goes on while the view is held: messages come and grow that must not show yet."""

from __future__ import annotations

from collections.abc import Sequence

from tui.widgets.transcript.item import Item
from tui.widgets.transcript.render import MEASURE


def let_in(shown: Sequence[Item], items: Sequence[Item]) -> Sequence[Item]:
    """What may be shown of the messages now: earlier ones above those on show, which stay as they are."""
    if not shown or not items or shown[0].key == items[0].key:
        return shown
    above = next((number for number, item in enumerate(items) if item.key == shown[0].key), 0)
    return [*items[:above], *shown] if above else shown


def lines_new(shown: Sequence[Item], items: Sequence[Item]) -> int:
    """About how many lines have come below."""
    lines = 0
    for item in reversed(items):
        if shown and item.key == shown[-1].key:
            new = item.content.since(len(shown[-1].content)) + item.reasoning.since(len(shown[-1].reasoning))
            return lines + (_lines(new) - 1 if new else 0)
        lines += _lines(str(item.content)) + 3
    return 0


def _lines(text: str) -> int:
    return sum(1 + len(line) // MEASURE for line in text.split("\n"))
