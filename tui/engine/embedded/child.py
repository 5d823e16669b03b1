"""The embedded model's server: a process of its own, since loading holds the GIL and a native crash takes all along.

Run by its path, `python -P child.py MODEL SLOTS CONTEXT LONGEST NAME`; it imports nothing of Rivulet. It prints one
line of JSON, `{"url": …}` or `{"error": …, "message": …}`, and serves until its standard input ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from typing import NoReturn

KEY_VARIABLE = "RIVULET_EMBEDDED_KEY"
PROMPT_CACHE_MIB = 256
"""Of evaluated prompts in memory; the runtime's own default is 8 GiB."""


def hold_on_to_parent() -> None:
    """End with the parent, however that ends: the other end of our standard input is open in it alone.

    Loading holds the GIL for half a second and more, so no thread runs then; the kernel's own signal
    at the pipe's end ends us all the same (measured: 3 ms). The thread is for where there is none.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # a Python handler would wait for the GIL
    threading.Thread(target=_end_with_input, daemon=True).start()
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        signal.signal(signal.SIGIO, signal.SIG_DFL)
        fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)


def _end_with_input() -> None:
    while os.read(0, 4096):  # not sys.stdin: its lock would abort the interpreter's exit
        pass
    os._exit(0)


def threads() -> int:
    """Half of the cores: with all of them, one other busy program slows generation 36 times (a barrier that spins)."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    chosen = max(1, cores // 2)
    if chosen == cores:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    return chosen


def main() -> NoReturn:
    hold_on_to_parent()
    path, name = sys.argv[1], sys.argv[5]
    slots, context, longest = map(int, sys.argv[2:5])
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the native code prints goes to the log

    def say(**line: str) -> None:
        with answer:
            print(json.dumps(line), file=answer)

    count = threads()
    try:
        import xllamacpp
    except ImportError as error:
        say(error="import", message=str(error))
        sys.exit(1)

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {name}
    params.n_parallel = slots
    params.n_ctx = slots * context
    params.n_predict = longest
    params.cache_ram_mib = PROMPT_CACHE_MIB
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = count
    params.n_threads_http = slots + 4
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.ui = False
    params.fit_params = False  # what it would choose is given; trying it out took a quarter of a start
    params.api_keys = [os.environ.pop(KEY_VARIABLE)]
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        say(error="model", message=str(error))
        os._exit(1)
    say(url=server.listening_address)
    threading.Event().wait()
    raise AssertionError("nothing sets it")


if __name__ == "__main__":
    main()
