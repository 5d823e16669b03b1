from __future__ import annotations

import os
import pty
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.command import CHECKOUT, rivulet
from tests.support.embedded import place_model, runtime_without_libgomp
from tests.support.packages import build_wheel, stalling_index
from tests.support.waiting import until
from tui.cli.model import run
from tui.engine.embedded.models import SMOLLM2

PROGRAM = """
import sys
from pathlib import Path
from tui.cli.model import run
sys.exit(run(sys.argv[1], None, Path(sys.argv[2]), Path(sys.argv[3])))
"""


@contextmanager
def fetching(folder: Path, environment: dict[str, str], stderr: int) -> Iterator[subprocess.Popen[str]]:
    """`rivulet model fetch` with this configuration of pip alone."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    command = [sys.executable, "-c", PROGRAM, "fetch", str(folder / "data"), str(folder / "log")]
    with subprocess.Popen(
        command, env=clean | environment, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return build_wheel(tmp_path / "packages", member=SMOLLM2.member, package=SMOLLM2.package)


def test_the_list_says_what_there_is_and_how_to_get_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", None, tmp_path, tmp_path) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.split() == "smollm2 not here 93 MB Apache-2.0 rivulet model fetch smollm2".split()
    assert second.strip() == "SmolLM2 135M: a small demo model, English only"


def test_the_list_says_where_a_model_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = place_model(tmp_path)
    assert run("list", None, tmp_path, tmp_path) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.split() == ["smollm2", "here", "93", "MB", "Apache-2.0", str(path)]


def test_fetching_a_model_that_is_here_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = place_model(tmp_path)
    assert run("fetch", "smollm2", tmp_path, tmp_path) == 0
    said = capsys.readouterr()
    assert said.out == f"SmolLM2 135M is here: {path}\n"
    assert said.err == "Checking SmolLM2 135M (93 MB)\n"


def test_an_unknown_model_is_bad_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fetch", "gpt-5", tmp_path, tmp_path) == 2
    assert capsys.readouterr().err == 'rivulet: There is no embedded model "gpt-5" (there is: smollm2).\n'


@pytest.mark.parametrize("command", [("model", "fetch"), ("ask", "-m", "local", "hi")])
def test_nothing_is_fetched_for_a_runtime_that_does_not_load(tmp_path: Path, command: tuple[str, ...]) -> None:
    path = f"{runtime_without_libgomp(tmp_path)}:{CHECKOUT}"
    done = rivulet(*command, home=tmp_path, env={"PYTHONPATH": path, "PIP_NO_INDEX": "1"})
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == (
        b"rivulet: The embedded model needs the system library libgomp.so.1, which is not here: "
        b"apt-get install libgomp1, or configure a provider in config.toml.\n"
    )
    assert not (tmp_path / "data").exists()


def test_all_folders_that_a_fetch_makes_are_the_users_alone(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    done = rivulet("model", "fetch", home=tmp_path, env={"RIVULET_HOME": str(home), "PIP_NO_INDEX": "1"})
    assert done.returncode == 1
    for folder in (home.parent, home, home / "data", home / "data/models", home / "log"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_a_fetch_that_fails_is_one_line_and_status_1(tmp_path: Path) -> None:
    offline = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    with fetching(tmp_path, offline, subprocess.PIPE) as process:
        out, err = process.communicate()
    assert process.returncode == 1
    assert out == ""
    started, failed = err.splitlines()
    assert started == "Fetching SmolLM2 135M (93 MB)"
    assert failed.startswith("rivulet: SmolLM2 135M could not be fetched, the package index does not answer")


def test_ctrl_c_ends_a_fetch_cleanly(tmp_path: Path, wheel: Path) -> None:
    with stalling_index(wheel) as index, fetching(tmp_path, index.environment, subprocess.PIPE) as process:
        until(index.stalled.is_set)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        until(index.left.is_set, what="pip's end")
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "rivulet: Interrupted: nothing was kept."
    assert [path.name for path in (tmp_path / "data/models").iterdir()] == [".fetch.lock"]


def test_a_terminal_is_shown_a_bar(tmp_path: Path, wheel: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {"TERM": "xterm-256color", "COLUMNS": "100"}
    seen = bytearray()

    def megabytes_are_shown() -> bool:
        seen.extend(os.read(ours, 4096))
        return re.search(rb"[01]\.[1-9]/92\.9 MB", seen) is not None  # up to half of the package comes

    try:
        with stalling_index(wheel) as index, fetching(tmp_path, index.environment | environment, theirs) as process:
            until(megabytes_are_shown)
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 130
            while b"nothing was kept" not in seen:
                seen.extend(os.read(ours, 4096))
    finally:
        os.close(ours)
        os.close(theirs)
    assert b"Fetching SmolLM2 135M" in seen
    assert seen.rindex(b"\x1b[?25h") > seen.rindex(b"\x1b[?25l")  # the cursor is back
