"""What the terminal's writer thread writes to: the file descriptor itself, whatever state that is in."""

from __future__ import annotations

import os
import select
from typing import Final

_PIECE: Final = 4096
"""Bytes at once: how far a slow terminal has come is known after each."""


class TerminalOutput:
    """A text file for one thread. It holds no lock of Python's, so that a thread that a stalled terminal keeps does not
    keep the program from ending; and a terminal that was closed is no error, for whoever reads from it finds out."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._text: list[str] = []
        self.taken = 0
        """Bytes that the terminal has taken."""

    def fileno(self) -> int:
        return self._fd

    def write(self, text: str) -> None:
        self._text.append(text)

    def flush(self) -> None:
        data = memoryview("".join(self._text).encode("utf-8", "replace"))
        self._text.clear()
        while data:
            try:
                count = os.write(self._fd, data[:_PIECE])
            except BlockingIOError:  # whoever shares the terminal has set it so
                select.select([], [self._fd], [])
            except OSError:
                return
            else:
                self.taken += count
                data = data[count:]
