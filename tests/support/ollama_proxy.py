"""`ollama-proxy-plus`, which others wrote: it speaks Ollama's own protocol before any server of chat completions.

In a process of its own, ended with its standard input.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

_CHILD: Final = """
import os, socket, threading, uvicorn
from ollama_proxy.server import app
place = socket.socket()
place.bind(("127.0.0.1", 0))
place.listen()
print(place.getsockname()[1], flush=True)
def lifeline():
    while os.read(0, 4096):
        pass
    os._exit(0)
threading.Thread(target=lifeline, daemon=True).start()
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[place])
"""


@dataclass(frozen=True)
class OllamaProxy:
    """One that listens. A model's name is the name of the server behind it, a slash, and that server's own name."""

    url: str
    _child: subprocess.Popen[str]

    def kill(self) -> None:
        """Without a word to its clients."""
        self._child.kill()


@contextmanager
def ollama_proxy(behind: Mapping[str, tuple[str, str]]) -> Iterator[OllamaProxy]:
    """`behind`: each server of chat completions by its name: base URL and key."""
    environment = {"PATH": "", "NO_PROXY": "127.0.0.1"}
    for name, (url, key) in behind.items():
        environment |= {f"PROVIDERS_{name.upper()}_BASE_URL": url, f"PROVIDERS_{name.upper()}_API_KEY": key}
    with subprocess.Popen(
        [sys.executable, "-P", "-c", _CHILD],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdin and child.stdout
        port = child.stdout.readline().strip()
        assert port, "ollama-proxy-plus did not start; is the dev extra installed?"
        try:
            yield OllamaProxy(f"http://127.0.0.1:{port}", child)
        finally:
            child.stdin.close()
