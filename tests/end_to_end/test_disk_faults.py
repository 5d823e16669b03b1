"""When nothing can be saved the program says so and why, all streams go on, and what they brought is saved later."""

from __future__ import annotations

import contextlib

from tests.end_to_end.program import ALT_DOWN, CTRL_Q, ESCAPE, Program, on_disk
from tests.support.disk_faults import Disk, through
from tests.support.home import Home
from tests.support.load_server import LoadServer
from tests.support.waiting import until
from tui.engine import Stream
from tui.engine.journal_file import read
from tui.engine.past import past_streams


def _said(program: Program) -> str:
    """What stands in the reading area and the line below it, however it is wrapped."""
    return " ".join(" ".join(row.partition("│")[2] for row in program.lines()).split())


def test_a_full_disk_a_closed_folder_and_a_quota_cost_nothing_and_are_told(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    with Program(home, through=through(home.data), cols=160) as program, contextlib.ExitStack() as ending:
        program.wait_ready()
        disk = Disk(program.pid, home.data)
        ending.callback(disk.close)
        kept: list[str] = []
        for number, fault in enumerate(disk.faults):
            before, during = f"Count. n=60 tps=100 hold=50 tag=b{number}", f"Count. n=30 tag=d{number}"
            program.ask_in_new_topic(before)
            load_server.wait_for(f"b{number}", 20)
            with fault() as why:
                # What is asked now is answered, and what streams goes on to its end.
                program.ask_in_new_topic(during)
                told = f"{why}. Everything goes on in memory"
                program.wait_until(lambda told=told: told in _said(program), 20.0, told)  # type: ignore[misc]
                program.wait_shows(f"end-of-d{number}")
                load_server.release(load_server.find(f"b{number}"))
                program.write(ALT_DOWN)
                program.wait_shows(f"end-of-b{number}")
                assert told in _said(program)
                assert during not in on_disk(disk.folder)
                assert not on_disk(disk.folder)[before].reply
                program.write(CTRL_Q)
                program.wait_for(r"Quit\?")
                program.wait_for(r"\blost\.")  # what is not saved yet, wherever the path has broken the line
                program.write(ESCAPE)
                program.wait_gone(r"Quit\?")
            program.wait_for("Saving works again", 20.0)
            program.wait_gone("Not saved", 20.0)
            kept += [before, during]
            for question in kept:
                exchange = on_disk(disk.folder)[question]
                sent = load_server.find(question.rpartition("tag=")[2])
                assert sent is not None and (exchange.status, exchange.content) == ("completed", sent.whole)
        until(lambda: not read(disk.folder / "journal").streams, 20.0)
        chats = [one for one in past_streams(disk.folder, 99) if isinstance(one, Stream) and one.type == "chat"]
        assert len(chats) == len(kept) >= 4
        program.quit()
        assert set(on_disk(disk.folder)) == set(kept)
        assert not list(disk.folder.rglob("*.tmp")) and not list(disk.folder.rglob("*damaged*"))


def test_a_start_on_a_full_disk_goes_on_in_memory_until_there_is_room(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    fill = [*through(home.data), "sh", "-c", 'head -c 9000000 /dev/zero > "$0/ballast" 2> /dev/null; exec "$@"']
    with Program(home, through=[*fill, str(home.data)], cols=160) as program, contextlib.ExitStack() as ending:
        program.wait_ready()
        disk = Disk(program.pid, home.data)
        ending.callback(disk.close)
        program.ask("Count. n=8 tag=a")
        program.wait_shows("end-of-a")
        if disk.own:  # else nobody fills it without harm to others
            program.wait_until(lambda: "No space left on device. Everything goes on" in _said(program), 20.0, "that")
            assert not (disk.folder / "index.json").exists()
        (disk.folder / "ballast").unlink()
        until(lambda: "Count. n=8 tag=a" in on_disk(disk.folder), 20.0)
        program.wait_gone("Not saved", 20.0)
        program.quit()
        assert on_disk(disk.folder)["Count. n=8 tag=a"].status == "completed"
