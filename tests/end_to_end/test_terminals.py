"""Terminals that can do little: 16 colours or none, no locale, a few cells."""

from __future__ import annotations

import re

from tests.end_to_end.program import ENTER, F2, F3, F4, Program
from tests.support.home import Home
from tests.support.load_server import LoadServer
from tests.support.screen import Screen


def test_sixteen_colours_no_locale_and_a_few_cells_are_enough(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    bare = {"TERM": "xterm", "COLORTERM": "", "LANG": "C", "LC_ALL": "C"}
    with Program(home, env=bare) as program:
        program.wait_ready()
        program.ask("Count. n=40 tag=few")
        program.wait_for("end-of-few")
        for columns, rows in ((20, 5), (1, 1), (3, 40), (300, 2), (20, 5)):
            program.resize(columns, rows)
        program.wait_for("Ask something")
        program.write(b"n=9 tag=small" + ENTER)
        load_server.wait_for("small")
        program.resize(110, 30)
        program.wait_for("end-of-small")
        program.wait_for("─{40}")
        program.quit()
    assert not re.search(rb"\x1b\[[0-9;]*[34]8;[25];", program.raw), "no colour beside the terminal's own"


def test_a_size_that_comes_and_goes_at_once_leaves_a_whole_screen(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    with Program(home) as program:
        program.wait_ready()
        program.ask("Count. n=40 tag=few")
        program.wait_for("end-of-few")
        for _ in range(3):
            program.resize(110, 2)  # the rows above are gone; the program is asleep, and finds the size that it knows
            program.resize(110, 30)
            program.wait_for("end-of-few")
        program.quit()


def test_a_screen_is_never_seen_among_the_rows_of_another(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    signs = {F4: "Settings", F3: "Topics", F2: "Ask something"}
    with Program(home) as program:
        program.wait_ready()
        for key, sign in (*signs.items(), *signs.items()):
            before = len(program.raw)
            program.write(key)
            program.wait_for(sign)
            screen = Screen(program.cols, program.rows)
            screen.feed(program.raw[:before])
            for frame in re.split(rb"(?<=\x1b\[\?2026l)", program.raw[before:]):
                screen.feed(frame)
                shown = "\n".join(screen.lines())
                assert sum(other in shown for other in signs.values()) == 1, shown
        program.quit()


def test_no_color_means_none(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    with Program(home, env={"NO_COLOR": "1"}) as program:
        program.wait_ready()
        program.ask("Count. n=40 tag=grey")
        program.wait_for("end-of-grey")
        program.quit()
    colours = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", program.raw)
    assert all(red == green == blue for red, green, blue in colours)


def test_the_terminals_own_size_counts_whatever_the_environment_says(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    with Program(home, env={"COLUMNS": "7", "LINES": "3"}) as program:
        program.wait_ready()
        program.ask("Count. n=9 tag=sized")
        program.wait_for("end-of-sized")
        program.resize(60, 20)
        program.wait_for("^ {0,3}Ask something")  # no side list beside it any more
        program.wait_for("f1 help")
        program.resize(0, 0)  # a terminal that does not know
        program.resize(110, 30)
        program.wait_for("─{70}")
        program.quit()
