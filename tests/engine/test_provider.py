"""Who answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.engine.provider import ModelRef, Models, Provider, Role, UnknownModel, WireProtocol

MODELS = Models(
    {
        "openai": Provider("openai", WireProtocol.OPENAI, "http://x/v1", model="gpt"),
        "router": Provider("router", WireProtocol.OPENAI, "http://y/v1"),
    },
    {Role.INSTRUCT: "openai", Role.THINKING: "router/maker/deep", Role.FAST: "instruct"},
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("openai/gpt-5", ModelRef("openai", "gpt-5")),
        ("openai", ModelRef("openai", "gpt")),
        ("instruct", ModelRef("openai", "gpt")),
        ("thinking", ModelRef("router", "maker/deep")),
        ("router/maker/small:free", ModelRef("router", "maker/small:free")),
    ],
)
def test_a_model_is_named_by_provider_and_model_by_provider_or_by_role(name: str, found: ModelRef) -> None:
    assert MODELS.resolve(name) == found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nobody/gpt", 'no provider "nobody" (there is: openai, router)'),
        ("", 'no provider ""'),
        ("router", '"router" has no default model: name one as router/MODEL'),
        ("fast", 'The role "fast" names the role "instruct"'),
    ],
)
def test_an_unknown_model_is_told_with_what_there_is(name: str, words: str) -> None:
    with pytest.raises(UnknownModel) as failure:
        MODELS.resolve(name)
    assert words in str(failure.value)


def test_a_role_that_nobody_plays_is_told() -> None:
    with pytest.raises(UnknownModel, match=r'No model plays the role "fast" yet: set \[models\] fast'):
        replace(MODELS, roles={}).resolve("fast")
