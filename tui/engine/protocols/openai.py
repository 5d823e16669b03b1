"""OpenAI's chat completions, and what the many servers that speak it make of them."""

from __future__ import annotations

from typing import Any, Final

from tui.engine.protocols import Call, HttpRequest, Reader
from tui.engine.protocols.asking import bearer, messages, post
from tui.engine.protocols.families import ROOM, Gpt, Server, gpt, server_of
from tui.engine.protocols.reading import event_reader, payload
from tui.engine.protocols.reply import Reply
from tui.engine.protocols.shapes import Json, counts, error_in, rows, table, text
from tui.engine.protocols.sse import Event
from tui.engine.provider import Provider

_CHOICES: Final = 128
"""As many as may be asked for; we ask for one."""


def request(provider: Provider, key: str | None, call: Call) -> HttpRequest:
    """The request that starts a reply."""
    server = server_of(provider)
    known = gpt(call.model) if server is Server.OPENAI else None
    reasoning = _switch(server, known, call)
    # OpenAI's own reasoning models refuse the old name of max_tokens, which is the only one that other servers know.
    new_name = server is Server.OPENAI or "max_tokens" in call.without
    takes_temperature = known is None or known.temperature or reasoning == {"reasoning_effort": "none"}
    options = {
        "stream_options": {"include_usage": True},
        "temperature": call.temperature if takes_temperature else None,
        "max_completion_tokens" if new_name else "max_tokens": _most(server, known, call),
        **reasoning,
    }
    needed = {"model": call.model, "messages": messages(call), "stream": True}
    headers = {"Accept": "text/event-stream", **bearer(key)}
    return post(provider, "/chat/completions", headers, call, needed, options)


def _switch(server: Server, known: Gpt | None, call: Call) -> dict[str, Any]:
    """The protocol has no one switch for reasoning."""
    if call.least:
        match server:
            case Server.OPENAI:
                return {"reasoning_effort": known.least if known else None}
            case Server.OPENROUTER:
                return {"reasoning": {"enabled": False}}
            case Server.DEEPSEEK:
                return {"thinking": {"type": "disabled"}}
            case Server.EMBEDDED:  # llama.cpp's own, which gives it to the model's template
                return {"chat_template_kwargs": {"enable_thinking": False}}
        return {}
    if server is Server.OPENROUTER:
        return {"reasoning": {"effort": call.wanted_effort} if call.wanted_effort else None}
    return {"reasoning_effort": call.wanted_effort if known is None or call.wanted_effort in known.efforts else None}


def _most(server: Server, known: Gpt | None, call: Call) -> int | None:
    """The bound; where less reasoning can't be relied on, with room for it, or there would be no answer."""
    # Two of three models at OpenRouter answer that "reasoning is mandatory for this endpoint".
    unsure = server is Server.OPENROUTER or (known is not None and known.still_reasons)
    return call.max_tokens + ROOM if call.max_tokens and call.least and unsure else call.max_tokens


def reader(provider: Provider, key: str | None, content_type: str) -> Reader:
    """Reads the body of a successful response."""
    return event_reader(Reply(provider, key), content_type, _read_event, _read_document)


def _read_event(reply: Reply, event: Event) -> None:
    if event.event == "error":
        reply.provider_failed(error_in(event.data))
    elif event.data.strip() == "[DONE]":
        reply.done()
    elif (chunk := payload(reply, event)) is not None:
        _read_chunk(reply, chunk)


def _read_document(reply: Reply, event: Event) -> None:
    """Some servers answer with the whole completion at once, or with what is wrong."""
    document = payload(reply, event) or {}
    _read_chunk(reply, document)
    if rows(document.get("choices")):
        reply.done()
    elif not reply.finished:
        reply.unexpected(event.data)


def _read_chunk(reply: Reply, chunk: Json) -> None:
    """A chunk brings deltas, a whole completion a message. Some servers send one as their only chunk; behind deltas it
    is the same text once more."""
    choices = rows(chunk.get("choices"))[:_CHOICES]
    begun = reply.begun
    for choice in choices:
        if choice.get("index") in (0, None):
            _read_message(reply, table(choice.get("delta")) or ({} if begun else table(choice.get("message"))))
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
