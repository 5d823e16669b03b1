"""All that the program makes is its user's alone, also where the umask would let everybody read and write it."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.program import CTRL_Q, ENTER, Program
from tests.support.home import Home
from tests.support.load_server import LoadServer

LOOSE = ["sh", "-c", 'umask 0; unset RIVULET_HOME; exec "$@"', "sh"]
"""Starts a program as in an account of its own, whose folders are not there yet."""


def _open_to_others(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): oct(mode)
        for path in home.rglob("*")
        if (mode := stat.S_IMODE(path.lstat().st_mode)) != (0o700 if path.is_dir() else 0o600)
    }


def test_under_a_loose_umask_every_file_is_0600_and_every_folder_0700(
    home: Home, load_server: LoadServer, tmp_path: Path
) -> None:
    account = tmp_path / "account"
    account.mkdir()
    env = {"HOME": str(account), "OPENAI_API_KEY": "secret-key", "OPENAI_BASE_URL": load_server.url}
    for arguments in (["doctor"], ["ask", "--save", "-m", "openai/fake", "n=3 tag=a"]):
        command = [*LOOSE, sys.executable, "-m", "tui", *arguments]
        done = subprocess.run(command, env={**home.env, **env}, stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode == 0, done.stderr
    with Program(home, env=env, through=LOOSE) as program:
        program.wait_ready()
        program.ask_in_new_topic("n=200 hold=100 tag=b")
        program.wait_shows("b-00096")
        [journal] = account.rglob("*.journal")
        assert _open_to_others(account) == {}
        program.write(CTRL_Q + ENTER)
        assert program.wait_exit() == 0
    made = {path.name for path in account.rglob("*")}
    assert {"index.json", "index.backup.json", "streams.json", "0001.json", ".lock", "rivulet.log"} <= made
    assert _open_to_others(account) == {} and not journal.exists()
    assert not any(b"secret-key" in path.read_bytes() for path in account.rglob("*") if path.is_file())
