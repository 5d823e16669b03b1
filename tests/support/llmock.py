"""`llmock`, a model server that somebody else wrote: it speaks several protocols, fails as it is told, and judges how
its clients took that. In a process of its own, ended with its standard input."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.request import Request, urlopen

_CHILD: Final = """
import os
os.environ["LLMOCK_STREAM_CHUNK_DELAY_MS"] = "2"  # or a reply is under way as a whole before its client reads a word
from llmock.testing import LLMockServer
server = LLMockServer().start()
print(server.url, flush=True)
while os.read(0, 4096):
    pass
os._exit(0)
"""


@dataclass(frozen=True)
class LlMock:
    """One that listens."""

    url: str

    def expect(self, *behaviours: dict[str, Any]) -> None:
        """Forget everything; what is asked next meets these, one by one."""
        self._admin("reset", {})
        if behaviours:
            self._admin("scenario", {"behaviors": behaviours})

    def findings(self) -> list[str]:
        """What its clients did wrong, warnings included."""
        return [
            f"{found['severity']} {found['code']}: {found['title']}" for found in self._admin("verdict")["findings"]
        ]

    def requests(self) -> list[dict[str, Any]]:
        """What was asked and has ended for the server, too, and how it was answered."""
        return list(self._admin("requests")["requests"])

    def _admin(self, verb: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_llmock/{verb}", data, {"Content-Type": "application/json"})
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def llmock_server() -> Iterator[LlMock]:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", _CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdin and child.stdout
        url = child.stdout.readline().strip()
        assert url, "llmock did not start; is the dev extra installed?"
        try:
            yield LlMock(url)
        finally:
            child.stdin.close()
