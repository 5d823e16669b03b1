"""Who answers, and keys that come from anywhere and show nowhere."""

from __future__ import annotations

import sys
import time
import types
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.processes import gone
from tests.support.waiting import until
from tui.engine import provider as module
from tui.engine.attempts import Route
from tui.engine.protocols import HttpRequest
from tui.engine.provider import ModelRef, Models, Provider, Role, Secret, SecretUnavailable, UnknownModel, WireProtocol

KEY = "sk-very-secret-1234"

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


def test_a_key_may_stand_in_the_configuration() -> None:
    assert Secret(f" {KEY}\n").reveal() == KEY


def test_a_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", f"{KEY}\n")
    assert Secret("$MY_KEY").reveal() == KEY
    for empty in ("", "  "):
        monkeypatch.setenv("MY_KEY", empty)
        with pytest.raises(SecretUnavailable, match="The environment variable MY_KEY is not set"):
            Secret("$MY_KEY").reveal()


def test_a_key_may_come_from_a_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = types.ModuleType("keyring")
    held = {("rivulet", "work"): KEY}
    keyring.get_password = lambda service, name: held.get((service, name))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert Secret("keyring:work").reveal() == KEY
    with pytest.raises(SecretUnavailable, match="The keyring holds no home: keyring set rivulet home"):
        Secret("keyring:home").reveal()


def test_a_keyring_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretUnavailable, match=r'pip install "rivulet-tui\[keyring\]"'):
        Secret("keyring:work").reveal()


def test_a_keyring_that_fails_is_told_without_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = types.ModuleType("keyring")

    def fail(service: str, name: str) -> str:
        raise RuntimeError(f"could not decrypt {KEY}")

    keyring.get_password = fail  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    with pytest.raises(SecretUnavailable, match="The keyring did not answer: RuntimeError") as failure:
        Secret("keyring:work").reveal()
    assert KEY not in str(failure.value)


def test_a_key_may_be_the_first_line_that_a_command_prints() -> None:
    assert Secret(f"!printf '{KEY}\\nlogin: me\\n'").reveal() == KEY


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"echo {KEY}; exit 3", "printed none (exit status 3)"),
        (f"echo {KEY} >&2", "printed none (exit status 0)"),
        ("printf '\\377\\376'", "did not print text"),
        ("no-such-command-here", "printed none (exit status 127)"),
    ],
)
def test_a_command_that_gives_no_key_is_told_without_what_it_printed(
    command: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SecretUnavailable) as failure:
        Secret(f"!{command}").reveal()
    assert words in str(failure.value)
    assert KEY not in str(failure.value)
    assert capfd.readouterr() == ("", "")  # it would be written over the screen


def test_a_command_that_never_ends_is_given_up_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMMAND_TIMEOUT", 0.3)
    note = tmp_path / "pid"
    start = time.monotonic()
    with pytest.raises(SecretUnavailable, match=r"took longer than 0\.3 s"):
        Secret(f"!sleep 60 & echo $! > {note}; wait").reveal()
    assert time.monotonic() - start < 10
    pid = int(note.read_text())
    until(lambda: gone(pid), what="the end of what the command started")


def test_a_command_has_no_terminal_to_ask_on() -> None:
    assert Secret("!if (: < /dev/tty) 2>/dev/null; then echo tty; else echo none; fi").reveal() == "none"


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines", "tab\there"])
def test_a_key_that_no_header_can_carry_is_told_and_not_shown(key: str) -> None:
    with pytest.raises(SecretUnavailable, match="has characters that no HTTP header can carry") as failure:
        Secret(key).reveal()
    assert key not in str(failure.value)


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ("$MY_KEY", "$MY_KEY"),
        ("keyring:work", "keyring:work"),
        (f"!echo {KEY}", "a command"),
        (KEY, "the configuration"),
    ],
)
def test_where_a_key_comes_from_can_be_shown(source: str, origin: str) -> None:
    assert Secret(source).origin == origin


def test_no_value_that_carries_a_key_shows_it() -> None:
    provider = Provider("p", WireProtocol.OPENAI, "http://x", api_key=Secret(KEY))
    models = Models({"p": provider})
    route = Route(None, provider, KEY)  # type: ignore[arg-type]
    request = HttpRequest("http://x", {"authorization": f"Bearer {KEY}"}, b"{}")
    for value in (Secret(KEY), provider, models, route, request):
        assert KEY not in repr(value)
        assert KEY not in str(value)
