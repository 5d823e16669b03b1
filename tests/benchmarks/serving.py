"""The load server in a process of its own, so that it takes no time from who measures.

python -m tests.benchmarks.serving      prints its URL; for each tag on stdin, a line of JSON
"""

from __future__ import annotations

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

from tests.support.home import CHECKOUT
from tests.support.load_server import LoadServer


class Server:
    """A handle on such a process. A context manager: at its end the process is gone."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.benchmarks.serving"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
        )
        self.url = self._line()
        return self

    def done(self, tag: str, timeout: float = 120.0) -> dict[str, Any]:
        """When (monotonic) the reply with this tag was first and last sent to; once it has ended."""
        assert self._process.stdin is not None
        print(tag, timeout, file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._line())
        return answer

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def main() -> None:
    with LoadServer() as server:
        print(server.url, flush=True)
        for line in sys.stdin:
            tag, timeout = line.split()
            found = server.wait_for(tag, timeout=float(timeout))
            print(json.dumps({"first": found.first_at, "last": found.done_at, "deltas": found.deltas}), flush=True)


if __name__ == "__main__":
    main()
