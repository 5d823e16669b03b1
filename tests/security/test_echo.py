"""An attacker's reading of replies: a server that sends the key back in any field of anything it says.

Each recorded reply and refusal of the conformance cases is sent with the key in the place of one value, for all values
of all events, also as an object, a list or a part of a text. Whatever comes of it, the key is not in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.protocols.cases import Case, cases
from tests.security.test_secrets import KEY, leaks
from tui.engine.protocols.dialects import for_protocol
from tui.engine.protocols.failures import http_failure
from tui.engine.unpacking import unpacker

EVENT = re.compile(rb"(data: ?)?(\{.*\})\s*")
INSTEAD: list[Any] = [KEY, {"message": KEY}, [{"type": "text", "text": f"is {KEY}."}]]

Place = tuple[str | int, ...]


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*above, name))
    else:
        yield above


def put(value: Any, place: Place, new: Any) -> Any:
    if not place:
        return new
    changed = value.copy()
    changed[place[0]] = put(value[place[0]], place[1:], new)
    return changed


def bodies(case: Case, met: set[object]) -> Iterator[bytes]:
    """The case's body with the key at each place that no case before had."""
    lines = b"".join(unpacker(case.encoding).pieces(case.body)).split(b"\n")
    for at, line in enumerate(lines):
        if (found := EVENT.fullmatch(line)) is None:
            continue
        try:
            event = json.loads(found[2])
        except ValueError:  # the case is about that
            continue
        for place in places(event):
            kind = tuple("#" if isinstance(part, int) else part for part in place)
            if (known := (case.protocol, case.status, kind, event.get("type"))) in met:
                continue
            met.add(known)
            for new in INSTEAD:
                changed = (found[1] or b"") + json.dumps(put(event, place, new)).encode()
                yield b"\n".join([*lines[:at], changed, *lines[at + 1 :]])


@pytest.mark.parametrize("prefix", ["chat-", "msg-", "resp-", "ollama-"])
def test_no_field_of_any_reply_brings_the_key_back(prefix: str) -> None:
    met: set[object] = set()
    for case in cases(prefix):
        assert case.protocol
        for body in bodies(case, met):
            came: list[object] = []
            if case.status == 200:
                reader = for_protocol(case.protocol).reader(case.provider(), KEY, case.content_type)
                came = [reader.feed(body), reader.end()]
            else:
                came = [http_failure(case.provider(), KEY, case.status, dict(case.headers), body, case.now)]
            assert leaks(repr(came).encode(), at_least=8) == [], body
    assert len(met) > 10
