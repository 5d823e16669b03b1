"""Selecting in a real terminal: the bytes of keys and of the mouse in, one OSC 52 out, while a reply streams."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from tests.support.load_server import LoadServer
from tests.support.program import CTRL_C, Program

TAB = b"\t"
_COPY = re.compile(rb"\x1b\]52;[^;]*;([^\x07\x1b]*)(?:\x07|\x1b\\)")


def copies(program: Program) -> list[str]:
    """What the terminal was given for its clipboard."""
    return [base64.b64decode(found, validate=True).decode() for found in _COPY.findall(program.terminal.raw)]


def mouse(button: int, column: int, row: int, end: str = "M") -> bytes:
    """A report of the mouse, of a cell counted from 0."""
    return f"\x1b[<{button};{column + 1};{row + 1}{end}".encode()


def read(program: Program) -> list[str]:
    """What stands in the reading area."""
    return [row[33:] for row in program.terminal.lines()[:30]]


def place(program: Program, text: str) -> tuple[int, int]:
    return next((row.index(text), y) for y, row in enumerate(program.terminal.lines()) if text in row)


def test_keys_select_while_a_reply_streams_and_ctrl_c_copies_in_one_sequence(
    tmp_path: Path, load_server: LoadServer
) -> None:
    with Program(tmp_path, load_server) as program:
        sent = program.ask("Go on. n=100000 tps=100", 30)
        program.press(TAB + b"V")
        program.wait_for("y copy  Y as Markdown  esc give up")
        program.wait_for(r"\d+ more lines? below")
        held = read(program)
        at = sent.deltas
        program.wait_until(lambda: sent.deltas > at + 100, "more of the reply")
        assert read(program) == held
        program.press(CTRL_C)
        program.wait_for("Copied [0-9,]+ characters through the terminal")
        [text] = copies(program)
        assert text.strip() and text.strip() in re.sub(r"[*`]", "", sent.content)
        program.wait_gone("more lines? below")
        at = sent.deltas
        program.wait_until(lambda: sent.deltas > at + 50, "the reply to go on")


def test_the_mouse_selects_from_cell_to_cell(tmp_path: Path, load_server: LoadServer) -> None:
    with Program(tmp_path, load_server) as program:
        program.ask("How do tides work, and why?", 3)
        x, y = place(program, "tides work")
        program.press(mouse(0, x, y), mouse(32, x + 3, y), mouse(32, x + 9, y), mouse(0, x + 9, y, "m"))
        program.wait_for("y copy")
        program.press("y")
        program.wait_until(lambda: copies(program), "a copy")
        assert copies(program) == ["tides work"]
        twice = mouse(0, x + 1, y) + mouse(0, x + 1, y, "m")
        program.press(twice, twice, "y")
        program.wait_until(lambda: len(copies(program)) == 2, "another copy")
        assert copies(program)[1] == "tides"
