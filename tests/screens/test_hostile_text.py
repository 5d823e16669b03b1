"""Text that a model, a user or a server wrote is shown, and nothing of it is obeyed: by the toolkit or the terminal."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.samples import assistant, conversation, topic
from tests.support.front_end import FrontEnd
from tests.support.load_server import LoadServer
from tests.support.program import CTRL_P, CTRL_Q, ESC, F1, F2, F3, F4, Program
from tui.engine import ErrorKind, Library, Message, StreamError, StreamStatus

MARKUP = "[bold]bold[/bold] [red]red [/] [@click=app.exit]click[/] [link=http://evil]x[/link] \\[x] :smile: [/nonsense]"
ATTACKS = (
    "\x1b]0;pwned\x07",
    "\x1b[2J",
    "\x1b[31mred",
    "\x1b]52;c;cHduZWQ=\x07",
    "\x1bP+q544e\x1b\\",
    "\x9b32mgreen",
    "\x9d0;pwned\x9c",
    "\u202eesrever\u202c",
    "\u2066isolated\u2069",
    "\rback",
    "\x08\x08\x07bell",
    "\x7f",
)
HOSTILE = "evil " + " ".join(ATTACKS) + " end"
FORBIDDEN = [attack.encode() for attack in ATTACKS[:5]]
FORBIDDEN += [character.encode() for character in "\x9b\x9d\x9c\u202e\u202c\u2066\u2069"]


@pytest.fixture
def program(tmp_path: Path, load_server: LoadServer) -> Iterator[Program]:
    """A program whose library is full of such text."""
    asyncio.run(fill(tmp_path / "rivulet" / "data"))
    with Program(tmp_path, load_server) as program:
        yield program


async def fill(folder: Path, prompt: str = "") -> None:
    library = Library.open(folder)
    first = conversation(1)
    # As a server's words stand in an error that an older version kept.
    error = StreamError(ErrorKind.SERVER, f"A server said: {HOSTILE}", 500)
    failed = Message("r9", "assistant", HOSTILE, 1.0, HOSTILE, f"load/{HOSTILE}", StreamStatus.ERROR, error=error)
    await library.save(
        replace(assistant(), name=f"Helper {HOSTILE}", model="instruct", prompt=prompt),
        replace(
            topic(name=f"Topic {HOSTILE}"), head=first.id, draft=f"draft {HOSTILE}", last_status=StreamStatus.ERROR
        ),
        replace(first, question=replace(first.question, content=f"question {HOSTILE}"), replies=(failed,)),
    )
    await library.close()


def obeyed(program: Program) -> list[bytes]:
    """What reached the terminal that should not have."""
    return [bad for bad in FORBIDDEN if bad in program.terminal.raw]


def test_nothing_of_a_hostile_library_reaches_the_terminal(program: Program) -> None:
    program.wait_for("question evil")
    program.wait_for("A server said")
    program.wait_for("draft evil")
    program.press(b"\x14")  # the reasoning
    for key, seen in ((F3, "^ *Topics"), (F4, "^ *Settings"), (F2, "question evil"), (F1, "Stop every stream")):
        program.press(key)
        program.wait_for(seen)
        if key == F1:
            program.press(ESC)
            program.wait_gone("Stop every stream")
    program.press(CTRL_P, "Topic")
    program.wait_for("Topic: Topic evil")
    program.press(ESC)
    program.wait_gone("Find a command")
    assert obeyed(program) == []
    assert not re.search("pwned", program.terminal.title)


def test_a_hostile_paste_is_shown_in_the_composer_and_not_obeyed(program: Program) -> None:
    program.new_topic()
    program.press(b"\x1b[200~paste \xc2\x9b32mgreen \xe2\x80\xaeesrever \x07\x08 end\x1b[201~")
    program.wait_until(lambda: (program.draft or "").startswith("paste"), "the paste")
    program.wait_until(lambda: (program.draft or "").endswith("end"), "the paste")
    assert obeyed(program) == []
    assert b"\x07" not in program.terminal.raw.rpartition(b"paste")[2]


def test_a_hostile_answer_is_shown_while_it_streams_and_not_obeyed(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "rivulet" / "data", prompt="A title, please."))
    with LoadServer(title=HOSTILE) as server, Program(tmp_path, server) as program:
        program.new_topic()
        program.press("n=1 tag=said\r")
        program.wait_for("evil")
        program.wait_for("complete")
        program.press(CTRL_Q)
        assert program.terminal.wait_exit() == 0
        assert obeyed(program) == []


@pytest.mark.parametrize("place", ["question", "draft"])
async def test_the_toolkits_markup_is_text_in(front: FrontEnd, place: str) -> None:
    if place == "draft":
        front.composer.insert(MARKUP)
    else:
        await front.engine.send(front.app.session.topic_id, MARKUP + " n=2 tag=m")
        await front.shows("end-of-m")
    await front.drawn()
    shown = re.sub(r"\s+", " ", " ".join(row[32:].strip() for row in front.rows))
    assert MARKUP in shown


async def test_the_toolkits_markup_is_text_in_names_notices_and_errors(front: FrontEnd) -> None:
    await front.ask_elsewhere("[bold]T[/bold][red]R[/] n=3 tag=markup")
    await front.shows(r"\[bold\]T\[/bold\]\[red\]R\[/\]")
    front.app.session.say("[bold]notice[/bold] [@click=app.exit]x[/]")
    front.chat.sync()
    await front.shows(r"\[bold\]notice\[/bold\] \[@click=app.exit\]x\[/\]")
    await front.pilot.press("f3")
    await front.shows(r"\[bold\]T\[/bold\]\[red\]R\[/\]")
    await front.pilot.press("ctrl+p", *"[bold]T")
    await front.shows(r"Topic: \[bold\]T\[/bold\]\[red\]R")
