"""Links in the chat: opened in the user's browser by key, and copied where no browser can be opened."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.support.front_end import front_end
from tests.support.history import write_topic
from tests.support.load_server import LoadServer

ADDRESS = "https://tides.example/tables?a=b&c"


@pytest.fixture
async def topic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a topic that holds links; the machine is reached over SSH and has no browser."""
    monkeypatch.delenv("BROWSER", raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "somewhere 1 here 22")
    await write_topic(tmp_path / "data", 1, f"See [the tables]({ADDRESS}) or https://other.example.")
    return tmp_path


async def test_over_ssh_a_link_is_copied_and_the_notice_says_why(topic: Path, load_server: LoadServer) -> None:
    async with front_end(topic, load_server) as front:
        await front.shows("the tables")
        front.app.screen.set_focus(front.transcript)
        await front.pilot.press("f")
        await front.shows(r"Link 1 of 2: enter opens https://tides\.example/tables")
        await front.pilot.press("enter")
        await front.shows("No browser can be opened from here. ")
        assert front.app.clipboard == ADDRESS


async def test_the_users_browser_opens_a_link(
    topic: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, called = topic / "browser", topic / "called"
    browser.write_text(f'#!/bin/sh\necho "$1" > {called}.part; mv {called}.part {called}\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("BROWSER", str(browser))
    async with front_end(topic, load_server) as front:
        await front.shows("the tables")
        front.app.screen.set_focus(front.transcript)
        await front.pilot.press("F", "enter")
        await front.shows("Opened https://other.example")
        await front.until(called.exists, "the browser")
        assert called.read_text() == "https://other.example\n"


async def test_a_chosen_link_is_let_go_by_escape(topic: Path, load_server: LoadServer) -> None:
    async with front_end(topic, load_server) as front:
        await front.shows("the tables")
        front.app.screen.set_focus(front.transcript)
        await front.pilot.press("f", "escape", "enter")
        await front.drawn()
        assert "No browser" not in front.text and front.app.focused is front.transcript
