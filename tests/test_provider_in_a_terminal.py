"""The way to a provider in a terminal, by keys alone: a preset, a test, a model from its list, a role, a question."""

from __future__ import annotations

from pathlib import Path

from tests.support.load_server import LoadServer
from tests.support.program import ESC, F2, F4, Program

KEY = "sk-typed-by-hand-4711"
ALT_M, ALT_T, CTRL_U, TAB, SHIFT_TAB = b"\x1bm", b"\x1bt", b"\x15", b"\t", b"\x1b[Z"
UP, DOWN = b"\x1b[A", b"\x1b[B"
BEFORE = '[ui] # how it looks\nglyphs = "unicode"\n'


def test_a_provider_is_set_up_and_answers_without_a_restart(tmp_path: Path, load_server: LoadServer) -> None:
    with Program(tmp_path, load_server, BEFORE, cols=80, rows=24) as program:
        asked = program.ask("Goes on. n=100000 tps=10")
        program.press(F4)
        program.wait_for("Add a provider")
        program.press(DOWN * 3, "\r")  # below the assistant: fake, local, and the row that adds
        program.wait_for("Which provider")
        program.press("llama\r")
        program.wait_for(r"Name +llamacpp")
        _write(program, "Address", load_server.url, back=2)  # the focus is in the model's field
        _write(program, "API key", KEY, on=1)
        program.press(ALT_T)
        program.wait_for(r"Reachable, 1 model")
        program.press(ALT_M)
        program.wait_for("▎ +fake")
        program.press("fak\r")
        program.wait_for(r"Model +fake")
        program.press(ALT_T)
        program.wait_for("llamacpp/fake answers, after")
        program.press("\r")
        program.wait_for("llamacpp is saved in")
        program.press(ESC)
        program.wait_for("enter edit")
        program.press("G", UP, "\r")
        program.wait_for("Roles   which model")
        program.press(ALT_M)
        program.wait_for("llamacpp/fake")
        program.press("llama fake\r")
        program.wait_for("The roles are saved")
        program.press(F2)
        program.new_topic()
        answer = program.ask("Who answers? n=5", deltas=5)
        assert answer.headers["authorization"] == f"Bearer {KEY}"
        assert program.server.wait_for(answer.tag, 5).ended
        assert asked.closed_at is None and not asked.ended  # what streamed goes on as it began
        assert asked.headers["authorization"] == "Bearer test"
        assert KEY[:8] not in program.terminal.raw.decode(errors="replace")
        log = "".join(file.read_text() for file in program.home.log.glob("*")) if program.home.log.exists() else ""
        assert KEY not in log
    text = program.home.config.read_text()
    assert BEFORE in text and 'instruct = "llamacpp/fake"' in text and "[providers.llamacpp]" in text


def _write(program: Program, label: str, text: str, *, back: int = 0, on: int = 0) -> None:
    """Write into the field so many before, or behind, the one with the focus."""
    program.press(SHIFT_TAB * back, TAB * on, b"\x1b[F", CTRL_U, text)
    program.wait_for(rf"{label} +\S")
