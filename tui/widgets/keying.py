"""Bindings out of the one table of keys."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding, BindingType
from textual.keys import _character_to_key

from tui.keys import BINDINGS, keys_of, shown


def bindings(scope: str, *, priority: bool = False) -> list[BindingType]:
    """The bindings of a scope, each with its id, so that the configuration can remap it."""
    return [
        Binding(
            ",".join(key.keys),
            key.action,
            key.description,
            show=False,
            id=key.id,
            key_display=shown(key.keys[0]),
            priority=priority,
        )
        for key in BINDINGS
        if key.scope == scope
    ]


def over_editing(*ids: str) -> list[BindingType]:
    """The screen's bindings of these ids for a text area, whose own editing keys they win over."""
    return [
        Binding(",".join(key.keys), f"screen.{key.action}", key.description, show=False, id=key.id, priority=True)
        for key in BINDINGS
        if key.id in ids
    ]


def keymap(remapped: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The user's keys as the toolkit wants them, which has names for signs such as `[`."""
    return {
        id: ",".join(_character_to_key(key) if len(key) == 1 else key for key in keys) for id, keys in remapped.items()
    }


def quitting() -> list[BindingType]:
    """For a dialog: over it the toolkit lets none of the app's own bindings act, and this one must always."""
    [key] = [key for key in BINDINGS if key.id == "quit"]
    return [Binding(",".join(key.keys), f"app.{key.action}", key.description, show=False, id=key.id)]


def leading() -> list[BindingType]:
    """For what only shows something: the keys of the screens leave it for them."""
    return [
        Binding(
            ",".join(key.keys), f"leave_for{key.action.removeprefix('show')}", key.description, show=False, id=key.id
        )
        for key in BINDINGS
        if key.id.startswith("screen.")
    ]


def insisting(*ids: str) -> list[BindingType]:
    """For a question: the keys that led to it say yes to it."""
    return [
        Binding(",".join(key.keys), "yes", key.description, show=False, id=key.id, priority=True)
        for key in BINDINGS
        if key.id in ids
    ]


def shown_key(id: str, remapped: Mapping[str, tuple[str, ...]]) -> str:
    """The first key of a binding, as the screen writes it; empty if it has none."""
    keys = keys_of(id, remapped)
    return shown(keys[0]) if keys else ""
