from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import tui
from tui.engine.lock import FolderLock, LibraryBusy
from tui.engine.storage import LibraryDamaged

HOLDER = """
import subprocess, sys
from pathlib import Path
from tui.engine.lock import FolderLock
lock = FolderLock(Path(sys.argv[-1]))
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=sys.stdin)
print(child.pid, flush=True)
child.wait()
lock.release()
"""
"""Holds the folder until its standard input ends; so does a child of it, whose pid it prints."""


class Holder:
    """A real process that holds a folder."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", HOLDER, "ask", "a private prompt", str(folder)]
        root = Path(tui.__file__).parents[1]
        self.process = subprocess.Popen(command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.child = int(self.process.stdout.readline())

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        self.process.communicate()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Holder]:
    holder = Holder(tmp_path)
    yield holder
    holder.end()


def test_a_second_process_learns_who_holds_the_folder(tmp_path: Path, holder: Holder) -> None:
    with pytest.raises(LibraryBusy) as caught:
        FolderLock(tmp_path)
    message = str(caught.value)
    pattern = rf"Another Rivulet \(process {holder.pid}, since \d\d:\d\d\) holds the data in {tmp_path}\. .*"
    assert re.fullmatch(pattern, message)


def test_someone_turned_away_does_not_disturb_the_holders_note(tmp_path: Path, holder: Holder) -> None:
    before = (tmp_path / ".holder.json").read_bytes()
    for _ in range(3):
        with pytest.raises(LibraryBusy, match=str(holder.pid)):
            FolderLock(tmp_path)
    assert (tmp_path / ".holder.json").read_bytes() == before


def test_the_folder_is_free_when_the_holder_lets_go(tmp_path: Path, holder: Holder) -> None:
    holder.end()
    assert holder.process.returncode == 0
    assert not (tmp_path / ".holder.json").exists()
    FolderLock(tmp_path).release()


def test_the_folder_is_free_at_once_when_the_holder_is_killed(tmp_path: Path, holder: Holder) -> None:
    holder.kill()
    assert (tmp_path / ".holder.json").exists()
    lock = FolderLock(tmp_path)
    assert json.loads((tmp_path / ".holder.json").read_text())["pid"] == os.getpid()
    lock.release()
    assert not (tmp_path / ".holder.json").exists()


def test_a_child_that_outlives_the_holder_does_not_keep_the_folder(tmp_path: Path, holder: Holder) -> None:
    holder.kill()
    FolderLock(tmp_path).release()
    os.kill(holder.child, 0)  # raises if it does not live


def test_one_that_lets_go_in_this_very_moment_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.engine.lock._MOMENT", 10.0)  # a busy machine's moments are longer
    held = FolderLock(tmp_path)
    threading.Timer(0.02, held.release).start()
    FolderLock(tmp_path).release()


def test_a_killed_holders_note_is_not_taken_for_the_next_ones(tmp_path: Path) -> None:
    first = Holder(tmp_path)
    note = (tmp_path / ".holder.json").read_bytes()
    first.kill()
    first.end()
    lock = FolderLock(tmp_path)
    (tmp_path / ".holder.json").write_bytes(note)  # as it is for a moment before the new holder writes its own
    with pytest.raises(LibraryBusy, match=rf"^Another Rivulet holds the data in {tmp_path}\."):
        FolderLock(tmp_path)
    lock.release()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "since": "y"}', '{"pid": 1, "since": 5}'])
def test_a_note_that_makes_no_sense_is_no_obstacle(tmp_path: Path, note: str) -> None:
    lock = FolderLock(tmp_path)
    (tmp_path / ".holder.json").write_text(note)
    with pytest.raises(LibraryBusy, match=rf"^Another Rivulet holds the data in {tmp_path}\."):
        FolderLock(tmp_path)
    lock.release()


def test_a_holder_since_another_day_is_told_with_the_date(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    note = {"pid": os.getpid(), "command": "rivulet", "since": "2020-02-02T12:00:00.000Z"}
    (tmp_path / ".holder.json").write_text(json.dumps(note))
    with pytest.raises(LibraryBusy, match=rf"process {os.getpid()}, since 2020-02-0\d \d\d:\d\d\)"):
        FolderLock(tmp_path)
    lock.release()


def test_the_note_tells_no_prompt(tmp_path: Path, holder: Holder) -> None:
    note = (tmp_path / ".holder.json").read_text()
    assert json.loads(note)["command"] == "-c ask"
    assert "private" not in note


def test_it_can_be_released_in_another_thread(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lock.release).result()
    FolderLock(tmp_path).release()


def test_its_files_are_the_users_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    lock = FolderLock(tmp_path)
    os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in (".lock", ".holder.json")] == [0o600, 0o600]
    lock.release()


def test_locking_is_quiet(tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG):
        lock = FolderLock(tmp_path)
        with pytest.raises(LibraryBusy):
            FolderLock(tmp_path)
        lock.release()
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryDamaged, match=rf"{tmp_path}/file can't be locked: "):
        FolderLock(tmp_path / "file")


NO_FLOCK = """
import errno, fcntl, sys
from pathlib import Path

def unknown(handle, operation):
    raise OSError(errno.ENOSYS, "Function not implemented")

fcntl.flock = unknown
from tui.engine.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
lock.release()
"""
"""Holds a folder of a file system that knows no locks, until its standard input ends."""


def without_flock(folder: Path) -> subprocess.Popen[str]:
    command, root = [sys.executable, "-c", NO_FLOCK, str(folder)], Path(tui.__file__).parents[1]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=root, text=True, stdin=pipe, stdout=pipe, stderr=pipe)


def test_where_no_locks_are_known_a_kill_keeps_nobody_out_either(tmp_path: Path) -> None:
    with without_flock(tmp_path) as first:
        assert first.stdout is not None and first.stdout.readline() == "held\n"
        with without_flock(tmp_path) as second:
            _, said = second.communicate()
            assert re.search(rf"Another Rivulet \(process {first.pid}, since \d\d:\d\d\) holds", said)
        first.kill()
    with without_flock(tmp_path) as third:
        assert third.communicate() == ("held\n", "")
