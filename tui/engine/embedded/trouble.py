"""Why the embedded model can't run, in one line for a reader. Pure, but for a look at what machine this is."""

from __future__ import annotations

import platform
import re
import signal
import sys
from pathlib import Path
from typing import Final

from tui.engine.embedded.models import EmbeddedModel

OTHERWISE: Final = "or configure a provider in config.toml"
_LIBRARY: Final = re.compile(r"(\S+\.so[.\d]*): cannot open shared object file")


class Death(Exception):
    """How the server's process ended before it was ready: its exit status, and what it said."""

    def __init__(self, code: int | None, error: str = "", message: str = "") -> None:
        super().__init__(code, error, message)
        self.code = code
        self.error = error
        self.message = message


def why_it_died(death: Death, model: EmbeddedModel, logged: str, log: Path) -> str:
    """The reason, from its exit status, its last words and what it logged."""
    if lacking := _what_the_machine_lacks(death.code, f"{death.message}\n{logged}"):
        return lacking
    if death.error == "import":
        return why_it_does_not_load(death.code, death.message)
    if death.error == "model":
        return (
            f"The file of {model.title} can't be read, it may be damaged: rivulet model fetch {model.name}, "
            f"{OTHERWISE} (its log: {log})."
        )
    if death.error == "health":
        return f"The embedded model started but does not answer ({_one_line(death.message)}): try again, {OTHERWISE}."
    return f"The embedded model ended while it started ({_status(death.code)}): see {log}, {OTHERWISE}."


def why_it_does_not_load(code: int | None, said: str) -> str:
    """The reason why the runtime can't be imported, from the exit status of who tried and the words it left."""
    if lacking := _what_the_machine_lacks(code, said):
        return lacking
    words = _one_line(said) or _status(code)
    return f"The embedded model's runtime does not load here ({words}): mend it, {OTHERWISE}."


def _what_the_machine_lacks(code: int | None, said: str) -> str:
    if code == -signal.SIGILL:
        return f"The embedded model can't run on this CPU (on x86 it needs AVX2): use another machine, {OTHERWISE}."
    if code == -signal.SIGKILL:
        return f"The embedded model was killed while it started (is the memory full?): try again, {OTHERWISE}."
    if missing := _LIBRARY.search(said):
        library = missing[1]
        install = "apt-get install libgomp1" if library == "libgomp.so.1" else "install it"
        return f"The embedded model needs the system library {library}, which is not here: {install}, {OTHERWISE}."
    return ""


def why_it_is_not_installed(system: str = "", machine: str = "", libc: str | None = None) -> str:
    """What to do where the runtime is missing."""
    if not has_wheel(system, machine, libc):
        return (
            f"The embedded model does not run on this kind of machine ({system or sys.platform} "
            f"{machine or platform.machine()}): configure a provider in config.toml."
        )
    return f'The embedded model needs one more package: pip install "rivulet-tui[local]", {OTHERWISE}.'


def has_wheel(system: str = "", machine: str = "", libc: str | None = None) -> bool:
    """Whether the runtime is published ready-made for such a machine; without arguments, for this one."""
    system = system or sys.platform
    machine = (machine or platform.machine()).lower()
    if system == "linux":
        return machine in ("x86_64", "aarch64") and (platform.libc_ver()[0] if libc is None else libc) == "glibc"
    return (system, machine) in (("darwin", "x86_64"), ("darwin", "arm64"), ("win32", "amd64"))


def _status(code: int | None) -> str:
    if code is None:
        return "it is still there"
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit status {code}"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
