"""What came while the program stood still goes before what is overdue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from tests.support.processes import state
from tests.support.waiting import until

PROGRAM = """
import asyncio, sys
from tui.engine import run_loop

async def main():
    loop, first = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
    tell = lambda what: first.done() or first.set_result(what)
    loop.add_reader(sys.stdin, tell, "what came")
    loop.call_later(0.5, tell, "what was overdue")
    print("waits", flush=True)
    return await first

print(run_loop(main()))
"""


def test_what_came_in_a_pause_counts_before_what_is_overdue_after_it() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "waits\n"
        # In the midst of its wait, in which it sleeps: only such a wait ends with nothing.
        until(lambda: state(process.pid).startswith("S"), what="it to sleep")
        os.kill(process.pid, signal.SIGSTOP)
        until(lambda: state(process.pid).startswith("T"), what="it to stop")
        over = time.monotonic() + 0.7
        process.stdin.write("here\n")
        process.stdin.flush()
        until(lambda: time.monotonic() > over, what="the pause to be over")
        os.kill(process.pid, signal.SIGCONT)
        assert process.stdout.read() == "what came\n"
