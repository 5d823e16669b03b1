"""Providers to begin with: what a form is filled with, and a line that says what each is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from tui.config.fields import Fields
from tui.config.known import KNOWN
from tui.engine import WireProtocol


@dataclass(frozen=True, slots=True)
class Preset:
    """A provider that only needs a key, or to be running."""

    name: str
    """What it is called in the settings."""
    title: str
    """What it calls itself."""
    about: str
    """One line for who has to choose."""
    protocol: WireProtocol = WireProtocol.OPENAI
    base_url: str = ""
    """Empty: the user has to say."""
    api_key: str = ""
    """Where its key would come from, `$VARIABLE`; empty: it needs none by default."""
    models: tuple[str, ...] = ()
    """A few of its models, the default first; none: its own list says."""

    @property
    def fields(self) -> Fields:
        """What a form for it begins with."""
        model = self.models[0] if self.models else ""
        fields = {"protocol": str(self.protocol), "base_url": self.base_url, "api_key": self.api_key, "model": model}
        return {name: value for name, value in fields.items() if value}

    def free_name(self, taken: Collection[str]) -> str:
        """Its name, or with a number behind it if there is one of that name."""
        numbered = (f"{self.name}-{number}" for number in range(2, len(taken) + 3))
        return self.name if self.name not in taken else next(name for name in numbered if name not in taken)


def _preset(name: str, title: str, about: str) -> Preset:
    known = KNOWN[name]
    models = tuple(dict.fromkeys(known.roles or ()))
    return Preset(name, title, about, known.protocol, known.base_url, f"${known.key}" if known.key else "", models)


PRESETS: Final = (
    _preset("openai", "OpenAI", "GPT models; a key from platform.openai.com."),
    _preset("anthropic", "Anthropic", "Claude models; a key from platform.claude.com."),
    _preset("openrouter", "OpenRouter", "Many makers' models; a key from openrouter.ai."),
    _preset("deepseek", "DeepSeek", "DeepSeek models; a key from platform.deepseek.com."),
    _preset("ollama", "Ollama", "What ollama pull has brought here; no key."),
    _preset("llamacpp", "llama.cpp", "The model that llama-server runs here; no key."),
    _preset("lmstudio", "LM Studio", "Its server is started under Developer; no key."),
    _preset("vllm", "vLLM", "The model that vllm serve runs; mostly no key."),
    Preset("custom", "Any compatible URL", "What speaks OpenAI's protocol, or another one."),
)
