"""Copying with Rivulet's own keys, in a terminal: what reaches it, alone, in tmux, and when it stands still."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.home import Home, clean_environment
from tests.support.load_server import Exchange, LoadServer
from tests.support.terminal import Terminal
from tests.support.tmux import TMUX, PrivateTmux

ALT_Y, CTRL_C, CTRL_N, F7 = b"\x1by", b"\x03", b"\x0e", b"\x1b[18~"
RIVULET = [sys.executable, "-m", "tui"]
STARTED = 30.0


@contextmanager
def rivulet(home: Home, server: LoadServer, argv: Sequence[str] = RIVULET) -> Iterator[Terminal]:
    home.use(server.url)
    with Terminal(argv, env=home.env, cwd=home.path.parent, cols=120, rows=35) as terminal:
        terminal.wait_for("Ask something", STARTED)
        yield terminal


@pytest.fixture
def own(tmp_path: Path) -> Home:
    return Home(tmp_path / "rivulet", clean_environment(tmp_path / "rivulet"))


def ask(terminal: Terminal, server: LoadServer, words: str, tag: str) -> Exchange:
    """Ask, and wait until the whole reply is on the screen."""
    terminal.write(f"{words} tag={tag}\r")
    sent = server.wait_for(tag)
    terminal.wait_for(f"end-of-{tag}", 30)
    return sent


def clipboard(terminal: Terminal) -> str | None:
    """What a terminal would have on its clipboard now."""
    found = re.findall(rb"\x1b\]52;[^;]*;([^\x07\x1b]*)(?:\x07|\x1b\\)", terminal.raw)
    return base64.b64decode(found[-1], validate=True).decode() if found else None


def test_a_long_reply_reaches_the_terminal_in_one_sequence(own: Home, load_server: LoadServer) -> None:
    with rivulet(own, load_server) as terminal:
        sent = ask(terminal, load_server, "n=12000", "long")
        assert 60_000 < len(sent.content.encode()) < 74_994
        terminal.write(ALT_Y)
        terminal.wait_until(lambda: clipboard(terminal) == sent.content, 10, "the reply on the clipboard")
        terminal.wait_for(f"Copied {len(sent.content):,} characters through the terminal")
        assert terminal.raw.count(b"\x1b]52;") == 1


def test_what_is_too_long_for_the_terminal_becomes_a_file(own: Home, load_server: LoadServer) -> None:
    with rivulet(own, load_server) as terminal:
        sent = ask(terminal, load_server, "n=20000", "huge")
        terminal.write(ALT_Y)
        terminal.wait_for(rf"Too long for this terminal's clipboard: {len(sent.content.encode()) / 1000:,.0f} kB")
        assert (own.data / "exports" / "copy.md").read_bytes().decode() == sent.content
        assert clipboard(terminal) is None


def test_a_terminal_that_stands_still_holds_nothing_up_and_gets_the_copy_whole(
    own: Home, load_server: LoadServer
) -> None:
    text = "naïve 终端 🙂 " * 3000
    with rivulet(own, load_server) as terminal:
        terminal.write("n=100000 tps=100 tag=stream\r")
        stream = load_server.wait_for("stream", 1)
        terminal.write(f"\x1b[200~{text}\x1b[201~")
        terminal.wait_for("终端")
        with terminal._changed:  # nothing more is read of what it writes
            stood = stream.deltas
            load_server.wait_for("stream", stood + 200)  # many more frames than may wait
            terminal.write(F7 + CTRL_C + CTRL_N + b"go on tag=next\r")
            load_server.wait_for("next")  # so the keys before it have acted too
            assert clipboard(terminal) is None
        terminal.wait_until(lambda: clipboard(terminal) == text, 10, "the whole text on the clipboard")


def test_a_tmux_gets_it_on_its_standard_input(own: Home, load_server: LoadServer, tmp_path: Path) -> None:
    tmux = tmp_path / "bin" / "tmux"
    tmux.parent.mkdir()
    tmux.write_text(
        "#!/bin/sh\n"
        '[ "$1" = display-message ] && echo "3.4|external|off|clipboard" && exit\n'
        f'[ "$*" = "load-buffer -w -" ] && cat > {tmp_path}/buffer\n'
    )
    tmux.chmod(0o755)
    env = {**own.env, "TMUX": "/tmp/tmux-0/default,1,0", "PATH": f"{tmux.parent}:{own.env['PATH']}"}
    with rivulet(Home(own.path, env), load_server) as terminal:
        sent = ask(terminal, load_server, "n=40", "in")
        terminal.write(ALT_Y)
        terminal.wait_for(f"Copied {len(sent.content):,} characters through tmux")
        assert (tmp_path / "buffer").read_bytes().decode() == sent.content
        assert clipboard(terminal) is None


if TMUX:

    def test_in_a_real_tmux_it_reaches_the_buffer_and_the_terminal_around(own: Home, load_server: LoadServer) -> None:
        with PrivateTmux() as tmux, rivulet(own, load_server, tmux.new_session(*RIVULET)) as terminal:
            sent = ask(terminal, load_server, "n=12000", "real")
            terminal.write(ALT_Y)
            terminal.wait_for(f"Copied {len(sent.content):,} characters through tmux")
            assert tmux.buffer.decode() == sent.content
            terminal.wait_until(lambda: clipboard(terminal) == sent.content, 10, "the reply on the clipboard")
            assert terminal.raw.count(b"\x1b]52;") == 1

    def test_in_a_real_tmux_a_selection_of_the_composer_is_copied(own: Home, load_server: LoadServer) -> None:
        with PrivateTmux() as tmux, rivulet(own, load_server, tmux.new_session(*RIVULET)) as terminal:
            terminal.write("hello 终端")
            terminal.wait_for("hello 终端")
            terminal.write(F7 + CTRL_C)
            terminal.wait_for("Copied 8 characters through tmux")
            assert tmux.buffer.decode() == "hello 终端"
            terminal.wait_until(lambda: clipboard(terminal) == "hello 终端", 10, "the selection on the clipboard")
