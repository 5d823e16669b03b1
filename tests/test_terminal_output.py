"""What is written to a terminal in any state arrives whole, or is let go."""

from __future__ import annotations

import os
import threading

from tests.support.waiting import until
from tui.terminal_output import TerminalOutput

TEXT = "один два три " * 30_000


def test_all_arrives_though_whoever_shares_it_has_set_it_not_to_wait() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    output = TerminalOutput(writer)
    output.write(TEXT)
    output.write("end")
    thread = threading.Thread(target=output.flush)
    thread.start()
    until(lambda: output.taken >= 4096, 5.0, "it to be full")
    read = b""
    while not read.endswith(b"end"):
        read += os.read(reader, 4096)
    thread.join()
    assert read.decode() == TEXT + "end"
    assert output.taken == len(read)
    os.close(reader)
    os.close(writer)


def test_one_that_was_closed_is_written_to_in_vain() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    output = TerminalOutput(writer)
    output.write("words")
    output.flush()
    output.write("more")
    output.flush()
    assert output.taken == 0
    os.close(writer)
