"""What is asked for titles and better prompts, and what of an answer is taken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.samples import conversation
from tui.engine.prompts import (
    TITLE_LENGTH,
    optimization_request,
    system_prompt_request,
    text_of,
    title_of,
    title_request,
)
from tui.engine.records import Assistant


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("Tidal forces", "Tidal forces"),
        ('"Tidal forces."', "Tidal forces"),
        ("Title: **Tidal forces**", "Tidal forces"),
        ("\n\n  # Tidal   forces\nThat is because …", "Tidal forces"),
        ("标题：《潮汐力》", "潮汐力"),
        ("“Pourquoi deux marées ?”", "Pourquoi deux marées ?"),
        ("C++ or Rust?", "C++ or Rust?"),
        ("\x1b[31mRed\x07 tide\u202e", "[31mRed tide"),
        ("---\n...\n", ""),
        ("<think>\nA title? Of tides.\n</think>\n\nTidal forces", "Tidal forces"),
        (" <think>What is it about", ""),
        ("User: Why do cats purr at all?", ""),
        ("The <think> tag", "The <think> tag"),
        ("Why do cats purr?", ""),
        ("", ""),
    ],
)
def test_a_title_is_the_first_line_with_words_undressed(answer: str, title: str) -> None:
    assert title_of(answer) == title


def test_a_long_title_is_cut_between_words() -> None:
    title = title_of("why " * 40)
    assert len(title) <= TITLE_LENGTH + 1
    assert title.endswith("why…")
    assert len(title_of("潮" * 100)) == TITLE_LENGTH + 1


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("Explain tides.", "Explain tides."),
        ("```markdown\nExplain tides.\n```", "Explain tides."),
        ("<prompt>\nExplain tides.\n</prompt>", "Explain tides."),
        ('"Explain tides."', "Explain tides."),
        ('"Tides" and "moons"', '"Tides" and "moons"'),
        ("Use:\n```\ncode\n```", "Use:\n```\ncode\n```"),
        ("  \n", ""),
    ],
)
def test_a_prompt_is_taken_out_of_what_stands_around_all_of_it(answer: str, text: str) -> None:
    assert text_of(answer) == text


def test_a_long_conversation_is_shown_by_how_it_begins() -> None:
    long = conversation(1)
    request = title_request([long, long])
    assert [turn.role for turn in request] == ["system", *["user", "assistant"] * 2, "user"]
    assert request[-1].content.count(long.question.content) == 2
    huge = replace(long, question=replace(long.question, content="why " * 9000))
    assert len(title_request([huge])[-1].content) < 3000


def test_what_the_user_wrote_is_in_the_request_and_nothing_else_of_his() -> None:
    assert "Explain tides" in optimization_request("Explain tides")[1].content
    helper = Assistant("a", "Cook", 1.0, 1.0, description="Cooks soup", prompt="You cook.")
    told = system_prompt_request(helper)[1].content
    assert all(part in told for part in ("Cook", "Cooks soup", "You cook."))
