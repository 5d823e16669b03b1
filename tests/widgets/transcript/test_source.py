"""What is copied as Markdown: the model's own text."""

from __future__ import annotations

import pytest

from tui.engine import Log
from tui.widgets.transcript.excerpts import Form, of_message, of_selection, of_topic
from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.item import Item, ItemKind
from tui.widgets.transcript.source import Code, as_markdown, code_blocks, code_like, some_lines
from tui.widgets.transcript.spots import Point, Reach

REPLY = "# Tides\r\n\r\nThey **rise**\nand\x1b fall.\n\n- one\n- two\n\n```py\nx = 1\n\n```\n\nend\n"
ITEMS = [
    Item("q", ItemKind.QUESTION, Log("How do\n\ntides work?")),
    Item("r", ItemKind.REPLY, Log(REPLY), header="a/b   12:00"),
]


@pytest.mark.parametrize(
    ("source", "blocks"),
    [
        ("```py\nx\n```\n~~~\ny\n~~~", [Code("x", "py"), Code("y", "")]),
        ("- a\n  ```sh -x\n  ls\n  ```\n> ```\n> q\n> ```", [Code("ls", "sh"), Code("q", "")]),
        ("text\n\n    indented\n", [Code("indented", "")]),
        ("```c\r\nint x;\r\n\r\n", [Code("int x;\n", "c")]),
        ("`inline` and $math$", []),
    ],
)
def test_code_blocks_are_found_wherever_they_stand(source: str, blocks: list[Code]) -> None:
    assert code_blocks(source) == blocks


def test_code_is_copied_as_the_model_wrote_it_not_as_it_may_be_shown() -> None:
    source = "```sh\nprintf '\x1b[2J'\n```"
    assert code_like("printf '␛[2J'", source) == Code("printf '\x1b[2J'", "sh")
    assert code_like("other", source) == Code("other", "")


def test_lines_are_cut_out_of_a_source_with_the_line_ends_that_it_has() -> None:
    assert some_lines("a\r\nb\rc\nd", 1, 3) == "b\rc\n"
    assert some_lines("a\nb", 1, 9) == "b"


def test_a_question_among_replies_is_a_quotation() -> None:
    assert as_markdown(ItemKind.QUESTION, "How\n\nso?") == "> How\n>\n> so?"
    assert as_markdown(ItemKind.REPLY, "So.") == "So."


def opened() -> Flow:
    flow = Flow()
    flow.resize(60, 30)
    flow.show("t", ITEMS)
    return flow


def lines_with(flow: Flow, *texts: str) -> list[int]:
    lines = ["".join(span.text for span in line) for line in flow.window.drawn(1).lines]
    return [next(number for number, line in enumerate(lines) if text in line) for text in texts]


def source(flow: Flow, first: int, last: int) -> str:
    return "".join(of_selection(flow.window, Reach(Point(1, first, 0), Point(1, last, 99)), Form.SOURCE))


def test_a_selection_as_markdown_is_the_source_of_the_blocks_that_it_touches() -> None:
    flow = opened()
    rise, fall, one, two, code = lines_with(flow, "rise", "fall", "one", "two", "x = 1")
    assert source(flow, rise, rise) == source(flow, fall, fall) == "They **rise**\nand\x1b fall."
    assert source(flow, one, one) == "- one" and source(flow, two, code) == "- two\n\n```py\nx = 1\n\n```"
    assert source(flow, 0, 99) == REPLY.strip("\n")
    assert source(flow, 0, 0) == "a/b   12:00"


def test_a_selection_over_several_messages_tells_questions_from_replies() -> None:
    flow = opened()
    [rise] = lines_with(flow, "rise")
    picked = Reach(Point(0, 1, 3), Point(1, rise, 5))
    asked = "> How do\n>\n> tides work?"
    assert (
        "".join(of_selection(flow.window, picked, Form.SOURCE))
        == f"{asked}\n\n# Tides\r\n\r\nThey **rise**\nand\x1b fall."
    )
    assert (
        "".join(of_selection(flow.window, picked, Form.SEEN)) == "How do\n\ntides work?\n\na/b   12:00\n\nTides\n\nTh"
    )


def test_what_is_selected_is_read_before_it_can_change() -> None:
    flow = opened()
    pieces = of_selection(flow.window, Reach(Point(0, 0, 0), Point(1, 3, 99)), Form.SEEN)
    flow.show("t", [ITEMS[0], Item("r", ItemKind.REPLY, Log("Another one."))])
    assert "Tides" in "".join(pieces)


def test_a_message_is_copied_without_what_stands_around_it() -> None:
    sheet = opened().window.drawn(1)
    assert of_message(sheet, Form.SOURCE) == REPLY
    assert of_message(sheet, Form.SEEN) == "Tides\n\nThey rise\nand␛ fall.\n\n▪ one\n▪ two\n\nx = 1\n\n\nend"


def test_a_topic_is_copied_whole() -> None:
    draw = opened().window.draw
    assert "".join(of_topic(ITEMS, draw, Form.SOURCE)) == f"> How do\n>\n> tides work?\n\n{REPLY.strip(chr(10))}"
    as_seen = "".join(of_topic(ITEMS, draw, Form.SEEN))
    assert as_seen.startswith("\nHow do\n\ntides work?\n\na/b   12:00\n\nTides\n\nThey rise\n")
