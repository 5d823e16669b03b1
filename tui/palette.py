"""What the palette offers: every key by what it does, and whatever has a name to go to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any

from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

from tui.engine import Catalog
from tui.keys import BINDINGS, Key
from tui.plain import line
from tui.screens.palette import Entry
from tui.screens.settings import SettingsScreen
from tui.screens.topic_rows import order
from tui.screens.topics import TopicsScreen
from tui.widgets.keying import shown_key
from tui.widgets.transcript import Transcript


def key_entries(app: App[None], screen: Screen[Any], remapped: Mapping[str, tuple[str, ...]]) -> Iterator[Entry]:
    """What keys do, for those who look for it by name."""
    for key in BINDINGS:
        target = _target(key, app, screen)
        if target is not None and not key.step:
            yield Entry(key.description, partial(app.run_action, key.action, target), shown_key(key.id, remapped))


def _target(key: Key, app: App[None], screen: Screen[Any]) -> DOMNode | None:
    """Whose action it is; None if it can't be had from there."""
    match key.scope:
        case "app":
            return app
        case "chat":
            return screen
        case "topics":
            return screen if isinstance(screen, TopicsScreen) else None
        case "settings":
            return screen if isinstance(screen, SettingsScreen) else None
        case "reading":
            return next(iter(screen.query(Transcript)), None)
    return None


def assistant_entries(catalog: Catalog, begin: Callable[[str], Awaitable[object]]) -> Iterator[Entry]:
    """A new topic with each of the assistants: `topic.new` goes on with the one on show."""
    for assistant in catalog.assistants():
        yield Entry(f"New topic with {line(assistant.name)}", partial(begin, assistant.id))


def topic_entries(catalog: Catalog, go: Callable[[str], Awaitable[object]]) -> Iterator[Entry]:
    """The topics that have a name, in their order."""
    for topic_id in order(catalog):
        topic = catalog.topic(topic_id)
        if topic is not None and topic.name:
            yield Entry(f"Topic: {line(topic.name)}", partial(go, topic_id))
