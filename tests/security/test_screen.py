# ruff: noqa: E501 - a table's rows are not broken
"""An attacker's reading of the terminal UI: what a model, a server, a file, a paste or an environment says is shown,
and none of it reaches the terminal as anything but text. One program meets all of it; every byte that its terminal was
sent is read.

| from where | attacks | what stands against them |
|---|---|---|
| records that somebody edited: names, prompts, drafts, queues, models, errors, finish reasons, both texts of replies | all of attacks.py | `plain` and `line` where they are set, `Harmless` before the terminal |
| a reply: content and reasoning, each attack cut after its first character | all, with entities and links of Markdown | `Blocks`, `inline` |
| usage: 4,200 digits, texts, lists | nothing could be saved any more | `shapes.counts` |
| a title | escapes, what nobody sees | `title_of`, `line` |
| refusals: body, error's code and type, reason phrase, HTML title, Location, headers; events that are errors or junk | all | `in_words` |
| lists of models: names of such text, of 9,000 characters, numbers, objects | all | `checks`, `line` |
| a paste, with keys in it: ctrl+q, alt+x, enter; with an end of its own and keys behind that | all | `EscapeGate` takes it whole, as far as it comes at once |
| `$VISUAL` | a title | `Session.say` |
| links: javascript, file, data, another host before an @, letters that look like others' | nothing opens but by key, what is told is opened, and none has a user's name in it | `web_address`, `inline` |
| a copy | all, to be pasted into another terminal | `clipboard.copy` |
| the log, with prompts | all, and lines that look like its own | `logfile` |
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.color import Color
from textual.strip import Strip

from tests.security import stage
from tests.security.attacks import ATTACKS, HIDDEN, HOSTILE
from tests.security.output import foreign
from tests.security.server import HostileServer
from tests.support.load_server import LoadServer
from tests.support.program import CTRL_P, ESC, F1, F2, F3, F4, Program, leave
from tui.harmless import Harmless

CTRL_G, CTRL_T, ALT_I, ALT_M, ALT_O, ALT_Y = b"\x07", b"\x14", b"\x1bi", b"\x1bm", b"\x1bo", b"\x1by"
KEYS = "\x11 \x1bx \r \x03 \x1b[A \x1bOQ \x1b"
"""What would quit, stop, send, leave and go elsewhere if it was taken for keys."""
WORDS = {
    "refused": r"refused the request \(400\)",
    "page": r"failed \(500\)",
    "moved": r"sends on to",
    "header": r"does not speak HTTP|Try again",
    "junk": r"no part of a reply",
    "event": r"broke off with an error",
}


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    monkeypatch.setenv("VISUAL", f"'{ATTACKS['title']}")
    monkeypatch.setenv("VTE_VERSION", "7600")  # a terminal that is told of links
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/opened\n')
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(browser))
    stage.fill(tmp_path / "rivulet" / "data")
    log = '[log]\nlevel = "debug"\nprompts = true\n'
    with (
        HostileServer(stage.answer) as server,
        Program(tmp_path, cast(LoadServer, server), log, cols=120, rows=45) as program,
    ):
        yield program


def test_whatever_is_shown_nothing_but_text_reaches_the_terminal(program: Program, tmp_path: Path) -> None:
    look_at_everything(program)
    for case in stage.FAILURES:
        program.new_topic()
        program.press(f"{case}\r")
        program.wait_for(WORDS[case])
    reply = be_answered(program)
    opened = tmp_path / "opened"
    assert not opened.exists(), "nothing opens by itself"
    assert open_a_link(program, opened) == "https://xn--pple-43d.test/"
    be_pasted_to(program)
    program.press(CTRL_G)
    program.wait_for("command can't be read")
    leave(program.terminal)
    assert foreign(program.terminal.raw) == []
    hidden = {*HIDDEN} & {*program.terminal.raw.decode()}
    assert not hidden, "a name, in whatever list, field or line, shows all of itself"
    assert program.terminal.title == "" and b"pwned" in program.terminal.raw
    log = (program.home.log / "rivulet.log").read_bytes()
    assert foreign(log) == [] and re.search(rb"tui.prompts: user: all", log)
    assert saved(program, "all")["content"] == reply, "what arrived is kept as it was"
    assert saved(program, "all")["usage"] is None


def look_at_everything(program: Program) -> None:
    program.wait_for("A server said")
    program.press(CTRL_T, ALT_I)
    program.wait_for("This reply")
    program.press(ESC)
    program.wait_gone("This reply")
    program.press(ALT_O)
    program.wait_for("Go to a conversation")
    program.press(ESC)
    program.wait_gone("Go to a conversation")
    program.press(F3)
    program.wait_for("^ *Topics  ")
    program.press(F4)
    program.wait_for("^ *Settings")
    program.press(b"\r", ALT_M)
    program.wait_for("listed ␛")
    program.press(ESC)
    program.wait_gone("listed ␛")
    program.press(F2, F1)
    program.wait_for("Stop every stream")
    program.press(ESC)
    program.wait_gone("Stop every stream")
    program.press(CTRL_P, "Topic")
    program.wait_for("Topic: Topic evil")
    program.press(ESC)
    program.wait_gone("Topic: Topic evil")


def be_answered(program: Program) -> str:
    """What was said, as valid Unicode."""
    program.new_topic()
    program.press("all\r")
    program.wait_for("complete")
    program.wait_until(lambda: any("Named evil" in row for row in program.side), "the model's title")
    program.press(ALT_Y)
    program.wait_until(lambda: program.copied, "the copy")
    assert "said" in program.copied[-1] and not controls(program.copied[-1])
    said = "said " + "".join(f"{attack} " for attack in ATTACKS.values()) + " whole"
    return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def open_a_link(program: Program, opened: Path) -> str:
    """The last one on screen, by the user's keys. What the line below told of it is what is opened."""
    program.wait_for(r"\(https://xn--pple-43d\.test/\)")
    program.press(b"\t", "F")
    program.wait_for(r"[0-9]+ of [0-9]+.*https://xn--pple-43d\.test/")
    assert not opened.exists()
    program.press(b"\r")
    program.wait_until(opened.exists, "the browser")
    addresses = {address.decode() for address in re.findall(rb"\x1b\]8;id=[^;]*;([^\x1b]+)\x1b", program.terminal.raw)}
    assert addresses and all(address.startswith(("http://", "https://")) for address in addresses)
    program.wait_until(lambda: opened.read_text().strip(), "the address")
    return opened.read_text().strip()


def be_pasted_to(program: Program) -> None:
    program.new_topic()
    text = HOSTILE.encode("utf-8", "replace").decode()
    program.press(f"\x1b[200~paste {KEYS} {text} {KEYS} pasted\x1b[201~")
    program.wait_until(lambda: (program.draft or "").endswith("pasted"), "the paste")
    program.press(" and typed")
    program.wait_until(lambda: (program.draft or "").endswith("pasted and typed"), "what was typed behind it")
    program.new_topic()
    program.press("\x1b[200~forged\x1b[201~\x11\revil\r\x1b[201~")
    program.wait_until(lambda: (program.draft or "").startswith("forged"), "the paste with an end of its own")
    sent = "".join(request.body for request in cast(HostileServer, program.server).requests)
    assert "paste " not in sent and "forged" not in sent, "a paste sends nothing"


def controls(text: str) -> set[str]:
    return {one for one in text if unicodedata.category(one) in ("Cc", "Cs")} - {"\n", "\t"}


def saved(program: Program, question: str) -> dict[str, object]:
    for file in program.home.data.glob("topics/*/*.json"):
        for kept in json.loads(file.read_text(encoding="utf-8"))["conversations"].values():
            if kept["question"]["content"] == question:
                return dict(kept["replies"][-1])
    raise AssertionError(f"{question!r} is not on the disk")


ANY = st.text(st.characters(exclude_categories=[]), max_size=20)


@given(st.lists(ANY | st.sampled_from([*ATTACKS.values()]), max_size=4))
def test_whatever_a_widget_draws_the_terminal_is_sent_text_alone(texts: list[str]) -> None:
    drawn = Strip(Harmless().apply([Segment(text) for text in texts], Color(0, 0, 0)))
    assert foreign(drawn.text.encode()) == []
