"""The conformance cases: what servers send, byte for byte, and what must come of it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tui.engine.provider import Provider, WireProtocol

_FOLDER: Final = Path(__file__).parents[2] / "conformance"

_PROTOCOLS: Final = {
    "openai-chat": WireProtocol.OPENAI,
    "anthropic-messages": WireProtocol.ANTHROPIC,
    "ollama-chat": WireProtocol.OLLAMA,
    "openai-responses": WireProtocol.RESPONSES,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One of them."""

    name: str
    protocol: WireProtocol | None
    """None for the decoder of server-sent events alone."""
    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...]
    end: str
    """`eof`, `reset` or `hang`."""
    think_tags: bool
    now: float
    expected: dict[str, Any]

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def encoding(self) -> str:
        """How the body is packed; empty if it is not."""
        return self._header("content-encoding")

    @property
    def content_type(self) -> str:
        return self._header("content-type")

    def _header(self, name: str) -> str:
        return {name.lower(): value for name, value in self.headers}.get(name, "")

    def provider(self, base_url: str = "http://127.0.0.1:1/v1") -> Provider:
        """Who is asked in this case."""
        assert self.protocol
        return Provider("acme", self.protocol, base_url, think_tags=self.think_tags, idle_timeout=20)

    def cuts(self) -> dict[str, tuple[bytes, ...]]:
        """The three ways to deliver the body: what comes of it is the same."""
        single = tuple(self.body[i : i + 1] for i in range(len(self.body)))
        return {"as given": self.chunks, "in one piece": (self.body,), "byte by byte": single}


def cases(prefix: str = "") -> list[Case]:
    """Those whose name starts so."""
    found = [_load(path) for path in sorted(_FOLDER.glob(f"{prefix}*.json"))]
    assert found, f"no case is named {prefix}*"
    return found


def _load(path: Path) -> Case:
    data = json.loads(path.read_text(encoding="utf-8"))
    options = data.get("options", {})
    return Case(
        name=data["name"],
        protocol=_PROTOCOLS.get(data["protocol"]),
        status=data["status"],
        headers=tuple((name, value) for name, value in data["headers"]),
        chunks=tuple(base64.b64decode(chunk) for chunk in data["chunks"]),
        end=data["end"],
        think_tags=options.get("think_tags", False),
        now=options.get("now", 0.0),
        expected=data["expected"],
    )
