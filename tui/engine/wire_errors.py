"""The one place where what httpx raises becomes a stream's error, in a reader's words."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from tui.engine.protocols import Ending
from tui.engine.protocols.failures import in_words
from tui.engine.provider import Provider
from tui.engine.stream import ErrorKind, StreamError
from tui.engine.unpacking import BadPacking

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class BadEnvironment(Exception):
    """The environment names proxies or certificates that can't be used. The message says which, and why."""


def ending(provider: Provider, key: str | None, error: Exception, *, begun: bool = False) -> Ending:
    """How a request ends that raised `error`; `begun`: after its reply had begun."""
    kind, message = _explained(provider, error, begun)
    untrusted = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))
    retryable = kind in (ErrorKind.NETWORK, ErrorKind.TIMEOUT) and not untrusted
    return Ending(error=StreamError(kind, in_words(message, key)), retryable=retryable)


def _explained(provider: Provider, error: Exception, begun: bool) -> tuple[ErrorKind, str]:
    import httpx

    name, settings = provider.name, f"[providers.{provider.name}]"
    place, host = _place(provider.base_url)
    again = _again(provider, host)
    match error:
        case httpx.ConnectTimeout():
            return ErrorKind.NETWORK, f"Can't reach {name} at {place}: no answer within 10 s. {again}"
        case httpx.ProxyError():
            return (
                ErrorKind.NETWORK,
                f"Can't reach {name} through the proxy: {error}. Check the environment's proxy settings.",
            )
        case httpx.ConnectError():
            return ErrorKind.NETWORK, f"Can't reach {name} at {place}: {_why(error, host)}. {again}"
        case httpx.ReadTimeout():
            idle = f"{provider.idle_timeout:g} s"
            then = f"Try again, or give it longer: idle_timeout under {settings}."
            return ErrorKind.TIMEOUT, f"{name} sent nothing for {idle}. {then}"
        case httpx.TimeoutException():
            return ErrorKind.NETWORK, f"{name} at {place} did not take the request in time. {again}"
        case httpx.RemoteProtocolError() if begun and not _hung_up(error):
            return ErrorKind.PROTOCOL, f"{name} at {place} sent what is no HTTP in the middle of its reply. Try again."
        case httpx.RemoteProtocolError() if not _hung_up(error):
            return ErrorKind.PROTOCOL, f"What answers at {place} does not speak HTTP. Check base_url under {settings}."
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return ErrorKind.NETWORK, f"The connection to {name} at {place} broke: {_why(error, host)}. {again}"
        case BadPacking():
            return ErrorKind.PROTOCOL, f"{name} sent a compressed reply that can't be unpacked: {error}. Try again."
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return (
                ErrorKind.CONFIG,
                f"The address of {name} is none that can be asked. Check base_url under {settings}.",
            )
        case httpx.LocalProtocolError():  # which quotes the header, and so the key
            return ErrorKind.CONFIG, f"The API key of {name} has characters that no request can carry. Check it."
        case BadEnvironment():
            return ErrorKind.CONFIG, f"Can't reach {name}: {error}"
    said = str(error) or "no more is known"
    return ErrorKind.INTERNAL, f"The request to {name} failed within Rivulet: {type(error).__name__}, {said}."


def _again(provider: Provider, host: str) -> str:
    if provider.embedded:
        return "Send again: Rivulet starts it anew."
    return "Is it running?" if host in _LOOPBACK else "Check the network and try again."


def _place(base_url: str) -> tuple[str, str]:
    """Host and port to show, and the host alone. A password in the URL is shown to nobody."""
    try:
        url = urlsplit(base_url)
        host, port = url.hostname or "", url.port
    except ValueError:
        return base_url.rpartition("@")[2], ""
    shown = f"[{host}]" if ":" in host else host
    return (f"{shown}:{port}" if port else shown), host


def _why(error: Exception, host: str) -> str:
    """What lies behind it: httpx often says no more than that all attempts failed."""
    for cause in _causes(error):
        match cause:
            case socket.gaierror():
                return f"nobody knows the name {host}"
            case ssl.SSLCertVerificationError():
                return f"its certificate is not trusted ({cause.verify_message})"
            case ssl.SSLError():
                return "it does not speak TLS as expected (is it https?)"
            case OSError() if cause.errno:
                return os.strerror(cause.errno).lower()
    return "the server hung up" if _hung_up(error) or not str(error) else str(error)


def _hung_up(error: Exception) -> bool:
    return "disconnected" in str(error) or "closed connection" in str(error)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that stands behind it: one for each address that was tried."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for inner in error.exceptions:
                yield from _causes(inner)
        error = error.__cause__ or error.__context__
