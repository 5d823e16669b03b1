"""Loads the runtime once in a process of its own, so that 93 MB are not fetched for a machine that can't use them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from typing import IO, Final

from tui.engine.embedded.server import available
from tui.engine.embedded.trouble import OTHERWISE, why_it_does_not_load, why_it_is_not_installed
from tui.engine.secret import without_keys

PATIENCE: Final = 30.0
"""Seconds; it takes a tenth of one where the library is in the page cache."""

_TICK: Final = 0.01
_LONGEST: Final = 1 << 16
# Its parameters, too: made by the native code, which an import alone may leave untouched.
_LOAD: Final = """
import sys
try:
    import xllamacpp
    xllamacpp.CommonParams()
except Exception as error:
    sys.exit(str(error) or type(error).__name__)
"""


async def why_it_cant_run(patience: float = PATIENCE) -> str:
    """One line for a reader; empty if the runtime loads here. Cancelling ends the process."""
    if not available():
        return why_it_is_not_installed()
    try:
        with tempfile.TemporaryFile() as said:
            code = await _loaded(said, patience)
            said.seek(0)
            words = said.read(_LONGEST).decode("utf-8", "replace")
    except OSError as error:
        return f"The embedded model can't be tried here ({error.strerror or error}): mend that, {OTHERWISE}."
    if code is None:
        return f"The embedded model's runtime does not load within {patience:g} s: try again, {OTHERWISE}."
    return why_it_does_not_load(code, words) if code else ""


async def _loaded(said: IO[bytes], patience: float) -> int | None:
    """The process's exit status; None if it took too long."""
    process = _start(said)
    deadline = time.monotonic() + patience
    try:
        while (code := process.poll()) is None:
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_TICK)
    finally:
        process.kill()  # unless it is gone
        process.wait()
    return code


def _start(said: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _LOAD],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=said,
        env=without_keys(os.environ),
    )
