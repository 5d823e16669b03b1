"""A server that refuses or stalls, seen in the whole program: asked again in its own time, while one sees when."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.end_to_end.program import CTRL_Q, ENTER, ESCAPE, Program, on_disk
from tests.support.home import Home
from tests.support.load_server import LoadServer
from tests.support.waiting import until

CTRL_R = b"\x12"


def use(home: Home, url: str, more: str) -> None:
    provider = f'[providers.load]\nprotocol = "openai"\nbase_url = "{url}"\nmodel = "fake"\n{more}\n'
    home.configure(provider + '[models]\ninstruct = "load"\n')


@dataclass(frozen=True, slots=True)
class Refusal:
    """How the server refuses once, and what comes of it."""

    tag: str
    words: str
    wait: float | None
    """Seconds at least until it is asked again; None: it is not."""

    @property
    def question(self) -> str:
        return f"Ask. {self.words} times=1 n=3 tag={self.tag}"


REFUSALS = (
    Refusal("timeout", "fail=408", 0.25),
    Refusal("conflict", "fail=409", 0.25),
    Refusal("much", "fail=429", 0.25),
    Refusal("failure", "fail=500", 0.25),
    Refusal("gateway", "fail=502", 0.25),
    Refusal("seconds", "fail=503 after=2", 2.0),
    Refusal("date", "fail=429 date=3", 1.9),
    Refusal("milliseconds", "fail=529 ms=1500", 1.5),
    Refusal("teapot", "fail=418 should=true", 0.25),
    Refusal("final", "fail=503 should=false", None),
    Refusal("hour", "fail=429 after=3600", None),
    Refusal("wrong", "fail=400", None),
    Refusal("forbidden", "fail=403", None),
)


def test_each_status_and_header_is_obeyed(home: Home, load_server: LoadServer) -> None:
    use(home, load_server.url, "")
    with Program(home) as program:
        program.wait_ready()
        for each in REFUSALS:
            program.ask_in_new_topic(each.question)
            if each.wait is None:
                program.wait_for(rf"(?s)tag={each.tag}\b.*fake +\d\d:\d\d +failed")
            else:
                if each.wait > 1:
                    program.wait_for(r"retry in \d s")
                program.wait_for(f"end-of-{each.tag}", 20.0)
        until(lambda: all(e.reply for e in on_disk(home.data).values()), 20.0, "all replies on the disk")
        program.quit()
    kept = on_disk(home.data)
    for each in REFUSALS:
        asked = load_server.find_all(each.tag)
        assert len(asked) == (1 if each.wait is None else 2), each
        assert kept[each.question].status == ("error" if each.wait is None else "completed"), each
        if each.wait is not None:
            assert asked[1].arrived_at - asked[0].arrived_at >= each.wait - 0.05, each
            assert kept[each.question].content == asked[1].whole


def test_a_wait_is_counted_down_cut_short_stopped_and_seen_by_those_behind(home: Home, load_server: LoadServer) -> None:
    use(home, load_server.url, "max_streams = 1")
    with Program(home) as program:
        program.wait_ready()
        program.ask("Count. fail=429 times=2 after=100 n=999 tps=50 tag=count")
        for seconds in (99, 98, 97):
            program.wait_for(rf"retry 1 of 2 in {seconds} s: load had too many requests")
        program.write(CTRL_R)
        program.wait_for("retry 2 of 2 in")
        program.ask_in_new_topic("Next. n=3 tag=next")
        program.wait_for(r"2nd in the queue of load, held for \d+ s")
        program.write(CTRL_R)
        program.wait_for(r"1st in the queue of load, \d+ s|1st in queue")
        assert len(load_server.find_all("count")) == 3 and not load_server.find_all("next")
        program.write(ESCAPE)
        program.wait_for("Stopped.")
        program.ask_in_new_topic("Third. n=3 tag=third")
        program.wait_for("1st in the queue of load")
        program.write(CTRL_Q)
        program.wait_for(r"Quit\?")
        program.write(ENTER)
        assert program.wait_exit() == 0, program.explained()
        assert program.leftovers() == []
    kept = {re.sub(r"\..*", "", question): exchange.status for question, exchange in on_disk(home.data).items()}
    assert kept == {"Count": "stopped", "Next": "stopped", "Third": "stopped"}
    assert not load_server.find_all("next") and not load_server.find_all("third")


def test_a_reply_that_stalls_ends_as_timed_out_with_what_had_come(home: Home, load_server: LoadServer) -> None:
    use(home, load_server.url, "idle_timeout = 1.5")
    question = "Stall. n=200 tps=100 stall=60 tag=stall"
    with Program(home) as program:
        program.wait_ready()
        program.ask(question)
        program.wait_for("timed out")
        program.wait_for(r"load sent nothing for 1\.5 s\. Try again \(\^r\)")
        program.wait_for(r"alt\+c goes on\.")
        program.quit()
    exchange, sent = on_disk(home.data)[question], load_server.wait_for("stall")
    assert exchange.reply["error"]["kind"] == "timeout"
    assert exchange.content == sent.content != ""
    assert sent.closed_at is not None
