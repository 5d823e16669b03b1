"""Which module speaks which wire protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

from tui.engine.protocols import EFFORTS, Call, HttpRequest, Reader, Turn, anthropic, ollama, openai, responses
from tui.engine.provider import Provider, WireProtocol


class Dialect(NamedTuple):
    """The two halves of a protocol: what is sent, and who reads what comes."""

    request: Callable[[Provider, str | None, Call], HttpRequest]
    """Of a provider, its key and a call."""
    reader: Callable[[Provider, str | None, str], Reader]
    """Of a provider, its key (to keep it out of what is shown) and the response's content type."""


_DIALECTS: Final = {
    WireProtocol.OPENAI: Dialect(openai.request, openai.reader),
    WireProtocol.ANTHROPIC: Dialect(anthropic.request, anthropic.reader),
    WireProtocol.RESPONSES: Dialect(responses.request, responses.reader),
    WireProtocol.OLLAMA: Dialect(ollama.request, ollama.reader),
}


def efforts(provider: Provider, model: str) -> tuple[str, ...]:
    """The reasoning efforts that make a difference to what this model is asked; none where it has nothing like it."""
    if provider.embedded:
        return ()
    call = Call(model, (Turn("user", ""),))
    request = for_protocol(provider.protocol).request
    plain = request(provider, None, call).body
    return tuple(effort for effort in EFFORTS if request(provider, None, replace(call, effort=effort)).body != plain)


def for_protocol(protocol: WireProtocol) -> Dialect:
    return _DIALECTS[protocol]
