"""What is written in a provider's form: what it would make, how it follows the file, what of a key it shows."""

from __future__ import annotations

import pytest

from tui.config.presets import PRESETS, Preset
from tui.screens.provider_draft import FIELDS, Draft
from tui.widgets.key_field import KEPT

Values = dict[str, str | int | float | bool]
SECRET = "sk-do-not-show-me-4711"
SEEN: Values = {"base_url": "https://a/v1", "api_key": SECRET, "model": "m", "idle_timeout": 20.5, "think_tags": False}


def hints(draft: Draft) -> dict[str, str]:
    return {field.id: draft.hint(field) for field in FIELDS if draft.shows(field.id)}


def test_what_stands_in_the_file_is_said_again_and_a_key_is_not_among_the_texts() -> None:
    draft = Draft.of("a", SEEN)
    assert draft.fields == SEEN and not draft.changed and draft.state == ""
    assert draft.texts["api_key"] == KEPT and SECRET not in repr(draft)
    draft.write("model", "n")
    assert draft.changed and draft.fields == SEEN | {"model": "n"}
    draft.take_back()
    assert not draft.changed


def test_it_follows_the_file_but_for_what_was_written() -> None:
    draft = Draft.of("a", SEEN)
    draft.write("model", "mine")
    draft.follow(SEEN | {"base_url": "https://b/v1", "max_streams": 2})
    assert draft.fields == SEEN | {"base_url": "https://b/v1", "max_streams": 2, "model": "mine"}
    assert draft.problems == {}
    draft.follow(SEEN | {"model": "theirs"})
    assert draft.problems == {"model": 'the file says "theirs" meanwhile: enter writes yours, ctrl+z takes that'}
    assert draft.fields["model"] == "mine" and "max_streams" not in draft.fields


@pytest.mark.parametrize("theirs", ["another-secret-key", "$THEIRS"])
def test_another_key_in_the_file_is_told_without_it(theirs: str) -> None:
    draft = Draft.of("a", SEEN)
    draft.write("api_key", "mine-mine-mine")
    draft.follow(SEEN | {"api_key": theirs})
    assert draft.problems["api_key"].startswith("the file says another key meanwhile")
    kept = Draft.of("a", SEEN)
    kept.follow(SEEN | {"api_key": theirs})
    assert kept.fields["api_key"] == theirs and not kept.changed


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_is_a_form_that_can_be_saved_once_it_has_a_name_and_an_address(preset: Preset) -> None:
    draft = Draft.begun(preset, taken=[])
    if not draft.name:
        assert set(draft.checked([]).problems) == {"name", "base_url"}
        draft.write("name", "mine")
        draft.write("base_url", "https://host/v1")
    assert draft.checked([]).ok and draft.changed


def test_a_known_name_says_what_an_empty_field_means() -> None:
    known = hints(Draft.of("openai", {}))
    assert known["base_url"] == "https://api.openai.com/v1" and known["api_key"] == "$OPENAI_API_KEY"
    elsewhere = hints(Draft.of("openai", {"base_url": "https://proxy/v1"}))
    assert "OPENAI" not in elsewhere["api_key"]
    demo = hints(Draft.of("local", {}))
    assert demo["model"] == "smollm2" and demo["max_streams"].startswith("4 ") and "api_key" not in demo


def test_a_copy_says_what_the_name_alone_said_and_takes_no_key_along() -> None:
    copy = Draft.copied("openai", {"model": "m"}, ["openai", "openai-2"])
    assert copy.name == "openai-3" and copy.fields == {
        "protocol": "openai",
        "base_url": "https://api.openai.com/v1",
        "api_key": "$OPENAI_API_KEY",
        "model": "m",
    }
    copy = Draft.copied("a", SEEN, ["a"])
    assert copy.about == "A copy of a, without its key." and "api_key" not in copy.fields
