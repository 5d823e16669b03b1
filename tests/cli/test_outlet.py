"""Writing from a thread: order, a slow reader, a reader that is gone."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.command import CHECKOUT

_PROGRAM = """
import sys, threading
from tui.cli.outlet import ERR, Outlet
gone = threading.Event()
outlet = Outlet(gone.set)
{body}
outlet.finish()
print(type(outlet.failure).__name__, gone.is_set(), file=sys.stderr)
"""


def program(body: str, stdout: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM.format(body=body)], cwd=CHECKOUT, stdout=stdout, stderr=subprocess.PIPE
    )


def test_text_comes_out_in_its_order_and_as_utf8() -> None:
    with program("for i in range(1000): outlet.write(f'{i} 你\\n')", subprocess.PIPE) as running:
        out, err = running.communicate(timeout=30)
    assert out.decode() == "".join(f"{i} 你\n" for i in range(1000))
    assert err == b"NoneType False\n"


def test_a_lone_surrogate_is_no_crash() -> None:
    with program("outlet.write('a\\ud83db')", subprocess.PIPE) as running:
        assert running.communicate(timeout=30) == (b"a?b", b"NoneType False\n")


def test_a_reader_that_does_not_read_keeps_nobody_waiting() -> None:
    body = "for i in range(200): outlet.write('x' * 10_000)\nprint('went on', file=sys.stderr, flush=True)"
    with program(body, subprocess.PIPE) as running:
        assert running.stderr is not None and running.stdout is not None
        assert running.stderr.readline() == b"went on\n"  # 2 MB are on their way, the pipe holds 64 kB
        assert len(running.stdout.read()) == 2_000_000
        assert running.wait(30) == 0


def test_a_pipe_that_does_not_block_loses_nothing() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with program("outlet.write('x' * 1_000_000)", writing) as running, open(reading, "rb") as pipe:
        os.close(writing)
        assert len(pipe.read()) == 1_000_000
        assert running.communicate(timeout=30)[1] == b"NoneType False\n"


def test_a_reader_that_is_gone_is_told_once_and_stderr_still_works() -> None:
    body = "outlet.write('x')\ngone.wait(20)\noutlet.write('y')\noutlet.write('note\\n', ERR)"
    reading, writing = os.pipe()
    os.close(reading)
    with program(body, writing) as running:
        os.close(writing)
        assert running.communicate(timeout=30)[1] == b"note\nBrokenPipeError True\n"
