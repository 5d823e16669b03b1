"""The server's process ends with the program in every way that the program can end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import children, gone
from tests.support.waiting import until
from tui.engine.embedded import child
from tui.engine.embedded.server import LOG_NAME

PROGRAM = """
import asyncio, subprocess, sys
from pathlib import Path
from tui.engine.embedded.models import SMOLLM2
from tui.engine.embedded.server import ModelServer

async def main():
    server = ModelServer(SMOLLM2, data=Path(sys.argv[1]), log=Path(sys.argv[2]))
    await server.endpoint()
    # Another child, as an editor may be, that takes over whatever it can and outlives us.
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    other = subprocess.Popen(sleep, close_fds=False, start_new_session=True)
    print(server.pid, other.pid, flush=True)
    ENDING

asyncio.run(main())
"""
WAIT = "await asyncio.sleep(60)"
ENDINGS = {
    "kill -9": (WAIT, signal.SIGKILL),
    "SIGTERM": (WAIT, signal.SIGTERM),
    "a hangup": (WAIT, signal.SIGHUP),
    "an exception": ("raise RuntimeError", None),
    "an abrupt exit": ("import os; os._exit(3)", None),
}


def start(program: str, data: Path, log: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", "-c", program, str(data), str(log)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def kill(*pids: int) -> None:
    """Those that are still there; it is this test that started them."""
    for pid in pids:
        if not gone(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_ends_with_a_program_that_ends_by(ending: str, data: Path, tmp_path: Path) -> None:
    last_line, number = ENDINGS[ending]
    with start(PROGRAM.replace("ENDING", last_line), data, tmp_path) as program:
        assert program.stdout is not None
        server, other = map(int, program.stdout.readline().split())
        try:
            if number is not None:
                program.send_signal(number)
            program.wait(10)
            until(lambda: gone(server), timeout=2, what="the server's end")
            assert not gone(other)
        finally:
            kill(server, other)


def test_it_ends_while_it_loads(data: Path, tmp_path: Path) -> None:
    log = tmp_path / LOG_NAME
    with start(PROGRAM.replace("ENDING", WAIT), data, tmp_path) as program:
        until(lambda: log.exists() and "loading model" in log.read_text())
        (server,) = children(program.pid)
        program.kill()
        program.wait(10)
        try:
            until(lambda: gone(server), timeout=2, what="the server's end")
        finally:
            kill(server)


def test_it_ends_although_native_code_holds_the_interpreter() -> None:
    # Loading does so for as long as it takes, and then no thread of Python runs. Here it takes a minute.
    program = (
        "import ctypes, runpy, sys\n"
        f"runpy.run_path({child.__file__!r})['hold_on_to_parent']()\n"
        "native = ctypes.PyDLL(None)\n"
        "sys.setswitchinterval(1000)\n"
        "native.write(1, b'loading\\n', 8), native.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            assert process.stdout.readline() == b"loading\n"
            process.stdin.close()
            process.wait(2)
        finally:
            process.kill()


def test_it_ends_if_the_program_is_gone_before_it_looks() -> None:
    program = f"import runpy, time; runpy.run_path({child.__file__!r})['hold_on_to_parent'](); time.sleep(60)"
    done = subprocess.run([sys.executable, "-c", program], stdin=subprocess.DEVNULL, timeout=10, check=False)
    assert done.returncode == 0
