"""Keys: where each comes from, and how it is read. Nothing here shows one."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Final

from tui.engine.redacting import is_secret

COMMAND_TIMEOUT: Final = 30.0
"""Seconds for a command to give a key: it may have to ask for a fingerprint."""

KEYRING_TIMEOUT: Final = 120.0
"""Seconds for a keyring, that may be locked and ask for its password in a window."""


class SecretUnavailable(LookupError):
    """A key could not be had; the message says which and why, never the key."""


class Key(str):
    """A key as it is sent. What shows values (asyncio's debug log, a traceback with variables) does not show it: those
    leave the middle of a long text out, and the half that is left is not found again."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "[key]"


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a key comes from: `$VAR`, `keyring:NAME`, `!command` or the key itself. Never shows what it holds."""

    source: str = field(repr=False)

    @property
    def origin(self) -> str:
        """Where it comes from, safe to show."""
        if self.source.startswith(("$", "keyring:")):
            return self.source
        return "a command" if self.source.startswith("!") else "the configuration"

    def reveal(self) -> Key:
        """The key itself. May block (a keyring, a command). Raises SecretUnavailable."""
        if self.source.startswith("$"):
            value = os.environ.get(self.source[1:], "")
            if not value.strip():
                raise SecretUnavailable(f"The environment variable {self.source[1:]} is not set.")
        elif self.source.startswith("keyring:"):
            value = _from_keyring(self.source.removeprefix("keyring:"))
        elif self.source.startswith("!"):
            value = _from_command(self.source[1:])
        else:
            value = self.source
        value = value.strip()
        if not value.isascii() or not value.isprintable():
            raise SecretUnavailable(f"The key from {self.origin} has characters that no HTTP header can carry.")
        return known(value)


_revealed: Final[set[str]] = set()


def known(value: str) -> Key:
    """This is a key: from here on the log is kept free of it, and other programs are not handed it."""
    _revealed.add(value)
    return Key(value)


def revealed_keys() -> frozenset[str]:
    """Every key that was read since the start, wherever it came from."""
    return frozenset(_revealed)


_CALLED_A_KEY: Final = re.compile(r"(?i).*_API_?KEY")


def without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that has no use for keys: without those that are known, or called so. The user's
    editor and the commands of the settings have all of it, as from a shell."""
    return {
        name: value
        for name, value in environ.items()
        if not (_CALLED_A_KEY.fullmatch(name) or (value.strip() in _revealed and is_secret(value.strip())))
    }


# In a process of its own, without our terminal: backends print, ask for passwords, wait for ever and end programs.
_ASK_KEYRING: Final = """
import os, sys
answer = os.dup(1)
os.dup2(2, 1)
try:
    import keyring
    value = keyring.get_password("rivulet", sys.argv[1])
except BaseException as error:
    said = "!" + type(error).__name__
else:
    said = "" if value is None else "=" + str(value)
os.write(answer, said.encode("utf-8", "replace"))
"""


def _from_keyring(name: str) -> str:
    if find_spec("keyring") is None:
        raise SecretUnavailable('Keys in a keyring need one more package: pip install "rivulet-tui[keyring]".')
    _, printed = _run([sys.executable, "-P", "-c", _ASK_KEYRING, name], KEYRING_TIMEOUT, "The keyring")
    said = printed.decode("utf-8", "replace")
    if said.startswith("!"):
        raise SecretUnavailable(f"The keyring did not answer: {said[1:]}.")
    if not said.removeprefix("=").strip():
        raise SecretUnavailable(f"The keyring holds no {name}: keyring set rivulet {shlex.quote(name)}")
    return said[1:]


def _from_command(command: str) -> str:
    status, printed = _run(command, COMMAND_TIMEOUT, "The command that gives the key")
    try:
        lines = printed.decode().strip().splitlines()
    except UnicodeDecodeError:
        raise SecretUnavailable("The command that gives the key did not print text. Try it in a shell.") from None
    if status != 0 or not lines:
        raise SecretUnavailable(
            f"The command that gives the key printed none (exit status {status}). Try it in a shell."
        )
    return lines[0]


def _run(command: str | Sequence[str], seconds: float, what: str) -> tuple[int, bytes]:
    """Its exit status, and what it printed. A text is for the shell. Raises SecretUnavailable."""
    try:
        process = subprocess.Popen(
            command,
            shell=isinstance(command, str),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Without our terminal: what would ask for a password there would write over the screen and read its keys.
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # a NUL in it
        raise SecretUnavailable(f"{what} can't be run: {type(error).__name__}.") from None
    with process:
        try:
            printed = process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            _kill(process)
            raise SecretUnavailable(f"{what} took longer than {seconds:g} s. Try it in a shell.") from None
    return process.returncode, printed


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The shell, and what it started: that holds the pipe which is to be closed."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
