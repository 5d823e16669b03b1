"""A tmux for a test alone: its own server, behind a socket of its own, without anybody's settings."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

TMUX = shutil.which("tmux")
"""None where it is not installed: such tests then have a stand-in only."""

_numbers = itertools.count(1)


class PrivateTmux:
    """A context manager: at its end the server is gone, with all that ran in it."""

    def __init__(self) -> None:
        assert TMUX is not None
        self.name = f"rivulet-test-{os.getpid()}-{next(_numbers)}"
        self.argv = [TMUX, "-L", self.name, "-f", "/dev/null"]

    def command(self, *arguments: str) -> bytes:
        environ = {name: value for name, value in os.environ.items() if name not in ("TMUX", "TMUX_PANE")}
        return subprocess.run([*self.argv, *arguments], env=environ, capture_output=True, check=True).stdout

    def start(self, *command: str) -> None:
        """A session that nobody is attached to."""
        self.command("new-session", "-d", "-x", "80", "-y", "24", *command)

    @property
    def variable(self) -> str:
        """What TMUX is in the environment of its programs."""
        return self.command("display-message", "-p", "#{socket_path},#{pid},0").decode().strip()

    @property
    def buffer(self) -> bytes:
        """What would be pasted."""
        return self.command("show-buffer")

    def new_session(self, *command: str) -> Sequence[str]:
        """The command line that starts the server and shows a session with this program in it."""
        return [*self.argv, "new-session", *command]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            socket = Path(self.command("display-message", "-p", "#{socket_path}").decode().strip())
            self.command("kill-server")
        except subprocess.CalledProcessError:  # it is gone already
            return
        socket.unlink(missing_ok=True)
