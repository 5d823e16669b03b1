"""Texts as files: names that a model may have chosen, and files that are never overwritten."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.exports import file_name, save_text


@pytest.mark.parametrize(
    ("words", "language", "name"),
    [
        ("copy", "markdown", "copy.md"),
        ("Sort a list", "python", "Sort a list.py"),
        ("Sort a list", " Python ", "Sort a list.py"),
        ("app.py", "python", "app.py"),
        ("App.PY", "python", "App.py"),
        ("app.py", "", "app.py"),
        ("release 1.2", "", "release 1.2.txt"),
        ("app.exe", "brainfuck", "app.exe.txt"),
        ("../../etc/passwd", "", "etc passwd.txt"),
        ("/etc/cron.d/x", "sh", "etc cron.d x.sh"),
        ("C:\\Windows\\system.ini", "ini", "C Windows system.ini"),
        (".bashrc", "sh", "bashrc.sh"),
        ("...", "", "text.txt"),
        ("", "json", "text.json"),
        ("-rf", "", "rf.txt"),
        ("a\x00b\x1b[31mc\nd\u202ee", "", "a b [31mc d e.txt"),
        ("pay\u200b\u3164\u034fpal\u202e", "", "pay pal.txt"),
        ("$(reboot); `x` | y", "", "(reboot) x y.txt"),
        ("排序列表", "rust", "排序列表.rs"),
        ("x" * 300, "go", "x" * 60 + ".go"),
    ],
)
def test_a_name_is_made_of_what_a_model_wrote(words: str, language: str, name: str) -> None:
    assert file_name(words, language) == name


@given(st.text(max_size=200), st.text(max_size=20))
def test_no_name_leads_out_of_its_folder_or_is_hidden_or_too_long(words: str, language: str) -> None:
    name = file_name(words, language)
    assert Path(name).name == name
    assert not name.startswith((".", "-", " ")) and name.isprintable()
    assert len(name.encode()) <= 255


def test_a_saved_text_is_byte_for_byte_what_was_given_and_the_users_alone(tmp_path: Path) -> None:
    text = "naïve 终端\r\n\ttab\n"
    path = save_text(tmp_path / "data" / "exports", "reply", text, "markdown")
    assert path == tmp_path / "data" / "exports" / "reply.md"
    assert path.read_bytes() == text.encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_acts_on_a_terminal_or_turns_code_around_is_saved_as_it_is_shown(tmp_path: Path) -> None:
    code = "ls\x1b]0;pwned\x07 \x9b2J safe\rrm\nif a:\u202e # \u2066 x\r\n\tend\ud83d\n"
    path = save_text(tmp_path, "code", code, "sh")
    assert path.read_bytes().decode() == "ls␛]0;pwned␇ ␦2J safe␍rm\nif a:␦ # ␦ x\r\n\tend\ufffd\n"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    names = [save_text(tmp_path, "app.py", f"{number}").name for number in range(3)]
    assert names == ["app.py", "app-2.py", "app-3.py"]
    assert [(tmp_path / name).read_text() for name in names] == ["0", "1", "2"]


def test_a_link_that_lies_there_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "exports" / "reply.md")
    assert save_text(tmp_path / "exports", "reply.md", "text").name == "reply-2.md"
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(OSError, match="data"):
        save_text(tmp_path / "data" / "exports", "reply.md", "text")
