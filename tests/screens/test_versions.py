"""A question can be answered many times over, at the same time, and each answer be seen, stopped, gone on with."""

from __future__ import annotations

from tests.support.front_end import FrontEnd
from tui.engine import Conversation, StreamStatus
from tui.screens.reply_info import ReplyInfo

ENDLESS = "n=100000 tps=4"
"""So slow that what stands above it stays in sight."""


def last(front: FrontEnd) -> Conversation:
    return front.engine.catalog.branch(front.app.session.topic_id)[-1]


async def ask(front: FrontEnd, question: str) -> None:
    await front.engine.send(front.app.session.topic_id, question)


async def live(front: FrontEnd, count: int) -> None:
    await front.until(lambda: front.engine.registry.live == count, f"{count} streams")


async def test_three_versions_are_paged_through_while_two_of_them_stream(front: FrontEnd) -> None:
    await ask(front, "Thrice. n=3 times=1 tag=thrice")
    await front.shows("end-of-thrice")
    await front.engine.edit_reply(last(front).id, "In my own words.")
    await front.shows(r"version 2 of 2 .* edited")
    await ask(front, f"Else. {ENDLESS} tag=else")
    await front.shows("else-00000")
    await front.pilot.press("ctrl+r")
    await live(front, 2)
    await front.pilot.press("ctrl+r")
    await live(front, 3)
    await front.shows("version 3 of 3")
    for key, shown in (("alt+left", "2 of 3"), ("alt+left", "1 of 3"), ("alt+right", "2 of 3")):
        await front.pilot.press(key)
        await front.shows(f"load/fake   version {shown}")
    await front.pilot.press("escape")
    await live(front, 2)
    await front.shows(r"version 2 of 3 .* stopped")
    assert [reply.status for reply in last(front).replies] == [StreamStatus.STOPPED]
    await front.pilot.press("escape")  # what is on show has ended: then the topic's newest
    await live(front, 1)
    await front.pilot.press("alt+right")
    await front.shows(r"version 3 of 3 .* stopped")
    await front.pilot.press("alt+left", "alt+left", "alt+y")
    await front.until(lambda: front.app.clipboard.startswith("else-00000"), "the version on show, as far as it is")


async def test_paging_says_where_it_ends(front: FrontEnd) -> None:
    await ask(front, "One. n=3 tag=one")
    await front.shows("end-of-one")
    await front.pilot.press("alt+left")
    await front.shows(r"one version only\. \^r asks")
    await front.pilot.press("ctrl+r")
    await front.shows("version 2 of 2 .* complete")
    await front.pilot.press("alt+right")
    await front.shows("the last version")
    await front.pilot.press("alt+left", "alt+left")
    await front.shows("the first version")
    await front.shows("fake   version 1 of 2")


async def test_keys_mean_the_exchange_where_the_reader_is(front: FrontEnd) -> None:
    await ask(front, "Early. n=3 tag=early")
    await front.shows("end-of-early")
    await ask(front, "Late. n=3 tag=late")
    await front.shows("end-of-late")
    await front.pilot.press("shift+tab", "tab", "tab", "[", "[", "[", "ctrl+r")
    await front.until(lambda: len(front.server.find_all("early")) == 2, "the early question again")
    await front.shows("version 2 of 2")
    assert len(front.server.find_all("late")) == 1


async def test_a_stopped_reply_says_that_it_can_be_gone_on_with_and_keeps_its_text(front: FrontEnd) -> None:
    await ask(front, f"Story. {ENDLESS} tag=story")
    await front.exchange("story", 5)
    await front.shows("story-00000")
    await front.pilot.press("escape")
    await front.shows(r"Stopped\. alt\+c goes on, \^r answers again\.")
    before = last(front).replies[0]
    await front.pilot.press("alt+c")
    await front.until(lambda: last(front).replies[0].content != before.content, "more text")
    await front.shows("story-00000")
    await front.shows_no(r"Stopped\.")
    [reply] = last(front).replies
    assert reply.id == before.id and reply.content.startswith(before.content)


async def test_what_cannot_be_gone_on_with_is_said(front: FrontEnd) -> None:
    await front.pilot.press("alt+c")
    await front.shows("no reply to go on with")
    await ask(front, "Bad. fail=400 tag=bad")
    await front.shows(r"again \(\^r\)\.$")
    await front.pilot.press("alt+c")
    await front.shows("no text yet that could be gone on with")


async def test_another_model_is_chosen_by_its_name(front: FrontEnd) -> None:
    await ask(front, "Who. n=3 tag=who")
    await front.shows("end-of-who")
    await front.pilot.press("alt+r")
    await front.shows("load/fake")
    await front.pilot.press(*"thinking", "enter")
    await front.shows("version 2 of 2 .* complete")
    assert len(front.server.find_all("who")) == 2


async def test_everything_known_of_a_reply_is_told_also_while_it_streams(front: FrontEnd) -> None:
    await ask(front, f"Known. {ENDLESS} tag=known")
    await front.shows("known-00000")
    await front.pilot.press("alt+i")
    await front.shows(r"Status +streaming")
    await front.pilot.press("escape")
    assert not isinstance(front.app.screen, ReplyInfo) and front.engine.registry.live == 1
    await front.pilot.press("escape")
    await front.shows(r"Stopped\.")
    await front.pilot.press("alt+i")
    await front.shows(r"Model +load/fake")
    await front.shows(rf"Conversation +{last(front).id}")
    await front.shows(r"First text +after")


async def test_what_waits_for_a_version_that_is_not_on_show_says_so(front: FrontEnd) -> None:
    await ask(front, f"Twice. {ENDLESS} tag=twice")
    await front.shows("twice-00000")
    await front.pilot.press("ctrl+r")
    await live(front, 2)
    await front.pilot.press("escape")
    await live(front, 1)
    await front.shows(r"version 2 of 2 .* stopped")
    await front.pilot.press(*"then", "enter")
    await front.shows("sent when all that streams in this topic is complete; alt\\+q")
    await front.pilot.press("alt+left")
    await front.shows("sent when the answer above is complete; alt\\+q")
