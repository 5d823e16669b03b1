"""OpenAI's responses."""

from __future__ import annotations

from tui.engine.protocols import Call, HttpRequest, Reader
from tui.engine.protocols.asking import bearer, post, system_apart
from tui.engine.protocols.reading import event_reader, payload
from tui.engine.protocols.reply import Reply
from tui.engine.protocols.shapes import Json, error_in, rows, table, text
from tui.engine.protocols.sse import Event
from tui.engine.provider import Provider


def request(provider: Provider, key: str | None, call: Call) -> HttpRequest:
    """The request that starts a reply."""
    system, turns = system_apart(call)
    body = {
        "model": call.model,
        "instructions": system,
        "input": turns,
        "stream": True,
        "temperature": call.temperature,
        "max_output_tokens": call.max_tokens,
    }
    # Only some models know `reasoning`, the others refuse it: `thinking` sends nothing.
    return post(provider, "/responses", {"Accept": "text/event-stream", **bearer(key)}, body)


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


def _read_document(reply: Reply, event: Event) -> None:
    """Some servers answer with the whole response at once, or with what is wrong."""
    response = payload(reply, event) or {}
    for item in rows(response.get("output")):
        for part in rows(item.get("content")) + rows(item.get("summary")):
            if part.get("type") in ("reasoning_text", "summary_text"):
                reply.add(reasoning=text(part.get("text")))
            else:
                reply.add(content=text(part.get("text")), refusal=text(part.get("refusal")))
    if response.get("object") == "response" or response.get("error"):
        _read_end(reply, response, text(response.get("status")))
    elif not reply.finished:
        reply.unexpected(event.data)
