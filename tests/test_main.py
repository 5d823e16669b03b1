"""The command itself: what answers fast, what is bad usage, and that no traceback reaches the user."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import tui
from tests.support.command import argv, configure, environment, rivulet
from tests.support.load_server import LoadServer
from tests.support.terminal import Terminal

SLOW = {"textual", "rich", "httpx", "tinydb", "asyncio", "tui.engine", "tui.config"}
SECRET = "sk-do-not-show-me-4711"


def test_the_version_is_one_line(tmp_path: Path) -> None:
    done = rivulet("--version", home=tmp_path)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, f"rivulet {tui.__version__}\n", b"")


def test_help_names_every_command(tmp_path: Path) -> None:
    done = rivulet("--help", home=tmp_path)
    assert done.returncode == 0
    for word in (b"ask", b"doctor", b"model", b"streams", b"-m MODEL", b"--version"):
        assert word in done.stdout


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["ask", "--help"], ["model", "--help"], ["streams", "-n0"], ["bogus"]]
)
def test_what_should_be_fast_imports_none_of_the_slow_packages(tmp_path: Path, arguments: list[str]) -> None:
    program = (
        "import sys\nfrom tui.__main__ import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        f"print(sorted(set(sys.modules) & {SLOW}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(tmp_path), capture_output=True, text=True, timeout=30
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["streams"], ["doctor"], ["model", "list"], ["ask", "-m", "nowhere", "hello"]])
def test_what_is_imported_is_left_out_of_every_search_for_garbage(tmp_path: Path, arguments: list[str]) -> None:
    program = (
        f"import gc\nfrom tui.__main__ import main\nmain({arguments!r})\n"
        "print(gc.isenabled(), gc.get_freeze_count() > len(gc.get_objects()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(tmp_path), capture_output=True, text=True, timeout=30
    )
    assert done.stdout.splitlines()[-1] == "True True"


def test_the_answer_to_version_takes_little_processor_time(tmp_path: Path) -> None:
    program = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL, check=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\nprint(used.ru_utime + used.ru_stime)"
    )

    def seconds(*arguments: str) -> float:
        command = [sys.executable, "-c", program, *arguments]
        return float(subprocess.run(command, env=environment(tmp_path), capture_output=True, check=True).stdout)

    pairs = [(seconds("-m", "tui", "--version"), seconds("-c", "pass")) for _ in range(5)]
    version, nothing = map(min, zip(*pairs, strict=True))
    assert version < 5 * nothing  # with the toolkit it would be 20 times


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["bogus"], "bogus"),
        (["local"], "local"),
        (["-m"], "-m"),
        (["--bogus"], "--bogus"),
        (["model"], "ACTION"),
        (["model", "bogus"], "bogus"),
        (["model", "fetch", "no-such-model"], "no-such-model"),
        (["doctor", "bogus"], "bogus"),
        (["-m", "local", "doctor"], "-m"),
        (["-m", "local", "streams"], "-m"),
        (["streams", "5"], "5"),
        (["streams", "-n"], "-n"),
        (["streams", "-n", "0"], "from 1"),
        (["streams", "-n", "-5"], "-5"),
        (["streams", "-n", "many"], "many"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(tmp_path: Path, arguments: list[str], word: str) -> None:
    done = rivulet(*arguments, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"rivulet: ") and done.stderr.count(b"\n") == 1
    assert word in done.stderr.decode()


def test_a_command_takes_the_model_before_its_name_too(tmp_path: Path) -> None:
    done = rivulet("-m", "nowhere", "ask", "hello", home=tmp_path)
    assert done.returncode == 2 and b'"nowhere"' in done.stderr


@pytest.mark.parametrize("command", [["ask", "hello"], ["doctor"], []])
def test_settings_that_are_wrong_are_a_line_each_and_exit_2(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "config.toml").write_text(f"[ui]\nglyphs = 1\n[providers.x]\nbase_url = '{SECRET}'\n")
    done = rivulet(*command, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    lines = done.stderr.decode().splitlines()
    assert [line.startswith(f"rivulet: {tmp_path / 'config.toml'}: ") for line in lines] == [True, True]
    assert SECRET not in done.stderr.decode()


def test_the_ui_needs_a_terminal(tmp_path: Path) -> None:
    done = rivulet(home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1 and b"rivulet ask" in done.stderr


def test_the_ui_needs_its_output_to_be_the_terminal(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    done = subprocess.run(argv(), env=environment(tmp_path), stdin=slave, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"standard output is none" in os.read(master, 1000)
    os.close(master)


def test_a_dumb_terminal_is_told_so(tmp_path: Path) -> None:
    with Terminal(argv(), env=environment(tmp_path, TERM="dumb")) as terminal:
        assert terminal.wait_exit() == 2
        assert "TERM is dumb" in terminal.text()
        assert b"\x1b[?" not in terminal.raw.replace(b"\x1b_drained\x1b\\", b"")


def test_a_model_that_does_not_exist_is_said_before_the_ui_starts(tmp_path: Path) -> None:
    with Terminal(argv("-m", "nowhere"), env=environment(tmp_path)) as terminal:
        assert terminal.wait_exit() == 2
        assert 'There is no provider "nowhere"' in terminal.text()


def test_text_is_utf8_both_ways_whatever_the_locale_says(tmp_path: Path) -> None:
    with LoadServer() as server:
        configure(tmp_path, server.url)
        ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
        done = rivulet("ask", "你好 n=200 tag=a", home=tmp_path, env=ascii_only)
        sent = server.find("a")
    assert sent is not None
    assert sent.body["messages"][-1]["content"] == "你好 n=200 tag=a"
    assert "终" in sent.content
    assert (done.returncode, done.stdout.decode()) == (0, sent.content)


def test_the_embedded_model_asked_for_by_name_is_fetched_at_once(tmp_path: Path) -> None:
    # There is no index to fetch it from, so that is what it says; without the fetch the UI would have started.
    nowhere = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "OPENAI_API_KEY": SECRET}
    with Terminal(argv("-m", "local"), env=environment(tmp_path, **nowhere)) as terminal:
        assert terminal.wait_exit(60) == 1
        assert "could not be fetched" in " ".join(terminal.text().split())
    done = rivulet("ask", "-m", "local", "hello", home=tmp_path, env=nowhere)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"could not be fetched" in done.stderr


def test_a_failure_that_nobody_foresaw_is_one_line_and_its_traceback_is_in_the_log(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom tui.cli import ask\nfrom tui.__main__ import main\n"
        f"def fail(*_): raise RuntimeError('it broke with {SECRET}')\n"
        "ask.run = fail\nsys.exit(main(['ask', 'hello']))"
    )
    configure(tmp_path, "http://127.0.0.1:1/v1", f'api_key = "{SECRET}"')
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(tmp_path), stdin=subprocess.DEVNULL, capture_output=True
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.count(b"\n") == 1
    log = tmp_path / "log" / "rivulet.log"
    assert "RuntimeError: it broke with" in done.stderr.decode() and str(log) in done.stderr.decode()
    assert "Traceback" in log.read_text()
    assert SECRET not in log.read_text() + done.stderr.decode()


def test_data_that_is_damaged_is_one_line_and_exit_2(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:1/v1")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "index.json").write_text(json.dumps({"meta": {"1": {"schema": 999}}}))
    done = rivulet("ask", "--save", "hello", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"rivulet: ") and done.stderr.count(b"\n") == 1


def test_a_home_that_cannot_be_written_to_is_one_line(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:1/v1")
    (tmp_path / "data").touch()
    done = rivulet("ask", "--save", "hello", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"rivulet: ") and done.stderr.count(b"\n") == 1


def test_help_into_a_pipe_that_nobody_reads_is_quiet(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(argv("doctor"), env=environment(tmp_path), stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert done.stderr == b""


@pytest.mark.parametrize("arguments", [["doctor"], ["streams"], ["model", "list"], ["streams", "--json"]])
def test_an_output_that_can_not_be_written_is_one_line_and_no_failure_of_ours(
    tmp_path: Path, load_server: LoadServer, arguments: list[str]
) -> None:
    configure(tmp_path, load_server.url)
    assert rivulet("ask", "--save", "n=1 tag=a", home=tmp_path).returncode == 0
    (tmp_path / "closed").touch()
    with (tmp_path / "closed").open("rb") as closed:
        done = subprocess.run(
            argv(*arguments), env=environment(tmp_path), stdout=closed, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr == b"rivulet: The output can't be written: Bad file descriptor.\n"
    log = tmp_path / "log" / "rivulet.log"
    assert not log.exists() or "Traceback" not in log.read_text()


@pytest.mark.parametrize("arguments", [["streams", "-n0"], ["ask"], [], ["ask", "-m", "nobody/nothing", "hello"]])
def test_a_standard_error_that_can_not_be_written_changes_no_exit_status(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "closed").touch()
    with (tmp_path / "closed").open("rb") as closed:
        done = subprocess.run(
            argv(*arguments),
            env=environment(tmp_path),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=closed,
            timeout=60,
        )
    assert (done.returncode, done.stdout) == (2, b"")
