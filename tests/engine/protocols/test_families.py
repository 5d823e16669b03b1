"""What is known of models by their names alone."""

from __future__ import annotations

import pytest

from tui.engine.protocols.dialects import efforts
from tui.engine.protocols.families import Server, claude, gpt, server_of
from tui.engine.provider import Provider, WireProtocol

ALL = ("low", "medium", "high")


@pytest.mark.parametrize(
    ("protocol", "url", "model", "embedded", "found"),
    [
        ("openai", "https://api.openai.com/v1", "gpt-4.1", False, ()),
        ("openai", "https://api.openai.com/v1", "gpt-5-pro", False, ("high",)),
        ("openai", "https://api.openai.com/v1", "gpt-5.4", False, ALL),
        ("openai", "http://127.0.0.1:8000/v1", "whatever", False, ALL),
        ("openai", "", "smollm2", True, ()),
        ("responses", "https://api.openai.com/v1", "gpt-4.1", False, ()),
        ("responses", "https://api.openai.com/v1", "o3", False, ALL),
        ("anthropic", "https://api.anthropic.com", "claude-3-5-haiku-latest", False, ()),
        ("anthropic", "https://api.anthropic.com", "claude-sonnet-4-5", False, ALL),
        ("ollama", "http://127.0.0.1:11434", "gpt-oss:20b", False, ALL),
    ],
)
def test_the_efforts_of_a_model_are_those_that_change_what_it_is_asked(
    protocol: str, url: str, model: str, embedded: bool, found: tuple[str, ...]
) -> None:
    provider = Provider("it", WireProtocol(protocol), url, embedded=embedded)
    assert efforts(provider, model) == found


@pytest.mark.parametrize(
    ("model", "temperature", "efforts", "least"),
    [
        ("gpt-3.5-turbo", True, (), None),
        ("gpt-4o-2024-11-20", True, (), None),
        ("gpt-4.1-mini", True, (), None),
        ("ft:gpt-4o-mini:acme::1", True, (), None),
        ("chatgpt-4o-latest", True, (), None),
        ("gpt-5-chat-latest", True, (), None),
        ("gpt-4o-mini-search-preview", False, (), None),
        ("o1-mini-2024-09-12", False, (), None),
        ("o4-mini-deep-research", False, (), None),
        ("o1", False, ALL, "low"),
        ("o3-pro", False, ALL, "low"),
        ("o4-mini-2025-04-16", False, ALL, "low"),
        ("gpt-5", False, ALL, "minimal"),
        ("openai/gpt-5-nano-2025-08-07", False, ALL, "minimal"),
        ("gpt-5-pro-2025-10-06", False, ("high",), None),
        ("gpt-5-codex", False, ALL, "low"),
        ("gpt-5.1", False, ALL, "none"),
        ("gpt-5.1-chat-latest", False, (), None),
        ("gpt-5.1-codex-max", False, ALL, "low"),
        ("gpt-5.2-pro", False, ("medium", "high"), None),
        ("gpt-5.4-mini", False, ALL, "none"),
        ("gpt-5.6-luna", False, ALL, "low"),
        ("gpt-5.10", False, ALL, "low"),
    ],
)
def test_models_of_openai(model: str, temperature: bool, efforts: tuple[str, ...], least: str | None) -> None:
    known = gpt(model)
    assert known
    assert (known.temperature, known.efforts, known.least) == (temperature, efforts, least)


@pytest.mark.parametrize("model", ["gpt-6", "my-deployment", "qwen3-32b", "grok-4", ""])
def test_of_other_models_nothing_is_known(model: str) -> None:
    assert (gpt(model), claude(model)) == (None, None)


@pytest.mark.parametrize(
    ("model", "reasons_by"),
    [
        ("claude-3-opus-20240229", "nothing"),
        ("claude-3-5-sonnet-20241022", "nothing"),
        ("claude-3-7-sonnet-20250219", "budget"),
        ("claude-sonnet-4-20250514", "budget"),
        ("anthropic.claude-opus-4-1-20250805-v1:0", "budget"),
        ("claude-haiku-4-5-20251001", "budget"),
        ("claude-opus-4-5", "budget"),
        ("claude-sonnet-4-6", "effort"),
        ("claude-opus-4.7", "effort"),
        ("claude-opus-4-8-20260528", "effort"),
        ("claude-opus-5", "default"),
        ("claude-sonnet-5", "default"),
        ("claude-sonnet-5-5", "default"),
        ("claude-haiku-5-5", "always"),
        ("claude-opus-5-5", "always"),
        ("claude-fable-5", "always"),
        ("claude-mythos-preview", "always"),
        ("claude-opus-6", "always"),
        ("claude-opus-10-1", "always"),
        ("claude-sonnet-latest", "nothing"),
    ],
)
def test_models_of_anthropic(model: str, reasons_by: str) -> None:
    known = claude(model)
    assert known
    if known.budget:
        assert reasons_by == "budget"
    elif not known.adaptive:
        assert reasons_by == "nothing"
    elif not known.reasons:
        assert reasons_by == "effort"
    else:
        assert reasons_by == ("always" if known.off is None else "default")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://api.openai.com/v1", Server.OPENAI),
        ("https://eu.api.openai.com/v1", Server.OPENAI),
        ("https://acme.openai.azure.com/openai/v1/", Server.OPENAI),
        ("https://openrouter.ai/api/v1", Server.OPENROUTER),
        ("https://api.deepseek.com", Server.DEEPSEEK),
        ("https://api.openai.com.acme.test/v1", Server.OTHER),
        ("http://127.0.0.1:8080/v1", Server.OTHER),
        ("http://[::1/v1", Server.OTHER),
        ("", Server.OTHER),
    ],
)
def test_servers_are_told_by_their_host(url: str, server: Server) -> None:
    assert server_of(Provider("p", WireProtocol.OPENAI, url)) is server
