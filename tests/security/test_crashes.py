# ruff: noqa: E501 - a table's rows are not broken
"""An attacker's reading of mistakes: Python's own ways to tell of one quote what it was busy with, and that may be a key.

| where a mistake is made, with a key among its variables and in its words | what stands against it |
|---|---|
| in a stream's work, in a callback and a task of the loop, in a thread, while an object is taken away | the log, `scrubbed`; a reader is told the kind of error alone |
| none, but the loop is asked to tell of all that it does (PYTHONASYNCIODEBUG, -X dev): it quotes arguments and results, without their middle | `Key` shows nothing of itself |
| before there is a log | its kind and its place, and not its words |
| while the screens are made: the toolkit would show all variables | `Unbroken` |
| the toolkit's own logs (TEXTUAL, TEXTUAL_LOG, TEXTUAL_DEBUG), in which each typed key is | the command does not hand it those |
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.server import JSON, Answer, HostileServer, Request, said
from tests.security.test_secrets import KEY, leaks
from tests.support.command import environment, rivulet
from tests.support.program import CTRL_Q, F4
from tests.support.terminal import Terminal

BEGIN = """
import asyncio, os, sys, threading
import tui.engine, tui.__main__

def boom(*arguments, **named):
    key = os.environ["WORK_KEY"]
    raise RuntimeError("boom " + key)

async def boom_later(*arguments):
    boom()
"""
EVERYWHERE = """
class Going:
    def __del__(self):
        boom()

enter = tui.engine.Engine.__aenter__

async def enter_badly(engine):
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 0.0
    loop.call_soon(boom)
    loop.create_task(boom_later(os.environ["WORK_KEY"]))
    threading.Thread(target=boom).start()
    Going()
    return await enter(engine)

tui.engine.Engine.__aenter__ = enter_badly
"""
IN_A_STREAM = """
import tui.engine.attempts
tui.engine.attempts.exchange = boom
"""
AT_THE_START = """
import tui.config
tui.config.load = boom
"""
IN_THE_SCREENS = """
import tui.app
tui.app.ChatScreen.__init__ = boom
"""
END = """
sys.exit(tui.__main__.main())
"""


def answer(request: Request) -> Answer:
    return Answer([b'{"data": []}'], headers=JSON) if request.method == "GET" else Answer(said("Hi", " there"))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with HostileServer(answer) as server:
        table = f'[providers.echo]\nbase_url = "{server.url}"\napi_key = "$WORK_KEY"\nmodel = "fake"\n'
        (tmp_path / "config.toml").write_text(f'{table}[log]\nlevel = "debug"\nprompts = true\n')
        yield tmp_path


def run(home: Path, code: str, *arguments: str, status: int = 1) -> bytes:
    """All that a terminal shows, and all that is left on the disk, of a program that ends with that status."""
    env = environment(home, WORK_KEY=KEY, PYTHONASYNCIODEBUG="1", PYTHONWARNINGS="default", NO_COLOR="1")
    program = [sys.executable, "-X", "dev", "-c", BEGIN + code + END, *arguments]
    with Terminal(program, env=env, cwd=home, cols=200) as terminal:
        assert terminal.wait_exit(60) == status
        raw = terminal.raw
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert leaks(raw + kept, at_least=8) == []
    assert b"Traceback" not in raw
    return raw + kept


def test_a_mistake_anywhere_shows_no_key_and_neither_does_asyncios_debug_log(home: Path) -> None:
    told = run(home, EVERYWHERE, "ask", "hello", status=0)
    assert b"Hi there" in told
    for name in (b"thread failed", b"Task exception", b"Exception in callback", b"ignored", b"Executing <"):
        assert name in told, "or the attack was none"
    assert told.count(b"boom [key]") >= 4
    assert b"mistake here (RuntimeError)" in run(home, IN_A_STREAM, "ask", "hello")


def test_a_mistake_at_the_start_is_told_in_a_line_and_without_its_key(home: Path) -> None:
    assert b"Something went wrong that should not: RuntimeError at " in run(home, AT_THE_START, "ask", "hello")
    told = run(home, IN_THE_SCREENS)
    assert b"The screens failed" in told and b"Rivulet's screen failed" in told


def test_a_home_that_is_nobodys_is_a_folder_of_that_name(home: Path) -> None:
    done = rivulet("ask", "hello", home=home, env={"RIVULET_HOME": "~no-such-user/x"})
    assert done.returncode == 2 and b"Traceback" not in done.stderr and done.stderr.count(b"\n") == 1


def test_what_is_typed_stands_in_no_log_of_the_toolkits(home: Path, tmp_path: Path) -> None:
    env = environment(home, WORK_KEY=KEY, TEXTUAL="debug", TEXTUAL_LOG=str(tmp_path / "textual.log"))
    with Terminal([sys.executable, "-m", "tui"], env=env | {"TEXTUAL_DEBUG": "1"}, cwd=home) as terminal:
        terminal.wait_for("─{40}", 30)
        terminal.write(KEY)
        terminal.wait_for("wY4pKd9=")
        terminal.write(F4)
        terminal.wait_for("^ *Settings")
        terminal.write(CTRL_Q)
        assert terminal.wait_exit() == 0
    kept = {path.name: leaks(path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()}
    assert {name for name, found in kept.items() if found} == {"index.json"}, "the draft, which is the user's own text"
