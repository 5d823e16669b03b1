"""Two Rivulets and an `ask --save` on the same data at the same moment: one has it, and its kill frees it at once."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys

from tests.end_to_end.program import Program, on_disk, recover
from tests.support.home import Home
from tests.support.load_server import LoadServer
from tests.support.waiting import until

TURNED_AWAY = (
    r"rivulet: Another Rivulet( \(process \d+, since \d\d:\d\d\))? holds the data in {folder}\. "
    r"End that one first, or let RIVULET_HOME name another folder for this one\."
)


class _Ask:
    """`rivulet ask --save`, with what `Program` says of itself."""

    def __init__(self, home: Home, question: str) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "tui", "ask", "--save", question]
        self.process = subprocess.Popen(command, env=dict(home.env), stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        self.process.kill()

    def ended(self) -> tuple[int, str]:
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err.decode()


def _ended(program: Program) -> tuple[int, str]:
    status = program.wait_exit()
    assert program.leftovers() == []
    return status, "".join(program.lines())  # wrapped where the screen ends


def _start(home: Home, server: LoadServer, order: list[str]) -> str:
    """Start all three at once in this order; the winner is killed while it streams. Returns who that was."""
    tags = {who: f"{who}{''.join(order)}" for who in order}
    with contextlib.ExitStack() as ending:
        started: dict[str, Program | _Ask] = {}
        for who in order:
            question = f"Count. n=500 tps=100 tag={tags[who]}"
            if who == "ask":
                started[who] = asked = _Ask(home, question)
                ending.callback(asked.process.wait)
                ending.callback(asked.kill)
            else:
                started[who] = ending.enter_context(Program(home, cols=200))

        def one_is_left() -> str | None:
            left = [who for who, one in started.items() if one.running]
            assert left, "all were turned away"
            return left[0] if len(left) == 1 else None

        winner = until(one_is_left, 60.0, "two of three to be turned away")
        for who, one in started.items():
            if who != winner:
                status, said = one.ended() if isinstance(one, _Ask) else _ended(one)
                assert status == 2
                assert re.fullmatch(TURNED_AWAY.format(folder=re.escape(str(home.data))), said.strip()), said
        holder = started[winner]
        if isinstance(holder, Program):
            holder.wait_ready()
            holder.ask(f"Count. n=500 tps=100 tag={tags[winner]}")
        server.wait_for(tags[winner], 30)
        assert {one.tag for one in server.requests} == {tags[winner]}, "who was turned away has sent nothing"
        server.reset()
        if isinstance(holder, Program):
            holder.signal(signal.SIGKILL)
            assert holder.wait_exit() == -signal.SIGKILL
        else:
            holder.kill()
            assert holder.ended()[0] == -signal.SIGKILL
    return tags[winner]


def test_of_three_that_start_at_once_one_has_the_data_and_a_kill_leaves_no_lock_and_no_damage(
    home: Home, load_server: LoadServer
) -> None:
    home.use(load_server.url)
    killed = [_start(home, load_server, order) for order in (["ask", "a", "b"], ["b", "a", "ask"])]
    recover(home)
    kept = on_disk(home.data)
    assert {question.rpartition("tag=")[2] for question in kept} == set(killed)
    assert {one.status for one in kept.values()} == {"error"} and all(one.content for one in kept.values())
    assert not list(home.data.rglob("*damaged*")) and not list((home.data / "journal").iterdir())
    assert not (home.data / ".holder.json").exists()
