"""Going from message to message and from code block to code block."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.widgets.transcript.test_flow import grown, opened, rows
from tui.engine import Log, StreamStatus
from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.ink import Role, line_text
from tui.widgets.transcript.item import Item, ItemKind
from tui.widgets.transcript.landmarks import Kind, Landmarks

FENCES = "```py\nfirst {n}\n```\n\nwords\n\n- item\n  ```\n  second {n}\n  ```\n\nmore"


def topic(count: int, code_in: tuple[int, ...] = ()) -> list[Item]:
    items = []
    for number in range(count):
        code = FENCES.replace("{n}", str(number)) if number in code_in else "word " * 60
        items.append(Item(f"q{number}", ItemKind.QUESTION, Log(f"Question {number}?")))
        items.append(Item(f"r{number}", ItemKind.REPLY, Log(code), header=f"model {number}"))
    return items


def reading(items: list[Item]) -> tuple[Flow, Landmarks]:
    flow = opened(items)
    return flow, Landmarks(flow)


def go(flow: Flow, marks: Landmarks, kind: Kind, step: int) -> str:
    """The first line of where it leads; empty if it leads nowhere."""
    mark = marks.next(kind, step)
    if mark is None:
        return ""
    marks.go(mark)
    assert marks.here == mark
    [number] = [number for number, each in enumerate(flow.items) if each.key == mark.key]
    line = flow.window.drawn(number).line(mark.start)
    assert line_text(line).strip() in "\n".join(rows(flow))
    return "".join(span.text for span in line if span.ink.role is not Role.CODE_EDGE).strip()


def test_messages_are_gone_through_one_by_one_in_both_directions() -> None:
    flow, marks = reading(topic(4))
    up = [go(flow, marks, Kind.MESSAGE, -1) for _ in range(8)]
    assert up == [text for number in (3, 2, 1, 0) for text in (f"model {number}", f"Question {number}?")]
    assert go(flow, marks, Kind.MESSAGE, -1) == ""
    down = [go(flow, marks, Kind.MESSAGE, 1) for _ in range(7)]
    assert down == up[-2::-1] and go(flow, marks, Kind.MESSAGE, 1) == ""


def test_a_message_one_goes_to_stands_at_the_top() -> None:
    flow, marks = reading(topic(6))
    for _ in range(4):
        go(flow, marks, Kind.MESSAGE, -1)
    assert rows(flow)[1] == "   Question 4?" and not flow.follows


def test_code_blocks_are_gone_through_also_where_nothing_is_laid_out_yet() -> None:
    flow, marks = reading(topic(900, code_in=(3, 4, 700)))
    up = [go(flow, marks, Kind.CODE, -1) for _ in range(6)]
    assert up == ["second 700", "first 700", "second 4", "first 4", "second 3", "first 3"]
    assert go(flow, marks, Kind.CODE, -1) == ""
    assert [go(flow, marks, Kind.CODE, 1) for _ in range(5)] == up[-2::-1]
    assert flow.total < 100 * flow.height


def test_code_in_the_last_screen_can_be_gone_through_although_the_view_cannot_move() -> None:
    flow, marks = reading([Item("r", ItemKind.REPLY, Log(FENCES))])
    assert [go(flow, marks, Kind.CODE, 1) for _ in range(3)] == ["first {n}", "second {n}", ""]
    assert flow.top == 0


def test_the_mark_stays_with_its_code_while_the_reply_goes_on_and_leaves_with_it() -> None:
    items = [*topic(3), Item("s", ItemKind.REPLY, Log("```\nmine\n```\n\n"), status=StreamStatus.STREAMING)]
    flow, marks = reading(items)
    assert go(flow, marks, Kind.CODE, -1) == "mine▌"
    items = [*items[:-1], grown(items[-1], "and so on\n\n" * 20)]
    flow.show("t", items)
    [row] = marks.marks()
    assert rows(flow)[row].strip() == "mine" and not flow.follows
    flow.to_end()
    assert marks.here is None and not marks.marks()


@pytest.mark.parametrize(
    ("content", "text", "language"),
    [
        (FENCES, "second {n}", ""),
        ("```sh\ncd\x07 /\n```", "cd\x07 /", "sh"),
        ("- a\n  ```py\n  x\n  ```\n  ```js\n  y\n  ```", "y", "js"),
        ("```\nopen and\tstill", "open and\tstill", ""),
    ],
)
def test_the_nearest_code_is_as_the_model_wrote_it(content: str, text: str, language: str) -> None:
    _, marks = reading([*topic(2), Item("r", ItemKind.REPLY, Log(content))])
    near = marks.nearest(Kind.CODE)
    assert near is not None and marks.code(near) == (text, language)


def test_the_nearest_message_is_the_last_for_who_follows_else_the_one_in_the_middle_of_the_view() -> None:
    flow, marks = reading([*topic(20), Item("w", ItemKind.REPLY, Log(), status=StreamStatus.CONNECTING)])
    near = marks.nearest(Kind.MESSAGE)
    assert near is not None and near.key == "r19"
    flow.to_start()
    near = marks.nearest(Kind.MESSAGE)
    assert near is not None and near.key == "r0"


def test_the_very_line_holds_while_text_comes_below_and_messages_change_above() -> None:
    items = [*topic(8), Item("s", ItemKind.REPLY, Log("Begun.\n\n"), status=StreamStatus.STREAMING)]
    flow = opened(items)
    flow.move(-25)
    seen = rows(flow)
    for number in range(20):
        above = replace(items[3], content=Log(f"Quite another text. {number}\n\n" * (1 + number % 5)))
        items = [*items[:3], above, *items[4:-1], grown(items[-1], "More.\n\n")]
        flow.show("t", items)
        assert rows(flow) == seen and not flow.follows
