"""`rivulet ask` as a user and a script meet it: a process against a server on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import argv, configure, environment, rivulet, started
from tests.support.disk_faults import through
from tests.support.load_server import LoadServer
from tests.support.terminal import Terminal
from tests.support.waiting import until
from tui.engine import FolderLock, Library

LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Runs a program to which each file system is as one that is full: it may write not a byte to any file."""


@pytest.fixture
def server() -> Iterator[LoadServer]:
    with LoadServer() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, server: LoadServer) -> Path:
    configure(tmp_path, server.url, names=("load", "other"))
    return tmp_path


def objects(out: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.decode().splitlines()]


def user_text(server: LoadServer, tag: str) -> str:
    exchange = server.find(tag)
    assert exchange is not None
    return str(exchange.body["messages"][-1]["content"])


# One model


def test_the_reply_is_written_to_its_last_byte_and_nothing_else(home: Path, server: LoadServer) -> None:
    done = rivulet("ask", "n=300 tag=a", home=home)
    sent = server.find("a")
    assert sent is not None
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, sent.content, b"")


def test_what_others_can_read_along_is_warned_of_once_for_each_that_is_asked(home: Path, server: LoadServer) -> None:
    elsewhere = server.url.replace("127.0.0.1", "0.0.0.0")  # which is no name of this machine, but leads to it
    more = (
        f'\n[providers.far]\nbase_url = "{elsewhere}"\nmodel = "fake"\n[providers.further]\nbase_url = "{elsewhere}"\n'
    )
    with (home / "config.toml").open("a", encoding="utf-8") as file:
        file.write(more)
    done = rivulet("ask", "-m", "far", "-m", "load", "-m", "far/other", "n=3 tag=a", home=home)
    words = f"rivulet: far: {elsewhere} is not encrypted: others on the way can read the key and all words. "
    assert (done.returncode, done.stderr.decode()) == (0, words + "Use https:// if the server can.\n")
    assert rivulet("ask", "n=3 tag=b", home=home).stderr == b"", "the others are not asked"
    piped = rivulet("ask", "-m", "further/fake", "--json", "n=3 tag=c", home=home)
    assert (piped.stderr.count(b"not encrypted"), len(objects(piped.stdout))) == (1, 1)


def test_content_is_written_as_it_arrives(home: Path, server: LoadServer) -> None:
    with started("ask", "n=50 stall=5 tag=a", home=home) as asking:
        whole = server.wait_for("a", deltas=5).content.encode()
        assert asking.stdout is not None
        assert asking.stdout.read(len(whole)) == whole  # the stream still goes on
        asking.send_signal(signal.SIGINT)
        asking.communicate(timeout=30)


def test_reasoning_goes_to_stderr(home: Path, server: LoadServer) -> None:
    done = rivulet("ask", "n=20 think=6 tag=a", home=home)
    sent = server.find("a")
    assert sent is not None
    assert done.stdout.decode() == sent.content
    assert done.stderr.decode() == sent.reasoning.rstrip("\n") + "\n"


def test_the_system_prompt_is_sent_before_the_question(home: Path, server: LoadServer) -> None:
    rivulet("ask", "-s", "Be brief.", "tag=a", home=home)
    exchange = server.find("a")
    assert exchange is not None
    assert exchange.body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "tag=a"},
    ]
    assert exchange.body["model"] == "fake"


# Standard input


def test_a_pipe_is_put_before_the_prompt(home: Path, server: LoadServer) -> None:
    done = rivulet("ask", "tag=a", home=home, stdin="  第一行\nsecond\n".encode())
    assert done.returncode == 0
    assert user_text(server, "a") == "  第一行\nsecond\n\ntag=a"


def test_a_file_is_put_before_the_prompt(home: Path, server: LoadServer) -> None:
    (home / "notes").write_text("from a file")
    with open(home / "notes", "rb") as notes:
        rivulet("ask", "tag=a", home=home, stdin=notes)
    assert user_text(server, "a") == "from a file\n\ntag=a"


def test_a_dash_is_stdin_alone(home: Path, server: LoadServer) -> None:
    rivulet("ask", "-", home=home, stdin=b"tag=a")
    assert user_text(server, "a") == "tag=a"


def test_a_pipe_alone_is_a_prompt(home: Path, server: LoadServer) -> None:
    rivulet("ask", home=home, stdin=b"tag=a")
    assert user_text(server, "a") == "tag=a"


def test_an_empty_pipe_adds_nothing(home: Path, server: LoadServer) -> None:
    rivulet("ask", "tag=a", home=home, stdin=b"\n")
    assert user_text(server, "a") == "tag=a"


def test_bytes_that_are_no_text_are_replaced(home: Path, server: LoadServer) -> None:
    done = subprocess.run(
        [*map(os.fsencode, argv("ask")), b"tag=a \xff"],
        env=environment(home),
        input=b"\xef\xbb\xbfx\xfe",
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert user_text(server, "a") == "x\ufffd\n\ntag=a \ufffd"


@pytest.mark.parametrize(("arguments", "stdin"), [([], None), (["  "], None), (["-"], b" \n"), ([], b"")])
def test_nothing_to_ask_is_bad_usage(home: Path, arguments: list[str], stdin: bytes | None) -> None:
    done = rivulet("ask", *arguments, home=home, stdin=stdin)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().count("\n") == 1


# Several models


def test_several_models_stream_at_once_and_each_reply_is_whole_under_its_name(home: Path, server: LoadServer) -> None:
    with started("ask", "-m", "load", "-m", "other/big", "n=40 tps=200 ttft=0.3 tag=a", home=home) as asking:
        both = until(lambda: len(server.find_all("a")) == 2, what="both requests")
        assert both and not any(exchange.ended for exchange in server.find_all("a"))
        out, err = asking.communicate(timeout=30)
    content = server.find_all("a")[0].content
    parts = {f"# {name}\n\n{content}\n" for name in ("load/fake", "other/big")}
    assert set(out.decode().replace("\n\n# ", "\n\0# ").split("\0")) == parts
    assert (asking.returncode, err) == (0, b"")


def test_one_that_fails_does_not_harm_the_other(home: Path, server: LoadServer) -> None:
    done = rivulet("ask", "-m", "load", "-m", "other", "n=9 fail=400 times=1 tag=a", home=home)
    assert done.returncode == 1
    good = next(exchange for exchange in server.find_all("a") if exchange.status == 200)
    assert done.stdout.decode() in (f"# {name}/fake\n\n{good.content}\n" for name in ("load", "other"))
    assert done.stderr.count(b"\n") == 1 and b"400" in done.stderr


# JSON


def test_json_is_one_object_a_stream_with_the_fields_of_the_contract(home: Path, server: LoadServer) -> None:
    done = rivulet("ask", "--json", "-m", "load", "-m", "other/big", "n=30 think=4 tag=a", home=home)
    found = objects(done.stdout)
    assert {stream["model"] for stream in found} == {"load/fake", "other/big"}
    sent = server.find_all("a")[0]
    for stream in found:
        assert list(stream) == [
            *("id", "type", "model", "status", "content", "reasoning", "finish_reason", "usage", "error"),
            *("created_at", "first_token_at", "ended_at"),
        ]
        assert (stream["type"], stream["status"], stream["finish_reason"]) == ("chat", "completed", "stop")
        assert (stream["content"], stream["reasoning"]) == (sent.content, sent.reasoning)
        assert stream["error"] is None
        assert stream["usage"]["input_tokens"] == 10 and stream["usage"]["output_tokens"] == 34
        assert len(stream["id"]) == 13
        times = [datetime.fromisoformat(stream[name]) for name in ("created_at", "first_token_at", "ended_at")]
        assert times == sorted(times)
        assert all(str(time.tzinfo) == "UTC" for time in times)
    assert (done.returncode, done.stderr) == (0, b"")


def test_json_of_a_failure_has_its_kind_message_and_status(home: Path) -> None:
    done = rivulet("ask", "--json", "fail=401", home=home)
    (stream,) = objects(done.stdout)
    assert (done.returncode, stream["status"], stream["content"]) == (1, "error", "")
    assert (stream["error"]["kind"], stream["error"]["http_status"]) == ("auth", 401)
    assert stream["error"]["message"]
    assert (stream["usage"], stream["first_token_at"]) == (None, None)


# Endings


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("fail=403", "auth"),
        ("fail=429 after=3600", "rate_limit"),
        ("fail=404", "bad_request"),
        ("fail=500 after=3600", "server"),
        ("n=9 cut=4", "truncated"),
        ("n=9 reset=4", "network"),
        ("n=9 error=4", "provider"),
    ],
)
def test_what_ends_in_error_exits_with_1_keeps_its_text_and_says_why(
    tmp_path: Path, server: LoadServer, words: str, kind: str
) -> None:
    configure(tmp_path, server.url, "max_retries = 0")
    done = rivulet("ask", "--json", f"{words} tag=a", home=tmp_path)
    (stream,) = objects(done.stdout)
    assert (done.returncode, stream["error"]["kind"]) == (1, kind)
    sent = server.find("a")
    assert sent is not None and stream["content"] == sent.content
    plain = rivulet("ask", f"{words} tag=b", home=tmp_path)
    assert plain.returncode == 1
    assert plain.stdout.decode() == stream["content"].replace("a-0", "b-0")
    assert plain.stderr.decode().startswith("rivulet: load/fake: ") and plain.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "nowhere", "hello"],
        ["-m", "load", "-m", "nowhere/x", "hello"],
        ["--bogus", "hello"],
        ["two", "prompts"],
        ["-m"],
    ],
)
def test_bad_usage_is_one_line_and_sends_nothing(home: Path, server: LoadServer, arguments: list[str]) -> None:
    done = rivulet("ask", *arguments, home=home)
    assert (done.returncode, done.stdout, server.requests) == (2, b"", ())
    assert done.stderr.startswith(b"rivulet: ") and done.stderr.count(b"\n") == 1


def test_without_any_provider_it_says_how_to_get_one(tmp_path: Path) -> None:
    done = rivulet("ask", "hello", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"rivulet model fetch" in done.stderr and b"OPENAI_API_KEY" in done.stderr


def test_a_provider_that_was_meant_and_left_out_is_told_first(tmp_path: Path) -> None:
    done = rivulet("ask", "hello", home=tmp_path, env={"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "junk"})
    assert (done.returncode, done.stdout) == (2, b"")
    first, second = done.stderr.decode().splitlines()
    assert first.startswith("rivulet: OPENAI_BASE_URL: found what is no URL") and "model fetch" in second


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_writes_what_had_arrived(home: Path, server: LoadServer, number: signal.Signals) -> None:
    with started("ask", "n=50 stall=20 tag=a", home=home) as asking:
        arrived = server.wait_for("a", deltas=20).content
        assert asking.stdout is not None
        out = asking.stdout.read(len(arrived.encode()))
        asking.send_signal(number)
        rest, err = asking.communicate(timeout=30)
    assert asking.returncode == 130
    assert (out + rest).decode() == arrived
    assert err == b"rivulet: load/fake: stopped before its end.\n"
    assert server.wait_for("a").closed_at is not None


def test_interrupted_json_says_stopped(home: Path, server: LoadServer) -> None:
    asking = started("ask", "--json", "-m", "load", "-m", "other", "n=50 stall=20 tag=a", home=home)
    with asking:
        until(lambda: [e.deltas for e in server.find_all("a")] == [20, 20], what="both streams")
        asking.send_signal(signal.SIGINT)
        out, err = asking.communicate(timeout=30)
    assert (asking.returncode, err) == (130, b"")
    assert [stream["status"] for stream in objects(out)] == ["stopped", "stopped"]
    for stream in objects(out):
        assert server.find_all("a")[0].content.startswith(stream["content"])


def test_an_interruption_while_it_connects_is_one_too(home: Path, server: LoadServer) -> None:
    with started("ask", "--json", "ttft=30 tag=a", home=home) as asking:
        until(lambda: server.find("a"), what="the request")
        asking.send_signal(signal.SIGINT)
        out, _ = asking.communicate(timeout=30)
    assert asking.returncode == 130
    assert [stream["status"] for stream in objects(out)] == ["stopped"]


def test_an_interruption_while_it_reads_its_question_is_quiet(home: Path) -> None:
    with started("ask", "-", home=home, stdin=subprocess.PIPE) as asking:
        assert asking.stdin is not None
        asking.stdin.write(b"x" * 200_000)  # more than the pipe holds: it reads
        asking.stdin.flush()
        asking.send_signal(signal.SIGINT)
        out, err = asking.communicate(timeout=30)
    assert (asking.returncode, out, err) == (130, b"", b"")


def test_a_second_interruption_does_not_wait_for_a_reader_that_does_not_read(home: Path, server: LoadServer) -> None:
    with started("ask", "n=20000 tag=a", home=home) as asking:
        server.wait_for("a")  # everything was sent, and most of it can't be written
        assert asking.poll() is None
        asking.send_signal(signal.SIGINT)
        asking.send_signal(signal.SIGTERM)
        assert asking.wait(30) == 130
        asking.communicate()


def test_a_slow_reader_gets_everything(home: Path, server: LoadServer) -> None:
    with started("ask", "n=20000 tag=a", home=home) as asking:
        sent = server.wait_for("a")  # the stream is not held up by the reader
        out, _ = asking.communicate(timeout=30)
    assert (asking.returncode, out.decode()) == (0, sent.content)


def test_a_reader_that_goes_away_ends_it_quietly(home: Path, server: LoadServer) -> None:
    with started("ask", "n=100000 tps=1000 tag=a", home=home) as asking:
        assert asking.stdout is not None
        assert asking.stdout.read(100)
        asking.stdout.close()
        assert asking.wait(30) == 130
        assert asking.stderr is not None
        assert asking.stderr.read() == b"rivulet: load/fake: stopped before its end.\n"
    assert server.wait_for("a").closed_at is not None


def test_a_closed_stdout_is_no_crash(home: Path) -> None:
    command = " ".join(["exec", *argv("ask", "tag=a"), ">&-"])
    done = subprocess.run(["sh", "-c", command], env=environment(home), stdin=subprocess.DEVNULL, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


# On a terminal


def test_on_a_terminal_nothing_in_the_text_acts(tmp_path: Path, server: LoadServer) -> None:
    server.title = "\x1b[2J\x1b]0;owned\x07 safe \u202e"
    configure(tmp_path, server.url)
    with Terminal(argv("ask", "-s", "a title", "x"), env=environment(tmp_path)) as terminal:
        terminal.wait_for("safe")
        assert terminal.wait_exit() == 0
        # The shell's prompt begins on a line of its own.
        assert "␛[2J␛]0;owned␇ safe ␦\r\n" in terminal.raw.decode()
        assert terminal.title == ""


def test_on_a_pipe_the_text_is_as_it_is(home: Path, server: LoadServer) -> None:
    server.title = "\x1b[2J \u202e\r"
    assert rivulet("ask", "-s", "a title", "x", home=home).stdout.decode() == server.title


def test_a_terminals_input_is_not_read(home: Path, server: LoadServer) -> None:
    master, slave = pty.openpty()
    with open(slave, "rb", buffering=0) as stdin:
        assert rivulet("ask", "tag=a", home=home, stdin=stdin).returncode == 0
    os.close(master)
    assert user_text(server, "a") == "tag=a"


def test_on_a_terminal_it_says_for_what_it_waits(tmp_path: Path, server: LoadServer) -> None:
    configure(tmp_path, server.url)
    with Terminal(argv("ask", "fail=503 times=2 ms=300 n=3 tag=a"), env=environment(tmp_path)) as terminal:
        terminal.wait_for("end-of-a")
        assert terminal.wait_exit() == 0
        said = terminal.raw.decode()
    for number in (1, 2):
        assert f"rivulet: load/fake: retry {number} of 2 in 1 s: load is overloaded (503)\r\n" in said
    assert len(server.find_all("a")) == 3


def test_elsewhere_it_waits_without_a_word(home: Path, server: LoadServer) -> None:
    done = rivulet("ask", "--json", "fail=503 times=2 ms=50 n=3 tag=a", home=home)
    assert (done.returncode, done.stderr, len(server.find_all("a"))) == (0, b"", 3)


def test_a_wait_is_interrupted_as_a_reply_is(home: Path, server: LoadServer) -> None:
    with Terminal(argv("ask", "fail=429 after=500 n=3 tag=a"), env=environment(home)) as terminal:
        terminal.wait_for("retry 1 of 2 in 500 s")
        terminal.write(b"\x03")
        assert terminal.wait_exit() == 130
    assert len(server.find_all("a")) == 1


# Saved


def test_nothing_is_saved_unless_it_is_asked_for(home: Path) -> None:
    rivulet("ask", "tag=a", home=home)
    assert not (home / "data").exists()


def test_saved_it_is_a_new_topic_of_the_first_assistant(home: Path, server: LoadServer) -> None:
    done = rivulet("ask", "--save", "-s", "Be brief.", "-m", "load", "-m", "other", "n=12 tag=a", home=home)
    assert done.returncode == 0
    exchanges = server.find_all("a")
    assert [e.body["messages"][0] for e in exchanges] == [{"role": "system", "content": "Be brief."}] * 2

    async def saved() -> dict[str | None, tuple[str, str]]:
        library = Library.open(home / "data")
        found = {}
        for topic in library.topics:
            (conversation,) = await library.all(topic.id)
            assert conversation.reply is not None
            found[conversation.reply.model] = (conversation.question.content, conversation.reply.content)
        await library.close()
        return found

    expected = ("n=12 tag=a", exchanges[0].content)
    assert asyncio.run(saved()) == {"load/fake": expected, "other/fake": expected}


def test_what_had_arrived_before_an_interruption_is_saved(home: Path, server: LoadServer) -> None:
    with started("ask", "--save", "n=50 stall=20 tag=a", home=home) as asking:
        arrived = server.wait_for("a", deltas=20).content
        assert asking.stdout is not None
        asking.stdout.read(len(arrived.encode()))
        asking.send_signal(signal.SIGTERM)
        asking.communicate(timeout=30)
    assert asking.returncode == 130
    (page,) = (home / "data" / "topics").glob("*/*.json")
    assert json.dumps(arrived, ensure_ascii=False) in page.read_text(encoding="utf-8")
    assert '"stopped"' in page.read_text(encoding="utf-8")


def test_data_that_another_rivulet_holds_is_left_alone(home: Path, server: LoadServer) -> None:
    (home / "data").mkdir()
    lock = FolderLock(home / "data")
    done = rivulet("ask", "--save", "tag=a", home=home)
    free = rivulet("ask", "tag=b", home=home)
    lock.release()
    assert (done.returncode, done.stdout, server.find("a")) == (2, b"", None)
    assert done.stderr.startswith(b"rivulet: Another Rivulet") and done.stderr.count(b"\n") == 1
    assert free.returncode == 0


def test_with_a_key_alone_a_model_is_asked_that_the_provider_has(tmp_path: Path, server: LoadServer) -> None:
    env = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": server.url}
    done = rivulet("ask", "--json", "n=3 tag=a", home=tmp_path, env=env)
    assert (done.returncode, objects(done.stdout)[0]["model"]) == (0, "openai/fake")
    sent = server.find("a")
    assert sent is not None and sent.body["model"] == "fake"


def test_a_folder_that_is_closed_from_the_start_is_one_line_and_nothing_is_sent(home: Path, server: LoadServer) -> None:
    (home / "data").mkdir()
    (home / "data").chmod(0o500)
    command = [*through(home / "unused"), *argv("ask", "--save", "n=3 tag=a")]
    done = subprocess.run(command, env=environment(home), cwd=home, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, server.find("a")) == (2, b"", None)
    assert done.stderr.decode() == f"rivulet: The data folder {home}/data can't be locked: Permission denied.\n"
    assert (home / "data").stat().st_mode & 0o777 == 0o500, "closed on purpose, it stays so"


def test_a_reply_that_cannot_be_saved_is_written_all_the_same_and_the_failure_told(
    home: Path, server: LoadServer
) -> None:
    limited = [sys.executable, "-c", LIMITED, *argv("ask", "--save", "n=12 tag=a")]
    done = subprocess.run(limited, env=environment(home), cwd=home, capture_output=True, timeout=60)
    sent = server.find("a")
    assert sent is not None and done.stdout.decode() == sent.whole
    [told] = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert told.startswith("rivulet: Not saved: ") and told.endswith("can't be written: File too large.")


@pytest.mark.parametrize("save", [[], ["--save"]], ids=["", "saved"])
def test_a_list_of_models_that_does_not_come_is_waited_for_until_an_interruption(
    tmp_path: Path, save: list[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/v1"}
        with started("ask", *save, "hello", home=tmp_path, env=env) as asking:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(100).startswith(b"GET /v1/models")
                asking.send_signal(signal.SIGINT)
                out, err = asking.communicate(timeout=20)
    assert (asking.returncode, out) == (130, b"")
    assert err.startswith(b"rivulet: ") and err.count(b"\n") == 1


def test_a_saved_answer_asks_for_no_title(home: Path, server: LoadServer) -> None:
    assert rivulet("ask", "--save", "n=3 tag=a", home=home).returncode == 0
    assert server.title_requests == ()


def test_a_terminal_that_is_closed_is_an_interruption(home: Path, server: LoadServer) -> None:
    with Terminal(argv("ask", "--save", "n=4000 tps=60 tag=gone"), env=environment(home), cwd=home) as terminal:
        terminal.wait_for("gone-000[1-9]")
        terminal.hangup()
        assert terminal.wait_exit() == 130
    shown = rivulet("streams", "--json", home=home)
    assert json.loads(shown.stdout)["status"] == "stopped"
