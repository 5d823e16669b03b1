"""What the palette offers: every key by what it does, and whatever has a name to go to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.dom import DOMNode
from textual.markup import escape
from textual.screen import Screen

from tui.engine import Catalog
from tui.keys import BINDINGS, Key
from tui.plain import line
from tui.screens.topic_rows import order
from tui.widgets.keying import shown_key
from tui.widgets.transcript import Transcript

_TOPICS = 200
"""Topics that the palette knows by name."""


def key_commands(
    app: App[None], screen: Screen[Any], remapped: Mapping[str, tuple[str, ...]]
) -> Iterator[SystemCommand]:
    """What keys do, for those who look for it by name."""
    for key in BINDINGS:
        target = _target(key, app, screen)
        if target is not None and not key.step:
            yield SystemCommand(key.description, shown_key(key.id, remapped), partial(_run, app, key.action, target))


def _target(key: Key, app: App[None], screen: Screen[Any]) -> DOMNode | None:
    """Whose action it is; None if it can't be had from there."""
    match key.scope:
        case "app":
            return app
        case "chat":
            return screen
        case "reading":
            return next(iter(screen.query(Transcript)), None)
    return None


async def _run(app: App[None], action: str, target: DOMNode) -> None:
    await app.run_action(action, target)


def topic_commands(catalog: Catalog, go: Callable[[str], Any]) -> Iterator[SystemCommand]:
    """The topics that have a name, in their order."""
    for topic_id in order(catalog)[:_TOPICS]:
        topic = catalog.topic(topic_id)
        if topic is not None and topic.name:
            # The toolkit reads titles as its markup.
            yield SystemCommand(f"Topic: {escape(line(topic.name))}", "", partial(go, topic_id))
