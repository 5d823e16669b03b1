"""The whole program in a real terminal, as its user has it: keys in, the screen out, and what stands on the disk."""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tinydb import TinyDB

from tests.support.home import Home
from tests.support.program import leave
from tests.support.terminal import Terminal
from tests.support.waiting import PATIENCE
from tui import logfile
from tui.engine import Assistant, Engine, Library, Models

T = TypeVar("T")

ENTER, ESCAPE = b"\r", b"\x1b"
CTRL_C, CTRL_N, CTRL_P, CTRL_Q = b"\x03", b"\x0e", b"\x10", b"\x11"
F1, F2, F3, F4 = b"\x1bOP", b"\x1bOQ", b"\x1bOR", b"\x1bOS"
ALT_DOWN, ALT_UP = b"\x1b[1;3B", b"\x1b[1;3A"

CHAT = r"^[^\n]*Ask something|─{40}"
"""What only the chat's screen shows: the rule above its composer."""
_SWITCHES = ((F3, r"^  Topics\b"), (F4, r"^  Settings\b"), (F2, CHAT), (ALT_DOWN, CHAT))


class Program(Terminal):
    """`rivulet` in a terminal of its own."""

    def __init__(
        self,
        home: Home,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        cols: int = 110,
        rows: int = 30,
        dark: bool = True,
        through: Sequence[str] = (),
    ) -> None:
        """`through`: what starts it, with its own command line behind."""
        home.path.mkdir(parents=True, exist_ok=True)
        argv = [*through, sys.executable, "-m", "tui", *arguments]
        self._log = home.log / logfile.NAME
        super().__init__(argv, env={**home.env, **(env or {})}, cols=cols, rows=rows, cwd=home.path, dark=dark)

    def wait_ready(self, timeout: float = 15.0) -> None:
        """Wait until one can write."""
        self.wait_for(CHAT, timeout)

    def ask(self, question: str) -> None:
        """Type it, as fast as a paste, and send it."""
        self.write(question.encode() + ENTER)

    def ask_in_new_topic(self, question: str) -> None:
        self.write(CTRL_N + question.encode() + ENTER)

    def begin_topic_with(self, assistant: str) -> None:
        self.write(CTRL_P)
        self.wait_for("Find a command")
        self.write(f"topic with {assistant}".encode())
        self.wait_for(f"New topic with {assistant}")
        self.write(ENTER)
        self.wait_for(f"A new topic with {assistant}")

    def reading(self) -> list[str]:
        """The rows of the reading area, without the list at its left and what is below it."""
        rows = [line.partition("│")[2] if "│" in line else line for line in self.lines()]
        rules = [at for at, row in enumerate(rows) if "─" * 40 in row]
        return [row.strip() for row in rows[: rules[-1] - 1]] if rules else []  # the line above the rule is no text

    def below(self) -> str:
        """What stands below the reading area: the composer and the bottom line."""
        rows = self.lines()
        rules = [at for at, row in enumerate(rows) if "─" * 40 in row]
        return "\n".join(rows[rules[-1] + 1 :]) if rules else ""

    def newest_words(self) -> str:
        """The letters of the reading area's last row of text: what arrived last, while the end is on show."""
        return next((letters(row) for row in reversed(self.reading()) if len(letters(row)) > 3), "")

    def answer(self, question: str) -> str:
        """The letters below the question, once there are more than the reply's heading and waiting mark have."""
        _, _, after = letters("".join(self.reading())).partition(letters(question))
        return after if len(after) > 60 else ""

    def shows(self, text: str) -> bool:
        """Whether the reading area shows all of this text, however it is set."""
        return letters(text) in letters("".join(self.reading()))

    def wait_shows(self, text: str, timeout: float = PATIENCE) -> None:
        """Wait until the reading area shows all of this text."""
        self.wait_until(lambda: self.shows(text), timeout, f"this text in the reading area: {text!r}")

    def settle(self) -> None:
        """Wait until all keys before this have acted: a screen that was asked for after them is seen to come and go."""
        for key, sign in ((F4, r"^  Settings\b"), (F2, CHAT)):
            self.write(key)
            self.wait_for(sign)

    def find_topic(self, words: str, timeout: float = 20.0) -> None:
        """Go through the topics, of which none is empty, until the one with these words in it is on show."""
        end = time.monotonic() + timeout
        while True:
            self.settle()
            self.wait_until(lambda: letters("".join(self.reading())), 10.0, "a topic to be read from the disk")
            if self.shows(words):
                self.settle()  # a key that acted late may have led on
                if self.shows(words):
                    return
            assert time.monotonic() < end, f"no topic shows {words!r}\n{self.text()}"
            self.write(ALT_DOWN)

    def wander(self, until: Callable[[], T | None], timeout: float, pace: float = 0.2) -> T:
        """Switch among topics and screens, a step each `pace` seconds, until the condition holds; ends in the chat."""
        end = time.monotonic() + timeout
        for key, sign in itertools.cycle(_SWITCHES):
            self.write(key)
            self.wait_for(sign)
            step = time.monotonic() + pace
            while not (value := until()) and time.monotonic() < step:
                self._wait_for_output(len(self.raw), 0.02)
            if value:
                break
            assert time.monotonic() < end, f"wandered {timeout:g} s in vain; the screen shows:\n{self.text()}"
        self.settle()
        assert value
        return value

    def _state(self) -> str:
        log = self._log.read_text(encoding="utf-8")[-3000:] if self._log.exists() else ""
        return f"{super()._state()}\nThe end of its log:\n{log}"

    def explained(self) -> str:
        """What it shows and has logged: for whoever reads of a failure."""
        return self._state()

    def quit(self) -> None:
        """Leave as soon as nothing streams. The terminal is sane then."""
        leave(self)
        assert self.leftovers() == []


def letters(text: str) -> str:
    """Letters alone: how a text is wrapped, marked up and numbered is not its words."""
    return "".join(re.findall(r"[^\W\d_]", text))


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its newest reply as they stand on the disk."""

    topic_id: str
    question: str
    reply: Mapping[str, Any]

    @property
    def content(self) -> str:
        return str(self.reply["content"])

    @property
    def status(self) -> str:
        return str(self.reply["status"])


def on_disk(data: Path) -> dict[str, Exchange]:
    """All questions with their replies, read with the database alone."""
    found: dict[str, Exchange] = {}
    for path in sorted((data / "topics").glob("*/*.json")):
        for document in _table(path, "conversations"):
            replies = document["replies"]
            exchange = Exchange(path.parent.name, document["question"]["content"], replies[-1] if replies else {})
            assert document["topic_id"] == exchange.topic_id
            assert exchange.question not in found, "the same question was kept twice"
            found[exchange.question] = exchange
    return found


def conversations(data: Path) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """All questions with all versions of their replies."""
    for path in sorted((data / "topics").glob("*/*.json")):
        for document in _table(path, "conversations"):
            yield document["question"]["content"], document["replies"]


def drafts_on_disk(data: Path) -> dict[str, str]:
    """Of each topic, by its id."""
    return {topic["id"]: topic["draft"] for topic in _table(data / "index.json", "topics")}


def _table(path: Path, name: str) -> list[Mapping[str, Any]]:
    with TinyDB(path, encoding="utf-8", access_mode="r") as database:
        return [dict(document) for document in database.table(name)]


def recover(home: Home) -> None:
    """Start once more, to the end. In this process: each start of another takes a second of the suite."""

    async def start() -> None:
        library = Library.open(home.data)
        async with Engine(Models(), library, data=home.data, log=home.log) as engine:
            await engine._tasks.finish()

    asyncio.run(start())


BRIEF, PATIENT = "Brief", "Patient"
"""Whose answers may be short only, and long."""


def limit_answers(home: Home, tokens: int) -> None:
    """Have two assistants who do not chance upon words: the answers of the first one are this long at most."""
    library = Library.open(home.data)
    now = time.time()
    brief: dict[str, float | int] = {"max_tokens": tokens, "temperature": 0.0}
    patient: dict[str, float | int] = {"max_tokens": 2000, "temperature": 0.0}

    async def keep() -> None:
        await library.save(
            Assistant("0000000000001", BRIEF, now, now, params=brief),
            Assistant("0000000000002", PATIENT, now, now, params=patient),
        )
        await library.close()

    asyncio.run(keep())
