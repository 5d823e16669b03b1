"""What the terminal is asked before the UI starts, and that nothing typed meanwhile is lost."""

from __future__ import annotations

import pytest

from tests.end_to_end.program import Program
from tests.support.home import Home
from tests.support.load_server import LoadServer
from tui.ground import is_light


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\", True),
        (b"\x1b]11;rgb:f/f/e\x07\x1b[?62;4c", True),
        (b"\x1b[?62c\x1b]11;rgb:1616/1717/1a1a\x07", False),
        (b"\x1b]11;rgb:00/00/ff\x07", False),
        (b"\x1b]11;rgb:00ff/ff00/0000\x07", True),
        (b"\x1b[?62;4c", None),
        (b"light\r", None),
        (b"", None),
    ],
)
def test_the_answer_is_read_in_every_width_and_with_either_end(answer: bytes, light: bool | None) -> None:
    assert is_light(answer) is light


DARK, LIGHT = b"48;2;21;23;27m", b"48;2;251;250;247m"
"""The grounds of the two themes, as they are drawn."""


def test_on_a_light_terminal_the_theme_is_light(home: Home, load_server: LoadServer) -> None:
    home.use(load_server.url)
    with Program(home, dark=False) as program:
        program.wait_ready()
        program.quit()
        assert LIGHT in program.raw and DARK not in program.raw


def test_on_a_dark_one_it_is_dark_and_what_is_typed_while_it_starts_is_there_when_it_has(
    home: Home, load_server: LoadServer
) -> None:
    home.use(load_server.url)
    with Program(home) as program:
        program.write("first, ")
        program.wait_until(lambda: b"\x1b]11;?" in program.raw, what="the question to the terminal")
        program.write("second, ")
        program.wait_until(lambda: b"\x1b[?1049h" in program.raw, what="the screen")
        program.write("third 你好")
        program.wait_until(lambda: "first, second, third 你好" in program.below(), what="all of it in the composer")
        program.quit()
        assert DARK in program.raw and LIGHT not in program.raw
