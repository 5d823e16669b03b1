"""Copying: which way a text goes from where, what is written to a terminal, and programs that take it or do not."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.tmux import TMUX, PrivateTmux
from tests.support.waiting import eventually
from tui.clipboard import LIMIT, Around, Copied, Failed, TooLong, copy, copying_facts, look_around
from tui.clipboard.around import Tmux, Tool, find_tool, read_tmux
from tui.clipboard.ways import Way, sequence, ways

TEXT = "naïve “marks”\n\t终端 🙂\n"
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
IN_TMUX = {"TMUX": "/tmp/tmux-0/default,1,0"}
X11 = Tool(("/usr/bin/xclip", "-in"))
NEW = Tmux("tmux", "3.3a")
OLD = Tmux("tmux", "3.1c", passes=True)
OFF = Tmux("tmux", "3.4", set_clipboard="off")


# Deciding


@pytest.mark.parametrize(
    ("environ", "around", "expected"),
    [
        ({}, Around(), [Way.TERMINAL]),
        (SSH, Around(), [Way.TERMINAL]),
        ({}, Around(tool=X11), [Way.TOOL]),
        (IN_TMUX, Around(NEW), [Way.TMUX]),
        (IN_TMUX | SSH, Around(NEW), [Way.TMUX]),
        (IN_TMUX, Around(NEW, X11), [Way.TMUX, Way.TOOL]),
        (IN_TMUX, Around(replace(NEW, version="3.2")), [Way.TMUX]),
        (IN_TMUX, Around(replace(NEW, version="next-3.6")), [Way.TMUX]),
        (IN_TMUX, Around(replace(NEW, version="master")), [Way.TMUX]),
        (IN_TMUX, Around(OLD), [Way.TMUX_BUFFER, Way.PAST_TMUX]),
        (IN_TMUX, Around(OLD, X11), [Way.TMUX_BUFFER, Way.PAST_TMUX, Way.TOOL]),
        (IN_TMUX, Around(OFF), [Way.TMUX_BUFFER]),
        (IN_TMUX, Around(replace(OFF, passes=True)), [Way.TMUX_BUFFER, Way.PAST_TMUX]),
        (IN_TMUX, Around(OFF, X11), [Way.TMUX_BUFFER, Way.TOOL]),
        (IN_TMUX, Around(), [Way.TERMINAL]),
        (IN_TMUX, Around(tool=X11), [Way.TOOL, Way.TERMINAL]),
        ({"STY": "1.pts"}, Around(), [Way.PAST_SCREEN]),
        ({"STY": "1.pts"}, Around(tool=X11), [Way.TOOL, Way.PAST_SCREEN]),
        (IN_TMUX | {"STY": "1.pts"}, Around(NEW), [Way.TMUX]),
    ],
)
def test_the_ways_from_where_somebody_works(environ: Mapping[str, str], around: Around, expected: list[Way]) -> None:
    assert list(ways(environ, around)) == expected


@pytest.mark.parametrize(
    ("environ", "platform", "installed", "expected"),
    [
        ({}, "darwin", {"pbcopy"}, "pbcopy"),
        (SSH, "darwin", {"pbcopy"}, None),
        ({"SSH_TTY": "/dev/pts/1"}, "darwin", {"pbcopy"}, None),
        ({}, "linux", {"wl-copy", "xclip", "xsel", "pbcopy"}, None),
        ({"WAYLAND_DISPLAY": "w"}, "linux", {"wl-copy"}, "wl-copy --type text/plain"),
        ({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, "linux", {"wl-copy", "xclip"}, "wl-copy --type text/plain"),
        ({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, "linux", {"xclip"}, "xclip -selection clipboard -in"),
        ({"DISPLAY": ":0"}, "linux", {"xclip", "xsel"}, "xclip -selection clipboard -in"),
        ({"DISPLAY": ":0"}, "linux", {"xsel"}, "xsel --clipboard --input"),
        ({"DISPLAY": ":0"}, "linux", set(), None),
        ({"DISPLAY": "localhost:10"} | SSH, "linux", {"xclip"}, None),
        ({"WSL_DISTRO_NAME": "u", "DISPLAY": ":0"}, "linux", {"clip.exe", "xclip"}, "clip.exe"),
        ({}, "win32", {"clip.exe"}, "clip.exe"),
    ],
)
def test_the_program_for_the_clipboard_before_the_user(
    environ: Mapping[str, str], platform: str, installed: set[str], expected: str | None
) -> None:
    tool = find_tool(environ, platform, lambda name: name if name in installed else None)
    assert (tool and " ".join(tool.argv)) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("3.3a|external|0|256,clipboard,title\n", Tmux("tmux", "3.3a", "external", False, True)),
        ("3.3a|on|1|256,title\n", Tmux("tmux", "3.3a", "on", True, False)),
        ("3.5|on|all|clipboard\n", Tmux("tmux", "3.5", "on", True, True)),
        ("3.5|off|off|\n", Tmux("tmux", "3.5", "off", False, False)),
        ("3.1c|external||\n", Tmux("tmux", "3.1c", "external", True, False)),
        ("|||\n", Tmux("tmux", "", "", True, False)),
        ("\n", Tmux("tmux", "", "", True, False)),
    ],
)
def test_what_a_tmux_says_of_itself(answer: str, expected: Tmux) -> None:
    assert read_tmux("tmux", answer) == expected


# What is written


def unwrapped(written: str) -> list[str]:
    """The texts of the OSC 52 sequences that a terminal sees."""
    found = re.fullmatch(r"(?:\x1b\]52;c;([A-Za-z0-9+/=]*)\x07)*", written)
    assert found is not None, written[:80]
    return [base64.b64decode(data).decode() for data in re.findall(r"52;c;([^\x07]*)", written)]


def test_the_terminal_gets_one_sequence_of_at_most_100_000_bytes() -> None:
    longest = sequence(b"x" * LIMIT, Way.TERMINAL)
    assert unwrapped(longest) == ["x" * LIMIT]
    assert len(longest) == 100_000


def test_tmux_passes_it_on_whole() -> None:
    written = sequence(TEXT.encode(), Way.PAST_TMUX)
    found = re.fullmatch(r"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\", written)
    assert found is not None
    assert unwrapped(found[1].replace("\x1b\x1b", "\x1b")) == [TEXT]


def test_screen_passes_it_on_in_pieces_that_even_old_ones_take() -> None:
    written = sequence(TEXT.encode() * 50, Way.PAST_SCREEN)
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", written, re.DOTALL)
    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == written
    assert max(map(len, pieces)) < 256
    assert unwrapped("".join(pieces)) == [TEXT * 50]


# Doing


class Line:
    """The terminal's end of it."""

    def __init__(self, takes: bool = True) -> None:
        self.takes = takes
        self.written: list[str] = []

    def send(self, data: str) -> bool:
        if self.takes:
            self.written.append(data)
        return self.takes


@dataclass
class Machine:
    """A place with nothing on its path but the programs that a test puts there."""

    folder: Path
    environ: dict[str, str]

    def program(self, name: str, *lines: str) -> None:
        path = self.folder / name
        path.write_text("\n".join(["#!/bin/sh", f"cd {self.folder}", "PATH=/usr/bin:/bin", *lines, ""]))
        path.chmod(0o755)

    def read(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode()

    async def copy(self, text: str, line: Line, platform: str = "linux") -> Copied | TooLong | Failed:
        return await copy(text, line.send, self.environ, platform)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = tmp_path / "bin"
    folder.mkdir()
    return Machine(folder, {"PATH": str(folder)})


async def test_without_anything_else_it_goes_through_the_terminal(machine: Machine) -> None:
    line = Line()
    outcome = await machine.copy(TEXT, line)
    assert outcome == Copied("through the terminal", len(TEXT))
    assert str(outcome) == f"Copied {len(TEXT)} characters through the terminal."
    assert [unwrapped(written) for written in line.written] == [[TEXT]]


async def test_the_machines_own_program_gets_it_and_the_terminal_nothing(machine: Machine) -> None:
    machine.environ["DISPLAY"] = ":0"
    machine.program("xclip", 'echo "$@" > arguments', "cat > copied")
    line = Line()
    assert await machine.copy(TEXT, line) == Copied("with xclip", len(TEXT))
    assert (machine.read("copied"), machine.read("arguments")) == (TEXT, "-selection clipboard -in\n")
    assert line.written == []


async def test_no_text_is_too_long_for_the_machines_own_program(machine: Machine) -> None:
    machine.program("pbcopy", "echo $LC_ALL > locale", "cat > copied")
    text = TEXT * 20_000
    outcome = await machine.copy(text, Line(), "darwin")
    assert str(outcome) == f"Copied {len(text):,} characters with pbcopy."
    assert machine.read("copied") == text
    assert machine.read("locale") == "en_US.UTF-8\n"


async def test_windows_gets_utf_16(machine: Machine) -> None:
    machine.environ["WSL_DISTRO_NAME"] = "Ubuntu"
    machine.program("clip.exe", "cat > copied")
    await machine.copy(TEXT, Line())
    assert (machine.folder / "copied").read_bytes().decode("utf-16-le") == TEXT


async def test_over_ssh_the_machines_own_program_is_left_alone(machine: Machine) -> None:
    machine.environ |= {"DISPLAY": ":0"} | SSH
    machine.program("xclip", "cat > copied")
    line = Line()
    assert await machine.copy(TEXT, line) == Copied("through the terminal", len(TEXT))
    assert not (machine.folder / "copied").exists()


async def test_a_program_that_stays_behind_holds_nobody_up(machine: Machine) -> None:
    machine.environ["DISPLAY"] = ":0"
    machine.program("xclip", "cat > copied", "sleep 60 &", "echo $! > pid")
    try:
        assert await machine.copy(TEXT, Line()) == Copied("with xclip", len(TEXT))
    finally:
        os.kill(int(machine.read("pid")), signal.SIGKILL)


async def test_the_loop_goes_on_while_a_program_takes_its_time(machine: Machine) -> None:
    machine.environ["DISPLAY"] = ":0"
    os.mkfifo(machine.folder / "wait")
    machine.program("xclip", "touch started", "cat wait > waited", "cat > copied")
    copying = asyncio.ensure_future(machine.copy(TEXT, Line()))
    await eventually((machine.folder / "started").exists)
    await asyncio.to_thread((machine.folder / "wait").write_text, "go on")
    assert await copying == Copied("with xclip", len(TEXT))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["cat > copied", "echo 'Error: No display: :0' >&2", "exit 1"], "xclip: Error: No display: :0"),
        (["exit 3"], "xclip: exit status 3"),
        (["exec sleep 60"], "xclip did not end within 0.2 s"),
    ],
)  # fmt: skip
async def test_a_program_that_fails_is_made_up_for_by_the_terminal(
    machine: Machine, lines: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.clipboard.copying.PATIENCE", 0.2 if "sleep" in lines[0] else 30)
    machine.environ["DISPLAY"] = ":0"
    machine.program("xclip", *lines)
    line = Line()
    assert await machine.copy(TEXT, line) == Copied("through the terminal", len(TEXT))
    assert [unwrapped(written) for written in line.written] == [[TEXT]]
    nowhere = await machine.copy(TEXT, Line(takes=False))
    assert str(nowhere) == f"Not copied: {said}; the terminal takes nothing now."


async def test_a_program_that_cannot_be_run_is_no_reason_to_fall(machine: Machine) -> None:
    machine.environ["DISPLAY"] = ":0"
    machine.program("xclip")
    (machine.folder / "xclip").write_text("no program")
    outcome = await machine.copy(TEXT, Line(takes=False))
    assert isinstance(outcome, Failed) and outcome.reason.startswith("xclip: ")


async def test_what_is_too_long_for_the_terminal_is_not_sent(machine: Machine) -> None:
    line = Line()
    outcome = await machine.copy("é" * 107_000, line)
    assert outcome == TooLong(214_000)
    assert str(outcome) == "Too long for this terminal's clipboard: 214 kB."
    assert line.written == []
    assert isinstance(await machine.copy("é" * (LIMIT // 2), line), Copied)


async def test_nothing_is_not_copied(machine: Machine) -> None:
    line = Line()
    assert str(await machine.copy("", line)) == "Not copied: there is no text."
    assert line.written == []


async def test_halves_of_characters_do_no_harm(machine: Machine) -> None:
    line = Line()
    assert await machine.copy("a\ud800b", line) == Copied("through the terminal", 3)
    assert unwrapped(line.written[0]) == ["a\ufffdb"]


def test_one_character_is_one() -> None:
    assert str(Copied("with wl-copy", 1)) == "Copied 1 character with wl-copy."


# Tmux


@dataclass
class Inside:
    """In a tmux, a real one or its stand-in."""

    machine: Machine
    buffer: Callable[[], str]
    set: Callable[[str, str], object]


@pytest.fixture(params=["stand-in", *(["real"] if TMUX else [])])
def inside(request: pytest.FixtureRequest, machine: Machine) -> Iterator[Inside]:
    with ExitStack() as stack:
        if request.param == "real":
            assert TMUX is not None
            tmux = stack.enter_context(PrivateTmux())
            tmux.start("cat")
            machine.environ["TMUX"] = tmux.variable
            os.symlink(TMUX, machine.folder / "tmux")
            yield Inside(machine, lambda: tmux.buffer.decode(), lambda *option: tmux.command("set", "-g", *option))
        else:
            machine.environ |= IN_TMUX
            options = {"version": "3.3a", "set-clipboard": "external", "allow-passthrough": "off"}

            def set_option(name: str, value: str) -> None:
                options[name] = value
                machine.program(
                    "tmux",
                    f'[ "$1" = display-message ] && echo "{"|".join(options.values())}|clipboard" && exit',
                    '[ "$1" = load-buffer ] && echo "$@" > arguments && cat > buffer',
                )

            set_option("version", "3.3a")
            yield Inside(machine, lambda: machine.read("buffer"), set_option)


async def test_tmux_has_it_in_its_buffer(inside: Inside) -> None:
    line = Line()
    assert await inside.machine.copy(TEXT, line) == Copied("through tmux", len(TEXT))
    assert inside.buffer() == TEXT
    assert line.written == []


async def test_in_tmux_the_machines_own_program_gets_it_too(inside: Inside) -> None:
    inside.machine.environ["WAYLAND_DISPLAY"] = "wayland-0"
    inside.machine.program("wl-copy", "cat > copied")
    assert await inside.machine.copy(TEXT, Line()) == Copied("through tmux and with wl-copy", len(TEXT))
    assert inside.buffer() == inside.machine.read("copied") == TEXT


async def test_tmux_keeps_what_is_too_long_for_its_terminal(inside: Inside) -> None:
    text = TEXT * 5000
    outcome = await inside.machine.copy(text, Line())
    assert str(outcome) == f"Copied {len(text):,} characters to tmux's buffer only: too long for the terminal."
    assert inside.buffer() == text


async def test_a_tmux_that_may_not_reach_the_terminal_keeps_it_and_says_so(inside: Inside) -> None:
    inside.set("set-clipboard", "off")
    line = Line()
    outcome = await inside.machine.copy(TEXT, line)
    assert outcome == Copied("to tmux's buffer only: rivulet doctor says what tmux must allow", len(TEXT))
    assert inside.buffer() == TEXT
    assert line.written == []


async def test_a_tmux_that_lets_programs_pass_is_passed(inside: Inside) -> None:
    inside.set("set-clipboard", "off")
    inside.set("allow-passthrough", "on")
    line = Line()
    assert await inside.machine.copy(TEXT, line) == Copied("through tmux", len(TEXT))
    assert line.written == [sequence(TEXT.encode(), Way.PAST_TMUX)]
    assert inside.buffer() == TEXT


async def test_an_old_tmux_is_not_asked_for_what_it_lacks(machine: Machine) -> None:
    machine.environ |= IN_TMUX
    machine.program(
        "tmux",
        '[ "$1" = display-message ] && echo "3.1c|external||" && exit',
        '[ "$*" = "load-buffer -" ] && cat > buffer',
    )
    line = Line()
    assert await machine.copy(TEXT, line) == Copied("through tmux", len(TEXT))
    assert machine.read("buffer") == TEXT
    assert line.written == [sequence(TEXT.encode(), Way.PAST_TMUX)]


async def test_a_tmux_that_is_gone_is_made_up_for_by_the_terminal(machine: Machine) -> None:
    machine.environ |= IN_TMUX
    machine.program("tmux", "echo 'no server running on /tmp/tmux-0/default' >&2", "exit 1")
    line = Line()
    assert await machine.copy(TEXT, line) == Copied("through the terminal", len(TEXT))
    assert unwrapped(line.written[0]) == [TEXT]


async def test_screen_gets_it_in_pieces(machine: Machine) -> None:
    machine.environ["STY"] = "4711.pts-0.host"
    line = Line()
    assert await machine.copy(TEXT, line) == Copied("through screen", len(TEXT))
    assert line.written == [sequence(TEXT.encode(), Way.PAST_SCREEN)]


# What doctor says


@pytest.mark.parametrize(
    ("environ", "around", "row", "said"),
    [
        ({}, Around(), "goes to", "the terminal's clipboard (OSC 52)"),
        ({}, Around(), "at most", "74,994 bytes"),
        ({}, Around(tool=X11), "goes to", "this machine's clipboard (xclip)"),
        (SSH, Around(), "over SSH", "a copy goes to the clipboard of the machine before you"),
        (SSH | {"TERM": "tmux-256color"}, Around(), "tmux", "if there is one on the way, it needs: set -g set"),
        (IN_TMUX, Around(NEW), "goes to", "tmux's buffer and, through it, the terminal's clipboard"),
        (IN_TMUX, Around(NEW), "tmux", "3.3a, set-clipboard external: fine"),
        (IN_TMUX, Around(NEW, X11), "goes to", "tmux's buffer and, through it, the terminal's clipboard; this"),
        (IN_TMUX, Around(OFF), "tmux", "3.4, set-clipboard off: to let copies through: set -g set-clipboard on"),
        (IN_TMUX, Around(OLD), "tmux", "3.1c, set-clipboard external: it can't hand a text on before version 3.2"),
        (IN_TMUX, Around(replace(NEW, knows_clipboard=False)), "tmux", "3.3a, set-clipboard external, but it knows"),
        (IN_TMUX, Around(), "tmux", "does not answer"),
        ({"STY": "1.pts"}, Around(), "goes to", "past screen the terminal's clipboard"),
    ],
)  # fmt: skip
def test_doctor_says_which_way_and_what_must_be_allowed(
    environ: Mapping[str, str], around: Around, row: str, said: str
) -> None:
    assert dict(copying_facts(environ, around))[row].startswith(said)


def test_doctor_speaks_of_no_terminal_where_none_is_needed() -> None:
    assert [name for name, _ in copying_facts({}, Around(tool=X11))] == ["goes to"]


if TMUX:

    def test_what_doctor_recommends_makes_a_real_tmux_fine(machine: Machine) -> None:
        os.symlink(TMUX or "", machine.folder / "tmux")
        with PrivateTmux() as tmux:
            tmux.start("cat")
            machine.environ["TMUX"] = tmux.variable
            tmux.command("set", "-g", "set-clipboard", "off")
            advice = dict(copying_facts(machine.environ, look_around(machine.environ)))["tmux"]
            tmux.command(*advice.rpartition(": ")[2].split())
            found = look_around(machine.environ).tmux
        assert found is not None and found.hands_on
