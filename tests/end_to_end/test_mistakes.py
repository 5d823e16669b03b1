"""Mistakes of the program's own, made in its own process while it streams: told, logged once, no stream's matter."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.end_to_end.program import CHAT, F2, F4, Program, on_disk
from tests.support.broken import THROUGH, tell
from tests.support.home import Home
from tests.support.load_server import LoadServer
from tui import logfile

QUESTION = "Count. n=3000 tps=150 tag=f"
KEY = "sk-of-the-user-0123456789"
PAINT = "tui.widgets.transcript.widget:Transcript._paint"
TYPED = "tui.widgets.composer:Composer._on_key"


class Broken:
    """The program that is broken and mended while it streams."""

    def __init__(self, home: Home, program: Program) -> None:
        self._home, self._program = home, program
        self._order = home.path / "break.json"

    @property
    def log(self) -> str:
        file = self._home.log / logfile.NAME
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def breaks(self, at: str, error: str) -> None:
        tell(self._program.pid, self._order, at, error)

    def mended(self) -> None:
        tell(self._program.pid, self._order, "")


@contextmanager
def streaming(home: Home, server: LoadServer) -> Iterator[tuple[Program, Broken]]:
    home.use(server.url)
    home.config.write_text(home.config.read_text().replace('"test"', '"$FAKE_KEY"'))
    env = {"BREAK": str(home.path / "break.json"), "FAKE_KEY": KEY}
    with Program(home, env=env, through=THROUGH) as program:
        program.wait_ready()
        program.ask(QUESTION)
        program.wait_for("f-000[1-9]")
        yield program, Broken(home, program)


def test_whatever_a_screen_raises_is_told_and_logged_and_ends_nothing(home: Home, load_server: LoadServer) -> None:
    made = (
        (PAINT, "runtime", b"", "RuntimeError: a mistake"),
        (PAINT, "recursion", b"", "RecursionError"),
        (PAINT, "memory", b"", "MemoryError"),
        (PAINT, "interrupt", b"", "KeyboardInterrupt"),
        (PAINT, "speechless", b"", "Speechless"),
        (PAINT, "group", b"", "ExceptionGroup: several"),
        (PAINT, "hostile", b"", "␛]0;taken"),
        (PAINT, "long", b"", "RuntimeError: "),
        (TYPED, "cancelled", b"x", "CancelledError"),
        (TYPED, "exit", b"x", "SystemExit"),
        (TYPED, "speechless", b"x", "Speechless"),
        ("tui.screens.chat:ChatScreen.sync", "speechless", b"", "Speechless"),
        ("tui.terminal:_Keys.take", "runtime", b"x", "RuntimeError"),
        ("tui.screens.palette:Palette.compose", "group", b"\x10", "ExceptionGroup"),
        ("tui.screens.help:HelpScreen.on_mount", "runtime", b"\x1bOP", "RuntimeError"),
    )
    with streaming(home, load_server) as (program, broken):
        for at, error, keys, said in made:
            before = len(broken.log)
            broken.breaks(at, error)
            program.write(keys)
            program.wait_until(lambda n=before, said=said: said in broken.log[n:], what=f"{error} in {at} in the log")  # type: ignore[misc]
            program.wait_for("Rivulet made a")
            broken.mended()
            program.write(F4)
            program.wait_for(r"^  Settings\b")
            program.write(F2)
            program.wait_for(CHAT)
            program.wait_for(r"f-0\d{4}")
        assert not load_server.wait_for("f", 1).ended, "it streamed all the while"
        program.wait_for("end-of-f")
        program.write(b"it reads keys")
        program.wait_for("it reads keys")
        program.write(b"\x15")
        program.quit()
        log = broken.log
    kept = on_disk(home.data)[QUESTION]
    assert (kept.status, kept.content) == ("completed", load_server.wait_for("f").whole)
    assert KEY not in log and KEY not in program.raw.decode("utf-8", "replace")
    assert "\x1b" not in log and "\u202e" not in log
    assert program.title != "taken"
    assert len(log) < 400_000


@pytest.mark.parametrize("at", [PAINT, "tui.live:Meter.count", "tui.widgets.row_list:RowList.render_line"])
def test_a_mistake_at_every_frame_or_token_is_not_logged_at_each(home: Home, load_server: LoadServer, at: str) -> None:
    with streaming(home, load_server) as (program, broken):
        begun = load_server.wait_for("f", 1).deltas
        broken.breaks(at, "numbered")
        load_server.wait_for("f", begun + 450)
        program.wait_until(lambda: "RuntimeError: mistake" in broken.log, what="it in the log")
        assert broken.log.count("RuntimeError: mistake") < 8
        broken.mended()
        program.wait_for(r"f-0\d{4}")
        program.signal(signal.SIGTERM)
        assert program.wait_exit() == 128 + signal.SIGTERM


def test_an_end_that_hangs_is_cut_off_with_the_terminal_as_it_was(home: Home, load_server: LoadServer) -> None:
    with streaming(home, load_server) as (program, broken):
        broken.breaks("tui.app:RivuletApp.end", "runtime")
        program.signal(signal.SIGTERM)
        assert program.wait_exit() == 128 + signal.SIGTERM
        assert program.leftovers() == []
        assert "the end took too long" in broken.log
