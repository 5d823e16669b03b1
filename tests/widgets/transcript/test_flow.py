"""What is on screen: only what is needed is laid out, and what is being read stays where it is."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.widgets.transcript.corpus import LISTS, PROSE, TEXTS
from tui.engine import EMPTY, Log, StreamStatus
from tui.widgets.transcript.flow import Flow
from tui.widgets.transcript.ink import line_text
from tui.widgets.transcript.item import Item, ItemKind

WIDTH, HEIGHT = 60, 12
STREAMING = StreamStatus.STREAMING


def history(count: int) -> list[Item]:
    return [
        Item(f"m{n}", ItemKind.REPLY, Log(TEXTS[n % len(TEXTS)]))
        if n % 2
        else Item(f"m{n}", ItemKind.QUESTION, Log(f"Question {n}?"))
        for n in range(count)
    ]


def opened(items: list[Item], topic: str = "t") -> Flow:
    flow = Flow()
    flow.resize(WIDTH, HEIGHT)
    flow.show(topic, items)
    return flow


def rows(flow: Flow) -> list[str]:
    return [line_text(flow.line(y)).rstrip() for y in range(flow.height)]


def grown(item: Item, text: str) -> Item:
    assert isinstance(item.content, Log)
    return replace(item, content=item.content.append(text), status=STREAMING)


def test_a_long_topic_is_laid_out_from_its_end_and_only_as_far_as_needed() -> None:
    flow = opened(history(5000))
    assert flow.follows and flow.lines_below == 0
    assert flow.total < 12 * HEIGHT
    for _ in range(40):
        flow.move(-HEIGHT)
    assert flow.total < 60 * HEIGHT
    assert not flow.follows and flow.lines_below > 30 * HEIGHT


def test_start_and_end_of_a_long_topic_are_both_near() -> None:
    flow = opened(history(5000))
    flow.to_start()
    assert rows(flow)[1] == "   Question 0?" and flow.at_start
    assert flow.lines_below > 10_000
    flow.to_end()
    assert flow.follows and flow.lines_below == 0


def test_paging_up_and_down_shows_every_line_once() -> None:
    items = history(40)
    everything = opened(items)
    everything.resize(WIDTH, 100_000)
    whole = rows(everything)[: everything.total]
    flow = opened(items)
    while not flow.at_start:
        flow.move(-HEIGHT)
    shown = rows(flow)
    while not flow.follows:
        flow.move(HEIGHT)
        shown += rows(flow)
    full = len(whole) // HEIGHT * HEIGHT  # the last page shares lines with the one before
    assert shown[:full] == whole[:full] and shown[-HEIGHT:] == whole[-HEIGHT:]


def test_the_view_follows_a_stream_only_while_the_reader_is_at_the_end() -> None:
    items = history(10)
    items.append(Item("r", ItemKind.REPLY, EMPTY, status=STREAMING))
    flow = opened(items)
    for number in range(50):
        items = [*items[:-1], grown(items[-1], f"Line {number}.\n\n")]
        flow.show("t", items)
        assert any(f"Line {number}." in row for row in rows(flow))
    flow.move(-1)
    assert not flow.follows
    seen = rows(flow)
    items = [*items[:-1], grown(items[-1], "More.\n\nAnd more.\n\n" * 9)]
    flow.show("t", items)
    assert rows(flow)[:-5] == seen[:-5]
    assert flow.lines_below > 0
    flow.to_end()
    assert flow.follows and "And more." in "".join(rows(flow))


def test_a_stream_scrolls_by_several_lines_at_once() -> None:
    item = Item("r", ItemKind.REPLY, EMPTY, status=STREAMING)
    flow = opened([item])
    tops: set[int] = set()
    for number in range(100):
        item = grown(item, f"- {number}\n")
        flow.show("t", [item])
        tops.add(flow.top)
    assert len(tops) < 60


def test_nothing_moves_when_a_stream_ends() -> None:
    item = Item("r", ItemKind.REPLY, Log("word\n\n" * 30), status=STREAMING)
    flow = opened([item])
    flow.show("t", [item := grown(item, "word\n\nlast")])
    seen = [row.removesuffix("▌") for row in rows(flow)]
    flow.show("t", [replace(item, status=StreamStatus.COMPLETED)])
    assert rows(flow) == seen


def test_each_topic_keeps_its_place() -> None:
    flow = opened(history(30), "a")
    flow.move(-25)
    there = rows(flow)
    flow.show("b", history(4))
    assert flow.follows
    flow.show("a", history(30))
    assert rows(flow) == there and not flow.follows
    flow.show("b", history(4))
    assert flow.follows


def test_earlier_messages_come_in_above_without_moving_what_is_read() -> None:
    items = history(40)
    flow = opened(items[20:])
    flow.to_start()
    flow.move(3)
    seen = rows(flow)
    flow.show("t", items)
    assert rows(flow) == seen


def test_a_message_above_that_changes_its_height_does_not_move_what_is_read() -> None:
    items = history(6)
    flow = opened(items)
    flow.move(-4)
    seen = rows(flow)
    for above in (
        replace(items[1], header="another model"),
        grown(items[1], "\n\nOne.\n\nTwo."),
        replace(items[1], note="Stopped.", status=StreamStatus.STOPPED),
    ):
        flow.show("t", [items[0], above, *items[2:]])
        assert rows(flow) == seen


def test_a_resize_keeps_the_line_at_the_top() -> None:
    items = [Item(f"m{n}", ItemKind.REPLY, Log(f"Word {n} " * 60)) for n in range(20)]
    flow = opened(items)
    flow.move(-60)
    before = rows(flow)[2]
    flow.resize(100, HEIGHT)
    flow.resize(WIDTH, HEIGHT)
    assert before in rows(flow)
    flow.to_end()
    flow.resize(90, 20)
    assert flow.follows


def test_a_changed_header_or_note_shows() -> None:
    flow = opened([Item("r", ItemKind.REPLY, Log("text"), header="model")])
    assert rows(flow)[:3] == ["   model", "", "   text"]
    flow.show("t", [Item("r", ItemKind.REPLY, Log("text"), header="model 2 of 2", note="Stopped.")])
    assert rows(flow)[:5] == ["   model 2 of 2", "", "   text", "", "   Stopped."]


def test_an_unchanged_show_changes_nothing() -> None:
    items = history(6)
    flow = opened(items)
    assert not flow.show("t", items)
    assert not flow.show("t", [replace(item) for item in items])


def test_another_version_under_another_key_takes_the_place_of_the_first() -> None:
    question = Item("q", ItemKind.QUESTION, Log("Why?"))
    flow = opened([question, Item("one", ItemKind.REPLY, Log("First."))])
    flow.show("t", [question, Item("two", ItemKind.REPLY, Log("Second."))])
    assert "   Second." in rows(flow) and "   First." not in rows(flow)


class TestReasoning:
    """Reasoning is open while there is nothing else, and folds when the answer begins."""

    thinking = Item("r", ItemKind.REPLY, EMPTY, Log("Hm, *well*."), STREAMING, thought="thinking 6 s")
    answer = replace(thinking, content=Log("Yes."), thought="thought for 6 s")

    def test_it_is_open_while_it_streams_and_folds_for_the_answer(self) -> None:
        flow = opened([self.thinking])
        assert rows(flow)[:2] == ["   ✧ thinking 6 s", "     Hm, well.▌"]
        flow.show("t", [self.answer])
        assert rows(flow)[:3] == ["   ✧ thought for 6 s", "", "   Yes.▌"]

    def test_it_opens_and_folds_on_demand_also_after_a_visit_elsewhere(self) -> None:
        flow = opened([self.answer])
        assert flow.toggle_reasoning()
        opened_rows = ["   ✧ thought for 6 s", "     Hm, well.", "", "   Yes.▌"]
        assert rows(flow)[:4] == opened_rows
        flow.show("other", [])
        flow.show("t", [self.answer])
        assert rows(flow)[:4] == opened_rows
        assert flow.toggle_reasoning()
        assert rows(flow)[:3] == ["   ✧ thought for 6 s", "", "   Yes.▌"]

    def test_it_does_not_fold_under_the_eyes_of_who_scrolled_up(self) -> None:
        long = replace(self.thinking, reasoning=Log("thought\n\n" * 30))
        flow = opened([long])
        flow.move(-20)
        seen = rows(flow)
        flow.show("t", [replace(long, content=Log("Yes."))])
        assert rows(flow) == seen

    def test_it_may_go_on_after_the_answer_began(self) -> None:
        flow = opened([self.answer])
        flow.toggle_reasoning()
        flow.show("t", [replace(self.answer, reasoning=Log(f"{self.answer.reasoning} *And* more."))])
        assert rows(flow)[:4] == ["   ✧ thought for 6 s", "     Hm, well. And more.", "", "   Yes.▌"]

    def test_without_any_reasoning_there_is_nothing_to_toggle(self) -> None:
        assert not opened(history(3)).toggle_reasoning()


moves = st.one_of(
    st.tuples(st.just("move"), st.integers(-40, 40)),
    st.tuples(st.just("grow"), st.integers(1, 120)),
    st.tuples(st.sampled_from(["ask", "earlier", "toggle", "other", "end", "start", "finish", "above"]), st.just(0)),
    st.tuples(st.just("resize"), st.integers(20, 120)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(moves, max_size=30))
def test_whatever_happens_the_window_is_right_and_the_line_being_read_stays(steps: list[tuple[str, int]]) -> None:
    older, items = history(30)[:20], history(30)[20:]
    text = PROSE + LISTS
    flow = opened(items)
    for step, number in steps:
        reading, line = not flow.follows, line_text(flow.line(0))
        match step:
            case "move":
                flow.move(number)
            case "grow":
                last = items[-1]
                if last.kind is ItemKind.REPLY and not last.ended:
                    start = len(last.content) % len(text)
                    items = [*items[:-1], grown(last, text[start : start + number])]
            case "above":
                items = [replace(items[0], header=items[0].header + "word "), *items[1:]]
            case "finish":
                items = [*items[:-1], replace(items[-1], status=StreamStatus.COMPLETED)]
            case "ask":
                key = f"n{len(items)}"
                reply = Item(key + "r", ItemKind.REPLY, EMPTY, Log("Thinking."), STREAMING)
                items = [*items, Item(key, ItemKind.QUESTION, Log("New?")), reply]
            case "earlier":
                items, older = [*older[-4:], *items], older[:-4]
            case "toggle":
                flow.toggle_reasoning()
            case "other":
                flow.show("other", history(3))
            case "end":
                flow.to_end()
            case "start":
                flow.to_start()
            case "resize":
                flow.resize(number, max(4, number // 6))
        flow.show("t", items)
        if reading and step in ("grow", "ask", "earlier", "other", "finish", "above") and not flow.follows:
            assert line_text(flow.line(0)).rstrip("▌ ") == line.rstrip("▌ ")
        assert 0 <= flow.top <= max(0, flow.total - 1)
        assert flow.lines_below >= 0
        if flow.follows:
            assert flow.top + flow.height >= flow.total
            assert flow.lines_below == 0
