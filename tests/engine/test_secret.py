"""Keys come from anywhere and show nowhere."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import gone
from tests.support.waiting import until
from tui.engine import secret as module
from tui.engine.attempts import Route
from tui.engine.keys import Keys
from tui.engine.protocols import HttpRequest
from tui.engine.provider import Models, Provider, WireProtocol
from tui.engine.secret import Secret, SecretUnavailable, without_keys

KEY = "sk-very-secret-1234"


def test_a_key_may_stand_in_the_configuration() -> None:
    assert Secret(f" {KEY}\n").reveal() == KEY


def test_a_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", f"{KEY}\n")
    assert Secret("$MY_KEY").reveal() == KEY
    for empty in ("", "  "):
        monkeypatch.setenv("MY_KEY", empty)
        with pytest.raises(SecretUnavailable, match="The environment variable MY_KEY is not set"):
            Secret("$MY_KEY").reveal()


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has the next keyring answer with what these lines do; they know `service` and `name`."""
    path = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(module, "find_spec", lambda name: name)

    def answers(*lines: str) -> None:
        body = "".join(f"    {line}\n" for line in lines)
        (tmp_path / "keyring.py").write_text(f"import sys, time\n\ndef get_password(service, name):\n{body}")

    return answers


def test_a_key_may_come_from_a_keyring(keyring: Callable[..., None]) -> None:
    keyring(f"return {{('rivulet', 'work'): {KEY!r}}}.get((service, name))")
    assert Secret("keyring:work").reveal() == KEY
    with pytest.raises(SecretUnavailable, match="The keyring holds no home: keyring set rivulet home"):
        Secret("keyring:home").reveal()


def test_a_keyring_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(SecretUnavailable, match=r'pip install "rivulet-tui\[keyring\]"'):
        Secret("keyring:work").reveal()


@pytest.mark.parametrize("error", ["RuntimeError", "SystemExit", "KeyboardInterrupt"])
def test_a_keyring_that_fails_is_told_without_what_it_said(keyring: Callable[..., None], error: str) -> None:
    keyring(f"raise {error}({KEY!r})")
    with pytest.raises(SecretUnavailable, match=f"The keyring did not answer: {error}") as failure:
        Secret("keyring:work").reveal()
    assert KEY not in str(failure.value)


def test_what_a_keyring_prints_is_no_key_and_stands_on_no_screen(
    keyring: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    keyring(
        "print('Password:\\x1b]0;pwned\\x07', flush=True)",
        "print('for', name, file=sys.stderr)",
        "try: open('/dev/tty')",
        f"except OSError: return {KEY!r}",
    )
    assert Secret("keyring:work").reveal() == KEY
    assert capfd.readouterr() == ("", "")


def test_a_keyring_that_never_answers_is_given_up(
    keyring: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEYRING_TIMEOUT", 0.3)
    keyring("time.sleep(60)")
    with pytest.raises(SecretUnavailable, match=r"The keyring took longer than 0\.3 s"):
        Secret("keyring:work").reveal()


@pytest.mark.parametrize("said", ["sk-\x1b]0;pwned\x07", "sk-a\r\nX-Evil: 1", "sk-\u0430", "sk-a\x00b"])
def test_a_keyring_can_put_nothing_but_a_key_into_a_request(keyring: Callable[..., None], said: str) -> None:
    keyring(f"return {said!r}")
    with pytest.raises(SecretUnavailable, match="has characters that no HTTP header can carry"):
        Secret("keyring:work").reveal()


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


@pytest.mark.parametrize(
    "source", ["!echo a\0b", "keyring:a\0b", f"!echo {'a' * 3_000_000}"], ids=["command", "keyring", "too long"]
)
def test_what_no_program_can_be_told_is_told_to_the_user(keyring: Callable[..., None], source: str) -> None:
    with pytest.raises(SecretUnavailable, match=r"can't be run: (ValueError|OSError)"):
        Secret(source).reveal()


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


async def test_a_key_is_in_no_debug_log_of_asyncio(caplog: pytest.LogCaptureFixture) -> None:
    """Such a log writes of a text how it begins and ends: half of a key that nothing then finds."""
    asyncio.get_running_loop().set_debug(True)
    asyncio.get_running_loop().slow_callback_duration = 0.0
    asked = Keys().reveal(Secret(KEY))
    assert await asked == KEY
    assert "Executing" in caplog.text
    halves = {KEY[at : at + 8] for at in range(len(KEY) - 7)}
    assert not any(half in caplog.text for half in halves)


def test_other_programs_are_handed_no_keys() -> None:
    Secret(KEY).reveal()
    Secret("none").reveal()
    environ = {"MY_TOKEN": f"{KEY}\n", "OPENAI_API_KEY": "x", "my_apikey": "y", "PATH": "/bin", "A": "none", "B": ""}
    assert without_keys(environ) == {"PATH": "/bin", "A": "none", "B": ""}
