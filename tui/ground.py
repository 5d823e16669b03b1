"""Asks the terminal for its background colour, before the UI starts: dark or light?"""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import time
from contextlib import suppress
from typing import Final, NoReturn

_WAIT: Final = 0.25
"""Seconds for the answer. A slower line counts as dark; what comes late is thrown away by the key reader."""

_ANSWER: Final = re.compile(rb"\x1b\]11;rgb:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:\x07|\x1b\\)")
_ATTRIBUTES: Final = re.compile(rb"\x1b\[\?[0-9;]*c")


def is_light(answer: bytes) -> bool | None:
    """What an answer to OSC 11 says; None if it is none."""
    found = _ANSWER.search(answer)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    luminance: float = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return luminance > 0.5


def ask_terminal() -> tuple[bool | None, bytes]:
    """Whether it is light, None if it does not say; and what the user typed meanwhile, for whoever reads keys next."""
    try:
        import termios
        import tty
    except ImportError:
        return None, b""
    fd = sys.stdin.fileno()
    if not (os.isatty(fd) and os.isatty(sys.stderr.fileno())):
        return None, b""
    before = termios.tcgetattr(fd)
    answer = b""
    ends = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    handlers = {number: signal.getsignal(number) for number in ends}
    try:
        for number, handler in handlers.items():
            if handler is signal.SIG_DFL:
                signal.signal(number, _end)  # else it ends us in the midst of this, and the terminal stays as it is
        tty.setcbreak(fd, termios.TCSANOW)
        # The device attributes are asked for as well: every terminal answers that, so nobody waits in vain.
        os.write(sys.stderr.fileno(), b"\x1b]11;?\x1b\\\x1b[c")
        end = time.monotonic() + _WAIT
        while not _ATTRIBUTES.search(answer) and (left := end - time.monotonic()) > 0:
            if select.select([fd], [], [], left)[0]:
                data = os.read(fd, 1024)
                if not data:
                    break
                answer += data
    except OSError:
        pass  # a terminal that was closed says nothing
    finally:
        with suppress(termios.error):  # a terminal that was closed needs nothing
            termios.tcsetattr(fd, termios.TCSANOW, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return is_light(answer), _ATTRIBUTES.sub(b"", _ANSWER.sub(b"", answer))


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def few_colours() -> bool:
    """Whether the terminal promises no more than 16 colours."""
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return False
    term = os.environ.get("TERM", "")
    return "256" not in term and "direct" not in term and term not in ("xterm-kitty", "alacritty", "wezterm", "ghostty")
