"""Stands between a test's pty and the program in it, as a shell does; run as `session_leader.py REPORT LIFELINE ARGV…`.

It exists because the kernel resets the terminal's settings when the leader of its session ends: only while a leader
lives on can a test see in what state the program left them. Like a shell it gives the program a process group of
its own in the foreground and hands a hangup on to it. It reports `pid N` and `exit N` on one pipe; when the other,
its lifeline, ends, what is left of that process group is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import termios
from types import FrameType


def main() -> None:
    report, lifeline, argv = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    pid = os.fork()
    if pid == 0:
        os.close(report)
        os.close(lifeline)
        _become(argv)
    with contextlib.suppress(OSError):  # whichever of the two comes first makes the group
        os.setpgid(pid, pid)
    ended = False

    def reap(signum: int, frame: FrameType | None) -> None:
        nonlocal ended
        with contextlib.suppress(ChildProcessError):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                ended = True
                os.write(report, f"exit {os.waitstatus_to_exitcode(status)}\n".encode())

    def hang_up(signum: int, frame: FrameType | None) -> None:
        for handed_on in (signal.SIGHUP, signal.SIGCONT):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, handed_on)

    signal.signal(signal.SIGCHLD, reap)
    signal.signal(signal.SIGHUP, hang_up)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.write(report, f"pid {pid}\n".encode())
    reap(signal.SIGCHLD, None)  # it may have ended before there was a handler
    while os.read(lifeline, 1):
        pass
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    if not ended:
        os.waitpid(pid, 0)


def _become(argv: list[str]) -> None:
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpid())
        for changed in (signal.SIGTTOU, signal.SIGPIPE, signal.SIGXFSZ):  # the last two by Python's own start
            signal.signal(changed, signal.SIG_DFL)
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    os._exit(127)


if __name__ == "__main__":
    main()
