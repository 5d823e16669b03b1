"""What is copied out of drawn lines: the text that is seen, as it would stand on a wide screen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.transcript.corpus import PROSE
from tui.engine import EMPTY, Log, StreamStatus
from tui.widgets.transcript.ink import UNICODE, Line, line_text
from tui.widgets.transcript.item import Item, ItemKind
from tui.widgets.transcript.seen import (
    Cut,
    at_cell,
    behind,
    cell_of,
    extent,
    is_code,
    paragraph,
    seen,
    whole,
    word_around,
    words,
)
from tui.widgets.transcript.sheet import Sheet

WIDE = 5_000


def drawn(text: str, width: int = 40, kind: ItemKind = ItemKind.REPLY, reasoning: str = "") -> list[Line]:
    reasons = Log(reasoning) if reasoning else EMPTY
    return Sheet(Item("m", kind, Log(text), reasons), width, UNICODE, True).lines


def copied(text: str, width: int = 30) -> str:
    return seen(map(whole, drawn(text, width))).strip("\n")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Tides are the ocean's **answer** to a difference in `gravity` across.", None),
        ("a line\nand its second\n\nand a paragraph", None),
        ("潮汐是海水在天体引潮力作用下所产生的周期性运动。习惯上把海面垂直方向涨落称为潮汐。", None),
        ("a_word_that_is_longer_than_any_line_of_the_screen_could_ever_be_so_it_is_cut", None),
        ("> a quote that is long enough to be wrapped", "a quote that is long enough to be wrapped"),
        ("# A heading\n\n---\n\ntext", "A heading\n\n\ntext"),
        ("- one item so long that it wraps\n  - as this does", "▪ one item so long that it wraps\n  ▫ as this does"),
        ("9. nine\n10. ten which wraps because it is so long", " 9. nine\n10. ten which wraps because it is so long"),
        ("| a | b |\n|---|--:|\n| 1 | 2 |", "a       b\n1       2"),
    ],
)
def test_a_line_that_only_the_screen_broke_is_one_again_and_decoration_is_left_out(
    source: str, text: str | None
) -> None:
    expected = re.sub(r"\*\*|`", "", source) if text is None else text
    assert copied(source) == expected


@pytest.mark.parametrize("width", [24, 40, 80, 200])
def test_code_is_copied_as_it_was_written(width: int) -> None:
    code = (
        "def f():\n\treturn 1  \n\n\tif x:\t# tabs\there, and a line that is far too long for the screen, 潮汐\n    y"
    )
    assert copied(f"```python\n{code}\n```", width) == code
    assert copied(f"```\n{code}", width) == code
    item = copied("1. item\n\n   ```\n" + re.sub("^", "   ", code, flags=re.MULTILINE) + "\n   ```", width)
    assert item == f" 1. item\n\n{code}"


@given(st.text(alphabet="ab \t\n潮é", max_size=80), st.integers(12, 40))
def test_any_code_is_copied_as_it_was_written_at_any_width(code: str, width: int) -> None:
    lines = [line for line in drawn(f"~~~\n{code}\n~~~", width) if is_code(line)]
    assert seen(map(whole, lines)) == code


@given(
    st.lists(st.sampled_from(["one", "two,", "**three**", "(four)", "潮汐。", "`f(x)`", "longer-words"]), min_size=1)
)
def test_prose_reads_the_same_copied_at_any_width(parts: list[str]) -> None:
    text = " ".join(parts)
    assert copied(text, 20) == copied(text, 33) == copied(text, WIDE)


def test_a_long_open_paragraph_is_copied_as_one_line() -> None:
    text = " ".join(PROSE.split("\n\n")[0].replace("\n", " ") for _ in range(30))
    item = Item("m", ItemKind.REPLY, EMPTY, status=StreamStatus.STREAMING)
    sheet = Sheet(item, 60, UNICODE)
    log = Log()
    for start in range(0, len(text), 7):
        log = log.append(text[start : start + 7])
        sheet.update(Item("m", ItemKind.REPLY, log, status=StreamStatus.STREAMING))
    assert "\n" not in seen(map(whole, sheet.lines)).strip("\n")
    assert seen(map(whole, sheet.lines)).strip("\n") == copied(text, WIDE)


def test_the_mark_of_a_stream_is_not_copied() -> None:
    sheet = Sheet(Item("m", ItemKind.REPLY, Log("Half a"), status=StreamStatus.STREAMING), 40, UNICODE)
    assert seen(map(whole, sheet.lines)).strip("\n") == "Half a"


def test_a_question_is_copied_without_its_bar_and_with_its_tabs() -> None:
    question = "How do\n\ttides work, and why are there two of them each day?\n  so"
    lines = drawn(question, 30, ItemKind.QUESTION)
    assert seen(map(whole, lines)).strip("\n") == question


def test_reasoning_is_copied_without_its_margin() -> None:
    text = seen(map(whole, drawn("Yes.", 30, reasoning="Let me see, what was it that they asked?\n\n```\nx\ty\n```")))
    assert text.strip("\n") == "✧ thought\nLet me see, what was it that they asked?\n\nx\ty\n\nYes."


def test_a_part_of_a_line_is_copied_by_its_characters() -> None:
    [line] = [line for line in drawn("one 潮汐 three") if line]
    first, last = extent(line)
    assert line_text(line)[first:last] == "one 潮汐 three"
    assert seen([Cut(line, first + 4, first + 6)]) == "潮汐"
    assert seen([Cut(line, 0, first + 3)]) == "one"


def test_cells_and_characters_agree_also_where_they_differ_in_number() -> None:
    [line] = [line for line in drawn("a潮👩‍👩‍👧é") if line]
    starts = [at_cell(line, cell) for cell in range(3, 10)]
    text = line_text(line)
    assert [text[at : behind(line, at)] for at in starts] == ["a", "潮", "潮", "👩‍👩‍👧", "👩‍👩‍👧", "é", ""]
    assert [cell_of(line, at) for at in starts[:6]] == [3, 4, 4, 6, 6, 8]


@pytest.mark.parametrize(
    ("text", "inside", "word"),
    [
        ("see tides now.", "tides", "tides"),
        ("ends here.", "here", "here"),
        ("at https://example.org/a?b=1, they say", "example", "https://example.org/a?b=1"),
        ("in src/main.py: line", "main", "src/main.py"),
        ("call f(x)", "(", "("),
    ],
)
def test_a_word_is_what_terminals_take_for_one(text: str, inside: str, word: str) -> None:
    [line] = [line for line in drawn(text, 80) if line]
    start, end = word_around(line, line_text(line).index(inside))
    assert line_text(line)[start:end] == word


def test_words_and_signs_are_steps_and_decoration_is_none() -> None:
    [line] = [line for line in drawn("> it's f(x) — 潮汐", 80) if line]
    assert [line_text(line)[start:end] for start, end in words(line)] == [
        "it",
        "'",
        "s",
        "f",
        "(",
        "x",
        ")",
        "—",
        "潮汐",
    ]


def test_a_paragraph_is_the_lines_that_were_one() -> None:
    lines = drawn("short\nand one line that is wrapped, twice even, since the screen is so narrow\n\nlast", 30)
    found = {paragraph(lines, number) for number in range(len(lines))}
    assert (0, 0) in found and (1, 4) in found
    assert seen(map(whole, lines[1:5])) == "and one line that is wrapped, twice even, since the screen is so narrow"


def test_a_formula_is_copied_with_the_blanks_that_it_was_written_with() -> None:
    assert copied("That is $x^2 = 4$, and\u00a0no more.") == "That is x² = 4, and\u00a0no more."
