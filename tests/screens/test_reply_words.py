"""What stands below a reply names how it ended and the keys that mend that."""

from __future__ import annotations

import time

import pytest

from tui.engine import ErrorKind, Message, StreamError, StreamStatus
from tui.glyphs import UNICODE
from tui.keys import keys_of, shown
from tui.screens.reply_words import NOT_TOLD, note, state, when


def key(id: str) -> str:
    return shown(keys_of(id, {})[0])


def broken(kind: ErrorKind) -> StreamError:
    return StreamError(kind, "It broke. Try again.")


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Message("1", "assistant", "text", 0.0), ""),
        (Message("1", "assistant", " ", 0.0), "The model sent no answer. ^r asks again."),
        (
            Message("1", "assistant", "text", 0.0, status=StreamStatus.STOPPED),
            "Stopped. alt+c goes on, ^r answers again.",
        ),
        (Message("1", "assistant", "", 0.0, status=StreamStatus.STOPPED), "Stopped. ^r answers again."),
        (Message("1", "assistant", "text", 0.0, finish_reason="length"), "Cut by its length limit. alt+c goes on."),
        (
            Message("1", "assistant", "text", 0.0, status=StreamStatus.ERROR, error=broken(ErrorKind.TRUNCATED)),
            "It broke. Try again (^r). alt+c goes on.",
        ),
        (
            Message("1", "assistant", "", 0.0, status=StreamStatus.ERROR, error=broken(ErrorKind.NETWORK)),
            "It broke. Try again (^r).",
        ),
        (
            Message("1", "assistant", "text", 0.0, left_out=1),
            "The oldest exchange was left out: too long for the model.",
        ),
        (
            Message("1", "assistant", "text", 0.0, left_out=3),
            "The 3 oldest exchanges were left out: too long for the model.",
        ),
    ],
)
def test_a_reply_says_how_it_ended_and_which_key_mends_it(reply: Message, said: str) -> None:
    assert note(reply, UNICODE, key).lstrip(UNICODE.cut + UNICODE.error + " ") == said


@pytest.mark.parametrize(("text", "told"), [("", True), (" \n", True), ("text", False)])
def test_what_models_are_not_told_of_what_was_said_is_told_once_something_follows(text: str, told: bool) -> None:
    reply = Message("1", "assistant", text, 0.0, status=StreamStatus.ERROR, error=broken(ErrorKind.NETWORK))
    assert (NOT_TOLD in note(reply, UNICODE, key, gone_on=True)) is told
    assert NOT_TOLD not in note(reply, UNICODE, key)


def test_what_the_user_wrote_himself_is_called_edited() -> None:
    assert state(Message("1", "assistant", "text", 0.0, edited_at=1.0)) == "edited"


def test_a_reply_of_another_day_says_which() -> None:
    def at(*parts: int) -> float:
        return time.mktime((*parts, 0, 0, 0, -1))  # type: ignore[arg-type]

    now = at(2026, 11, 25, 21, 40)
    said = [when(at(*day, 8, 5), now) for day in ((2026, 11, 25), (2026, 11, 24), (2025, 11, 25))]
    assert said == ["08:05", "24 Nov 08:05", "25 Nov 2025"]
