"""A user's desk: the program before him, the two servers that answer, his files, and how one is told from another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tinydb import TinyDB

from tests.end_to_end.program import letters
from tests.support.load_server import Exchange, LoadServer
from tests.support.program import ALT_DOWN, CTRL_P, F2, Program
from tests.support.recording_proxy import Recorded, RecordingProxy
from tests.support.waiting import T

ENTER = b"\r"
PATIENCE = 60.0
"""Seconds for whatever is waited for: a real model on a busy machine takes its time."""

Said = list[tuple[str, list[str]]]
"""Questions, each with all versions of its reply."""


class Desk:
    """One folder and two providers: `fake` (the load server), which plays all roles, and `tiny` (the real model)."""

    program: Program

    def __init__(self, folder: Path, server: LoadServer, model: RecordingProxy, key: str) -> None:
        self.folder = folder
        self.server = server
        self.model = model
        self._config = f'[providers.tiny]\nbase_url = "{model.url}"\napi_key = "{key}"\nmodel = "smollm2"\n'
        self.sent: Said = []
        """What the servers have sent, by the question on which they did."""

    @contextmanager
    def program_starts(self) -> Iterator[None]:
        with Program(self.folder, self.server, self._config, cols=120, rows=45) as self.program:
            yield

    def until(self, condition: Callable[[], T | None], what: str) -> T:
        return self.program.terminal.wait_until(condition, PATIENCE, what)

    # What is done

    def ask(self, question: str) -> None:
        self.program.press(question, ENTER)

    def show_chat(self) -> None:
        self.program.press(F2)
        self.until(lambda: self.program.draft is not None, "the chat")

    def open_topic(self, name: str, question: str) -> None:
        """By its name, in the palette."""
        self.program.press(CTRL_P, name, ENTER)
        self.until(lambda: self.shows(question), f"the topic {name}")

    def walk(self, topics: int) -> list[str]:
        """What each of so many topics shows, from the next one on around the list."""
        return [self._next_topic() for _ in range(topics)]

    def _next_topic(self) -> str:
        before = self.program.reading
        self.program.press(ALT_DOWN)
        self.until(lambda: self.program.reading != before and self._shows_an_answer(), "the next topic")
        return self.program.reading

    # What the screen shows

    def shows(self, text: str) -> bool:
        """Whether the reading area shows all of it, however it is set."""
        return letters(text) in letters(self.program.reading)

    def see(self, text: str) -> None:
        """Wait until all of it is to be read."""
        self.until(lambda: self.shows(text), f"this text in the reading area: {text!r}")

    def lists(self, name: str) -> bool:
        """Whether the side list has a topic of just this name."""
        return any(re.fullmatch(rf" .  ?{re.escape(name)}( +\d+)?", row) for row in self.program.side)

    def _shows_an_answer(self) -> bool:
        return any(self.shows(asked) and any(map(self.shows, versions)) for asked, versions in self.sent)

    def rest(self) -> None:
        """Wait until nothing streams."""
        self.until(lambda: self.program.idle, "all streams to end")

    # What the load server has sent

    def reply(self, tag: str, deltas: int | None = 0) -> Exchange:
        """The reply to a question with this tag, once so many deltas were sent; None: once it has ended."""
        return self.server.wait_for(tag, deltas, PATIENCE)

    def reply_to(self, question: str) -> Exchange:
        """The whole reply to a question without a tag."""

        def whole() -> Exchange | None:
            newest = self.server.requests[-1]
            return newest if told(newest)[-1] == ("user", question) and newest.done_at else None

        return self.until(whole, f"a reply to {question!r}")

    def title(self, question: str, number: int) -> Exchange:
        """That one of the titles that were asked for of a question, the conversation's before the topic's."""

        def asked() -> Exchange | None:
            found = [one for one in self.server.title_requests if question in told(one)[-1][1]]
            return found[number] if len(found) > number else None

        return self.until(asked, f"a request for title {number} of {question!r}")

    def let_end(self, held: Exchange) -> None:
        self.server.release(held)
        self.until(lambda: held.done_at, "the rest to be sent")

    # What the real model has sent

    def answers(self, question: str, count: int) -> list[Recorded]:
        """All replies to a question, once these are so many, and whole."""

        def whole() -> list[Recorded] | None:
            found = [request for request in self.model.requests if request.question == question]
            ended = [request for request in found if b"[DONE]" in request.response]  # no more of it is read
            return found if len(ended) == len(found) == count else None

        return self.until(whole, f"{count} answers to {question!r}")

    # What is in the files

    def keeps(self, table: str, **fields: object) -> None:
        """Wait until a record with these fields is in the index."""
        index = self.program.home.data / "index.json"
        self.until(lambda: any(fields.items() <= one.items() for one in _table(index, table)), f"{fields} in {index}")

    def on_disk(self) -> Said:
        files = sorted((self.program.home.data / "topics").glob("*/*.json"))
        return [
            (kept["question"]["content"], [reply["content"] for reply in kept["replies"]])
            for file in files
            for kept in _table(file, "conversations")
        ]


def told(exchange: Exchange) -> list[tuple[str, str]]:
    """What its model was told: who said what."""
    return [(message["role"], message["content"]) for message in exchange.body["messages"]]


def tags(text: str) -> set[str]:
    """Whose words these are."""
    return set(re.findall(r"(\w+)-0\d{4}", text))


def _table(path: Path, name: str) -> list[Mapping[str, Any]]:
    with TinyDB(path, encoding="utf-8", access_mode="r") as database:
        return [dict(document) for document in database.table(name)]
