"""Suspended and brought back, as a shell does it: the terminal is the shell's meanwhile, and no reply is lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.end_to_end.program import Program, on_disk
from tests.support.home import Home
from tests.support.load_server import LoadServer
from tests.support.processes import state

ALT_Z, CTRL_Z = b"\x1bz", b"\x1a"


def test_what_streams_goes_on_after_a_pause_that_is_longer_than_the_server_may_be_silent(
    home: Home, load_server: LoadServer
) -> None:
    home.use(load_server.url)
    home.config.write_text(home.config.read_text().replace("max_streams", "idle_timeout = 1\nmax_streams", 1))
    question = "Count. n=400 tps=150 tag=paused"
    with Program(home) as program:
        program.wait_ready()
        program.ask(question)
        program.wait_for("paused-000")
        program.write(b"a draft" + CTRL_Z)  # which undoes, and suspends nothing
        program.wait_for("Ask something")
        program.write(ALT_Z)
        program.wait_until(lambda: state(program.pid).startswith("T"), what="it to stop")
        assert program.leftovers() == []
        load_server.wait_for("paused")  # into the buffers of the system, for longer than the idle timeout
        os.killpg(program.pid, signal.SIGCONT)
        program.wait_for("end-of-paused")
        program.wait_for("Ask something")  # all is drawn, not only what is new
        threads = _threads(program.pid)
        os.kill(program.pid, signal.SIGSTOP)  # by somebody who leaves it no time
        program.wait_until(lambda: state(program.pid).startswith("T"), what="it to stop")
        program.write(b"it reads keys")
        os.kill(program.pid, signal.SIGCONT)
        program.wait_for("it reads keys")
        assert _threads(program.pid) <= threads
        program.write(b"\x15")
        program.wait_for("Ask something")
        program.quit()
    kept = on_disk(home.data)[question]
    assert (kept.status, kept.content) == ("completed", load_server.wait_for("paused").content)


def _threads(pid: int) -> int:
    """How many it has; 0 where the system does not say."""
    folder = Path(f"/proc/{pid}/task")
    return len(list(folder.iterdir())) if folder.exists() else 0
