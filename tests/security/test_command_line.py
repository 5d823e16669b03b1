# ruff: noqa: E501 - a table's rows are not broken
"""An attacker's reading of the commands: what they print on a terminal is text, and on a pipe it is as it was said.

| from where | attacks | what stands against them |
|---|---|---|
| `ask` on a terminal: content, reasoning, each attack in two deltas; marks one a delta | all of attacks.py | `Plain`, which remembers across deltas |
| several models at once: refusals, pages, redirects, junk, errors in a reply, a model's name | all | `in_words`, `note` |
| `ask --json` on a terminal | all | `json_line` |
| `ask` on a pipe | none: the bytes are what was said | |
| `streams`: a record that somebody edited | all | `line` |
| `doctor`: environment, lists of models | all | `line` |
| arguments, values of the settings, of any type, and keys | all, and any text | `say`, `ConfigError` |
| the name of Rivulet's own folder | some | `line` |
| a file of the settings that is no TOML, or no text | all | `source` |
| a reply, a refusal, a list of models of some kB that were packed twice, and take all memory when they are unpacked | | `unpacked` |
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.security import stage
from tests.security.attacks import ATTACKS, HOSTILE, NAME
from tests.security.output import foreign
from tests.security.server import EVENTS, Answer, HostileServer, Request
from tests.support.command import argv, environment, rivulet, started
from tests.support.terminal import Terminal
from tui.__main__ import main
from tui.cli.outlet import ERR, OUT
from tui.cli.replies import AsItArrives, JsonLines, WholeReplies
from tui.config.loading import read
from tui.config.problems import ConfigError
from tui.engine import Models, Stream, StreamStatus, StreamType
from tui.engine.embedded.models import SMOLLM2
from tui.paths import Paths

ANY = st.text(st.characters(exclude_categories=[]), max_size=20)
LOADED = st.sampled_from([*ATTACKS.values(), "\u0301", "\r", "\n", "\x1b", "[2J"])


def answer(request: Request) -> Answer:
    """The provider's name, in its path, tells how it goes wrong."""
    case = request.path.split("/")[1]
    if request.method == "GET" or case not in stage.FAILURES:
        return stage.answer(request)
    body = json.loads(request.body)
    return stage.answer(replace(request, body=json.dumps(body | {"messages": [{"role": "user", "content": case}]})))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with HostileServer(answer) as server:
        table = '[providers.{0}]\nbase_url = "{1}"\nmodel = "fake"\n'
        names = ("good", *stage.FAILURES)
        urls = [server.url.replace("/v1", f"/{name}/v1") for name in names]
        (tmp_path / "config.toml").write_text("".join(map(table.format, names, urls)))
        yield tmp_path


def on_a_terminal(home: Path, *arguments: str, **env: str) -> tuple[int, bytes]:
    with Terminal(argv(*arguments), env=environment(home, **env), cwd=home, cols=100) as terminal:
        return terminal.wait_exit(30), terminal.raw


def test_a_reply_is_text_on_a_terminal_and_as_it_was_said_on_a_pipe(home: Path) -> None:
    status, raw = on_a_terminal(home, "ask", "-m", "good", "all")
    assert status == 0 and foreign(raw) == [] and b"said " in raw and b" whole" in raw
    done = rivulet("ask", "-m", "good", "all", home=home)
    whole = "said " + "".join(f"{attack} " for attack in ATTACKS.values()) + " whole"
    assert done.stdout == whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def test_whatever_goes_wrong_is_told_in_text(home: Path) -> None:
    models = [part for case in (*stage.FAILURES, f"good/{ATTACKS['title']}") for part in ("-m", case)]
    status, raw = on_a_terminal(home, "ask", *models, "all")
    assert status == 1 and foreign(raw) == []
    assert all(
        f"rivulet: {case}/fake: {case} ".encode() in raw for case in ("refused", "page", "moved", "junk", "event")
    )


def test_records_and_the_environment_are_told_in_text(home: Path) -> None:
    stage.fill(home / "data")
    status, raw = on_a_terminal(home, "streams")
    assert status == 0 and foreign(raw) == [] and b"evil" in raw
    told = {name: f"{HOSTILE[:400]}".replace("\0", "") for name in ("LC_ALL", "COLORTERM", "TMUX")}
    told = {name: value.encode("utf-8", "replace").decode() for name, value in told.items()}
    status, raw = on_a_terminal(home, "doctor", **told)
    assert status == 0 and foreign(raw) == [] and b"]0;pwned" in raw


def test_the_name_of_a_folder_is_told_in_text(tmp_path: Path) -> None:
    place = tmp_path / ("evil" + "".join(ATTACKS[name].replace("/", "") for name in ("title", "C1 OSC", "override")))
    model = SMOLLM2.path(place / "data")
    model.parent.mkdir(parents=True)
    with open(model, "wb") as file:
        file.truncate(SMOLLM2.size)  # and so taken to be here
    for arguments in (["model", "list"], ["doctor"], ["ask", "-m", "nobody", "Hi"]):
        _, raw = on_a_terminal(tmp_path, *arguments, RIVULET_HOME=str(place))
        assert foreign(raw) == [] and (b"evil" in raw or arguments[0] == "ask")


@pytest.mark.parametrize("arguments", [[], ["streams", "-n"], ["model"], ["ask", "a", "b"], ["ask", "--"], ["-m"]])
def test_arguments_are_repeated_as_text(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*arguments, NAME, NAME])
    assert left.value.code == 2 and foreign(capsys.readouterr().err.encode("utf-8", "backslashreplace")) == []


def test_what_was_packed_twice_takes_no_memory(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = {"Content-Encoding": "deflate, deflate"}
    bomb = zlib.compress(block[:2] + block[2:] * 2_000, 9)  # two GB

    def answer(request: Request) -> Answer:
        return Answer([bomb], 500 if "refused" in request.path else 200, EVENTS | packed)

    with HostileServer(answer) as server:
        settings = [f'[providers.{name}]\nbase_url = "{server.url}/{name}"\nmodel = "m"\n' for name in ("a", "refused")]
        (tmp_path / "config.toml").write_text("".join(settings))
        for arguments in (["ask", "-m", "a", "-m", "refused", "Hi"], ["doctor"]):
            with started(*arguments, home=tmp_path, stderr=subprocess.STDOUT) as process:
                assert process.stdout is not None
                said = process.stdout.read()
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            # A refusal needs no body to be one.
            assert said.count(b"compressed reply that can't be unpacked") + said.count(b"refused failed (500)") == 2
            assert used.ru_maxrss < 500_000 * (1024 if sys.platform == "darwin" else 1)


VALUES = st.recursive(
    ANY | LOADED | st.integers() | st.booleans() | st.floats(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(ANY | LOADED, inner, max_size=2),
    max_leaves=3,
)
FIELD = st.sampled_from(
    ["base_url", "protocol", "model", "idle_timeout", "api_key", "instruct", "theme", "stream.stop"]
)
TABLE = st.sampled_from(["models", "keys", "ui", "log", "providers"])


@given(st.dictionaries(TABLE | LOADED, st.dictionaries(FIELD | ANY | LOADED, VALUES, max_size=2) | VALUES, max_size=2))
def test_what_is_wrong_in_the_settings_is_told_in_text(values: dict[str, object]) -> None:
    paths = Paths(Path("/nowhere/config.toml"), Path("/nowhere/data"), Path("/nowhere/log"))
    try:
        read(values, paths, lambda: (Models(), []))
    except ConfigError as error:
        assert error.lines and all(foreign(line.encode()) == [] and "\n" not in line for line in error.lines)


@given(st.lists(ANY | LOADED, max_size=6), st.lists(ANY | LOADED, max_size=6), ANY | LOADED)
def test_whatever_arrives_ask_writes_text_on_a_terminal(content: list[str], reasoning: list[str], model: str) -> None:
    written: dict[int, str] = {OUT: "", ERR: ""}

    def write(text: str, to: int) -> None:
        written[to] += text

    stream = Stream("0" * 13, StreamType.CHAT, "ask", model, 1.0)
    as_it_arrives = AsItArrives(write, True, True)
    for piece, thought in zip(content, reasoning, strict=False):
        stream = replace(stream, content=stream.content.append(piece), reasoning=stream.reasoning.append(thought))
        as_it_arrives.grown(stream)
    stream = replace(stream, status=StreamStatus.STOPPED, ended_at=2.0)
    for replies in (as_it_arrives, WholeReplies(write, True)):
        replies.ended(stream)
    assert [foreign(text.encode()) for text in written.values()] == [[], []]
    written[OUT] = ""
    JsonLines(write).ended(stream)
    assert foreign(written[OUT].encode(), most_marks=1000) == []
    assert json.loads(written[OUT])["content"] == str(stream.content), "nothing is lost for who reads it"
