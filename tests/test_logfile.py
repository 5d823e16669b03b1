"""The log file: private, scrubbed, and nothing of it on the terminal."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import CHECKOUT, configure, rivulet
from tests.support.load_server import LoadServer
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


def test_a_folder_and_a_file_that_were_open_to_others_are_so_no_longer(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / logfile.NAME).touch()
    (folder / logfile.NAME).chmod(0o666)
    done = run(folder, START + "logging.getLogger('tui').warning('told')")
    assert (done.returncode, done.stderr) == (0, b"")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / logfile.NAME).stat().st_mode & 0o777 == 0o600


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


def test_every_line_names_its_stream_also_those_of_a_traceback(tmp_path: Path) -> None:
    body = (
        "from tui.engine import STREAM_ID\n"
        "log = logging.getLogger('tui.engine.worker')\n"
        "log.warning('nobody')\n"
        "log.warning('named', extra={'stream_id': 'given'})\n"
        "STREAM_ID.set('mine')\n"
        "try: raise ValueError('two\\nlines')\nexcept ValueError: log.exception('it broke')\n"
        "logging.getLogger('somebody.else').error('here too')"
    )
    run(tmp_path / "log", START + body)
    first, second, *rest = (tmp_path / "log" / logfile.NAME).read_text().splitlines()
    assert re.fullmatch(r"[-\d]+ [:,\d]+ WARNING \d+ - tui\.engine\.worker: nobody", first)
    assert second.endswith(" given tui.engine.worker: named")
    assert rest[0].endswith(" mine tui.engine.worker: it broke")
    assert rest[1] == "    mine | Traceback (most recent call last):" and "    mine | ValueError: two" in rest
    assert all(" mine " in line for line in rest) and rest[-1].endswith(" mine somebody.else: here too")


def test_a_text_can_neither_begin_a_line_of_its_own_nor_act_on_a_terminal(tmp_path: Path) -> None:
    run(tmp_path / "log", START + r"logging.error('a\n2026-01-01 ERROR forged\r\x1b[2Jb')")
    first, second = (tmp_path / "log" / logfile.NAME).read_text().splitlines()
    assert first.endswith(" - root: a") and second == "    - | 2026-01-01 ERROR forged␍␛[2Jb"


def test_the_log_is_three_files_of_a_megabyte_and_the_newest_lines_are_there(tmp_path: Path) -> None:
    run(tmp_path / "log", START + "for n in range(5000): logging.error('%d %s', n, 'x' * 1000)")
    files = sorted((tmp_path / "log").iterdir())
    assert [file.name for file in files] == [logfile.NAME, f"{logfile.NAME}.1", f"{logfile.NAME}.2"]
    assert all(file.stat().st_size <= 1_000_000 and file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert files[0].read_text().splitlines()[-1].split(": ")[1].startswith("4999 ")
    assert files[1].stat().st_size > 990_000


def test_a_file_that_another_rivulet_has_put_aside_is_not_written_on(tmp_path: Path) -> None:
    body = (
        "file = Path(FOLDER, 'rivulet.log')\n"
        "logging.error('first')\nfile.rename(file.with_name('rivulet.log.1'))\n"
        "logging.error('second')\nfile.unlink()\nlogging.error('third')"
    )
    run(tmp_path / "log", START + body)
    told = {file.name: file.read_text().split(": ")[1] for file in (tmp_path / "log").iterdir()}
    assert told == {logfile.NAME: "third\n", f"{logfile.NAME}.1": "first\n"}


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("debug", "debug info warning error library"),
        ("info", "info warning error library"),
        ("warning", "warning error library"),
        ("error", "error"),
    ],
)
def test_the_level_is_for_rivulets_own_lines_and_libraries_only_warn(tmp_path: Path, level: str, told: str) -> None:
    body = (
        f"logfile.start(Path(FOLDER), '{level}')\n"
        "for name in ('debug', 'info', 'warning', 'error'): getattr(logging.getLogger('tui.x'), name)(name)\n"
        "for name in ('httpx', 'httpcore.connection', 'markdown_it'):\n"
        "    logging.getLogger(name).debug('too much'); logging.getLogger(name).info('too much')\n"
        "logging.getLogger('httpx').warning('library')"
    )
    run(tmp_path / "log", body)
    lines = (tmp_path / "log" / logfile.NAME).read_text().splitlines()
    assert [line.split(": ")[1] for line in lines] == told.split()


@pytest.mark.parametrize(("asked", "lines"), [("", 0), (", prompts=True", 3)])
def test_prompts_are_told_only_if_that_is_asked_for(tmp_path: Path, asked: str, lines: int) -> None:
    body = (
        f"logfile.start(Path(FOLDER), 'debug', ('abcdef-my-key',){asked})\n"
        "from tui.engine import STREAM_ID, Turn\nfrom tui.engine.trace import prompt\nSTREAM_ID.set('mine')\n"
        "logging.getLogger('tui').error('start')\n"
        "prompt((Turn('system', 'Be brief.'), Turn('user', 'Is abcdef-my-key good?\\nYes?')))"
    )
    run(tmp_path / "log", body)
    told = (tmp_path / "log" / logfile.NAME).read_text().splitlines()[1:]
    assert len(told) == lines
    if told:
        assert told[0].endswith(" mine tui.prompts: system: Be brief.")
        assert told[1:] == [told[1].split(" mine ")[0] + " mine tui.prompts: user: Is [key] good?", "    mine | Yes?"]


def test_a_key_that_a_command_gave_does_not_reach_the_file(tmp_path: Path) -> None:
    body = "from tui.engine import Secret\nlogging.error('got ' + Secret('!printf from-a-command').reveal())"
    run(tmp_path / "log", START + body)
    assert (tmp_path / "log" / logfile.NAME).read_text().endswith(": got [key]\n")


def test_of_two_keys_one_of_which_begins_the_other_nothing_is_left() -> None:
    assert logfile.scrubbed("a secret-12345", ("secret-1", "secret-12345")) == "a [key]"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc.def-123",
        "{'x-api-key': 'k-123456789'}",
        "sk-proj-12345678",
        "SK-ANT-1234567",
        "[(b'x-api-key', b'k-123456789')]",
        "https://h/v1?key=123456789",
        "https://me:pass-12345@h/v1",
        "gsk_123456789",
    ],
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
    assert {"from-outside", "written-down"} <= set(known)
    assert logfile.scrubbed("a short way, written-down", known) == "a short way, [key]"


@pytest.mark.parametrize("prompts", [False, True])
def test_a_run_at_debug_level_tells_of_its_stream_and_a_prompt_only_if_asked_for(
    tmp_path: Path, load_server: LoadServer, prompts: bool
) -> None:
    configure(tmp_path, load_server.url, 'api_key = "!printf a-key-of-mine"')
    with open(tmp_path / "config.toml", "a") as file:
        file.write(f'[log]\nlevel = "debug"\nprompts = {str(prompts).lower()}\n')
    done = rivulet("ask", "--json", "n=5 tag=private a-key-of-mine", home=tmp_path)
    told = json.loads(done.stdout)
    log = (tmp_path / "log" / logfile.NAME).read_text()
    assert told["status"] == "completed" and done.stderr == b""
    lines = [line for line in log.splitlines() if told["id"] in line]
    assert lines == log.splitlines() and "completed after" in lines[-1]
    assert ("n=5 tag=private [key]" in log) is prompts
    assert told["content"] not in log and "a-key-of-mine" not in log


FAIL = """
def fail(number):
    try: raise ValueError(f'mistake {number}')
    except ValueError: logging.getLogger('tui').exception('it failed')
"""


def test_what_fails_again_and_again_is_logged_once_in_a_while_and_counted(tmp_path: Path) -> None:
    body = "for n in range(1000): fail(n)\nclock = time.time\ntime.time = lambda: clock() + 11\nfail('at last')"
    run(tmp_path / "log", "import time\n" + START + FAIL + body)
    text = (tmp_path / "log" / logfile.NAME).read_text()
    assert re.findall("mistake (.*)", text) == ["0", "at last"]
    assert "it failed (and 999 times in between)" in text


def test_failures_of_two_kinds_or_places_are_both_logged(tmp_path: Path) -> None:
    other = FAIL.replace("fail(", "another(").replace("ValueError", "KeyError")
    run(tmp_path / "log", START + FAIL + other + "fail(1)\nanother(2)\nfail(3)\nanother(4)")
    assert re.findall(r"mistake (\d)", (tmp_path / "log" / logfile.NAME).read_text()) == ["1", "2"]


def test_a_failure_that_says_more_than_anybody_reads_is_cut_and_no_half_key_stands_at_its_end(tmp_path: Path) -> None:
    body = "try: raise ValueError('words ' + 'abcdef-my-key' * 1_000_000)\nexcept ValueError: logging.exception('no')"
    run(tmp_path / "log", START + body)
    text = (tmp_path / "log" / logfile.NAME).read_text()
    assert len(text) < 60_000
    assert "ValueError: words …" in text and "my-key" not in text
