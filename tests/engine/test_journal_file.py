"""What is in a journal is read as it was written, whatever was torn off or spoiled; reading twice changes nothing."""

from __future__ import annotations

import os
import random
import stat
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import pytest

from tests.engine.samples import ended_stream
from tui.engine import Log, Stream, StreamStatus
from tui.engine.journal_file import JournalFile, read, remove
from tui.engine.journal_lines import Entry, lines

TEXT = 'Grüße, 你好, 😀, "quoted" \\ \n\r\t\0 \u2028 \x7f'


def written(folder: Path, *pieces: bytes) -> JournalFile:
    file = JournalFile(folder / "journal")
    for piece in pieces:
        file.append(piece)
    return file


def running(number: int, content: str = "", reasoning: str = "") -> Stream:
    """A stream that has not ended."""
    return replace(
        ended_stream(number),
        status=StreamStatus.STREAMING,
        content=Log(content),
        reasoning=Log(reasoning),
        error=None,
        finish_reason=None,
        usage=None,
        ended_at=None,
    )


def commit(stream: Stream, content: int = 0, reasoning: int = 0, *, fields: bool = False, at: float = 5.0) -> bytes:
    return lines([Entry(stream, content, reasoning, fields)], (), at)


def found(folder: Path) -> list[tuple[str, str, str]]:
    return [(one.id, str(one.content), str(one.reasoning)) for one in read(folder / "journal").streams]


def test_a_stream_is_read_with_every_field_and_the_time_of_its_last_line(tmp_path: Path) -> None:
    stream = running(1, TEXT, "thought " + TEXT)
    written(tmp_path, commit(stream, fields=True, at=1_800_000_123.5))
    assert read(tmp_path / "journal").streams == (replace(stream, ended_at=1_800_000_123.5),)
    whole = ended_stream(2)
    written(tmp_path, commit(whole, fields=True))
    assert read(tmp_path / "journal").streams[1] == whole


def test_text_goes_on_behind_what_was_there_and_a_line_that_comes_twice_adds_nothing(tmp_path: Path) -> None:
    first = commit(running(1, "He", "a"), fields=True)
    second = commit(running(1, "Hello", "ab"), 2, 1)
    overlapping = commit(running(1, "Hello, you"), 1, 0)
    written(tmp_path, first, second, first, second, overlapping, second)
    written(tmp_path, first, second)
    assert found(tmp_path) == [(running(1).id, "Hello, you", "ab")]


def test_what_lies_behind_a_gap_is_not_taken_for_what_was_said(tmp_path: Path) -> None:
    written(
        tmp_path,
        commit(running(1, "one "), fields=True),
        commit(running(1, "one two three "), len("one two ")),
    )
    assert found(tmp_path) == [(running(1).id, "one ", "")]


def test_a_last_line_that_was_cut_anywhere_is_skipped_and_the_rest_is_read(tmp_path: Path) -> None:
    whole, last = commit(running(1, "one"), fields=True), commit(running(1, "one, two"), 3)
    for cut in range(len(last)):
        folder = tmp_path / str(cut)
        written(folder, whole, last[:cut])
        assert found(folder) == [(running(1).id, "one", "")]
        assert read(folder / "journal").damaged == ()


def test_a_file_with_spoiled_bytes_is_kept_and_what_is_whole_in_it_is_used(tmp_path: Path) -> None:
    choose = random.Random(5)
    pieces = [commit(running(n, f"text of {n}"), fields=True) for n in range(20)]
    data = bytearray(b"".join(pieces))
    spoiled = len(pieces[0]) + choose.randrange(len(pieces[1]) - 1)
    data[spoiled] ^= 0x15
    written(tmp_path, bytes(data))
    result = read(tmp_path / "journal")
    kept = [stream.id for stream in result.streams]
    assert set(kept) >= {running(n).id for n in range(20) if n != 1}
    [aside] = result.damaged
    assert aside.name == "000001.damaged-1.journal" and aside.read_bytes() == data
    assert read(tmp_path / "journal") == result, "a start that is killed here loses nothing, nor keeps it twice"
    remove(result)
    assert os.listdir(tmp_path / "journal") == [aside.name] and aside.read_bytes() == data
    assert found(tmp_path) == []


def test_a_damaged_file_that_cannot_be_kept_aside_stays_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal" / "000001.journal"
    written(tmp_path, commit(running(1, "a"), fields=True), b"spoiled\n")

    def full(path: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tui.engine.journal_file.keep_aside", full)
    result = read(tmp_path / "journal")
    assert [stream.id for stream in result.streams] == [running(1).id]
    assert result.damaged == (path,)
    remove(result)
    assert path.exists()


def test_a_file_that_cannot_be_read_is_named_and_keeps_no_other_from_it(tmp_path: Path) -> None:
    written(tmp_path, commit(running(1, "a"), fields=True))
    folder = tmp_path / "journal" / "000002.journal"
    folder.mkdir()
    result = read(tmp_path / "journal")
    assert [stream.id for stream in result.streams] == [running(1).id]
    assert result.unread == ((folder, "Is a directory"),)
    remove(result)
    assert folder.exists()


def test_a_stream_that_was_cut_after_the_clock_was_set_back_did_not_end_before_it_began(tmp_path: Path) -> None:
    stream = running(1, "text")
    written(tmp_path, commit(stream, fields=True, at=stream.created_at - 3600))
    [read_back] = read(tmp_path / "journal").streams
    assert read_back.ended_at == read_back.answered_at == stream.answered_at


def test_what_could_not_be_taken_back_at_once_is_before_anything_else_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, commit(running(1, "a"), fields=True))
    real = os.write

    def half(handle: int, data: memoryview) -> int:
        if len(data) < 60:
            raise OSError(5, "Input/output error")
        return real(handle, data[:30])

    def broken(handle: int, length: int) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", half)
        patched.setattr(os, "ftruncate", broken)
        with pytest.raises(OSError, match="Input/output error"):
            file.append(commit(running(1, "abc"), 1, fields=True))
        with pytest.raises(OSError, match="Read-only"):
            file.append(commit(running(1, "abc"), 1, fields=True))
    file.append(commit(running(1, "ab"), 1))
    assert found(tmp_path) == [(running(1).id, "ab", "")]
    assert read(tmp_path / "journal").damaged == ()


def test_a_file_that_somebody_deleted_is_known_to_be_gone(tmp_path: Path) -> None:
    file = written(tmp_path, commit(running(1, "a"), fields=True))
    assert not file.gone
    (tmp_path / "journal" / "000001.journal").unlink()
    assert file.gone
    file.replace(commit(running(1, "ab"), fields=True))
    assert found(tmp_path) == [(running(1).id, "ab", "")] and not file.gone


def test_what_is_safe_is_not_found_and_what_nobody_can_place_neither(tmp_path: Path) -> None:
    nameless = commit(running(3, "whose?"))
    safe = lines((), [running(1).id], 5.0)
    written(tmp_path, commit(running(1, "a"), fields=True), commit(running(2, "b"), fields=True), safe, nameless)
    assert found(tmp_path) == [(running(2).id, "b", "")]
    [aside] = read(tmp_path / "journal").damaged
    assert b"whose?" in aside.read_bytes(), "but its text is kept"


def test_what_an_older_rivulet_left_is_read_in_the_current_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, commit(running(1, "a"), fields=True))
    step = {"streams": lambda document: document | {"model": "renamed/model"}}
    monkeypatch.setattr("tui.engine.migrations.STEPS", (step,))
    written(tmp_path, commit(running(2, "b"), fields=True))
    assert [one.model for one in read(tmp_path / "journal").streams] == ["renamed/model", running(2).model]


def test_what_a_newer_rivulet_left_is_named_and_stays_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("tui.engine.migrations.STEPS", ({},))
        written(tmp_path, commit(running(1, "a"), fields=True))
    written(tmp_path, commit(running(2, "b"), fields=True))
    result = read(tmp_path / "journal")
    assert [stream.id for stream in result.streams] == [running(2).id]
    newer = tmp_path / "journal" / "000001.journal"
    assert result.unread == ((newer, "a newer Rivulet wrote it (schema 2, this one knows 1)"),)
    remove(result)
    assert newer.exists()


def test_a_stream_whose_fields_make_no_sense_is_kept_with_its_text(tmp_path: Path) -> None:
    odd = commit(running(1, "kept"), fields=True).replace(b'"type":"topic_title_generation"', b'"type":"to come"')
    sums = [b"%08x %s" % (crc32(line[9:]), line[9:]) for line in odd.splitlines()]
    written(tmp_path, b"\n".join([*sums, b""]), commit(running(2, "b"), fields=True))
    result = read(tmp_path / "journal")
    assert [stream.id for stream in result.streams] == [running(2).id]
    [aside] = result.damaged
    remove(result)
    assert b"kept" in aside.read_bytes()


def test_files_are_the_users_alone_and_each_start_has_one_of_its_own(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        written(tmp_path, commit(running(1), fields=True))
        written(tmp_path, commit(running(2), fields=True))
    finally:
        os.umask(before)
    folder = tmp_path / "journal"
    assert sorted(os.listdir(folder)) == ["000001.journal", "000002.journal"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_begun_anew_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    file = written(tmp_path, commit(running(1, "a" * 1000), fields=True))
    anew = commit(running(2, "b"), fields=True)
    file.replace(anew)
    assert file.size == len(anew)
    assert os.listdir(tmp_path / "journal") == ["000002.journal"]
    file.append(commit(running(2, "bc"), 1))
    assert found(tmp_path) == [(running(2).id, "bc", "")]


def test_an_empty_file_goes_with_the_end_and_one_with_something_in_it_stays(tmp_path: Path) -> None:
    file = written(tmp_path, commit(running(1), fields=True))
    file.empty()
    assert found(tmp_path) == []
    file.append(commit(running(2, "b"), fields=True))
    assert found(tmp_path) == [(running(2).id, "b", "")]
    file.close()
    assert len(os.listdir(tmp_path / "journal")) == 1
    other = written(tmp_path / "other", commit(running(1), fields=True))
    other.empty()
    other.close()
    assert os.listdir(tmp_path / "other" / "journal") == []


def test_a_line_that_was_written_by_half_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, commit(running(1, "a"), fields=True))
    real = os.write

    def full(handle: int, data: memoryview) -> int:
        if len(data) < 40:
            raise OSError(28, "No space left on device")
        return real(handle, data[:30])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            file.append(commit(running(2, "b" * 200), fields=True))
        with pytest.raises(OSError, match="No space left"):
            file.replace(commit(running(2, "b" * 200), fields=True))
    assert os.listdir(tmp_path / "journal") == ["000001.journal"]
    file.append(commit(running(1, "ab"), 1))
    assert found(tmp_path) == [(running(1).id, "ab", "")]
    assert read(tmp_path / "journal").damaged == ()
