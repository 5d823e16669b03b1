"""However the program ends while replies stream: the terminal is sane, what had arrived is kept, no process is left."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.end_to_end.program import CTRL_C, CTRL_Q, ENTER, Program, letters, on_disk
from tests.support.embedded import place_model
from tests.support.home import Home
from tests.support.load_server import LoadServer
from tests.support.processes import children, gone, state
from tests.support.terminal import Terminal
from tests.support.waiting import until

HIDDEN = "Count. n=4000 tps=60 tag=hidden"
SHOWN = "Count. n=4000 tps=60 tag=shown"


@dataclass(frozen=True)
class Ending:
    """A way in which a user, or the system, ends the program."""

    name: str
    do: Callable[[Program], None]
    status: int
    terminal_stays: bool = True


def _ctrl_c_twice(program: Program) -> None:
    """The first stops the topic on show; the second quits, and is asked about the one that still streams."""
    program.write(CTRL_C)
    program.wait_for("Stopped")
    program.write(CTRL_C)
    program.wait_for(r"Quit\?")
    program.write(ENTER)


ENDINGS = (
    Ending("ctrl+c twice", _ctrl_c_twice, 0),
    Ending("ctrl+c thrice in one breath", lambda program: program.write(CTRL_C * 3), 0),
    Ending("ctrl+q and enter", lambda program: program.write(CTRL_Q + ENTER), 0),
    Ending("SIGTERM", lambda program: program.signal(signal.SIGTERM), 128 + signal.SIGTERM),
    Ending("SIGHUP", lambda program: program.signal(signal.SIGHUP), 128 + signal.SIGHUP),
    Ending("SIGINT", lambda program: program.signal(signal.SIGINT), 128 + signal.SIGINT),
    Ending("SIGQUIT", lambda program: program.signal(signal.SIGQUIT), 128 + signal.SIGQUIT),
    Ending("hangup", Program.hangup, 128 + signal.SIGHUP, terminal_stays=False),
)
each_ending = pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.name)


@each_ending
def test_what_had_arrived_is_kept_and_the_terminal_is_sane(home: Home, load_server: LoadServer, ending: Ending) -> None:
    home.use(load_server.url)
    with Program(home) as program:
        program.wait_ready()
        program.ask(HIDDEN)
        program.wait_for("hidden-000[1-9]")
        seen = {HIDDEN: _last_count(program)}
        program.ask_in_new_topic(SHOWN)
        program.wait_for("shown-000[1-9]")
        program.wait_for("2 streams")
        seen[SHOWN] = _last_count(program)
        ending.do(program)
        assert program.wait_exit() == ending.status, program.explained()
        if ending.terminal_stays:
            assert program.leftovers() == []
            assert "Traceback" not in program.text()

    kept = on_disk(home.data)
    for question, tag in ((HIDDEN, "hidden"), (SHOWN, "shown")):
        sent = load_server.wait_for(tag)
        assert sent.closed_at is not None, "the reply came to its end before the program"
        assert kept[question].status == "stopped"
        assert sent.content.startswith(kept[question].content)
        assert seen[question] in kept[question].content
    assert len({exchange.topic_id for exchange in kept.values()}) == 2


def _quit_and_confirm(program: Program) -> None:
    program.write(CTRL_Q + ENTER)


STALLED_ENDINGS = (
    Ending("SIGTERM", lambda program: program.signal(signal.SIGTERM), 128 + signal.SIGTERM),
    Ending("ctrl+q and enter", _quit_and_confirm, 0),
)


@pytest.mark.parametrize("ending", STALLED_ENDINGS, ids=lambda ending: ending.name)
def test_a_terminal_that_takes_nothing_keeps_nothing_from_being_saved(
    home: Home, load_server: LoadServer, ending: Ending
) -> None:
    home.use(load_server.url)
    with Program(home) as program:
        program.wait_ready()
        program.ask(HIDDEN)
        program.wait_for("hidden-000[1-9]")
        program.stall()
        before = load_server.wait_for("hidden", 1).deltas
        load_server.wait_for("hidden", before + 300)  # far more frames than may wait
        ending.do(program)
        assert program.wait_exit(8.0) == ending.status, program.explained()
    kept = on_disk(home.data)[HIDDEN]
    assert kept.status == "stopped"
    assert load_server.wait_for("hidden").content.startswith(kept.content)
    assert "hidden-0001" in kept.content


def test_the_log_says_that_the_terminal_is_gone_and_calls_it_no_failure(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    with Program(home) as program:
        program.wait_ready()
        program.ask(HIDDEN)
        program.wait_for("hidden-000[1-9]")
        os.kill(program.pid, signal.SIGSTOP)  # so that it hears of the terminal before the signal
        program.wait_until(lambda: state(program.pid).startswith("T"), what="it to stop")
        program.hangup()
        assert program.wait_exit() == 128 + signal.SIGHUP
    log = (home.log / "rivulet.log").read_text()
    assert "the terminal is gone" in log or "told to end by SIGHUP" in log
    assert "Traceback" not in log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_an_end_while_the_terminal_is_asked_for_its_colours_leaves_it_as_it_was(
    home: Home, load_server: LoadServer, number: signal.Signals
) -> None:
    home.use(load_server.url)
    with Terminal([sys.executable, "-m", "tui"], env=home.env, cwd=home.path, answers=False) as terminal:
        terminal.wait_until(lambda: b"\x1b]11;?" in terminal.raw, what="the question")
        terminal.signal(number)
        assert terminal.wait_exit() in (128 + number, -number)  # as itself, where it had just been answered
        assert terminal.leftovers() == []
        assert terminal.text().strip() == ""


def _last_count(program: Program) -> str:
    """The last of the numbered words on show, of which every reply has its own."""
    return str(max(re.findall(r"\b(?:hidden|shown)-\d{5}\b", "\n".join(program.reading()))))


def test_ctrl_c_twice_stops_the_only_stream_and_quits_without_asking(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    with Program(home) as program:
        program.wait_ready()
        program.ask(SHOWN)
        program.wait_for("shown-000[1-9]")
        program.write(CTRL_C)
        program.wait_for("Stopped")
        program.write(CTRL_C)
        assert program.wait_exit() == 0
        assert program.leftovers() == []
    assert on_disk(home.data)[SHOWN].status == "stopped"


LOCAL_ENDINGS = (
    *(ending for ending in ENDINGS if ending.name in ("ctrl+q and enter", "SIGTERM", "SIGHUP", "hangup")),
    Ending("SIGKILL", lambda program: program.signal(signal.SIGKILL), -signal.SIGKILL, terminal_stays=False),
)


@pytest.mark.parametrize("ending", LOCAL_ENDINGS, ids=lambda ending: ending.name)
def test_the_model_server_goes_with_the_program(home: Home, ending: Ending) -> None:
    place_model(home.data)
    question = "Write a very long story about the sea."
    with Program(home, "-m", "local") as program:
        program.wait_ready()
        program.ask(question)
        program.wait_until(lambda: program.answer(question), 30.0, "the reply to begin")
        program.wait_for("1 stream")
        (server,) = children(program.pid)
        seen = program.newest_words()
        ending.do(program)
        assert program.wait_exit() == ending.status, program.explained()
        assert not ending.terminal_stays or program.leftovers() == []
        try:
            until(lambda: gone(server), 3.0, "the model's server to end with the program")
        finally:
            if not gone(server):
                os.kill(server, signal.SIGKILL)
    if ending.status != -signal.SIGKILL:
        assert on_disk(home.data)[question].status == "stopped"
        assert seen in letters(on_disk(home.data)[question].content)


def test_after_a_kill_the_next_start_has_what_streamed_as_far_as_it_had_come(
    home: Home, load_server: LoadServer
) -> None:
    home.use(load_server.url)
    with Program(home) as program:
        program.wait_ready()
        program.ask("Count. n=5 tag=before")
        program.wait_for("end-of-before")
        program.ask(SHOWN)
        program.wait_for("shown-000[3-9]")
        program.signal(signal.SIGKILL)
        assert program.wait_exit() == -signal.SIGKILL
    sent = load_server.wait_for("shown")
    with Program(home) as program:
        program.wait_ready()
        program.wait_for("end-of-before")
        program.wait_shows(SHOWN)
        program.wait_for("interrupted")
        program.wait_for("shown-0001")
        program.wait_for(r"midst of this\. \^r tries again\. alt\+c goes on\.")
        program.quit()
    kept = on_disk(home.data)[SHOWN]
    assert kept.status == "error" and kept.reply["error"]["kind"] == "interrupted"
    assert sent.content.startswith(kept.content)


def test_a_second_rivulet_says_who_holds_the_data_and_leaves_the_first_alone(
    home: Home, load_server: LoadServer
) -> None:
    home.use(load_server.url)
    with Program(home) as first:
        first.wait_ready()
        first.ask("Count. n=150 tps=60 tag=first")
        first.wait_for("first-000[1-9]")
        with Program(home) as second:
            assert second.wait_exit() == 2
            assert str(first.pid) in second.text()
            assert second.raw.count(b"\n") == 1
            assert second.leftovers() == []
            assert b"\x1b[?1049h" not in second.raw
        assert second.text().strip() not in first.text()
        first.wait_for("end-of-first")
        first.wait_until(
            lambda: "tok/s" in first.lines()[-1] and "stream" not in first.lines()[-1], 30.0, "its names, too"
        )
        first.quit()
    (kept,) = on_disk(home.data).values()
    assert kept.status == "completed"
    assert kept.content == load_server.wait_for("first").whole
