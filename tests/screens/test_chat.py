"""The chat screen shows what is so: marks, drafts, queues, errors, and where the reader is."""

from __future__ import annotations

import re

import pytest

from tests.support.front_end import FrontEnd
from tui.engine import Notice, StreamStatus
from tui.glyphs import UNICODE
from tui.screens.topics import TopicsScreen

SPINNER = f"[{UNICODE.spinner}]"
ENDLESS = "n=100000 tps=50"


async def stop(front: FrontEnd, topic_id: str) -> None:
    for stream in list(front.engine.registry.find(live=True)):
        if stream.metadata.get("topic_id") == topic_id:
            await front.engine.stop(stream.id)


# The marks of topics that are not on show


async def test_a_topic_elsewhere_is_marked_while_it_waits_streams_and_when_it_has_ended(front: FrontEnd) -> None:
    topic = await front.ask_elsewhere("Ebb. n=20 tps=20 ttft=0.5 tag=ebb")
    await front.shows(rf"^ {UNICODE.waiting} Ebb\.")
    await front.shows(rf"^ {SPINNER} Ebb\.")
    await front.shows(rf"^ {UNICODE.unread} Ebb\.")
    await front.open(topic)
    await front.shows(r"end-of-ebb")
    await front.shows(r"^   Ebb\.")


async def test_a_topic_on_show_is_never_unread(front: FrontEnd) -> None:
    topic = front.app.session.topic_id
    await front.engine.send(topic, "Here. n=3 tag=here")
    await front.shows("end-of-here")
    await front.shows(r"^   Here\.")
    found = front.engine.catalog.topic(topic)
    assert found is not None and not found.unread


async def test_what_ends_behind_another_screen_is_unread_until_the_chat_is_seen(front: FrontEnd) -> None:
    topic = front.app.session.topic_id
    await front.engine.send(topic, "Behind. n=20 tps=40 tag=behind")
    await front.pilot.press("f3")
    await front.until(lambda: isinstance(front.app.screen, TopicsScreen), "the topics")
    await front.shows(rf"{UNICODE.unread} Behind\. .* new ")
    await front.pilot.press("escape")
    await front.shows("end-of-behind")
    await front.shows(r"^   Behind\.")


async def test_errors_and_stopped_replies_have_marks_of_their_own(front: FrontEnd) -> None:
    await front.ask_elsewhere("Bad. fail=400 tag=bad")
    cut = await front.ask_elsewhere(f"Cut. {ENDLESS} tag=cut")
    await front.exchange("cut", 5)
    await stop(front, cut)
    await front.shows(rf"^ {UNICODE.error} Bad\.")
    await front.shows(rf"^ {UNICODE.cut} Cut\.")


async def test_streams_give_way_to_keys(front: FrontEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    gave: list[int] = []
    monkeypatch.setattr(front.engine, "give_way", lambda: gave.append(1))
    await front.pilot.press("x", "down", "f3")
    assert len(gave) >= 3


async def test_the_bottom_line_counts_all_streams_and_hints_at_what_can_be_done(front: FrontEnd) -> None:
    assert "esc stop" not in front.status and "enter send" not in front.status
    await front.ask_elsewhere(f"Elsewhere. {ENDLESS} tag=elsewhere")
    await front.shows(rf"{SPINNER} 1 stream .*alt\+down next")
    assert "esc stop" not in front.status
    await front.engine.send(front.app.session.topic_id, f"Here. {ENDLESS} tag=here")
    await front.shows(rf"{SPINNER} 2 streams .*esc stop")
    await front.pilot.press("x")
    await front.shows("enter send")


# Drafts


async def test_each_topic_keeps_its_own_draft(front: FrontEnd) -> None:
    first = front.app.session.topic_id
    await front.pilot.press(*"one", "ctrl+n", *"two")
    second = front.app.session.topic_id
    assert second != first
    await front.open(first)
    assert front.composer.text == "one"
    await front.open(second)
    assert front.composer.text == "two"
    drafts = [topic.draft for topic in map(front.engine.catalog.topic, (first, second)) if topic]
    assert drafts == ["one", "two"]


async def test_a_key_right_before_a_switch_belongs_to_the_topic_that_is_left(front: FrontEnd) -> None:
    first = front.app.session.topic_id
    await front.pilot.press(*"one", "ctrl+n", *"two")
    for _ in range(5):
        await front.pilot.press("x", "alt+down", "y", "alt+up")
    await front.pilot.press("alt+down")
    assert front.app.session.topic_id == first
    assert front.composer.text == "oneyyyyy"
    await front.pilot.press("alt+down")
    assert front.composer.text == "twoxxxxx"


async def test_undo_in_one_topic_never_brings_another_topics_text(front: FrontEnd) -> None:
    await front.pilot.press(*"secret", "ctrl+n", *"ab", "ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z")
    assert front.composer.text == ""


async def test_a_draft_with_line_ends_survives_a_visit_elsewhere(front: FrontEnd) -> None:
    await front.pilot.press("a", "ctrl+j", "b", "f3", "f2", "c")
    assert front.composer.text == "a\nbc"


# Errors and the queue


async def test_a_failed_reply_says_so_and_ctrl_r_tries_again(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Try. fail=400 times=1 n=3 tag=try")
    await front.shows(rf"{UNICODE.error} .*refused")
    await front.shows(r"again \(\^r\)\.")
    await front.pilot.press("ctrl+r")
    await front.shows("end-of-try")
    await front.shows("version 2 of 2")
    assert "refused" not in front.text


async def test_a_reply_that_breaks_off_keeps_its_text_and_says_so(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Break. n=50 cut=12 tag=break")
    await front.shows(rf"{UNICODE.error} .*[Tt]ry again \(\^r\)\.")
    assert "break-00000" in front.text


async def test_ctrl_r_pressed_twice_asks_once(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Again. n=3 tag=again")
    await front.shows("end-of-again")
    front.chat.action_regenerate()
    front.chat.action_regenerate()
    await front.shows("version 2 of 2 .* complete")
    assert len(front.server.find_all("again")) == 2


async def test_ctrl_r_and_alt_y_where_there_is_nothing_say_nothing_wrong(front: FrontEnd) -> None:
    await front.pilot.press("ctrl+r", "alt+y")
    await front.shows("no reply to copy")


async def test_a_message_sent_meanwhile_waits_visibly_and_goes_after_the_answer(front: FrontEnd) -> None:
    topic = front.app.session.topic_id
    await front.engine.send(topic, "First. n=600 tps=100 tag=first")
    await front.exchange("first", 3)
    front.composer.insert("Next. n=3 tag=next")
    await front.pilot.press("enter")
    await front.shows("Next. n=3 tag=next")
    await front.shows("sent when the answer above is complete")
    assert front.composer.text == ""
    assert front.server.find("next") is None
    await front.shows("end-of-next")
    assert "sent when the answer above" not in front.text
    asked = await front.exchange("next")
    assert [message["role"] for message in asked.body["messages"]][-3:] == ["user", "assistant", "user"]


async def test_a_waiting_message_comes_back_to_the_composer_when_the_answer_is_stopped(front: FrontEnd) -> None:
    topic = front.app.session.topic_id
    await front.engine.send(topic, f"First. {ENDLESS} tag=first")
    await front.exchange("first", 3)
    await front.pilot.press(*"Next. tag=next", "enter", *"more")
    await front.shows("sent when the answer above is complete")
    await front.pilot.press("escape")
    await front.until(lambda: front.composer.text == "Next. tag=next\n\nmore", "the text in the composer")
    await front.shows_no("sent when the answer above")
    assert front.server.find("next") is None
    branch = front.engine.catalog.branch(topic)
    assert [c.reply.status for c in branch if c.reply] == [StreamStatus.STOPPED]


# Reading


async def test_the_view_follows_the_end_only_while_the_reader_is_there(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, f"Long. {ENDLESS} think=0 tag=long".replace("50", "400"))
    await front.shows(r"long-00[4-9]\d\d")  # more than a page
    assert "below" not in front.text
    await front.pilot.press("shift+pageup")
    await front.shows(r"\d+ more lines below")
    top = front.rows[3]
    sent = (await front.exchange("long")).deltas
    await front.exchange("long", sent + 200)
    await front.drawn()
    assert front.rows[3] == top
    await front.pilot.press("ctrl+end")
    await front.shows_no("below")
    sent = (await front.exchange("long")).deltas
    await front.until(lambda: max(map(int, re.findall(r"long-(\d+)", front.text))) > sent + 100, "the end, going on")


async def test_reasoning_is_open_while_it_comes_and_folds_when_the_answer_begins(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Think. think=12 n=60 tps=10 tag=think")
    await front.shows(rf"{UNICODE.thinking} thinking")
    await front.shows("The question asks")
    await front.shows("think-00000", 20)
    assert "The question asks" not in front.text
    await front.shows(rf"{UNICODE.thinking} thought")
    await front.pilot.press("ctrl+t")
    await front.shows("The question asks")
    assert "think-00000" in front.text


async def test_until_the_first_text_comes_it_says_for_what_it_waits(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Slow. ttft=2.6 n=2 tag=slow")
    await front.shows(rf"{SPINNER} waiting for load$")
    await front.shows(rf"{SPINNER} waiting for load, 2 s")
    await front.shows("end-of-slow")
    await front.shows_no("waiting for")


# Sizes


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (99, 30)])
async def test_where_it_is_narrow_the_list_is_a_panel_that_moves_the_text_aside(
    front: FrontEnd, size: tuple[int, int]
) -> None:
    await front.engine.send(front.app.session.topic_id, "Text. n=30 tag=text")
    await front.shows("end-of-text")
    await front.pilot.resize_terminal(*size)
    await front.shows_no("General")
    assert len(front.rows) == size[1]
    row = next(row for row in front.rows if "Several replies" in row)
    await front.pilot.press("ctrl+l")
    await front.shows("^ General")
    beside = size[0] - 32
    assert any(shown[32:] == row[:beside].rstrip() for shown in front.rows), "the text moves aside as it is"
    await front.pilot.press("escape")
    await front.shows_no("General")
    await front.pilot.press("x")
    assert front.composer.text == "x"


async def test_a_topic_chosen_in_the_panel_closes_it(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Text. n=30 tag=text")
    await front.shows("end-of-text")
    await front.pilot.resize_terminal(80, 24)
    await front.pilot.press("ctrl+n", "ctrl+l", "down", "enter")
    await front.shows("end-of-text")
    await front.shows_no("General")


async def test_escape_closes_the_panel_before_it_stops_anything(front: FrontEnd) -> None:
    await front.pilot.resize_terminal(80, 24)
    await front.engine.send(front.app.session.topic_id, f"On. {ENDLESS} tag=on")
    await front.exchange("on", 3)
    await front.pilot.press("ctrl+l")
    await front.shows("General")
    await front.pilot.press("escape")
    await front.shows_no("General")
    assert front.engine.registry.live == 1
    await front.pilot.press("escape")
    await front.until(lambda: not front.engine.registry.live, "the stream to end")


async def test_the_list_comes_and_goes_with_the_width(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Text. n=30 tag=text")
    await front.shows("end-of-text")
    for width in (80, 120, 99, 100, 80, 140):
        await front.pilot.resize_terminal(width, 30)
        if width >= 100:
            await front.shows("^ General")
        else:
            await front.shows_no("General")
        await front.shows("end-of-text")
    await front.pilot.resize_terminal(80, 24)
    await front.shows_no("General")
    await front.pilot.press("ctrl+l")
    await front.shows("General")
    await front.pilot.resize_terminal(120, 30)  # with the panel open
    await front.shows("^ General")
    await front.pilot.resize_terminal(80, 24)
    await front.shows_no("General")
    await front.pilot.press("x")
    await front.until(lambda: front.composer.text == "x", "the key where one can see it")


async def test_who_reads_at_the_end_is_there_at_every_width(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Text. n=60 tag=text")
    await front.shows("end-of-text")
    for size in ((60, 15), (40, 10), (30, 8), (120, 35), (80, 9)):
        await front.pilot.resize_terminal(*size)
        await front.shows("end-of-text")
        assert "below" not in front.text


async def test_a_version_of_another_height_is_shown_whole(front: FrontEnd) -> None:
    await front.pilot.resize_terminal(60, 15)
    await front.engine.send(front.app.session.topic_id, "Again. fail=400 times=1 n=60 tag=again")
    await front.shows("refused")
    await front.pilot.press("ctrl+r")
    await front.shows("end-of-again")
    await front.engine.regenerate(front.engine.catalog.branch(front.app.session.topic_id)[-1].id)
    await front.until(lambda: len(front.server.find_all("again")) == 3, "the third version")
    await front.shows("end-of-again")
    await front.shows_no("below")


async def test_on_a_wide_terminal_prose_keeps_its_measure(front: FrontEnd) -> None:
    await front.pilot.resize_terminal(200, 50)
    question = "A question that is longer than any line should be, because nobody reads so far to the right. " * 3
    await front.engine.send(front.app.session.topic_id, question + "n=60 tag=wide")
    await front.shows("end-of-wide")
    texts = [row[32:].strip() for row in front.rows[:-3]]
    assert max(map(len, texts)) <= 100
    assert len(front.rows) == 50 and max(map(len, front.rows)) <= 200


@pytest.mark.parametrize("size", [(200, 50), (80, 24), (40, 12), (10, 3)])
async def test_no_size_breaks_the_screen(front: FrontEnd, size: tuple[int, int]) -> None:
    await front.engine.send(front.app.session.topic_id, "Text. n=200 think=20 tag=text")
    await front.shows("end-of-text")
    await front.pilot.press(*"a draft")
    await front.pilot.resize_terminal(*size)
    for key in ("ctrl+l", "ctrl+l", "f3", "f4", "f1", "escape", "f2", "ctrl+home", "shift+pagedown", "ctrl+end"):
        await front.pilot.press(key)
        assert len(front.rows) == size[1]
        assert all(strip.cell_length <= size[0] for strip in front.strips)


# The bottom line


async def test_no_speed_is_told_before_anything_has_come_and_then_nothing_moves(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Held. n=1000 tps=50 hold=0 tag=held")
    await front.shows(r"1 stream .* 0:0\d")
    assert "tok/s" not in front.status
    clock = front.status.index("0:0")
    front.server.release()
    await front.shows(r"1 stream .*~\d+ tok/s")
    assert front.status.index("0:0") == clock


async def test_what_is_told_in_a_row_is_seen_together_until_a_key_has_its_answer(front: FrontEnd) -> None:
    for words in ("One file is damaged.", "Another one, too.", "One file is damaged."):
        front.engine.catalog.apply(Notice(words))
    await front.tells("One file is damaged. Another one, too.")
    assert front.app.session.notice == "One file is damaged. Another one, too."
    front.app.session.say("Nothing streams.")
    front.engine.catalog.apply(Notice("A third."))
    assert front.app.session.notice == "A third."
