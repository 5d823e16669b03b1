"""What httpx raises, in a reader's words, where no loopback server can provoke it."""

from __future__ import annotations

import socket
import ssl

import httpx
import pytest

from tui.engine import wire_errors
from tui.engine.provider import LOCAL, Provider, WireProtocol
from tui.engine.stream import ErrorKind

ACME = Provider("acme", WireProtocol.OPENAI, "https://user:secret@acme.test:8443/v1")


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "kind", "retryable", "message"),
    [
        (
            httpx.ConnectTimeout(""),
            "network",
            True,
            "Can't reach acme at acme.test:8443: no answer within 10 s. Check the network and try again.",
        ),
        (
            caused(httpx.ConnectError("[SSL: ...]"), untrusted()),
            "network",
            False,
            "Can't reach acme at acme.test:8443: its certificate is not trusted (self-signed certificate)."
            " Check the network and try again.",
        ),
        (
            caused(
                httpx.ConnectError("All connection attempts failed"),
                ExceptionGroup("", [OSError("no number"), OSError(113, "Connect call failed ('10.0.0.1', 8443)")]),
            ),
            "network",
            True,
            "Can't reach acme at acme.test:8443: no route to host. Check the network and try again.",
        ),
        (
            caused(httpx.ConnectError("All connection attempts failed"), socket.gaierror(-3, "try again")),
            "network",
            True,
            "Can't reach acme at acme.test:8443: nobody knows the name acme.test. Check the network and try again.",
        ),
        (
            httpx.WriteTimeout(""),
            "network",
            True,
            "acme at acme.test:8443 did not take the request in time. Check the network and try again.",
        ),
        (
            httpx.ProxyError("407 Proxy Authentication Required"),
            "network",
            True,
            "Can't reach acme through the proxy: 407 Proxy Authentication Required."
            " Check the environment's proxy settings.",
        ),
        (
            httpx.ReadError(""),
            "network",
            True,
            "The connection to acme at acme.test:8443 broke: the server hung up. Check the network and try again.",
        ),
        (
            RuntimeError("a surprise"),
            "internal",
            False,
            "The request to acme failed within Rivulet: RuntimeError, a surprise.",
        ),
    ],
)
def test_an_error_is_told_in_a_readers_words(error: Exception, kind: str, retryable: bool, message: str) -> None:
    ending = wire_errors.ending(ACME, None, error)
    assert ending.error
    assert (ending.error.kind, ending.error.message) == (ErrorKind(kind), message)
    assert ending.retryable is retryable


def test_a_key_within_an_error_is_not_shown() -> None:
    ending = wire_errors.ending(ACME, "sk-secret", RuntimeError("sk-secret"))
    assert ending.error
    assert "sk-secret" not in ending.error.message


def test_the_embedded_models_server_is_started_again_by_rivulet() -> None:
    local = Provider(LOCAL, WireProtocol.OPENAI, "http://127.0.0.1:5000/v1", embedded=True)
    ending = wire_errors.ending(local, None, caused(httpx.ConnectError(""), ConnectionRefusedError(111, "refused")))
    assert ending.error
    assert ending.error.message == (
        "Can't reach local at 127.0.0.1:5000: connection refused. Send again: Rivulet starts it anew."
    )
