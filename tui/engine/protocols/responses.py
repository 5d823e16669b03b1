"""OpenAI's responses."""

from __future__ import annotations

from typing import Final

from tui.engine.protocols import Call, HttpRequest, Reader
from tui.engine.protocols.asking import bearer, post, system_apart
from tui.engine.protocols.families import ROOM, Gpt, Server, gpt, server_of
from tui.engine.protocols.reading import event_reader, payload
from tui.engine.protocols.reply import Reply
from tui.engine.protocols.shapes import Json, error_in, rows, table, text
from tui.engine.protocols.sse import Event
from tui.engine.provider import Provider

LEAST_TOKENS: Final = 16
"""OpenAI refuses a smaller bound: "Expected a value >= 16"."""


def request(provider: Provider, key: str | None, call: Call) -> HttpRequest:
    """The request that starts a reply."""
    system, turns = system_apart(call)
    own = server_of(provider) is Server.OPENAI
    known = gpt(call.model) if own else None
    effort = _effort(known, call)
    options = {
        "store": False,  # kept by the provider for a month otherwise
        "temperature": call.temperature if known is None or known.temperature or effort == "none" else None,
        "max_output_tokens": _most(own, known, call),
        "reasoning.effort": effort,
        # Without it reasoning is not seen at all.
        "reasoning.summary": "auto" if known and known.reasons and not call.least else None,
    }
    needed = {"model": call.model, "instructions": system, "input": turns, "stream": True}
    return post(provider, "/responses", {"Accept": "text/event-stream", **bearer(key)}, call, needed, options)


def _effort(known: Gpt | None, call: Call) -> str | None:
    if call.least:
        return known.least if known else None
    return call.wanted_effort if known is None or call.wanted_effort in known.efforts else None


def _most(own: bool, known: Gpt | None, call: Call) -> int | None:
    """The bound; with room for reasoning that can't be switched off, or there would be no answer."""
    if call.max_tokens is None:
        return None
    room = ROOM if call.least and known and known.still_reasons else 0
    return max(LEAST_TOKENS if own else 1, call.max_tokens + room)


def reader(provider: Provider, key: str | None, content_type: str) -> Reader:
    """Reads the body of a successful response."""
    return event_reader(Reply(provider, key), content_type, _read_event, _read_document)


def _read_event(reply: Reply, event: Event) -> None:
    if event.event == "error":
        reply.provider_failed(error_in(event.data))
    elif event.data.strip() != "[DONE]" and (data := payload(reply, event)) is not None:
        _read_data(reply, data)


def _read_data(reply: Reply, data: Json) -> None:
    match data.get("type"):
        case "response.output_text.delta":
            reply.add(content=text(data.get("delta")))
        case "response.reasoning_text.delta" | "response.reasoning_summary_text.delta":
            reply.add(reasoning=text(data.get("delta")))
        case "response.refusal.delta":
            reply.add(refusal=text(data.get("delta")))
        case "response.completed" | "response.incomplete" | "response.failed" as ended:
            _read_end(reply, table(data.get("response")), ended.removeprefix("response."))
        case "error":
            reply.provider_failed(data.get("error") or data)


def _read_end(reply: Reply, response: Json, status: str) -> None:
    """The end has the whole once more, and some servers have sent nothing before it."""
    if not reply.begun:
        _read_output(reply, response)
    usage = table(response.get("usage"))
    reply.count(
        input_tokens=usage.get("input_tokens"),
        output_tokens=usage.get("output_tokens"),
        total_tokens=usage.get("total_tokens"),
        reasoning_tokens=table(usage.get("output_tokens_details")).get("reasoning_tokens"),
    )
    if response.get("error") or status == "failed":
        reply.provider_failed(response.get("error"))
        return
    reply.finish(table(response.get("incomplete_details")).get("reason") or status)
    reply.done()


def _read_output(reply: Reply, response: Json) -> None:
    for item in rows(response.get("output")):
        for part in rows(item.get("content")) + rows(item.get("summary")):
            if part.get("type") in ("reasoning_text", "summary_text"):
                reply.add(reasoning=text(part.get("text")))
            else:
                reply.add(content=text(part.get("text")), refusal=text(part.get("refusal")))


def _read_document(reply: Reply, event: Event) -> None:
    """Some servers answer with the whole response at once, or with what is wrong."""
    response = payload(reply, event) or {}
    if response.get("object") == "response" or response.get("error"):
        _read_end(reply, response, text(response.get("status")))
    elif not reply.finished:
        reply.unexpected(event.data)
