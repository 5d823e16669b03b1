"""What the screen says of a stream that waits: its place, its next try, a silence; and the keys that act on it."""

from __future__ import annotations

import time
from dataclasses import replace

from tests.support.front_end import FrontEnd
from tui.engine import ErrorKind, Stream, StreamStatus, StreamType
from tui.glyphs import UNICODE
from tui.screens.topics import TopicsScreen

WAITING = UNICODE.waiting


async def limit(front: FrontEnd, streams: int) -> None:
    of = front.engine.models
    load = replace(of.providers["load"], max_streams=streams)
    await front.engine.configure(replace(of, providers={"load": load}))


def here(front: FrontEnd) -> str:
    return front.app.session.topic_id


async def stream_of(front: FrontEnd, topic_id: str) -> Stream:
    """The topic's live chat stream."""
    found = (s for s in front.engine.registry.find(StreamType.CHAT, live=True) if s.metadata["topic_id"] == topic_id)
    return await front.until(lambda: next(found, None), "the topic's stream")


async def test_a_place_in_the_queue_is_shown_everywhere_and_moves_up(front: FrontEnd) -> None:
    await limit(front, 1)
    await front.ask_elsewhere("Ahead. n=999 tps=50 tag=ahead")
    await front.exchange("ahead", 3)
    between = await front.ask_elsewhere("Between. n=3 tag=between")
    await front.engine.send(here(front), "Last. n=3 tag=last")
    await front.shows(r"2nd in the queue of load")
    await front.shows(rf"^ {WAITING} Last\. .* 2nd ")
    await front.shows(rf"^ {WAITING} Between\. .* 1st ")
    await front.shows(r"3 streams +2nd in queue")
    assert "ask now" not in front.status, "no key gets one before others"
    await front.pilot.press("f3")
    await front.until(lambda: isinstance(front.app.screen, TopicsScreen), "the topics")
    await front.shows(r"Last\. .* 2nd in queue")
    await front.pilot.press("f2")
    await front.engine.stop((await stream_of(front, between)).id)
    await front.shows(r"1st in the queue of load")
    await limit(front, 2)
    await front.shows("end-of-last")


async def test_the_next_try_is_counted_down_and_comes(front: FrontEnd) -> None:
    await front.engine.send(here(front), "Busy. fail=503 times=1 after=3 n=3 tag=busy")
    await front.tells("retry 1 of 2 in 3 s: load is overloaded (503).")
    await front.shows(r"1 stream +retry in 3 s")
    await front.shows(rf"^ {WAITING} Busy\. .* 3 s ")
    await front.tells("retry 1 of 2 in 2 s")
    await front.tells("retry 1 of 2 in 1 s")
    await front.shows("end-of-busy")
    assert len(front.server.find_all("busy")) == 2


async def test_a_key_has_it_asked_now(front: FrontEnd) -> None:
    for status in (503, 429):
        tag = f"now{status}"
        await front.engine.send(here(front), f"Now. fail={status} times=1 after=500 n=3 tag={tag}")
        await front.shows(r"\^r ask now")
        await front.tells("^r asks now, esc stops.")
        begun = time.monotonic()
        await front.pilot.press("ctrl+r")
        await front.shows(f"end-of-{tag}")
        assert time.monotonic() - begun < 60
        assert len(front.server.find_all(tag)) == 2, "it was asked again, and no other version was"
    assert not front.engine.registry.live


async def test_esc_ends_the_wait(front: FrontEnd) -> None:
    await front.engine.send(here(front), "Stop. fail=429 times=1 after=500 n=3 tag=stop")
    await front.shows(r"retry in \d+ s")
    await front.pilot.press("escape")
    await front.tells("Stopped. ^r answers again.")
    await front.shows_no("retry in")
    assert len(front.server.find_all("stop")) == 1


async def test_the_others_of_a_provider_that_had_too_many_requests_say_so(front: FrontEnd) -> None:
    await front.ask_elsewhere("Much. fail=429 times=1 after=500 n=3 tag=much")
    await front.shows(rf"^ {WAITING} Much\. .*\d+ s ")
    await front.engine.send(here(front), "More. n=3 tag=more")
    await front.tells("2nd in the queue of load, held for")
    await front.tells("load had too many requests (429).")
    await front.pilot.press("ctrl+r")
    await front.shows("end-of-more")


async def test_when_all_tries_failed_the_error_says_how_often_and_which_key_tries_again(front: FrontEnd) -> None:
    await front.engine.send(here(front), "Down. fail=500 times=3 n=3 tag=down")
    await front.tells("Try again (^r) in a while. It was asked 3 times.")
    assert len(front.server.find_all("down")) == 3
    await front.pilot.press("ctrl+r")
    await front.shows("end-of-down")


async def test_what_broke_after_its_first_words_names_the_keys_for_both_ways_on(front: FrontEnd) -> None:
    for ending in ("cut=4", "reset=4", "error=4"):
        await front.engine.send(here(front), f"Broken. n=9 {ending} tag={ending[:-2]}")
        await front.tells("^r tries again. alt+c goes on." if "reset" in ending else "again (^r). alt+c goes on.")
        assert len(front.server.find_all(ending[:-2])) == 1
        await front.pilot.press("ctrl+n")
        await front.shows_no("goes on")


async def test_an_optimization_waits_visibly_and_is_asked_by_the_same_key(front: FrontEnd) -> None:
    await front.pilot.press(*"fail=503 times=1 after=500 tag=opt")
    await front.pilot.press("ctrl+o")
    await front.shows(r"optimizing +retry in \d+ s")
    await front.pilot.press("ctrl+r")
    await front.until(lambda: not front.engine.registry.live, "the end of the optimization")
    assert len(front.server.find_all("opt")) == 2


async def test_from_twenty_seconds_on_a_silence_is_told_for_what_it_is(front: FrontEnd) -> None:
    await front.engine.send(here(front), "Still. n=50 hold=5 tag=still")
    await front.exchange("still", 5)
    stream = await stream_of(front, here(front))
    await front.until(lambda: (s := front.engine.registry.get(stream.id)) and len(s.content) > 20, "its words")
    assert "no byte" not in front.text

    def quiet_for(seconds: float, heard: float | None = None) -> None:
        """As if this had been so: a test can't wait for as long."""
        now = time.time()
        known = front.engine.registry._streams[stream.id]
        front.engine.registry._streams[stream.id] = replace(
            known, quiet_since=now - seconds, heard_at=None if heard is None else now - heard
        )

    quiet_for(19)
    await front.drawn()
    quiet_for(31)
    await front.tells("no byte for 31 s; given up after 300 s.")
    await front.shows(r"1 stream +no byte 3\d s")
    await front.shows(rf"^ {WAITING} Still\. .* 3\d s ")
    quiet_for(41, heard=4)
    await front.tells("no text for 41 s, but keep-alives still come, the last 4 s ago.")
    front.server.release()
    await front.shows("end-of-still")
    await front.shows_no("no text")


async def test_a_reply_that_stays_away_ends_as_timed_out_with_what_had_come(front: FrontEnd) -> None:
    of = front.engine.models
    await front.engine.configure(replace(of, providers={"load": replace(of.providers["load"], idle_timeout=0.7)}))
    await front.engine.send(here(front), "Stall. n=50 stall=8 tag=stall")
    await front.tells("load sent nothing for 0.7 s. Try again (^r), or give it longer:")
    await front.tells("alt+c goes on.")
    await front.shows("timed out")
    (conversation,) = front.engine.catalog.branch(here(front))
    reply = conversation.reply
    assert reply is not None and reply.status is StreamStatus.ERROR
    assert reply.error is not None and reply.error.kind is ErrorKind.TIMEOUT
    assert reply.content == (await front.exchange("stall")).content
