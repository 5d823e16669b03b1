"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tui.engine.protocols import Call, HttpRequest, Reader
from tui.engine.protocols.asking import post, system_apart
from tui.engine.protocols.families import ROOM, Claude, claude
from tui.engine.protocols.reading import event_reader, payload
from tui.engine.protocols.reply import Reply
from tui.engine.protocols.shapes import Json, error_in, rows, table, text
from tui.engine.protocols.sse import Event
from tui.engine.provider import Provider

MAX_TOKENS: Final = 8192
"""The protocol wants a bound; this one every model of the last years accepts."""

_LEAST_BUDGET: Final = 1024
"""Tokens: no less may be given for reasoning, and it has to be less than the bound of all."""

_BUDGETS: Final = {"low": 2048, "medium": 8192, "high": 16_384}
"""Tokens. With the answer's own they stay below the 32,000 that the least of these models gives."""


def request(provider: Provider, key: str | None, call: Call) -> HttpRequest:
    """The request that starts a reply."""
    system, turns = system_apart(call)
    known = claude(call.model)
    most = call.max_tokens or (known.max_tokens if known else MAX_TOKENS)
    budget = _budget(known, call)
    if known and call.least and known.reasons and known.off is None:
        most += ROOM
    elif budget and not call.max_tokens:
        most += budget
    thinking = {"type": "enabled", "budget_tokens": budget} if budget else _thinking(known, call)
    reasons = thinking is not None and thinking["type"] in ("enabled", "adaptive")
    takes_temperature = not reasons and (known is None or known.temperature)  # the one excludes the other
    options = {
        "temperature": call.temperature if takes_temperature else None,
        "thinking": thinking,
        "output_config.effort": _effort(known, call),
    }
    needed = {
        "model": call.model,
        "max_tokens": most,
        "system": system,
        "messages": [turn for turn in turns if turn["content"].strip()],  # an empty one is refused
        "stream": True,
    }
    headers = {"Accept": "text/event-stream", "anthropic-version": "2023-06-01"}
    return post(provider, "/v1/messages", headers | ({"x-api-key": key} if key else {}), call, needed, options)


def _budget(known: Claude | None, call: Call) -> int | None:
    """Tokens for reasoning, for those who want a number; at most half of the bound that the user set."""
    if known is None or not known.budget or call.wanted_effort is None:
        return None
    budget = _BUDGETS[call.wanted_effort]
    if call.max_tokens:
        budget = max(_LEAST_BUDGET, min(budget, call.max_tokens // 2))
    return None if call.max_tokens and budget >= call.max_tokens else budget


def _thinking(known: Claude | None, call: Call) -> Mapping[str, Any] | None:
    if known is None or not known.adaptive:
        return None
    if call.least:
        return known.off
    if call.wanted_effort or known.reasons:
        return {"type": "adaptive"} | ({"display": "summarized"} if known.hidden else {})
    return None


def _effort(known: Claude | None, call: Call) -> str | None:
    if known is None or not known.adaptive:
        return None
    if call.least:
        return "low" if known.reasons and known.off is None else None
    return call.wanted_effort


def reader(provider: Provider, key: str | None, content_type: str) -> Reader:
    """Reads the body of a successful response."""
    return event_reader(Reply(provider, key), content_type, _read_event, _read_document)


def _read_event(reply: Reply, event: Event) -> None:
    if event.event == "error":
        reply.provider_failed(error_in(event.data))
    elif event.data.strip() != "[DONE]" and (data := payload(reply, event)) is not None:  # of OpenAI: proxies add it
        _read_data(reply, data)


def _read_data(reply: Reply, data: Json) -> None:
    match data.get("type"):
        case "message_start":
            _read_usage(reply, table(data.get("message")))
        case "content_block_start":
            _read_text(reply, table(data.get("content_block")))
        case "content_block_delta":
            _read_text(reply, table(data.get("delta")))
        case "message_delta":
            _read_usage(reply, data)
            reply.finish(table(data.get("delta")).get("stop_reason"))
        case "message_stop":
            reply.done()
        case "error":
            reply.provider_failed(data.get("error"))


def _read_document(reply: Reply, event: Event) -> None:
    """Some servers answer with the whole message at once, or with what is wrong."""
    message = payload(reply, event) or {}
    if message.get("type") == "message":
        for block in rows(message.get("content")):
            _read_text(reply, block)
        _read_usage(reply, message)
        reply.finish(message.get("stop_reason"))
        reply.done()
    elif message.get("error"):
        reply.provider_failed(message["error"])
    elif not reply.finished:
        reply.unexpected(event.data)


def _read_text(reply: Reply, part: Json) -> None:
    """Of a block or its growth. Signatures and encrypted thoughts are no text, and unknown types are none of ours."""
    match part.get("type"):
        case "text" | "text_delta":
            reply.add(content=text(part.get("text")))
        case "thinking" | "thinking_delta":
            reply.add(reasoning=text(part.get("thinking")))


def _read_usage(reply: Reply, report: Json) -> None:
    """As it is reported: what a cache had is not in it."""
    usage = table(report.get("usage"))
    reply.count(input_tokens=usage.get("input_tokens"), output_tokens=usage.get("output_tokens"))
