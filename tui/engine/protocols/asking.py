"""What all protocols share in asking: a body becomes a request, and the system prompt is found among the turns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tui.engine.protocols import Call, HttpRequest
from tui.engine.provider import Provider


def post(
    provider: Provider,
    path: str,
    headers: Mapping[str, str],
    call: Call,
    needed: Mapping[str, Any],
    options: Mapping[str, Any],
) -> HttpRequest:
    """A request with this body. What is None in it was not asked for, and is not sent.

    `options` are what a provider may refuse: they can be left out. A dot in a name leads into an object.
    """
    body = {name: value for name, value in needed.items() if value is not None}
    asked = {name: value for name, value in options.items() if value is not None and name not in call.without}
    for name, value in asked.items():
        *parents, last = name.split(".")
        place = body
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return HttpRequest(
        f"{provider.base_url.rstrip('/')}{path}",
        {"Content-Type": "application/json", **headers},
        json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
        frozenset(asked),
    )


def bearer(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def messages(call: Call) -> list[dict[str, str]]:
    """All turns, for protocols where the system prompt is one of them."""
    return [{"role": turn.role, "content": turn.content} for turn in call.turns]


def system_apart(call: Call) -> tuple[str | None, list[dict[str, str]]]:
    """The system prompt, if there is one, and the turns without it."""
    prompts = [turn.content for turn in call.turns if turn.role == "system" and turn.content]
    return "\n\n".join(prompts) or None, [message for message in messages(call) if message["role"] != "system"]
