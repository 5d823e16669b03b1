"""Suspended and brought back, as a shell does it: the terminal is the shell's meanwhile, and no reply is lost."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.program import CHAT, CTRL_N, CTRL_Q, ENTER, Program, conversations, on_disk
from tests.support.home import Home
from tests.support.load_server import LoadServer
from tests.support.processes import children, gone, state
from tests.support.terminal import Terminal

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


def test_a_pause_ends_none_of_many_streams(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    home.config.write_text(home.config.read_text().replace("max_streams", "idle_timeout = 1\nmax_streams", 1))
    tags = [f"m{number}" for number in range(30)]
    with Program(home) as program:
        program.wait_ready()
        for tag in tags:
            program.write(CTRL_N + f"Count. n=60 tps=10 tag={tag}".encode() + ENTER)
        for tag in tags:
            load_server.wait_for(tag, deltas=5)
        os.kill(program.pid, signal.SIGSTOP)
        program.wait_until(lambda: state(program.pid).startswith("T"), what="it to stop")
        sent = load_server.wait_for(tags[-1], deltas=1).deltas
        load_server.wait_for(tags[-1], deltas=sent + 25)  # in two and a half seconds
        os.kill(program.pid, signal.SIGCONT)
        for tag in tags:
            load_server.wait_for(tag)
        program.quit()
    replies = [reply for _, versions in conversations(home.data) for reply in versions]
    assert not [reply["error"] for reply in replies if reply["status"] != "completed"]


def _threads(pid: int) -> int:
    """How many it has; 0 where the system does not say."""
    folder = Path(f"/proc/{pid}/task")
    return len(list(folder.iterdir())) if folder.exists() else 0


QUESTION = "Count. n=4000 tps=100 tag=x"


@contextmanager
def suspended_in_a_shell(home: Home) -> Iterator[tuple[Terminal, int]]:
    """A shell with job control, and the program that was suspended in it while it streamed."""
    shell = ["bash", "--norc", "--noprofile", "-i"]
    env = {**home.env, "PS1": "shell> ", "HISTFILE": "/dev/null"}
    with Terminal(shell, env=env, cwd=home.path, cols=110, rows=30) as terminal:
        terminal.wait_for("shell>")
        terminal.write(f"{sys.executable} -m tui\n")
        terminal.wait_for(CHAT, 15.0)
        terminal.write(f"{QUESTION}\r")
        terminal.wait_for("x-000[2-9]")
        (program,) = children(terminal.pid)
        terminal.write(ALT_Z)
        terminal.wait_until(lambda: state(program).startswith("T"), what="it to stop")
        terminal.wait_for("Stopped")
        try:
            yield terminal, program
        finally:
            if not gone(program):
                os.kill(program, signal.SIGKILL)


@pytest.mark.parametrize("end", ["kill %1", "kill -HUP %1", "bg; kill %1", "exit; exit", "kill -INT %1; fg"])
def test_a_suspended_program_can_be_ended_by_its_shell(home: Home, load_server: LoadServer, end: str) -> None:
    home.use(load_server.url)
    with suspended_in_a_shell(home) as (terminal, program):
        for command in end.split("; "):
            terminal.write(f"{command}\n")
        terminal.wait_until(lambda: gone(program), what="it to end")
    kept = on_disk(home.data)[QUESTION]
    assert kept.status == "stopped" and kept.content
    assert load_server.wait_for("x").content.startswith(kept.content)
    assert "told to end" in (home.log / "rivulet.log").read_text()


def test_in_the_background_what_streams_goes_on_and_the_terminal_is_the_shells(
    home: Home, load_server: LoadServer
) -> None:
    home.use(load_server.url)
    with suspended_in_a_shell(home) as (terminal, program):
        before = load_server.wait_for("x", 1).deltas
        written = len(terminal.raw)
        terminal.write("bg\n")
        load_server.wait_for("x", before + 300)
        terminal.write("echo the shell is $((6 * 7))\n")
        terminal.wait_for("the shell is 42")
        assert b"x-0" not in terminal.raw[written:], "nothing is drawn over the shell"
        terminal.write("fg\n")
        terminal.wait_for(CHAT)
        terminal.wait_for(r"x-0\d{4}")
        terminal.write(b"it reads keys")
        terminal.wait_for("it reads keys")
        terminal.write(CTRL_Q)
        terminal.wait_for(r"Quit\?")
        terminal.write(b"\r")
        terminal.wait_until(lambda: gone(program), what="it to end")
    assert on_disk(home.data)[QUESTION].status == "stopped"


def test_a_program_that_was_stopped_from_outside_has_its_terminal_again_after_fg(
    home: Home, load_server: LoadServer
) -> None:
    home.use(load_server.url)
    with suspended_in_a_shell(home) as (terminal, program):
        terminal.write("fg\n")
        terminal.wait_for(CHAT)
        os.kill(program, signal.SIGSTOP)
        terminal.wait_for("shell>$")  # which sets the terminal up for lines
        terminal.write("fg\n")
        terminal.wait_for(r"─{40}")
        terminal.write(b"\x15it reads keys")  # and not only whole lines
        terminal.wait_for("it reads keys")
        terminal.wait_gone("shell>")
        terminal.write("\x15" + "\x11")
        terminal.wait_for(r"Quit\?")
        terminal.write(b"\r")
        terminal.wait_until(lambda: gone(program), what="it to end")
