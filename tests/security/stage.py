"""A library in which every text is hostile, and a server whose every word is."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

from tests.engine.samples import ended_stream
from tests.security.attacks import ATTACKS, HIDDEN, HOSTILE, NAME
from tests.security.server import JSON, Answer, Request, said
from tui.engine import (
    Assistant,
    Conversation,
    ErrorKind,
    Library,
    Log,
    Message,
    StreamError,
    StreamStatus,
    Topic,
)

_HUGE = 10**4200
"""A number that Python reads, and whose double it refuses to write."""


_LISTED = f"listed {HIDDEN}" + "".join(ATTACKS[name] for name in ("title", "C1 OSC", "override", "markup"))


def fill(data: Path) -> None:
    """Everything that a file edited by hand, or an older version, may hold."""
    asyncio.run(_fill(data))


async def _fill(data: Path) -> None:
    now = time.time()
    error = StreamError(ErrorKind.SERVER, f"A server said: {HOSTILE}", 500)
    failed = Message(
        "r1", "assistant", HOSTILE, now, HOSTILE, f"hostile/{NAME}", StreamStatus.ERROR, NAME, error=error, ended_at=now
    )
    cut = replace(failed, id="r2", status=StreamStatus.COMPLETED, error=None, finish_reason="length")
    question = Message("q1", "user", f"question {HOSTILE}", now)
    first = Conversation("c1", "topic1", question, now, title=f"Title {NAME}", named_by="user", replies=(cut, failed))
    library = Library.open(data)
    await library.save(
        Assistant("assistant1", f"Helper {NAME}", now, now, HOSTILE, f"prompt {HOSTILE}", proposal=HOSTILE),
        Assistant("assistant2", f"Other {NAME}", now, now, model=f"hostile/{NAME}"),
        Topic("topic1", "assistant1", now, now, f"Topic {NAME}", "user", "c1", draft=f"draft {HOSTILE}"),
        Topic("topic2", "assistant2", now - 9, now - 9, f"Elsewhere {NAME}", "user", queue=(HOSTILE,)),
        replace(first, chosen=1),
        replace(ended_stream(1), model=f"hostile/{NAME}", error=error, content=Log(HOSTILE)),
    )
    await library.close()


def answer(request: Request) -> Answer:
    """Hostile in whatever it says; the question's first word tells how it goes wrong."""
    if request.method == "GET":
        listed = [{"id": one} for one in (_LISTED, "fake", HOSTILE, 7, None, {"id": HOSTILE})]
        return Answer([json.dumps({"data": listed}).encode()], headers=JSON)
    asked = json.loads(request.body)["messages"]
    if "title" in asked[0]["content"].lower() and asked[0]["role"] == "system":
        return Answer(said(f"Named {NAME}"))
    match asked[-1]["content"].split()[0]:
        case "refused":
            error = {"error": {"message": HOSTILE, "type": NAME, "code": NAME}}
            return Answer([json.dumps(error).encode()], 400, JSON, reason="\x1b]0;pwned\x07")
        case "page":
            page = "<html><title>&#27;]0;pwned&#7; &#x9b;2J &#8238;</title>"
            return Answer([page.encode()], 500, {"Content-Type": "text/html"})
        case "moved":
            return Answer([], 302, {"Location": "http://a.test/\x9b2J\x9d0;pwned\x9c"})
        case "header":
            return Answer([], 302, {"Location": "http://a.test/\x1b]0;pwned\x07"})
        case "junk":
            return Answer([f"data: {ATTACKS['title']}{ATTACKS['C1 CSI']}\n\n".encode()])
        case "event":
            return Answer([b"event: error\ndata: " + json.dumps({"error": HOSTILE}).encode() + b"\n\n"])
    usage = {"prompt_tokens": _HUGE, "completion_tokens": "\x1b[2J", "total_tokens": [NAME]}
    pieces = [piece for attack in ATTACKS.values() for piece in (attack[:1], attack[1:], " ")]
    return Answer(said("said ", *pieces, " whole", reasoning=HOSTILE, finish=NAME, usage=usage))


FAILURES = ("refused", "page", "moved", "header", "junk", "event")
