"""How replies are written: what becomes a line, what is escaped, which endings are worth a word."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tui.cli.outlet import ERR, OUT
from tui.cli.replies import AsItArrives, WholeReplies, json_line, note, record
from tui.engine import ErrorKind, Log, Stream, StreamError, StreamStatus, StreamType

STREAM = Stream("0bn87qqgc2bq1", StreamType.CHAT, "ask-0", "load/fake", 1_700_000_000.1236)
DONE = replace(STREAM, status=StreamStatus.COMPLETED, finish_reason="stop", content=Log("Hello"))


def test_json_stays_one_line_for_every_reader_of_lines() -> None:
    text = "a\nb\r\x0b\x0c\x1c\x85\u2028\u2029\x9b\u202e\x7f你🙂"
    said = json_line(record(replace(DONE, content=Log(text))))
    assert len(said.splitlines()) == 1
    assert json.loads(said)["content"] == text
    assert "你🙂" in said and "\u202e" not in said


def test_times_are_iso_8601_in_utc_with_milliseconds() -> None:
    assert json.loads(json_line(record(DONE)))["created_at"] == "2023-11-14T22:13:20.123Z"
    assert json.loads(json_line(record(DONE)))["ended_at"] is None


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (DONE, ""),
        (replace(DONE, finish_reason="length"), "rivulet: load/fake: cut off by its length limit (length).\n"),
        (replace(DONE, status=StreamStatus.STOPPED), "rivulet: load/fake: stopped before its end.\n"),
        (
            replace(DONE, status=StreamStatus.ERROR, error=StreamError(ErrorKind.NETWORK, "It\n\x1b[31mbroke.")),
            "rivulet: load/fake: It ␛[31mbroke.\n",
        ),
    ],
)
def test_an_ending_that_is_not_a_plain_one_is_one_line(stream: Stream, said: str) -> None:
    assert note(stream) == said


def test_reasoning_and_content_each_begin_on_a_line_of_their_own() -> None:
    written: list[tuple[str, int]] = []
    replies = AsItArrives(lambda text, to: written.append((text, to)), out_is_terminal=True, err_is_terminal=True)
    thinking = replace(STREAM, status=StreamStatus.STREAMING, reasoning=Log("Hm").append(", so"))
    replies.grown(replace(thinking, reasoning=Log("Hm")))
    replies.grown(thinking)
    replies.grown(thinking)
    replies.grown(replace(thinking, content=Log("Hel")))
    replies.ended(replace(DONE, reasoning=thinking.reasoning))
    assert "".join(text for text, to in written if to == ERR) == "Hm, so\n"
    assert "".join(text for text, to in written if to == OUT) == "Hello\n"
    assert [text for text, _ in written if text] == ["Hm", ", so", "\n", "Hel", "lo", "\n"]


def test_of_several_replies_an_empty_one_has_no_heading() -> None:
    written: list[tuple[str, int]] = []
    replies = WholeReplies(lambda text, to: written.append((text, to)), out_is_terminal=False)
    replies.ended(replace(STREAM, status=StreamStatus.STOPPED))
    replies.ended(DONE)
    replies.ended(replace(DONE, model="b/c", content=Log("World\n")))
    assert "".join(text for text, to in written if to == OUT) == "# load/fake\n\nHello\n\n# b/c\n\nWorld\n"
