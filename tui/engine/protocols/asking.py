"""What all protocols share in asking: a body becomes a request, and the system prompt is found among the turns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tui.engine.protocols import Call, HttpRequest
from tui.engine.provider import Provider


def post(provider: Provider, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> HttpRequest:
    """A request with this body. What is None in it was not asked for, and is not sent."""
    asked = {name: value for name, value in body.items() if value is not None}
    return HttpRequest(
        f"{provider.base_url.rstrip('/')}{path}",
        {"Content-Type": "application/json", **headers},
        json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
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
