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
        ("gpt-4.1", "o3", "gpt-4.1-mini"),
    ),
    "anthropic": KnownProvider(
        WireProtocol.ANTHROPIC,
        "https://api.anthropic.com",
        "ANTHROPIC_API_KEY",
        ("claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5"),
    ),
    # What an Ollama can run is what was pulled into it: its own list says.
    "ollama": KnownProvider(WireProtocol.OLLAMA, "http://127.0.0.1:11434"),
}

EMBEDDED: Final = Provider(LOCAL, WireProtocol.OPENAI, "", model="smollm2", max_streams=4, embedded=True)
"""The embedded model: always there, small, needs no key."""
