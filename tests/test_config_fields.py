"""A provider as a form has it: texts, fields, what is wrong with each; and the presets that a form begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import NOBODY
from tui.config import ConfigError, load
from tui.config.document import rewritten
from tui.config.fields import FIELDS, Fields, checked, fields_of, from_texts, texts_of
from tui.config.known import KNOWN
from tui.config.presets import PRESETS, Preset
from tui.engine import LOCAL, Provider, Secret, WireProtocol

SECRET = "sk-do-not-show-me-4711"
RIGHT = {"base_url": "https://host/v1", "model": "m"}


@pytest.mark.parametrize(
    ("texts", "field", "found"),
    [
        ({"base_url": ""}, "base_url", "found nothing, expected a URL such as"),
        ({"base_url": "host/v1"}, "base_url", 'found "host/v1", expected a URL such as'),
        ({"base_url": f"https://me:{SECRET}@host"}, "base_url", "found a URL with a user name or password in it"),
        ({"protocol": "grpc"}, "protocol", 'found "grpc", expected one of openai, anthropic, responses, ollama'),
        ({"api_key": "${KEY}"}, "api_key", 'found a "$" without a variable\'s plain name behind it'),
        ({"api_key": "keyring:"}, "api_key", 'found "keyring:" without a name'),
        ({"api_key": "!"}, "api_key", 'found "!" without a command'),
        ({"max_streams": "0"}, "max_streams", "found 0, expected a whole number, 1 or more"),
        ({"max_streams": "many"}, "max_streams", 'found "many", expected a whole number, 1 or more'),
        ({"max_retries": "1.5"}, "max_retries", 'found "1.5", expected a whole number, 0 or more'),
        ({"idle_timeout": "inf"}, "idle_timeout", "found inf, expected a number of seconds above 0"),
        ({"think_tags": "perhaps"}, "think_tags", 'found "perhaps", expected true or false'),
        ({"speed": "9"}, "speed", "found an unknown key, expected one of"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_the_words_of_a_start(
    tmp_path: Path, texts: dict[str, str], field: str, found: str
) -> None:
    fields = from_texts(RIGHT | texts)
    problems = checked("it", fields).problems
    assert list(problems) == [field]
    assert problems[field].startswith(found) and SECRET not in problems[field]
    (tmp_path / "config.toml").write_text(rewritten("", {"providers": {"it": fields}}))
    with pytest.raises(ConfigError) as refused:
        load({"RIVULET_HOME": str(tmp_path)})
    assert refused.value.lines == (f"{tmp_path / 'config.toml'}: providers.it.{field}: {problems[field]}",)


@pytest.mark.parametrize("name", ["", "OpenAI", "a b", "a/b", "a.b", "fast", "é"])
def test_a_name_that_is_none_is_said(name: str) -> None:
    assert list(checked(name, RIGHT).problems) == ["name"]
    assert checked(name, RIGHT).problems["name"].endswith("that is not a role's (instruct, thinking, fast)")


def test_a_name_that_another_has_is_said() -> None:
    assert "which is there already" in checked("it", RIGHT, taken=["it"]).problems["name"]
    assert checked("it", RIGHT, taken=["other"]).ok


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert set(checked("A", {"base_url": "x", "model": 3, "zzz": 1}).problems) == {"name", "base_url", "model", "zzz"}


def test_fields_that_are_right_make_a_provider() -> None:
    texts = {"protocol": "anthropic", "base_url": " https://host/ ", "api_key": f" {SECRET} ", "idle_timeout": "7.5"}
    found = checked("it", from_texts(texts | {"max_streams": "3", "think_tags": "False", "max_retries": "0"}))
    assert found.ok
    provider = found.provider
    assert (provider.protocol, provider.base_url, provider.model) == (WireProtocol.ANTHROPIC, "https://host", None)
    assert (provider.max_streams, provider.think_tags, provider.idle_timeout, provider.max_retries) == (
        3,
        False,
        7.5,
        0,
    )
    assert provider.api_key == Secret(SECRET)
    assert SECRET not in repr(found)


def test_what_is_allowed_but_worth_knowing_is_said() -> None:
    assert checked("it", RIGHT | {"api_key": "$KEY"}).warnings == ()
    (plain,) = checked("it", {"base_url": "http://far/v1"}).warnings
    assert "not encrypted" in plain
    (written,) = checked("it", RIGHT | {"api_key": SECRET}).warnings
    assert "will stand in the file" in written and SECRET not in written


def test_the_embedded_model_takes_its_limits_only() -> None:
    assert checked(LOCAL, {"max_streams": 2}).ok
    assert list(checked(LOCAL, {"api_key": "k"}).problems) == ["api_key"]
    assert checked(LOCAL, RIGHT | {"api_key": "$K"}).ok


def test_a_form_gives_back_what_it_was_given() -> None:
    fields: Fields = {
        "base_url": "https://host/v1",
        "api_key": "$K",
        "max_streams": 3,
        "think_tags": True,
        "idle_timeout": 1.5,
    }
    texts = texts_of(fields)
    assert list(texts) == list(FIELDS)
    assert (texts["model"], texts["max_streams"], texts["think_tags"]) == ("", "3", "true")
    assert from_texts(texts) == fields


@pytest.mark.parametrize("name", ["openai", "anthropic", "ollama", "mine"])
def test_a_provider_that_is_written_is_the_same_when_it_is_read(name: str) -> None:
    full = Provider(name, WireProtocol.RESPONSES, "https://h/v1", Secret("!get key"), "m", 3, False, 9.0, 0)
    bare = Provider(name, WireProtocol.OLLAMA, "http://127.0.0.1:11434")
    for provider in (full, bare):
        assert checked(name, fields_of(provider)).provider == provider


def test_of_a_known_provider_only_what_can_not_be_taken_for_granted_is_written() -> None:
    known = checked("openai", {}).provider
    assert fields_of(known) == {"api_key": "$OPENAI_API_KEY"}
    assert checked("openai", fields_of(known)).provider == known


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_is_a_provider_that_only_lacks_what_the_user_has_to_say(preset: Preset) -> None:
    found = checked(preset.name, preset.fields)
    assert list(found.problems) == ([] if preset.base_url else ["base_url"])
    assert found.warnings == ()
    assert found.provider.model == (preset.models[0] if preset.models else None)
    assert len(preset.models) == len(set(preset.models)) <= 3
    assert preset.about.endswith(".") and len(preset.about) <= 72


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_what_a_preset_says_is_what_its_name_alone_means(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.toml").write_text(f"[providers.{name}]\n")
    found = load({"RIVULET_HOME": str(tmp_path), "OLLAMA_HOST": NOBODY}).models.providers[name]
    preset = next(preset for preset in PRESETS if preset.name == name)
    written = checked(name, preset.fields).provider
    assert (found.protocol, found.base_url, found.api_key) == (written.protocol, written.base_url, written.api_key)
    assert found.model == written.model
    assert (found.assumed, written.assumed) == ((found.model,) if found.model else (), ())


def test_a_known_provider_needs_only_its_key(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[providers.openrouter]\napi_key = 'keyring:router'\n")
    models = load({"RIVULET_HOME": str(tmp_path)}).models
    assert models.providers["openrouter"].api_key == Secret("keyring:router")
    assert str(models.resolve("instruct")) == "openrouter/openrouter/auto"


def test_a_preset_finds_a_name_that_is_free() -> None:
    preset = PRESETS[0]
    assert preset.free_name([]) == "openai"
    assert preset.free_name(["openai", "openai-2", "x"]) == "openai-3"
