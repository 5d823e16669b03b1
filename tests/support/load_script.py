"""What a reply of the load server holds, read off the words in the question. Pure.

n=200       that many deltas of content (20)
tps=100     deltas a second, 0 for as fast as the client reads (0)
think=20    deltas of reasoning before the content (0)
ttft=0.2    seconds before the reply begins (0)
tag=a1      the reply's counter words carry it: no two replies look alike
fail=429    this HTTP status instead of a reply; with times=2 only for the tag's first two requests,
            with after=3 a Retry-After header (date=3: as the date in so many seconds), with ms=300 a
            retry-after-ms header, with should=true an x-should-retry header
cut=50      after 50 deltas a clean end of the body, without the protocol's own
reset=50    after 50 deltas the connection is reset
hold=50     after 50 deltas it waits until the test releases it
naming=1    each title that is asked for it holds after one word
stall=50    after 50 deltas nothing more, the connection stays open
error=50    after 50 deltas an error event
done=0      no [DONE] after the finish_reason
limit=1     it ends as one that was cut by its length limit
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from email.utils import formatdate
from functools import cache
from typing import Any

_PROSE = """\
## Counting while *others* count too

Several replies grow at once, and **each stays in its own place**. What one of them says:

1. a number about every ten words, with the reply's own tag,
2. words between the numbers, `code` among them,
3. at the very end its tag once more.

```python
for word in reply:
    count += 1  # nothing is lost
```

终端里同时有许多回答，每一个都在自己的位置上。日本語の文字も二桁です。

| who    | where          |
|--------|---------------:|
| reply  | its own topic  |
| reader | any other 🙂   |

> A quote, naïve — with “marks” & <angles>.

"""
_WORDS = re.findall(r"\n+|[ ]*[^\s\u3000-\u9fff]{1,8}|[\u3000-\u9fff]{1,2}|[ ]+", _PROSE)
assert "".join(_WORDS) == _PROSE


def _counted() -> Iterator[int]:
    """After which words a number stands: about every tenth, where it breaks no Markdown."""
    last, fences = 0, 0
    for place, word in enumerate(_WORDS):
        fences += word.count("```")
        if place >= last + 8 and fences % 2 == 0 and re.fullmatch(r" \w+|[\u4e00-\u9fff]+", word):
            last = place
            yield place


_COUNTED = frozenset(_counted())
_THOUGHTS = re.findall(
    r"\s*\S+", "The question asks for a count, so count. 先想一想。 Each number once, and none twice.\n"
)


@dataclass(frozen=True, slots=True)
class Script:
    """A reply as asked for."""

    n: int = 20
    tps: float = 0.0
    think: int = 0
    ttft: float = 0.0
    tag: str = ""
    fail: int = 0
    times: int = 0
    after: str = ""
    date: float | None = None
    ms: str = ""
    should: str = ""
    cut: int | None = None
    reset: int | None = None
    stall: int | None = None
    hold: int | None = None
    naming: int | None = None
    error: int | None = None
    done: int = 1
    limit: int = 0
    text: str = ""
    """Stands in place of the words and numbers if it is given; a delta is a piece of it."""

    def refusal_headers(self, now: float) -> dict[str, str]:
        """What it says beside its status; `now`: the time of day."""
        after = self.after if self.date is None else formatdate(now + self.date, usegmt=True)
        headers = {"retry-after": after, "retry-after-ms": self.ms, "x-should-retry": self.should}
        return {name: value for name, value in headers.items() if value}

    @property
    def deltas(self) -> int:
        """How many deltas come before it ends, or breaks off."""
        whole = self.think + self.n
        return min([whole, *(at for at in (self.cut, self.reset, self.stall, self.error) if at is not None)])

    @property
    def whole(self) -> bool:
        """It comes to the protocol's own end."""
        return self.cut is self.reset is self.stall is self.error is None

    def delta(self, index: int) -> tuple[str, str]:
        """Content and reasoning of the delta at `index`, from 0; one of them is empty."""
        if index < self.think:
            return "", _THOUGHTS[index % len(_THOUGHTS)]
        if self.text:
            return pieces(self.text)[index - self.think], ""
        at = index - self.think
        if at == self.n - 1:
            return f"\n\nend-of-{self.tag}", ""
        if at == 0:
            return f"{self.tag}-00000\n\n", ""
        place = (at - 1) % len(_WORDS)
        return _WORDS[place] + (f" {self.tag}-{at:05d}" if place in _COUNTED else ""), ""


_CASTS = {"int": int, "float": float, "str": str, "int | None": int, "float | None": float}
_FIELDS = {field.name: _CASTS[str(field.type)] for field in fields(Script)}


@cache
def pieces(text: str) -> list[str]:
    """Its words, each with the space before it; one piece if it has no words."""
    return re.findall(r"\s*\S+(?:\s+$)?", text) or [text]


def script(question: str, tag: str) -> Script:
    """The reply that the question's words ask for; the last mention of a word counts, `tag` is the default one."""
    asked: dict[str, Any] = {"tag": tag}
    for name, value in re.findall(r"\b(?!text)([a-z]+)=([A-Za-z0-9.]+)", question):
        if cast := _FIELDS.get(name):
            with suppress(ValueError):  # somebody else's words
                asked[name] = cast(value.rstrip("."))
    return Script(**asked)


def question(body: dict[str, Any]) -> str:
    """The text of the last user message."""
    for message in reversed(body.get("messages") or []):
        if message.get("role") == "user":
            content = message.get("content") or ""
            return content if isinstance(content, str) else " ".join(str(part.get("text", "")) for part in content)
    return ""


def instructions(body: dict[str, Any]) -> str:
    """The text of the system messages."""
    told = (m.get("content") for m in body.get("messages") or [] if m.get("role") in ("system", "developer"))
    return "\n".join(str(text) for text in told)


class Events:
    """The server-sent events of one reply, as bytes."""

    def __init__(self, model: str) -> None:
        shared = {"id": "chatcmpl-load", "object": "chat.completion.chunk", "created": 1700000000, "model": model}
        self._start = _json(shared)[:-1] + ',"choices":[{"index":0,"delta":'
        self._shared = shared

    def delta(self, content: str, reasoning: str) -> bytes:
        key, text = ("reasoning_content", reasoning) if reasoning else ("content", content)
        return f'data: {self._start}{{"{key}":{_quoted(text)}}},"finish_reason":null}}]}}\n\n'.encode()

    def role(self) -> bytes:
        """The chunk that says who speaks, before all others."""
        return f'data: {self._start}{{"role":"assistant","content":""}},"finish_reason":null}}]}}\n\n'.encode()

    def error(self) -> bytes:
        return b'data: {"error":{"message":"The load server was asked to fail here.","type":"server_error"}}\n\n'

    def ending(self, script: Script, usage: bool) -> Iterator[bytes]:
        yield f'data: {self._start}{{}},"finish_reason":"{"length" if script.limit else "stop"}"}}]}}\n\n'.encode()
        if usage:
            counted = {"prompt_tokens": 10, "completion_tokens": script.deltas, "total_tokens": 10 + script.deltas}
            yield f"data: {_json(self._shared | {'choices': [], 'usage': counted})}\n\n".encode()
        if script.done:
            yield b"data: [DONE]\n\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@cache
def _quoted(text: str) -> str:
    return _json(text)
