"""Anthropic's messages."""

from __future__ import annotations

from typing import Final

from tui.engine.protocols import Call, HttpRequest, Reader
from tui.engine.protocols.asking import post, system_apart
from tui.engine.protocols.reading import event_reader, payload
from tui.engine.protocols.reply import Reply
from tui.engine.protocols.shapes import Json, error_in, rows, table, text
from tui.engine.protocols.sse import Event
from tui.engine.provider import Provider

MAX_TOKENS: Final = 8192
"""The protocol wants a bound; this one every model of the last years accepts."""

_LEAST_THINKING: Final = 1024
"""Tokens: no less may be given for thinking."""


def request(provider: Provider, key: str | None, call: Call) -> HttpRequest:
    """The request that starts a reply."""
    system, turns = system_apart(call)
    most = call.max_tokens or MAX_TOKENS
    thinks = bool(call.thinking) and most > _LEAST_THINKING
    body = {
        "model": call.model,
        "max_tokens": most,
        "system": system,
        "messages": [turn for turn in turns if turn["content"].strip()],  # an empty one is refused
        "stream": True,
        "temperature": None if thinks else call.temperature,  # the one excludes the other
        "thinking": {"type": "enabled", "budget_tokens": max(_LEAST_THINKING, most // 2)} if thinks else None,
    }
    headers = {"Accept": "text/event-stream", "anthropic-version": "2023-06-01"}
    return post(provider, "/v1/messages", headers | ({"x-api-key": key} if key else {}), body)


def reader(provider: Provider, key: str | None, content_type: str) -> Reader:
    """Reads the body of a successful response."""
    return event_reader(Reply(provider, key), content_type, _read_event, _read_document)


def _read_event(reply: Reply, event: Event) -> None:
    if event.event == "error":
        reply.provider_failed(error_in(event.data))
    elif (data := payload(reply, event)) is not None:
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
    usage = table(report.get("usage"))
    reply.count(input_tokens=usage.get("input_tokens"), output_tokens=usage.get("output_tokens"))
