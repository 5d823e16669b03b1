"""Which processes there are: for tests that must see one go."""

from __future__ import annotations

import subprocess


def state(pid: int) -> str:
    """As ps tells it, empty if there is none."""
    return subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()


def gone(pid: int) -> bool:
    """Whether it has ended; one that nobody has reaped yet counts as ended."""
    return state(pid)[:1] in ("", "Z")


def children(pid: int) -> list[int]:
    """Of that process."""
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in table.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]
