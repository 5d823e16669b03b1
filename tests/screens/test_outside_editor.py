"""The draft can be edited outside; what keeps the editor from it is told in a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.front_end import FrontEnd

EDITOR = """
import pathlib, stat, sys
path = pathlib.Path(sys.argv[1])
assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
path.write_text(path.read_text() + " and more\\n")
pathlib.Path(__file__).with_suffix(".seen").write_text(str(path))
"""


@contextmanager
def lent() -> Iterator[None]:
    """A front end without a terminal has none to lend."""
    yield


async def test_what_the_editor_wrote_is_the_draft_and_its_file_is_gone(
    front: FrontEnd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "an editor.py"
    script.write_text(EDITOR)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} '{script}'")
    monkeypatch.setattr(front.app, "suspend", lent)
    await front.pilot.press(*"draft", "ctrl+g")
    await front.until(lambda: front.composer.text == "draft and more", "the edited draft")
    assert not Path(script.with_suffix(".seen").read_text()).parent.exists()


@pytest.mark.parametrize(
    ("command", "told"),
    [("", "No editor is set"), ("'", "can't be read"), ("false", "status 1"), ("no-such-editor", "can't be started")],
)
async def test_without_a_working_editor_a_line_says_so(
    front: FrontEnd, monkeypatch: pytest.MonkeyPatch, command: str, told: str
) -> None:
    monkeypatch.setenv("VISUAL", command)
    monkeypatch.setenv("EDITOR", "")
    monkeypatch.setattr(front.app, "suspend", lent)
    await front.pilot.press(*"draft", "ctrl+g")
    await front.shows(told)
    assert front.composer.text == "draft"


@pytest.mark.parametrize(
    ("written", "draft", "told"),
    [
        (rb"one\033]0;pwned\007\000 two\302\233 2J\r\nthree", "one\x1b]0;pwned\x07 two\x9b 2J\nthree", "two *2J"),
        (rb"\377\376", "draft", "it is as it was"),
    ],
)
async def test_whatever_an_editor_leaves_behind_is_text(
    front: FrontEnd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: bytes, draft: str, told: str
) -> None:
    script = tmp_path / "editor"
    script.write_bytes(b"#!/bin/sh\ntest \"$1\" = '--wait $HOME;' && printf '%b' > \"$2\"\n" % written)
    script.chmod(0o700)
    monkeypatch.setenv("VISUAL", f"'{script}' '--wait $HOME;'")
    monkeypatch.setattr(front.app, "suspend", lent)
    await front.pilot.press(*"draft", "ctrl+g")
    await front.shows(told)
    assert front.composer.text == draft
    assert not any("\x1b" in row or "\x9b" in row for row in front.rows)
