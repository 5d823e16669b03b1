"""Inline thinking is parted from the answer, wherever the tags are cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.engine.protocols import Delta
from tui.engine.protocols.think import Think

texts = st.lists(st.sampled_from(["<think>", "</think>", "<", "</", "think", ">", " ", "a", "</thi", "豆"]))


def parted(pieces: list[str]) -> tuple[str, str]:
    think = Think()
    deltas = [*map(think.feed, pieces), think.end()]
    return "".join(d.content for d in deltas), "".join(d.reasoning for d in deltas)


@pytest.mark.parametrize(
    ("text", "content", "reasoning"),
    [
        ("<think>why</think>because", "because", "why"),
        ("<think>\n a \n</think>\n\n b \n", "\n\n b \n", "\n a \n"),
        ("<think></think>b", "b", ""),
        ("<think>a</think>b<think>c</think>", "b<think>c</think>", "a"),
        ("<think>a<think>b</think>c</think>", "c</think>", "a<think>b"),
        ("<think>never closed </thin", "", "never closed </thin"),
        ("no <think>a</think>", "no <think>a</think>", ""),
        (" <think>a</think>", " <think>a</think>", ""),
        ("<thinking>a", "<thinking>a", ""),
        ("<Think>a</Think>", "<Think>a</Think>", ""),
        ("<thin", "<thin", ""),
        ("<think>", "", ""),
        ("</think>a", "</think>a", ""),
        ("", "", ""),
    ],
)
def test_only_what_stands_first_is_thinking_and_nothing_is_trimmed(text: str, content: str, reasoning: str) -> None:
    assert parted([text]) == (content, reasoning)
    assert parted(list(text)) == (content, reasoning)


@settings(deadline=None, database=None)
@given(texts)
def test_a_tag_may_be_cut_anywhere(pieces: list[str]) -> None:
    assert parted(pieces) == parted(["".join(pieces)]) == parted(list("".join(pieces)))


@settings(deadline=None, database=None)
@given(texts)
def test_no_more_than_seven_characters_wait(pieces: list[str]) -> None:
    think, known = Think(), 0
    text = "".join(pieces)
    tags = sum(len(tag) for tag in ("<think>", "</think>") if tag in text)
    for at, char in enumerate(text, 1):
        delta = think.feed(char)
        known += len(delta.content) + len(delta.reasoning)
        assert at - known <= 7 + tags


def test_a_start_that_is_no_tag_is_given_back_at_once() -> None:
    think = Think()
    assert think.feed("<thin") == Delta()
    assert think.feed("g") == Delta(content="<thing")
    assert think.feed("<think>") == Delta(content="<think>")
