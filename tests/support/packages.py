"""Small packages with a made-up model in them, and an index on loopback that stalls in the middle of one."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

from tui.engine.embedded.models import EmbeddedModel

CONTENT = Random(20).randbytes(3_000_000)

TINY = EmbeddedModel(
    name="tiny",
    title="Tiny",
    note="made up",
    licence="MIT",
    package="tiny-model==1.0",
    wheel_size=3_000_000,
    member="tiny_model/tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    context=64,
    longest_reply=8,
)


def build_wheel(folder: Path, content: bytes = CONTENT, member: str = TINY.member, package: str = TINY.package) -> Path:
    """The package in `folder`, as pip finds it there."""
    name, _, version = package.replace("-", "_").partition("==")
    info = f"{name}-{version}.dist-info"
    members: Mapping[str, str | bytes] = {
        member: content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: never-made\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members.items():
            archive.writestr(path, data)
    return wheel


def pip_environment(folder: Path) -> dict[str, str]:
    """A configuration of pip, as its user writes it, that knows the packages in `folder` alone."""
    return {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}


@dataclass(slots=True)
class StallingIndex:
    """What a test sees of the index."""

    url: str
    stalled: threading.Event = field(default_factory=threading.Event)
    """Half of the package is out."""
    left: threading.Event = field(default_factory=threading.Event)
    """Who fetched it has closed the connection."""

    @property
    def environment(self) -> dict[str, str]:
        """A configuration of pip that knows this index alone."""
        return {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": self.url}


@contextmanager
def stalling_index(wheel: Path) -> Iterator[StallingIndex]:
    """An index that stalls in the middle of the wheel, for as long as somebody waits for the rest."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.endswith(".whl"):
                page = f'<a href="/{wheel.name}">{wheel.name}</a>'.encode()
                self._begin("text/html", len(page))
                self.wfile.write(page)
                return
            data = wheel.read_bytes()
            self._begin("application/octet-stream", len(data))
            self.wfile.write(data[: len(data) // 2])
            index.stalled.set()
            try:
                self.rfile.read(1)
            except OSError:
                pass
            index.left.set()

        def _begin(self, kind: str, length: int) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index = StallingIndex(f"http://127.0.0.1:{server.server_port}/simple")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
