"""What may come before a reply's head: of informational responses a server can send any number, and nothing that reads
HTTP for us counts them. Without a bound they cost a core for as long as they flood, and each key waits 100 ms."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx

MOST: Final = 2**20
"""Bytes of them."""

_COUNTED: Final = ContextVar[Callable[[int], None] | None]("counted", default=None)


@contextlib.contextmanager
def bounded(heard: Callable[[], object] | None) -> Iterator[None]:
    """Within it a request waits for its head: what comes is `heard`, and more than MOST of it raises what httpx does
    where no HTTP is spoken."""
    import httpcore

    came = 0

    def count(size: int) -> None:
        nonlocal came
        came += size
        if came > MOST:
            raise httpcore.RemoteProtocolError("no head of a response within 1 MiB")
        if heard is not None:
            heard()

    token = _COUNTED.set(count)
    try:
        yield
    finally:
        _COUNTED.reset(token)


def count(client: httpx.AsyncClient) -> None:
    """Have all counted that the client reads: its sockets come from here, of which it lets nobody else say."""
    import httpcore

    class Stream(httpcore.AsyncNetworkStream):
        def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
            self.inner = inner

        async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            data = await self.inner.read(max_bytes, timeout)
            if (counted := _COUNTED.get()) is not None:
                counted(len(data))
            return data

        async def write(self, buffer: bytes, timeout: float | None = None) -> None:
            await self.inner.write(buffer, timeout)

        async def aclose(self) -> None:
            await self.inner.aclose()

        async def start_tls(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
            return Stream(await self.inner.start_tls(*args, **options))

        def get_extra_info(self, info: str) -> Any:
            return self.inner.get_extra_info(info)

    class Backend(httpcore.AnyIOBackend):
        async def connect_tcp(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
            return Stream(await super().connect_tcp(*args, **options))

    for transport in (client._transport, *client._mounts.values()):
        if (pool := getattr(transport, "_pool", None)) is not None:
            pool._network_backend = Backend()
