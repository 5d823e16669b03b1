"""What an import costs, shown by running it: the import linter reads the source, this asks the interpreter."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.home import CHECKOUT, Home, clean_environment

MODULES = sorted((CHECKOUT / "tui").rglob("*.py"))
LONGEST = 300
"""Lines of a file: 100 is normal, 250 a question, more than this a room to be divided."""

_RUN = "import sys\n{}\nprint(*{{name.partition('.')[0] for name in sys.modules}}, file=sys.stderr)"
_PROGRAM = """
import runpy
sys.argv = ["rivulet", {!r}]
try:
    runpy.run_module("tui", run_name="__main__", alter_sys=True)
except SystemExit as ended:
    assert not ended.code, ended.code
"""


def imported(source: str, home: Path) -> set[str]:
    """The top-level packages that an interpreter has imported after running the source."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN.format(source)],
        env=clean_environment(home),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


def test_the_engine_starts_without_a_terminal_toolkit_and_without_the_http_library(tmp_path: Path) -> None:
    packages = imported("import tui.engine", tmp_path)
    assert "tui" in packages
    assert packages.isdisjoint({"textual", "rich", "httpx"})


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_question_about_the_program_imports_no_library(tmp_path: Path, option: str) -> None:
    packages = imported(_PROGRAM.format(option), tmp_path)
    assert "argparse" in packages
    assert packages.isdisjoint({"textual", "rich", "httpx", "tinydb", "asyncio"})


@pytest.mark.parametrize("command", ["ask", "streams"])
def test_a_command_needs_no_textual(tmp_path: Path, command: str) -> None:
    packages = imported(f"import tui.cli.{command}", tmp_path)
    assert packages.isdisjoint({"textual", "httpx"})


def test_the_settings_are_read_without_a_terminal_toolkit(home: Home) -> None:
    home.use("http://127.0.0.1:1/v1")
    packages = imported("import os\nfrom tui.config import load\nload(os.environ)", home.path)
    assert packages.isdisjoint({"textual", "rich", "httpx"})


def test_every_module_says_why_it_exists() -> None:
    sources = {file: file.read_text(encoding="utf-8") for file in MODULES}
    silent = [
        named(file) for file, source in sources.items() if source.strip() and not ast.get_docstring(ast.parse(source))
    ]
    assert not silent


def test_no_module_is_longer_than_a_reader_likes() -> None:
    lengths = {named(file): len(file.read_text(encoding="utf-8").splitlines()) for file in MODULES}
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST}


def named(file: Path) -> str:
    return file.relative_to(CHECKOUT).as_posix()
