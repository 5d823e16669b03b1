"""The machine's clock is set while the program streams, and is years behind at its next start: a date is all."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from tests.end_to_end.program import ALT_DOWN, ALT_UP, ESCAPE, F2, F3, Program, on_disk
from tests.support.home import Home
from tests.support.load_server import LoadServer
from tests.support.set_clock import THROUGH, MachineClock

HOUR, DAY, YEAR = 3600.0, 86_400.0, 365 * 86_400.0
ALT_I = b"\x1bi"
HELD, SILENT = "Count. n=30 tps=100 think=3 hold=8 tag=b", "Wait. ttft=900 tag=c"
AGAIN = "Try. fail=503 after=300 tag=d"


def _seconds(program: Program) -> list[int]:
    """All that the screen says of how long something takes, or will."""
    text = program.text()
    assert not re.search(r"(?<![\w-])-\d", text), "less than no time"
    clocks = [int(minutes) * 60 + int(rest) for minutes, rest in re.findall(r"\b(\d+):(\d\d)  +esc stop", text)]
    return clocks + [int(found) for found in re.findall(r"\b(\d+) s\b", text)]


def _rows(program: Program, *tags: str) -> list[str]:
    """In which order the list of topics has these."""
    rows = "\n".join(line.partition("│")[0] for line in program.lines())
    return sorted(tags, key=lambda tag: rows.find(tag))


def test_a_clock_that_is_set_shows_no_wrong_time_and_no_other_order(
    home: Home, load_server: LoadServer, tmp_path: Path
) -> None:
    home.use(load_server.url)
    clock = MachineClock(tmp_path / "ahead")
    with Program(home, env=clock.env, through=THROUGH, cols=150) as program:
        program.wait_ready()
        program.ask("First. n=4 tag=a")
        program.wait_shows("end-of-a")
        for question in (HELD, SILENT, AGAIN):
            program.ask_in_new_topic(question)
        load_server.wait_for("b", 8)
        program.wait_for(r"retry 1 of 2 in \d+ s")
        for ahead in (HOUR, -DAY, 74 * YEAR, -50 * YEAR):
            clock.set(ahead)
            for key, sign in ((ALT_DOWN, "Wait. "), (ALT_DOWN, "Count. "), (ALT_UP + ALT_UP, "Try. ")):
                program.write(key)
                program.wait_shows(sign)
                program.settle()
                assert max(_seconds(program)) <= 300
                assert _rows(program, "Try.", "Wait.", "Count.", "First.") == ["Try.", "Wait.", "Count.", "First."]
            assert re.search(r"retry 1 of 2 in [1-3]?\d?\d s", program.text())
        load_server.release()
        program.write(ALT_DOWN * 2)
        program.wait_shows("end-of-b")
        program.write(ALT_I)
        program.wait_for(r"Took +\d\d?\.\d s")
        assert max(_seconds(program)) <= 300
        program.write(ESCAPE)
        program.wait_gone(r"Took +")
        program.signal(signal.SIGKILL)
        program.wait_exit()
    clock.set(-20 * YEAR)
    with Program(home, env=clock.env, through=THROUGH, cols=150) as program:
        program.wait_for("2 replies were interrupted")
        program.wait_for(r"^ . First\. ")  # the list comes a frame later than the text
        assert _rows(program, "Try.", "Wait.", "Count.", "First.") == ["Try.", "Wait.", "Count.", "First."]
        program.ask_in_new_topic("Last. n=4 tag=z")
        program.wait_shows("end-of-z")
        assert _rows(program, "Last.", "Try.", "Wait.") == ["Last.", "Try.", "Wait."]
        program.write(F3)
        program.wait_for(r"(?s)Last\. .*Try\. .*Wait\. .*Count\. .*First\. ")
        assert not _seconds(program)
        program.write(F2)
        program.quit()
    kept = on_disk(home.data)
    assert {kept[HELD].status, kept["Last. n=4 tag=z"].status} == {"completed"}
    assert {kept[SILENT].reply["error"]["kind"], kept[AGAIN].reply["error"]["kind"]} == {"interrupted"}
