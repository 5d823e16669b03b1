"""Providers that need no introduction: where they are, what their key is called, which model plays which role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tui.engine import LOCAL, Provider, Role, WireProtocol


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """What can be taken for granted of a provider of that name."""

    protocol: WireProtocol
    base_url: str
    key: str | None = None
    """The environment variable that holds its key."""
    roles: tuple[str, str, str] | None = None
    """Its models for instruct, thinking and fast. The first is its default model."""

    def role(self, role: Role) -> str | None:
        return self.roles[list(Role).index(role)] if self.roles else None


KNOWN: Final[dict[str, KnownProvider]] = {
    "openai": KnownProvider(
        WireProtocol.OPENAI,
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        ("gpt-5.4", "gpt-5.5", "gpt-5.4-mini"),
    ),
    "anthropic": KnownProvider(
        WireProtocol.ANTHROPIC,
        "https://api.anthropic.com",
        "ANTHROPIC_API_KEY",
        ("claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5"),
    ),
    "openrouter": KnownProvider(
        WireProtocol.OPENAI,
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        ("openrouter/auto", "openrouter/auto", "openrouter/auto"),  # which chooses by itself
    ),
    "deepseek": KnownProvider(
        WireProtocol.OPENAI,
        "https://api.deepseek.com",
        "DEEPSEEK_API_KEY",
        ("deepseek-v4-flash", "deepseek-v4-pro", "deepseek-v4-flash"),
    ),
    # What a server of one's own can run is what was put into it: its own list says.
    "ollama": KnownProvider(WireProtocol.OLLAMA, "http://127.0.0.1:11434"),
    "llamacpp": KnownProvider(WireProtocol.OPENAI, "http://127.0.0.1:8080/v1"),
    "lmstudio": KnownProvider(WireProtocol.OPENAI, "http://127.0.0.1:1234/v1"),
    "vllm": KnownProvider(WireProtocol.OPENAI, "http://127.0.0.1:8000/v1"),
}

EMBEDDED: Final = Provider(LOCAL, WireProtocol.OPENAI, "", model="smollm2", max_streams=4, embedded=True)
"""The embedded model: always there, small, needs no key."""
