"""What the tests stand on, tested: a terminal, servers and guards that can be believed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.home import Home, clean_environment
from tests.support.load_script import script
from tests.support.load_server import LoadServer
from tests.support.recording_proxy import RecordingProxy
from tests.support.screen import Screen, row
from tests.support.terminal import Terminal
from tests.support.terminal_modes import leftovers
from tests.support.terminal_replies import Replies
from tests.support.waiting import eventually, until

PIECES = (
    *(
        "a",
        "bc def",
        "longer than a row",
        "好",
        "é",
        "e\u0301",
        "\r",
        "\n",
        "\t",
        "\b",
        "\x0e",
        "\x0f",
        "\x1bM",
        "\x1b7",
        "\x1b8",
    ),
    *("\x1b[H", "\x1b[2;3H", "\x1b[3H", "\x1b[99;99H", "\x1b[A", "\x1b[2D", "\x1b[K", "\x1b[1K", "\x1b[J", "\x1b[2J"),
    *(
        "\x1b[4h",
        "\x1b[4l",
        "\x1b[2;3r",
        "\x1b[r",
        "\x1b[L",
        "\x1b[M",
        "\x1b[P",
        "\x1b[2@",
        "\x1b[X",
        "\x1b[1;31m",
        "\x1b[m",
    ),
)
"""What a program may write that pyte itself understands."""

READS_REPLIES = """
import os, sys, termios, tty
before = termios.tcgetattr(0)
tty.setraw(0)
for query in sys.argv[1:]:
    os.write(1, query.encode().decode("unicode_escape").encode())
    print(repr(os.read(0, 100)), end="\\r\\n", flush=True)
termios.tcsetattr(0, termios.TCSANOW, before)
"""


def python(source: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", source, *arguments]


class TestTerminal:
    def test_a_program_shows_what_it_prints_and_is_given_what_is_typed(self) -> None:
        with Terminal(python("print('你好, ' + input('name? '))"), cols=40, rows=5) as terminal:
            terminal.wait_for(r"^name\?$")
            terminal.write("世界\r")
            assert terminal.wait_exit() == 0
            assert terminal.lines() == ["name? 世界", "你好, 世界", "", "", ""]

    def test_the_programs_questions_are_answered(self) -> None:
        queries = [r"\x1b[c", r"\x1b[?2026$p", r"\x1b[?2048$p", r"\x1b]11;?\x1b\\", r"\x1b[18t", r"\x1b[6n", r"\x1b[>q"]
        with Terminal(python(READS_REPLIES, *queries), cols=50, rows=20, dark=False) as terminal:
            assert terminal.wait_exit() == 0
            assert [eval(line) for line in terminal.lines() if line] == [
                b"\x1b[?62;22c",
                b"\x1b[?2026;2$y",
                b"\x1b[?2048;0$y",
                b"\x1b]11;rgb:eeee/eeee/eeee\x1b\\",
                b"\x1b[8;20;50t",
                b"\x1b[6;1R",
                b"\x1bP>|test(1)\x1b\\",
            ]

    def test_a_frame_of_synchronized_output_is_seen_whole_or_not_at_all(self) -> None:
        begins, ends = "print('old\\x1b[?2026h\\x1b[Hnew', flush=True)", "print('\\x1b[?2026l', flush=True)"
        source = f"{begins}; input(); {ends}; input()"
        with Terminal(python(source)) as terminal:
            terminal.wait_until(lambda: b"new" in terminal.raw)
            assert terminal.lines()[0] == "old"
            terminal.write("\r")
            terminal.wait_for("^new")

    def test_waiting_in_vain_tells_what_the_screen_shows(self) -> None:
        with Terminal(python("print('all there is'); input()")) as terminal:
            terminal.wait_for("all there is")
            with pytest.raises(AssertionError, match=r"/more/ on the screen(?s:.*)all there is"):
                terminal.wait_for("more", timeout=0.1)

    def test_a_new_size_reaches_the_program(self) -> None:
        source = "import os, signal; print(os.get_terminal_size()); signal.sigwait([signal.SIGWINCH]);"
        source = f"import signal; signal.pthread_sigmask(0, [signal.SIGWINCH]); {source} print(os.get_terminal_size())"
        with Terminal(python(source), cols=50, rows=10) as terminal:
            terminal.wait_for(r"columns=50, lines=10")
            terminal.resize(70, 12)
            terminal.wait_for(r"columns=70, lines=12")
            assert len(terminal.lines()) == 12

    def test_the_exit_status_and_the_last_words_are_seen(self) -> None:
        with Terminal(python("import sys; print('x' * 200_000 + 'the end'); sys.exit(3)")) as terminal:
            assert terminal.wait_exit() == 3
            assert "the end" in terminal.text()

    def test_a_signal_reaches_the_program_and_shows_in_its_status(self) -> None:
        with Terminal(python("print('up', flush=True); input()")) as terminal:
            terminal.wait_for("up")
            terminal.signal(signal.SIGTERM)
            assert terminal.wait_exit() == -signal.SIGTERM

    def test_ctrl_c_interrupts_the_program_in_the_foreground(self) -> None:
        with Terminal(
            python("import signal; signal.signal(2, signal.SIG_DFL); print('up', flush=True); signal.pause()")
        ) as terminal:
            terminal.wait_for("up")
            terminal.write(b"\x03")
            assert terminal.wait_exit() == -signal.SIGINT

    def test_a_hangup_ends_the_programs_input_and_signals_it(self, tmp_path: Path) -> None:
        source = (
            "import os, signal, sys; signal.pthread_sigmask(0, [signal.SIGHUP]); print('up', flush=True);"
            "signal.sigwait([signal.SIGHUP]); open(sys.argv[1], 'w').write('heard'); sys.exit(7)"
        )
        with Terminal(python(source, str(tmp_path / "note"))) as terminal:
            terminal.wait_until(lambda: terminal.cursor == (0, 1))  # sooner, and the print itself fails
            terminal.hangup()
            assert terminal.wait_exit() == 7
        assert (tmp_path / "note").read_text() == "heard"

    def test_a_program_that_cannot_be_run_says_so(self) -> None:
        with Terminal(["no-such-program"]) as terminal:
            assert terminal.wait_exit() == 127
            assert "no-such-program: No such file" in terminal.text()

    def test_a_terminal_left_raw_is_not_sane_and_one_put_back_is(self) -> None:
        with Terminal(python(READS_REPLIES)) as terminal:
            terminal.wait_exit()
            assert terminal.terminal_is_sane()
        with Terminal(python("import tty; tty.setraw(0); print('\\x1b[?1049h\\x1b[?25l\\x1b[?1006h')")) as terminal:
            terminal.wait_exit()
            left = terminal.leftovers()
        assert {"alternate screen", "cursor hidden", "mouse (SGR)", "termios: ECHO", "termios: ICANON"} <= set(left)

    def test_a_program_that_ignores_its_end_is_ended_with_its_children_and_nothing_stays_open(self) -> None:
        before = os.listdir("/dev/fd")
        source = "import signal, subprocess; signal.signal(15, signal.SIG_IGN); p = subprocess.Popen(['sleep', '60']);"
        with Terminal(python(f"{source} print('child', p.pid, flush=True); p.wait()")) as terminal:
            child = int(terminal.wait_for(r"child (\d+)")[1])
            terminal.grace = 0.1
        until(lambda: not _alive(child), what="the program's child to end")
        assert len(os.listdir("/dev/fd")) == len(before)

    async def test_it_can_be_used_beside_an_event_loop(self) -> None:
        with Terminal(python("print('up', flush=True); input()")) as terminal:
            await asyncio.to_thread(terminal.wait_for, "up")
            terminal.write(b"\r")
            assert await asyncio.to_thread(terminal.wait_exit) == 0

    def test_output_is_stamped_with_the_moment_of_its_arrival(self) -> None:
        with Terminal(python("input(); print('needle', flush=True)")) as terminal:
            pressed = time.monotonic()
            terminal.write(b"\r")
            terminal.wait_exit()
            seen = terminal.seen_at(b"needle")
        assert seen is not None and pressed < seen < time.monotonic()


def _alive(pid: int) -> bool:
    """It runs; a zombie whose parent is gone does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(shown.strip()) and not shown.startswith("Z")


class TestScreen:
    OUTPUT = (
        "plain\r\n\x1b[?1049h\x1b[2J\x1b[H\x1b[>25u\x1b[38;2;1;2;3m標題\x1b[m ⚠️ after\x1b[4:3m!\x1b[<u"
        "\x1bP+q544e\x1b\\\x1b]52;c;Zm9v\x07\x1b[3;1H\x1b[?2026$p👩‍👩 end\x1b]0;a title\x1b\\"
    ).encode()

    def test_sequences_cut_anywhere_show_the_same(self) -> None:
        whole, pieces = Screen(30, 4), Screen(30, 4)
        whole.feed(self.OUTPUT)
        for byte in self.OUTPUT:
            pieces.feed(bytes([byte]))
        assert pieces.lines() == whole.lines() == ["標題 ⚠ after!", "", "👩👩 end", ""]
        assert pieces.title == whole.title == "a title"

    def test_leaving_the_alternate_page_shows_the_main_one_again(self) -> None:
        screen = Screen(30, 4)
        screen.feed(self.OUTPUT + b"\x1b[?1049lbye")
        assert screen.lines() == ["plain", "bye", "", ""]
        assert not screen.alternate

    def test_half_of_a_wide_character_written_over_is_a_space(self) -> None:
        screen = Screen(8, 2)
        screen.feed("你好吗\x1b[1;2Hx\x1b[1;5Hy".encode())
        assert screen.lines() == [" x好y", ""]

    @given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=8))
    def test_its_short_ways_show_what_pyte_shows(self, writes: list[str]) -> None:
        screen, page = Screen(7, 4), pyte.Screen(7, 4)
        stream = pyte.Stream(page)
        for text in writes:
            screen.feed(text.encode())
            stream.feed(text)
            assert screen.lines() == [row(page.buffer[y][x].data for x in range(7)) for y in range(4)]
            assert screen.cursor == (min(page.cursor.x, 6), page.cursor.y)


def test_a_question_is_answered_once_wherever_it_is_cut() -> None:
    output = b"x\x1b[c\x1b[?2026$p\x1b]11;?\x1b\\\x1b]10;?\x07\x1bP+q544e\x1b\\\x1b[6n\x1b[31mred\x1b[>0q"
    whole = list(Replies().to(output, lambda: (4, 2, 80, 24)))
    replies = Replies()
    pieces = [reply for byte in output for reply in replies.to(bytes([byte]), lambda: (4, 2, 80, 24))]
    assert pieces == whole
    assert len(whole) == 7 and whole[5] == b"\x1b[3;5R"


def test_modes_switched_back_are_not_left_over() -> None:
    assert leftovers(b"\x1b[?1049h\x1b[?1000;1006h\x1b[?25l\x1b[>1u\x1b[?2004h") == [
        "alternate screen",
        "bracketed paste",
        "cursor hidden",
        "mouse",
        "mouse (SGR)",
        "kitty's keyboard protocol",
    ]
    assert leftovers(b"\x1b[?1049h\x1b[?25l\x1b[>1u\x1b[?7l\x1b[<u\x1b[?7h\x1b[?25h\x1b[?1049l") == []


@asynccontextmanager
async def asked(url: str, question: str) -> AsyncIterator[asyncio.StreamReader]:
    """The reply from its first byte on; the connection is closed afterwards. By hand: no client has to be trusted."""
    port = int(url.split(":")[2].split("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({"model": "fake", "stream": True, "messages": [{"role": "user", "content": question}]}).encode()
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
    try:
        yield reader
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def ask(url: str, question: str, upto: int | None = None) -> bytes:
    """The body of a reply, or its first bytes."""
    async with asked(url, question) as reader:
        await reader.readuntil(b"\r\n\r\n")
        return b"".join([chunk async for chunk in _chunks(reader, upto)])


async def _chunks(reader: asyncio.StreamReader, upto: int | None) -> AsyncIterator[bytes]:
    read = 0
    while (size := int(await reader.readline(), 16)) and (upto is None or read < upto):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
        read += size


def text(body: bytes, key: str = "content") -> str:
    payloads = [json.loads(line[6:]) for line in body.split(b"\n") if line.startswith(b"data: {")]
    return "".join(choice["delta"].get(key) or "" for payload in payloads for choice in payload["choices"])


class TestLoadServer:
    async def test_what_it_remembers_is_what_the_client_was_sent(self, load_server: LoadServer) -> None:
        body = await ask(load_server.url, "Count. n=200 think=7 tag=a1")
        sent = await asyncio.to_thread(load_server.wait_for, "a1")
        assert body == sent.sent
        assert text(body) == sent.content == sent.whole
        assert text(body, "reasoning_content") == sent.reasoning != ""
        assert sent.content.startswith("a1-00000\n\n") and sent.content.endswith("end-of-a1")
        assert body.endswith(b"data: [DONE]\n\n")

    async def test_a_client_that_leaves_is_noticed_at_once(self, load_server: LoadServer) -> None:
        body = await ask(load_server.url, "n=1000 tps=200 tag=a1", upto=4000)
        left = time.monotonic()
        sent = await asyncio.to_thread(load_server.wait_for, "a1")
        assert sent.closed_at is not None and sent.closed_at - left < 0.5
        assert sent.done_at is None
        assert sent.content.startswith(text(body)) and sent.content != sent.whole

    async def test_a_reply_can_be_held_before_its_end(self, load_server: LoadServer) -> None:
        asking = asyncio.create_task(ask(load_server.url, "n=20 hold=15 tag=a1"))
        held = await asyncio.to_thread(load_server.wait_for, "a1", 15)
        await ask(load_server.url, "n=20 tag=b2")
        assert (held.deltas, held.ended, asking.done()) == (15, False, False)
        load_server.release()
        assert text(await asking) == held.whole

    async def test_a_hundred_streams_a_hundred_times_a_second_are_sent_on_time(self, load_server: LoadServer) -> None:
        await asyncio.gather(*(ask(load_server.url, f"n=100 tps=100 tag=a{i}") for i in range(100)))
        took = [sent.done_at - sent.first_at for sent in load_server.requests if sent.done_at and sent.first_at]
        assert len(took) == 100
        assert max(took) < 2.5  # 0.99 s where nothing else runs

    @pytest.mark.parametrize(
        ("words", "ending"),
        [
            ("cut=5", b'"finish_reason":null}]}\n\n'),
            ("error=5", b'"server_error"}}\n\n'),
            ("done=0 n=5", b'"stop"}]}\n\n'),
        ],
    )
    async def test_a_reply_breaks_off_as_asked(self, load_server: LoadServer, words: str, ending: bytes) -> None:
        body = await ask(load_server.url, f"{words} tag=a1")
        sent = load_server.wait_for("a1")
        assert body == sent.sent and body.endswith(ending)
        assert sent.deltas == 5

    async def test_a_reset_comes_after_what_was_sent(self, load_server: LoadServer) -> None:
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await ask(load_server.url, "reset=5 tag=a1")
        assert load_server.wait_for("a1").deltas == 5

    async def test_a_held_reply_waits_until_it_is_released_and_others_do_not(self, load_server: LoadServer) -> None:
        asking = asyncio.create_task(ask(load_server.url, "n=50 hold=5 tag=a1"))
        held = await asyncio.to_thread(load_server.wait_for, "a1", 5)
        await ask(load_server.url, "n=50 tag=a2")
        assert held.deltas == 5 and not held.ended
        load_server.release(held)
        assert b"end-of-a1" in await asking
        assert held.content == held.whole

    async def test_a_stalled_reply_sends_no_more_and_stays_open(self, load_server: LoadServer) -> None:
        asking = asyncio.create_task(ask(load_server.url, "n=50 stall=5 tag=a1"))
        await eventually(lambda: (sent := load_server.find("a1")) and sent.deltas == 5)
        assert not asking.done() and load_server.connections == 1
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert (await asyncio.to_thread(load_server.wait_for, "a1")).closed_at

    async def test_it_fails_as_often_as_asked(self, load_server: LoadServer) -> None:
        for status in (b"429", b"429", b"200"):
            async with asked(load_server.url, "fail=429 times=2 after=3 tag=a1") as reader:
                assert (await reader.readline()).split()[1] == status
        assert [sent.status for sent in load_server.find_all("a1")] == [429, 429, 200]

    def test_other_words_in_a_question_do_not_disturb_it(self) -> None:
        assert script("What is x=5? n=many tag=b2. n=7", "r1").n == 7
        assert script("tag=b2.", "r1").tag == "b2"


class TestRecordingProxy:
    async def test_it_passes_all_on_unchanged_and_remembers_it(self, load_server: LoadServer) -> None:
        with RecordingProxy(load_server.url) as proxy:
            words = [f"n=300 think=5 tps=600 tag=a{i:02d}" for i in range(10)]
            bodies = await asyncio.gather(*(ask(proxy.url, question) for question in words))
            for question, body in zip(words, bodies, strict=True):
                recorded, sent = proxy.find(question), load_server.find(question[-3:])
                assert recorded and sent and recorded.complete
                assert recorded.response == sent.sent == body
                assert recorded.content == sent.content and recorded.reasoning == sent.reasoning
                assert recorded.question == question

    async def test_a_client_that_leaves_leaves_the_server_too(self, load_server: LoadServer) -> None:
        with RecordingProxy(load_server.url) as proxy:
            body = await ask(proxy.url, "n=1000 tps=200 tag=a1", upto=4000)
            recorded = await asyncio.to_thread(proxy.wait_for, "tag=a1")
            sent = await asyncio.to_thread(load_server.wait_for, "a1")
        assert recorded.closed_at and sent.closed_at and not recorded.complete
        assert sent.content.startswith(recorded.content) and recorded.content.startswith(text(body))

    async def test_a_server_that_is_not_there_ends_the_connection(self) -> None:
        with RecordingProxy("http://127.0.0.1:1/v1") as proxy, pytest.raises((asyncio.IncompleteReadError, OSError)):
            await ask(proxy.url, "anyone?")


def test_the_servers_and_the_terminal_end_with_their_context(load_server: LoadServer) -> None:
    before = {thread.name for thread in threading.enumerate()}
    with LoadServer(), RecordingProxy(load_server.url), Terminal(["true"]):
        assert {"recording-proxy", "terminal"} <= {thread.name for thread in threading.enumerate()}
    assert {thread.name for thread in threading.enumerate()} == before


def test_a_home_knows_no_provider_but_those_that_the_test_gives_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-somebody")
    monkeypatch.setenv("https_proxy", "http://proxy.invalid")
    assert not {"OPENAI_API_KEY", "https_proxy"} & clean_environment(home.path).keys()
    assert os.environ["RIVULET_HOME"] == str(home.path) == home.env["RIVULET_HOME"]


def test_an_asynchronous_test_that_leaves_a_task_behind_fails(tmp_path: Path) -> None:
    (tmp_path / "test_leak.py").write_text(
        "import asyncio\n"
        "async def test_that_leaves_a_task():\n"
        "    asyncio.get_running_loop().create_task(asyncio.sleep(60), name='the one left')\n"
        "async def test_whose_task_ends():\n"
        "    asyncio.get_running_loop().create_task(asyncio.sleep(0.01))\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-o",
        "asyncio_mode=auto",
    ]
    done = subprocess.run(
        [*command, str(tmp_path)],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "tasks are left over: the one left" in done.stdout
    assert "2 passed, 1 error" in done.stdout
