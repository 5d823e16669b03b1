"""Every fault at every point of a reply, in the program: how it ended, what was kept, what the screen says of it."""

from __future__ import annotations

import asyncio
import json
import re

from tests.end_to_end.program import ALT_DOWN, CTRL_N, ENTER, Program, letters, on_disk
from tests.support import faults
from tests.support.home import Home
from tests.support.load_script import instructions, question
from tests.support.raw_server import Connection, raw_server

CASES = {case.name: case for case in faults.cases()}


async def test_each_fault_ends_its_own_stream_keeps_what_came_and_is_told(home: Home) -> None:
    asked: list[str] = []

    async def answer(connection: Connection) -> None:
        body = json.loads(connection.requests[-1].partition(b"\r\n\r\n")[2])
        if "title" in instructions(body).lower():  # then the first words stay
            await connection.head(400)
            await connection.end()
        else:
            asked.append(question(body))
            await CASES[asked[-1]].play(connection)

    async with raw_server(answer) as server:
        home.configure(
            f'[providers.acme]\nbase_url = "{server.url}"\nmodel = "m"\nmax_streams = 99\n'
            "idle_timeout = 1.5\nmax_retries = 0\n"
        )
        await asyncio.to_thread(_ask_and_look, home, asked)
        assert sorted(asked) == sorted(CASES), "each was asked once"


def _ask_and_look(home: Home, asked: list[str]) -> None:
    with Program(home, rows=24) as program:
        program.wait_ready()
        program.write((ENTER + CTRL_N).join(name.encode() for name in CASES) + ENTER)
        program.wait_until(lambda: len(asked) == len(CASES), 60.0, "all to be asked")
        program.wait_until(lambda: not re.search(r"\d (streams?|running)", program.lines()[-1]), 60.0, "all to end")
        program.wait_until(lambda: not _missing(home), 10.0, f"all to be kept, {_missing(home)} among them")
        kept = {name: exchange.reply for name, exchange in on_disk(home.data).items()}
        seen: set[str] = set()
        name = ""
        for _ in range(2 * len(CASES)):  # titles that come late may still move a topic in the list
            program.write(ALT_DOWN)
            name = program.wait_until(lambda: _other(program, name), 10.0, f"one beside {name}")  # noqa: B023
            seen.add(name)
            case, reply = CASES[name], kept[name]
            error = reply["error"] or {}
            assert (reply["status"], error.get("kind")) == ("error" if case.kind else "completed", case.kind), name
            assert reply["content"] == case.point.kept, name
            said = re.split(r"[.:] ", error["message"])[0] if case.kind else "complete"
            program.wait_shows(said)
            program.wait_shows(reply["content"])
            if case.kind:
                program.wait_for(r"\^r")
            if seen == CASES.keys():
                break
        assert seen == CASES.keys()
        program.quit()


def _missing(home: Home) -> set[str]:
    """What has not ended."""
    return CASES.keys() - {name for name, exchange in on_disk(home.data).items() if exchange.reply}


def _other(program: Program, name: str) -> str:
    """The question on show, once it is another."""
    shown = letters("".join(program.reading()[:3]))
    return next((other for other in CASES if letters(other) in shown and other != name), "")
