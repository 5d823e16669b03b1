"""`rivulet streams`: what the last streams were, for a reader and for a program."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.engine.samples import ended_stream
from tests.support.command import argv, configure, environment, rivulet
from tui.cli.streams import run, table
from tui.engine import ErrorKind, Library, Log, Stream, StreamError, StreamStatus, StreamType

ERROR = "The model server did not answer for 5 minutes: try again, or choose another model."
DONE = replace(ended_stream(1), status=StreamStatus.COMPLETED, error=None, model="openai/gpt-4.1-mini")
FAILED = replace(ended_stream(2, StreamType.CHAT), error=StreamError(ErrorKind.TIMEOUT, ERROR))


def keep(data: Path, *streams: Stream) -> Path:
    async def save() -> None:
        library = Library.open(data)
        await library.save(*streams)
        await library.close()

    asyncio.run(save())
    return data


def said(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# As JSON


def test_json_is_asks_object_and_what_else_a_stream_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(keep(tmp_path, ended_stream(1)), 20, as_json=True) == 0
    [told] = said(capsys.readouterr().out)
    asked = "id type model status content reasoning finish_reason usage error created_at first_token_at ended_at"
    more = "related_id metadata tries started_at answered_at"
    assert list(told) == f"{asked} {more}".split()
    assert (told["id"], told["type"], told["status"]) == ("s000000000001", "topic_title_generation", "error")
    assert (told["content"], told["reasoning"]) == ("Title 1 😀\nnext\u2028line", "Hm")
    assert told["error"] == {"kind": "timeout", "message": "Nothing came for 5 minutes.", "http_status": 504}
    assert (told["related_id"], told["metadata"]["original_prompt"]) == ("topic1", "was heißt 你好?")
    assert (told["started_at"], told["ended_at"]) == ("2027-01-15T08:00:01.500Z", "2027-01-15T08:00:02.750Z")


def test_json_says_null_for_texts_that_a_message_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reply = replace(ended_stream(1, StreamType.CHAT), metadata={"topic_id": "topic1", "message_id": "r1"})
    run(keep(tmp_path, replace(reply, content=Log(), reasoning=Log()), ended_stream(2)), 20, as_json=True)
    held, own = said(capsys.readouterr().out)
    assert (held["content"], held["reasoning"], held["metadata"]["message_id"]) == (None, None, "r1")
    assert own["content"] and own["reasoning"]


def test_the_last_are_told_the_newest_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(tmp_path, *(ended_stream(number) for number in range(30)))
    for number, first in ((3, 27), (20, 10), (5000, 0)):
        run(tmp_path, number, as_json=True)
        ids = [told["id"] for told in said(capsys.readouterr().out)]
        assert ids == [ended_stream(n).id for n in range(first, 30)]


def test_without_a_record_there_is_no_object_and_for_a_reader_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for as_json, out in ((True, ""), (False, "There are no records of streams yet.\n")):
        assert run(tmp_path / "nowhere", 20, as_json) == 0
        assert capsys.readouterr() == (out, "")
    assert os.listdir(tmp_path) == []


def test_a_record_that_can_not_be_read_is_told_beside_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, ended_stream(1), ended_stream(2))
    file = tmp_path / "streams.json"
    file.write_text(file.read_text(encoding="utf-8").replace("topic_title_generation", "poem", 1), encoding="utf-8")
    assert run(tmp_path, 20, as_json=True) == 0
    out, err = capsys.readouterr()
    assert [told["id"] for told in said(out)] == [ended_stream(2).id]
    assert err.startswith(f"rivulet: {file}: stream 's000000000001'") and err.count("\n") == 1


# As a table


def test_columns_stand_below_their_heads_and_a_pipe_has_one_line_a_stream() -> None:
    head, done, failed = table([DONE, FAILED], None)
    assert head.split() == "id type model status when seconds tokens error".split()
    assert re.fullmatch(
        r"s000000000001  topic title  openai/gpt-4\.1-mini  completed  2027-01-1\d \d\d:\d\d {6}1\.2 {7}3", done
    )
    assert failed.endswith(f"1.2       3  {ERROR}") and failed.startswith("s000000000002  chat         local/small")
    for name, text in (("model", "local"), ("status", "error"), ("error", ERROR)):
        assert head.index(name) == failed.index(text)


@pytest.mark.parametrize("width", [30, 60, 80, 100, 120, 200])
def test_nothing_is_wider_than_the_terminal_and_errors_are_whole(width: int) -> None:
    chinese = replace(
        FAILED, model="本地/" + "小模型" * 9, error=StreamError(ErrorKind.TIMEOUT, "出错了,请再试一次。" * 9)
    )
    lines = table([DONE, FAILED, chinese, replace(DONE, model="a/" + "b" * 90)], width)
    assert max(cell_len(line) for line in lines) <= width
    words = "".join("".join(lines).split())
    assert "".join(ERROR.split()) in words and "出错了,请再试一次。" * 9 in words


def test_at_80_columns_all_but_the_error_stands_on_the_streams_line() -> None:
    [_, done, failed, *below] = table([DONE, FAILED], 80)
    assert done.endswith("1.2       3") and failed.endswith("1.2       3")
    assert below and all(line.startswith(" " * 15) for line in below)


def test_text_from_elsewhere_does_not_act_on_the_terminal() -> None:
    hostile = "x\x1b[31m\r\n\x9b\u202ey"
    bad = replace(FAILED, id=hostile, model=hostile, error=StreamError(ErrorKind.TIMEOUT, hostile))
    for width in (None, 80):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", "".join(table([bad], width)))


def test_a_stream_that_never_began_and_counted_nothing_has_a_line_too() -> None:
    stopped = Stream("s1", StreamType.CHAT, "c1", "a/b", 1_800_000_000.0, status=StreamStatus.STOPPED, content=Log("x"))
    assert re.fullmatch(r"s1  chat  a/b {4}stopped  2027-01-1\d \d\d:\d\d {6}0\.0", table([stopped], None)[1])


# The command


def test_it_reads_while_another_rivulet_writes(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:1/v1")
    keep(tmp_path / "data", DONE)
    library = Library.open(tmp_path / "data")
    done = rivulet("streams", "--json", "-n", "5", home=tmp_path)
    asyncio.run(library.close())
    assert (done.returncode, done.stderr) == (0, b"")
    assert [told["id"] for told in said(done.stdout.decode())] == [DONE.id]


def test_a_damaged_file_is_one_line_and_exit_2_and_stays(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:1/v1")
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "streams.json"
    file.write_text("{")
    done = rivulet("streams", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(f"rivulet: {file} can't be read".encode()) and done.stderr.count(b"\n") == 1
    assert file.read_text() == "{"


def test_a_reader_who_has_gone_gets_no_complaint(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:1/v1")
    keep(tmp_path / "data", DONE)
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(argv("streams"), env=environment(tmp_path), stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert done.stderr == b""


def test_a_terminal_is_given_lines_that_fit(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:1/v1")
    keep(tmp_path / "data", FAILED)
    ours, theirs = pty.openpty()
    done = subprocess.run(argv("streams"), env=environment(tmp_path, COLUMNS="80"), stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert done.returncode == 0
    assert max(map(len, shown.splitlines())) <= 80 and "choose another model." in shown
