"""The rows of the settings' list, as what is so now makes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.engine import StreamType
from tui.plain import line
from tui.screens.provider_draft import Draft
from tui.screens.provider_form import Trial
from tui.session import Session
from tui.widgets.row_list import Row, Tone

PROVIDER: Final = "provider:"
"""How the key of a provider's row begins, before its name."""
NEW: Final = "new:"
"""The same for one that is not saved yet, before a number."""
ADD: Final = "add"
ROLES: Final = "roles"
IN_USE: Final = "in use"
"""The row that shows all that is in use. What is none of these is an assistant's id."""


def is_provider(key: str) -> bool:
    return key.startswith((PROVIDER, NEW))


def settings_rows(session: Session, drafts: Mapping[str, Draft], trials: Mapping[str, Trial], now: float) -> list[Row]:
    """Assistants, providers, and the rest."""
    return [
        Row("", "Assistants", heading=True),
        *_assistants(session, now),
        Row("", "Providers", heading=True),
        *_providers(session, drafts, trials, now),
        Row(ADD, "Add a provider", tone=Tone.MUTED),
        Row("", "Rivulet", heading=True),
        Row(ROLES, "Roles"),
        Row(IN_USE, "All in use"),
    ]


def _assistants(session: Session, now: float) -> list[Row]:
    glyphs, rows = session.glyphs, []
    writing = {stream.related_id for stream in session.engine.registry.find(StreamType.SYSTEM_PROMPT, live=True)}
    for one in session.engine.catalog.assistants():
        glyph, tone = (glyphs.spin(now), Tone.STREAMING) if one.id in writing else (glyphs.blank, Tone.PLAIN)
        if one.proposal and one.id not in writing:
            glyph, tone = glyphs.unread, Tone.UNREAD
        rows.append(Row(one.id, line(one.name), glyph, tone))
    return rows


def _providers(session: Session, drafts: Mapping[str, Draft], trials: Mapping[str, Trial], now: float) -> list[Row]:
    rows = []
    for name, provider in session.engine.models.providers.items():
        key = f"{PROVIDER}{name}"
        draft = drafts.get(key)
        right = "env" if session.config.discovered and not provider.embedded else ""
        right = "demo" if provider.embedded else right
        right = "edited" if draft is not None and draft.changed else right
        rows.append(Row(key, line(name), *_sign(session, trials.get(key), now), right))
    for key, draft in drafts.items():
        if key.startswith(NEW):
            rows.append(Row(key, line(draft.name) or "New", *_sign(session, trials.get(key), now), "new"))
    return rows


def _sign(session: Session, trial: Trial | None, now: float) -> tuple[str, Tone]:
    glyphs = session.glyphs
    if trial is None or trial.ok:
        return glyphs.blank, Tone.PLAIN
    return (glyphs.error, Tone.ERROR) if trial.words else (glyphs.waiting, Tone.STREAMING)
