"""Twelve topics stream at once: each reply is whole and in its own place, and who types notices nothing."""

from __future__ import annotations

import string
import time

from tests.end_to_end.program import (
    ALT_DOWN,
    ALT_UP,
    CHAT,
    CTRL_N,
    CTRL_Q,
    ENTER,
    F2,
    F3,
    Program,
    drafts_on_disk,
    on_disk,
)
from tests.support.home import Home
from tests.support.load_server import LoadServer

TAGS = [f"t{n}" for n in range(12)]
ECHO = 1.0
"""Seconds within which a key must show, ten times what a user should ever see. On a slow machine: see `_patience`."""


def test_twelve_topics_stream_at_once_each_into_its_own_place(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    with Program(home) as program:
        program.wait_ready()
        # All in one breath: each key has to find the topic that the ones before it have opened.
        program.write((ENTER + CTRL_N).join(_question(tag).encode() for tag in TAGS) + ENTER)
        program.wander(lambda: "12 streams" in program.text(), 20.0, pace=0.05)
        program.wander(lambda: all(e.reply for e in on_disk(home.data).values()), 40.0)
        program.quit()

    kept = on_disk(home.data)
    assert len(load_server.requests) == len(kept) == len(TAGS)
    assert len({exchange.topic_id for exchange in kept.values()}) == len(TAGS)
    for tag in TAGS:
        exchange, sent = kept[_question(tag)], load_server.find(tag)
        assert sent is not None and sent.done_at is not None
        assert exchange.status == "completed"
        assert exchange.content == sent.content == sent.whole
    assert set(drafts_on_disk(home.data).values()) == {""}


def test_keys_echo_at_once_and_drafts_stay_with_their_topics_while_twelve_stream(
    home: Home, load_server: LoadServer
) -> None:
    home.use(load_server.url)
    with Program(home) as program:
        program.wait_ready()
        echo = _patience(program)
        first, *others = (_question(tag, n=2000) for tag in TAGS)
        program.ask(first)
        for question in others:
            program.ask_in_new_topic(question)
        program.wait_for("12 streams", 20.0)

        written = ""
        for letter in string.ascii_lowercase:
            program.write(letter)
            written += letter
            program.wait_until(lambda typed=written: typed in program.below(), echo, f"{written} to be echoed")  # type: ignore[misc]
        program.write(ALT_DOWN)
        program.wait_gone(written, echo)
        for _ in range(5):
            program.write(F3)
            program.wait_for(r"^  Topics\b", echo)
            program.write(F2)
            program.wait_for(CHAT, echo)
        assert written not in program.text()
        program.write(ALT_UP)
        program.wait_for(written, echo)
        program.write(CTRL_Q + ENTER)
        assert program.wait_exit() == 0
        assert program.leftovers() == []

    kept = on_disk(home.data)
    assert sorted(drafts_on_disk(home.data).values()) == [*[""] * 11, written]
    assert {exchange.status for exchange in kept.values()} == {"stopped"}
    for tag in TAGS:
        sent = load_server.find(tag)
        assert sent is not None and sent.closed_at is not None
        assert sent.content.startswith(kept[_question(tag, n=2000)].content)


def _patience(program: Program) -> float:
    """Seconds that a key or a screen may take while twelve stream: ECHO, or ten times what it takes while none does."""
    slowest = 0.0
    for keys, sign in ((b"a", "a"), (b"b", "ab"), (b"\x7f\x7f", "Ask something"), (F3, None), (F2, None)):
        pressed = time.monotonic()
        program.write(keys)
        if sign is None:
            program.wait_for(CHAT if keys == F2 else r"^  Topics\b")
        else:
            program.wait_until(lambda shown=sign: shown in program.below(), what=f"{sign!r} in the composer")  # type: ignore[misc]
        slowest = max(slowest, time.monotonic() - pressed)
    return max(ECHO, 10 * slowest)


def _question(tag: str, n: int = 160) -> str:
    return f"Count. n={n} tps=30 tag={tag}"
