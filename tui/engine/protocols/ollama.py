"""Ollama's own chat: JSON by lines."""

from __future__ import annotations

from tui.engine.protocols import Call, HttpRequest, Reader
from tui.engine.protocols.asking import bearer, messages, post
from tui.engine.protocols.ndjson import Lines
from tui.engine.protocols.reading import JSON, body_reader, media_type, payload
from tui.engine.protocols.reply import Reply
from tui.engine.protocols.shapes import table, text
from tui.engine.protocols.sse import Event
from tui.engine.provider import Provider


def request(provider: Provider, key: str | None, call: Call) -> HttpRequest:
    """The request that starts a reply."""
    options = {
        "think": _think(call),
        "options.temperature": call.temperature,
        "options.num_predict": call.max_tokens,
    }
    needed = {"model": call.model, "messages": messages(call), "stream": True}
    return post(provider, "/api/chat", {"Accept": "application/x-ndjson", **bearer(key)}, call, needed, options)


def _think(call: Call) -> bool | str | None:
    """gpt-oss knows levels and can't be switched off; others know on and off, and refuse a level."""
    levels = call.model.rpartition("/")[2].startswith("gpt-oss")
    if call.least:
        return "low" if levels else False  # a model that can't reason takes this, too, but not True
    return call.wanted_effort if levels else bool(call.wanted_effort) or None


def reader(provider: Provider, key: str | None, content_type: str) -> Reader:
    """Reads the body of a successful response. One document is a stream of one line."""
    lines = Lines(document=media_type(content_type) == JSON)
    return body_reader(Reply(provider, key), content_type, lines, _read_line)


def _read_line(reply: Reply, event: Event) -> None:
    line = payload(reply, event)
    if line is None:
        return
    message = table(line.get("message"))
    reply.add(content=text(message.get("content")), reasoning=text(message.get("thinking")))
    reply.count(input_tokens=line.get("prompt_eval_count"), output_tokens=line.get("eval_count"))
    if line.get("error"):
        reply.provider_failed(line["error"])
    elif line.get("done") is True:
        reply.finish(line.get("done_reason"))
        reply.done()
