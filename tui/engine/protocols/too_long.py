"""A refusal because more was sent than the model can take: each provider has its own words for it."""

from __future__ import annotations

import re
from typing import Final

_SIGNS: Final = re.compile(
    r"exceed_context_size_error|exceeds the available context size"  # llama.cpp
    r"|context_length_exceeded|maximum context length|exceeds the context window"  # OpenAI, vLLM, OpenRouter
    r"|prompt is too long|exceed context limit"  # Anthropic
    r"|prompt too long|exceeds? (the|maximum) context length",  # Ollama
    re.IGNORECASE,
)
_NUMBERS: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"\((?P<sent>\d{1,9}) tokens\) exceeds the available context size \((?P<room>\d{1,9}) tokens\)",
        r"prompt is too long: (?P<sent>\d{1,9}) tokens > (?P<room>\d{1,9})",
        r"maximum context length is (?P<room>\d{1,9}) tokens.{1,60}?(requested|resulted in)\D{1,20}(?P<sent>\d{1,9})",
    )
)


_ADVICE: Final = "This is too long for the model"


def is_too_long(message: str) -> bool:
    """Whether an error's message gives that advice."""
    return _ADVICE in message


def advice(said: str) -> str:
    """What to do next, if that is what a provider says; else empty."""
    if not _SIGNS.search(said):
        return ""
    found = next((match for pattern in _NUMBERS if (match := pattern.search(said))), None)
    numbers = f" ({found['sent']} of {found['room']} tokens)" if found else ""
    return f"{_ADVICE}{numbers}: begin a new topic, or send less."
