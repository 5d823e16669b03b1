"""Which terminals are told of links, and how, and whether, a browser is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.waiting import until
from tui.browser import open_address, opener, shows_links

XTERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("environ", "shows"),
    [
        ({}, False),
        (XTERM, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "dumb", "VTE_VERSION": "7600"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "foot-extra"}, True),
        (XTERM | {"TERM_PROGRAM": "iTerm.app"}, True),
        (XTERM | {"TERM_PROGRAM": "Apple_Terminal"}, False),
        (XTERM | {"VTE_VERSION": "7600"}, True),
        (XTERM | {"VTE_VERSION": "4800"}, False),
        (XTERM | {"KONSOLE_VERSION": "220401"}, True),
        (XTERM | {"WT_SESSION": "1"}, True),
        ({"TERM": "tmux-256color", "TMUX": "x", "TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.4"}, True),
        ({"TERM": "tmux-256color", "TMUX": "x", "TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.3a"}, False),
        ({"TERM": "screen", "TMUX": "x", "TERM_PROGRAM": "WezTerm"}, False),
        (XTERM | {"STY": "1.pts", "VTE_VERSION": "7600"}, False),
    ],
)
def test_only_terminals_that_are_known_to_make_links_are_told_of_them(environ: Mapping[str, str], shows: bool) -> None:
    assert shows_links(environ) is shows


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that write down how they were called, which is all that there is in the path."""
    for name in ("xdg-open", "open", "firefox", "w3m"):
        file = tmp_path / name
        file.write_text(f'#!/bin/sh\necho noise; echo "$0" "$@" > {tmp_path}/called.part\nread line\n')
        with file.open("a") as script:
            script.write(f"/bin/mv {tmp_path}/called.part {tmp_path}/called\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("environ", "platform", "command"),
    [
        ({}, "linux", []),
        ({"DISPLAY": ":0"}, "linux", ["xdg-open"]),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", ["xdg-open"]),
        ({}, "darwin", ["open"]),
        ({"SSH_CONNECTION": "a b", "DISPLAY": ":10"}, "linux", []),
        ({"SSH_TTY": "/dev/pts/1"}, "darwin", []),
        ({"SSH_TTY": "/dev/pts/1", "BROWSER": "firefox --new-tab"}, "linux", ["firefox", "--new-tab"]),
        ({"BROWSER": "nonesuch:firefox"}, "linux", ["firefox"]),
        ({"BROWSER": "w3m"}, "linux", []),
        ({"BROWSER": "'", "DISPLAY": ":0"}, "linux", ["xdg-open"]),
    ],
)
def test_a_browser_is_opened_only_where_the_user_would_see_it(
    programs: Path, environ: Mapping[str, str], platform: str, command: list[str]
) -> None:
    assert opener(environ, platform) == command


@pytest.mark.parametrize(("browser", "args"), [("firefox", "{}"), ("firefox -u %s -x", "-u {} -x")])
def test_the_browser_gets_the_address_and_nothing_of_our_terminal(
    programs: Path, capfd: pytest.CaptureFixture[str], browser: str, args: str
) -> None:
    address = "https://e.example/?a=b&c=$(touch%20x);d"
    assert open_address(address, dict(os.environ) | {"BROWSER": browser})
    until((programs / "called").exists, what="the browser")
    assert (programs / "called").read_text() == f"{programs}/firefox {args.format(address)}\n"
    assert capfd.readouterr() == ("", "")


def test_without_a_browser_nothing_is_started(programs: Path) -> None:
    assert not open_address("https://e.example", {"SSH_CONNECTION": "a"})
    assert not (programs / "called").exists()
