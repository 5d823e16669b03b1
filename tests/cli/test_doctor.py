"""`rivulet doctor`: what it finds, what it never shows, and its exit status."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import CHECKOUT, configure, rivulet
from tests.support.embedded import model_folder, place_model, runtime_without_libgomp
from tests.support.load_server import LoadServer
from tui.cli.terminal_facts import terminal_facts
from tui.engine import FolderLock
from tui.engine.embedded.models import SMOLLM2

SECRET = "sk-do-not-show-me-4711"


@pytest.fixture
def server() -> Iterator[LoadServer]:
    with LoadServer() as running:
        yield running


def section(out: str, title: str) -> dict[str, str]:
    """The rows of one part of what it printed."""
    rows = out.split(f"{title}\n", 1)[1].split("\n\n", 1)[0].splitlines()
    return {row[:13].strip(): row[13:] for row in rows}


def doctor(home: Path, **env: str) -> tuple[int, str]:
    done = rivulet("doctor", home=home, env=env)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def test_a_provider_that_answers_can_be_used(tmp_path: Path, server: LoadServer) -> None:
    configure(tmp_path, server.url, 'api_key = "$MY_KEY"')
    status, out = doctor(tmp_path, MY_KEY=SECRET)
    load = section(out, "Provider load")
    assert (status, load["answer"]) == (0, "reachable, 1 model")
    assert (load["protocol"], load["address"], load["model"]) == ("openai", server.url, "fake")
    assert load["key"] == "from $MY_KEY (present)"
    assert section(out, "Roles") == dict.fromkeys(("instruct", "thinking", "fast"), "load/fake")
    assert SECRET not in out


def test_one_provider_that_answers_is_enough(tmp_path: Path, server: LoadServer) -> None:
    configure(tmp_path, server.url)
    with open(tmp_path / "config.toml", "a") as file:
        file.write('[providers.away]\nbase_url = "http://127.0.0.1:1/v1"\n[models]\nfast = "away/x"\n')
    status, out = doctor(tmp_path)
    assert status == 0
    away = section(out, "Provider away")
    assert away["answer"].startswith("no: ") and "127.0.0.1:1" in away["answer"]
    assert away["model"] == "none by default"
    assert section(out, "Roles")["fast"] == "away/x (can't be used now)"


def test_with_nothing_that_answers_it_exits_with_1(tmp_path: Path) -> None:
    status, out = doctor(tmp_path)
    assert status == 1
    assert section(out, "Provider local")["model"] == "smollm2 (not fetched: rivulet model fetch smollm2)"
    assert "No model can be used" in out


def test_the_embedded_model_is_tried_to_the_last_bit(tmp_path: Path) -> None:
    place_model(tmp_path / "data")
    status, out = doctor(tmp_path)
    assert (status, section(out, "Provider local")["model"]) == (0, "smollm2 (fetched)")
    assert section(out, "Provider local")["runtime"] == "installed, and loads here"


def test_a_model_that_was_damaged_since_it_was_fetched_is_told(tmp_path: Path) -> None:
    path = SMOLLM2.path(tmp_path / "data")
    path.parent.mkdir(parents=True)
    shutil.copyfile(SMOLLM2.path(model_folder()), path)
    with open(path, "r+b") as file:
        file.seek(-4096, os.SEEK_END)
        file.write(bytes(4096))
    _, out = doctor(tmp_path)
    path.unlink()  # pytest keeps its folders for three runs
    assert section(out, "Provider local")["model"] == "smollm2 (its file is damaged: rivulet model fetch smollm2)"


def test_a_runtime_that_does_not_load_is_told(tmp_path: Path) -> None:
    _, out = doctor(tmp_path, PYTHONPATH=f"{runtime_without_libgomp(tmp_path)}:{CHECKOUT}")
    assert "apt-get install libgomp1" in section(out, "Provider local")["runtime"]


def test_a_key_that_is_missing_is_named_and_no_key_is_shown(tmp_path: Path, server: LoadServer) -> None:
    configure(tmp_path, server.url, 'api_key = "$MY_KEY"', names=("load", "other"))
    with open(tmp_path / "config.toml", "a") as file:
        file.write(f"api_key = '{SECRET}'\n")
    _, out = doctor(tmp_path)
    assert section(out, "Provider load")["key"] == "from $MY_KEY: The environment variable MY_KEY is not set."
    assert section(out, "Provider load")["answer"].startswith("no: ")
    assert section(out, "Provider other")["key"] == "from the configuration (present)"
    assert "chmod 600" in out  # others may read the file
    assert SECRET not in out


def test_a_command_that_gives_a_key_runs_once(tmp_path: Path, server: LoadServer) -> None:
    configure(tmp_path, server.url, f'api_key = "!echo x >> {tmp_path}/ran; echo {SECRET}"')
    status, out = doctor(tmp_path)
    assert (status, section(out, "Provider load")["key"]) == (0, "from a command")
    assert (tmp_path / "ran").read_text() == "x\n"
    assert SECRET not in out


def test_a_default_model_that_the_server_does_not_list_is_noted(tmp_path: Path, server: LoadServer) -> None:
    (tmp_path / "config.toml").write_text(f'[providers.load]\nbase_url = "{server.url}"\nmodel = "gpt-9"\n')
    assert section(doctor(tmp_path)[1], "Provider load")["model"] == "gpt-9 (not in the list of its models)"


def test_it_says_where_files_are_and_makes_none(tmp_path: Path) -> None:
    files = section(doctor(tmp_path)[1], "Files")
    assert files["settings"] == f"{tmp_path / 'config.toml'} (none: the environment is used)"
    assert files["data"] == f"{tmp_path / 'data'} (not there yet, made when needed)"
    assert files["in use"] == "no"
    assert list(tmp_path.iterdir()) == []


def test_it_says_who_holds_the_data(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    lock = FolderLock(tmp_path / "data")
    files = section(doctor(tmp_path)[1], "Files")
    lock.release()
    assert files["data"].endswith("(writable)")
    assert files["in use"].startswith("Another Rivulet") and str(os.getpid()) in files["in use"]


def test_it_says_where_a_copy_goes(tmp_path: Path) -> None:
    copying = section(doctor(tmp_path, SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22")[1], "Copying")
    assert copying["goes to"] == "the terminal's clipboard (OSC 52)"
    assert copying["over SSH"].startswith("a copy goes to the clipboard of the machine before you")


def test_a_place_that_is_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    assert section(doctor(tmp_path)[1], "Files")["data"].endswith(f"can't be made: {tmp_path / 'data'} is no folder)")


@pytest.mark.parametrize(
    ("environ", "row", "said"),
    [
        ({}, "TERM", "not set"),
        ({"TERM": "dumb"}, "TERM", "dumb: the UI needs more than that"),
        ({"TERM": "xterm-256color"}, "colours", "256 (COLORTERM does not say more)"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "colours", "16 million (COLORTERM=truecolor)"),
        ({"TERM": "vt100", "NO_COLOR": "1"}, "colours", "16, but NO_COLOR is set"),
        ({"LANG": "de_DE.utf8"}, "text", "UTF-8 (LANG=de_DE.utf8)"),
        ({"LC_ALL": "C", "LANG": "C.UTF-8"}, "text", "not UTF-8 (LC_ALL=C)"),
        ({}, "text", "no locale is set"),
        ({"TMUX": "x", "SSH_CONNECTION": "y"}, "reached", "over SSH, in tmux"),
        ({}, "reached", "directly"),
        ({"TERM": "xterm-kitty"}, "links", "told to the terminal"),
        ({"TERM": "xterm"}, "links", "not told to the terminal: it is not known"),
        ({"TERM": "tmux-256color", "TMUX": "x"}, "links", "not told to the terminal: tmux hands them on from 3.4"),
        ({"BROWSER": "sh -c", "SSH_TTY": "x"}, "opened", "with sh -c"),
        ({"SSH_CONNECTION": "x", "DISPLAY": ":0"}, "opened", "not from here (over SSH)"),
    ],
)
def test_what_the_environment_says_about_the_terminal(environ: dict[str, str], row: str, said: str) -> None:
    assert dict(terminal_facts(environ))[row].startswith(said)


def test_what_was_only_assumed_of_a_provider_gives_way_to_what_it_has(tmp_path: Path, server: LoadServer) -> None:
    status, out = doctor(tmp_path, OPENAI_API_KEY=SECRET, OPENAI_BASE_URL=server.url)
    assert (status, section(out, "Provider openai")["model"]) == (0, "fake")
    assert set(section(out, "Roles").values()) == {"openai/fake"}
