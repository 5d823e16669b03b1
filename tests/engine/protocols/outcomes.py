"""What came of a reply, and whether it is what a conformance case expects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tests.engine.protocols.cases import Case
from tui.engine.protocols import Delta, Ending, Reader
from tui.engine.stream import ErrorKind

_BY_STATUS: Final = {401: "auth", 403: "auth", 429: "rate_limit", 503: "overloaded", 529: "overloaded"}


class Outcome:
    """A reply as it is shown: it only grows, up to its one ending."""

    def __init__(self) -> None:
        self.content = ""
        self.reasoning = ""
        self.refusal = ""
        self.ending: Ending | None = None

    def take(self, part: Delta | Ending) -> None:
        assert self.ending is None, "something came after the ending"
        if isinstance(part, Ending):
            self.ending = part
        new = part.rest if isinstance(part, Ending) else part
        self.content += new.content
        self.reasoning += new.reasoning
        self.refusal += new.refusal


def read(reader: Reader, pieces: Iterable[bytes]) -> Outcome:
    """What a pure reader makes of these pieces."""
    outcome = Outcome()
    for piece in pieces:
        outcome.take(reader.feed(piece))
        if reader.finished:
            break
    outcome.take(reader.end())
    return outcome


def assert_on_the_way(outcome: Outcome, case: Case) -> None:
    """What is shown so far never has to be taken back."""
    assert case.expected["content"].startswith(outcome.content)
    assert case.expected["reasoning"].startswith(outcome.reasoning)
    assert case.expected.get("refusal", "").startswith(outcome.refusal)


def assert_expected(outcome: Outcome, case: Case) -> None:
    """Compares everything that the case names."""
    expected, ending = case.expected, outcome.ending
    assert ending is not None
    assert outcome.content == expected["content"]
    assert outcome.reasoning == expected["reasoning"]
    if "finish_reason" in expected:
        assert ending.finish_reason == expected["finish_reason"]
    if "usage" in expected:
        usage = ending.usage or {}
        assert {name: usage.get(name) for name in expected["usage"]} == expected["usage"]
    assert outcome.refusal == expected.get("refusal", "")
    assert (ending.error is None) == expected["complete"]
    if expected["error"]:
        _assert_error(ending, expected["error"], case.status)
    if "retry" in expected:
        assert ending.retryable == expected["retry"]["retryable"]
        assert ending.after_s == expected["retry"]["after_s"]


def _assert_error(ending: Ending, expected: dict[str, Any], status: int) -> None:
    assert ending.error is not None
    if expected["kind"] == "http":
        by_default = "server" if status >= 500 else "bad_request"
        assert ending.error.kind == ErrorKind(_BY_STATUS.get(status, by_default))
        assert ending.error.http_status == expected["status"]
    else:
        assert ending.error.kind == ErrorKind(expected["kind"])
    assert expected.get("message", "") in ending.error.message
    names = [str(expected[name]) for name in ("code", "type") if expected.get(name)]
    assert not names or any(name in ending.error.message for name in names)
    assert "\n" not in ending.error.message
