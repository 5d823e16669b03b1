"""OpenAI's chat completions, and what the many servers that speak it make of them."""

from __future__ import annotations

from tui.engine.protocols import Call, HttpRequest, Reader
from tui.engine.protocols.asking import bearer, messages, post
from tui.engine.protocols.reading import event_reader, payload
from tui.engine.protocols.reply import Reply
from tui.engine.protocols.shapes import Json, counts, error_in, rows, table, text
from tui.engine.protocols.sse import Event
from tui.engine.provider import Provider


def request(provider: Provider, key: str | None, call: Call) -> HttpRequest:
    """The request that starts a reply."""
    # OpenAI's own reasoning models refuse the old name of max_tokens, which is the only one that other servers know.
    own = provider.base_url.startswith("https://api.openai.com/")
    body = {
        "model": call.model,
        "messages": messages(call),
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": call.temperature,
        "max_completion_tokens" if own else "max_tokens": call.max_tokens,
    }
    # The protocol has no switch for reasoning: servers refuse each other's parameters, so `thinking` sends none.
    return post(provider, "/chat/completions", {"Accept": "text/event-stream", **bearer(key)}, body)


def reader(provider: Provider, key: str | None, content_type: str) -> Reader:
    """Reads the body of a successful response."""
    return event_reader(Reply(provider, key), content_type, _read_event, _read_document)


def _read_event(reply: Reply, event: Event) -> None:
    if event.event == "error":
        reply.provider_failed(error_in(event.data))
    elif event.data.strip() == "[DONE]":
        reply.done()
    elif (chunk := payload(reply, event)) is not None:
        _read_chunk(reply, chunk, "delta")


def _read_document(reply: Reply, event: Event) -> None:
    """Some servers answer with the whole completion at once, or with what is wrong."""
    document = payload(reply, event) or {}
    _read_chunk(reply, document, "message")
    if rows(document.get("choices")):
        reply.done()
    elif not reply.finished:
        reply.unexpected(event.data)


def _read_chunk(reply: Reply, chunk: Json, part: str) -> None:
    choices = rows(chunk.get("choices"))
    for choice in choices:
        if choice.get("index") in (0, None):
            _read_message(reply, table(choice.get(part)))
            reply.finish(choice.get("finish_reason"))
    _read_usage(reply, chunk, choices)
    error = chunk.get("error")
    if isinstance(error, dict) or (isinstance(error, str) and error):
        reply.provider_failed(error)
    elif chunk.get("object") == "error":  # vLLM
        reply.provider_failed(chunk)


def _read_message(reply: Reply, message: Json) -> None:
    content, thoughts = _parts(message.get("content"))
    reply.add(content=content, reasoning=_reasoning(message) or thoughts, refusal=text(message.get("refusal")))


def _parts(content: object) -> tuple[str, str]:
    """Content may be a list in which thinking has parts of its own (Mistral)."""
    if isinstance(content, str):
        return content, ""
    said, thought = "", ""
    for part in rows(content):
        if part.get("type") == "text":
            said += text(part.get("text"))
        elif part.get("type") == "thinking":
            inner = part.get("thinking")
            thought += text(inner) or "".join(text(piece.get("text")) for piece in rows(inner))
    return said, thought


def _reasoning(message: Json) -> str:
    """Servers name it in three ways, some in two at once: one of them counts."""
    fields = (message.get("reasoning_content"), message.get("reasoning"))
    if any(isinstance(field, str) for field in fields):
        return next((text(field) for field in fields if text(field)), "")
    details = rows(message.get("reasoning_details"))
    return "".join(text(entry.get("text")) for entry in details if entry.get("type") == "reasoning.text")


def _read_usage(reply: Reply, chunk: Json, choices: list[Json]) -> None:
    """The last report counts; it may stand in the choice (Kimi) or in Groq's own corner."""
    corner = table(chunk.get("x_groq")).get("usage")
    of_choices = (choice.get("usage") for choice in choices)
    for report in map(table, (chunk.get("usage"), *of_choices, corner)):
        usage = counts(
            input_tokens=report.get("prompt_tokens", report.get("input_tokens")),
            output_tokens=report.get("completion_tokens", report.get("output_tokens")),
            total_tokens=report.get("total_tokens"),
            reasoning_tokens=table(report.get("completion_tokens_details")).get("reasoning_tokens"),
        )
        if usage:
            reply.usage = usage
            return
