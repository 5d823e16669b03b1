"""Replies that would have the screen stand still: 60,000 characters of what a parser of Markdown, or a terminal, chokes
on. They may cost 30 times what so many ordinary ones do, also while they stream; an open list of 12,000 loose items,
which is one block and laid out whole at each step, costs 12 times.

Tried: every sign that Markdown knows, alone and in what it begins (links, images, emphasis, code, HTML, entities,
formulas, quotes, lists, definitions, footnotes, headings); marks, joiners and selectors on one letter; escapes; line
ends; wide letters; turns of the reading direction. Of 60,000 `<` the parser made nothing for minutes.
"""

from __future__ import annotations

import time

import pytest

from tui.engine import Log
from tui.widgets.transcript.ink import UNICODE
from tui.widgets.transcript.item import Item, ItemKind
from tui.widgets.transcript.sheet import Sheet

SIZE = 60_000
ORDINARY = "Words of a *paragraph* with `code`, a [link](https://a.test) and more.\n" * 7 + "\n"
PIECES = [
    *"[]!<>*_`~$&#|\\\n\t\r\x1b\u0301\u200d\ufe0f",
    *("![", "[](", "*a ", "*a_", "_a", "`a", "<a ", "<!--", "&#", "&#27;", "$a ", "\\(", "[^a]", "http://", "]("),
    *("> ", "- ", "- a\n\n", "z" + "\u0301" * 9, "\x1b[31m", "漢", "א\u202e", "👩\u200d", "a\n---\n"),
    *("$\\frac{", "$x_{", "~~a", "**a", "```\n", "1. ", "# ", "| a "),
]


def cost(text: str, steps: int) -> float:
    """Seconds of CPU for a reply that comes in so many steps, each of them drawn."""
    log, begun = Log(), time.process_time()
    sheet = Sheet(Item("r", ItemKind.REPLY, log, status="streaming"), 118, UNICODE)
    for at in range(0, len(text), len(text) // steps):
        log = log.append(text[at : at + len(text) // steps])
        sheet.update(Item("r", ItemKind.REPLY, log, status="streaming"))
    sheet.update(Item("r", ItemKind.REPLY, log))
    return time.process_time() - begun


@pytest.fixture(scope="module")
def ordinary() -> float:
    """Seconds of CPU for the drawing of so much ordinary text."""
    text = ORDINARY * (SIZE // len(ORDINARY))
    return min(cost(text, 4) for _ in range(3))


@pytest.mark.parametrize("piece", PIECES)
def test_no_flood_of_signs_stops_the_screen(piece: str, ordinary: float) -> None:
    assert cost(piece * (SIZE // len(piece)), 4) < max(30 * ordinary, 4.0)


def test_a_flood_of_link_definitions_costs_what_its_lines_do(ordinary: float) -> None:
    """An open block of 8,500 lines is read anew at every token; each definition read all of it once more."""
    assert cost("[a]: b\n" * (SIZE // 7), 4) < max(30 * ordinary, 4.0)


def test_code_by_its_indentation_alone_is_not_laid_out_anew_at_every_step() -> None:
    text = ("\t" * 5 + "x\n") * (2 * SIZE // 7)
    assert cost(text, 80) < 4 * cost(text, 8)
