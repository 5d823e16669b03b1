"""The log file: private, scrubbed, and nothing of it on the terminal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import CHECKOUT
from tui import logfile
from tui.engine import Provider, Secret, WireProtocol


def run(folder: Path, body: str) -> subprocess.CompletedProcess[bytes]:
    program = f"import logging, threading, warnings\nfrom pathlib import Path\nfrom tui import logfile\n{body}"
    return subprocess.run(
        [sys.executable, "-c", program.replace("FOLDER", repr(str(folder)))],
        cwd=CHECKOUT,
        capture_output=True,
        timeout=30,
    )


START = "logfile.start(Path(FOLDER), 'info', ('abcdef-my-key',))\n"


def test_what_fails_in_a_thread_goes_to_the_file_and_not_to_the_terminal(tmp_path: Path) -> None:
    done = run(tmp_path / "log", START + "t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert "ZeroDivisionError" in (tmp_path / "log" / logfile.NAME).read_text()


def test_warnings_go_to_the_file(tmp_path: Path) -> None:
    done = run(tmp_path / "log", START + "warnings.warn('careful')")
    assert (done.stdout, done.stderr) == (b"", b"")
    assert "careful" in (tmp_path / "log" / logfile.NAME).read_text()


def test_keys_do_not_reach_the_file(tmp_path: Path) -> None:
    failure = "try: raise ValueError('Bearer other-key-123')\nexcept ValueError: logging.exception('no')"
    body = f"logging.error('sent abcdef-my-key')\n{failure}"
    run(tmp_path / "log", START + body)
    text = (tmp_path / "log" / logfile.NAME).read_text()
    assert "sent [key]" in text and "Bearer [key]" in text
    assert "my-key" not in text and "other-key" not in text


def test_file_and_folder_are_the_users_alone_and_made_at_the_first_record(tmp_path: Path) -> None:
    run(tmp_path / "log", START)
    assert not (tmp_path / "log").exists()
    run(tmp_path / "log", START + "logging.error('x')")
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "log" / logfile.NAME).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_can_not_be_made_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path / "file" / "log", START + "logging.error('x')\nprint('alive')")
    assert (done.stdout, done.stderr) == (b"alive\n", b"")


@pytest.mark.parametrize(
    "text", ["Authorization: Bearer abc.def-123", "{'x-api-key': 'k-123456789'}", "sk-proj-12345678", "SK-ANT-1234567"]
)
def test_what_looks_like_a_key_is_blotted_out(text: str) -> None:
    assert "[key]" in logfile.scrubbed(text)
    assert "123" not in logfile.scrubbed(text)


def test_ordinary_words_are_left_alone() -> None:
    text = "the bearer of a task-list asked, at 10.0.0.1, for risk-free keys"
    assert logfile.scrubbed(text) == text


def test_the_keys_that_are_known_are_those_written_down_or_in_the_environment() -> None:
    providers = [
        Provider(str(number), WireProtocol.OPENAI, "https://h", None if source is None else Secret(source))
        for number, source in enumerate([None, "$MINE", "$NOT_SET", "written-down", "short", "!printf never-run"])
    ]
    known = logfile.secrets_of(providers, {"MINE": "from-outside"})
    assert {"from-outside", "written-down"} <= set(known) and "short" not in known
