"""Every key of the contract as the bytes that a terminal sends, in a real terminal, against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.load_server import Exchange, LoadServer
from tests.support.program import (
    ALT_DOWN,
    ALT_UP,
    ALT_X,
    CTRL_C,
    CTRL_L,
    CTRL_N,
    CTRL_P,
    CTRL_Q,
    ESC,
    F1,
    F2,
    F3,
    F4,
    Program,
)

ENDLESS = "n=100000 tps=50"
NEWLINES = {
    "ctrl+j": b"\n",
    "alt+enter": b"\x1b\r",
    "shift+enter (CSI u)": b"\x1b[13;2u",
    "shift+enter (modifyOtherKeys)": b"\x1b[27;2;13~",
    "alt+enter (CSI u)": b"\x1b[13;3u",
}
SHIFT_LEFT, SHIFT_HOME = b"\x1b[1;2D", b"\x1b[1;2H"
TAB, SHIFT_TAB, UP, DOWN = b"\t", b"\x1b[Z", b"\x1b[A", b"\x1b[B"
CTRL_HOME, CTRL_END = b"\x1b[1;5H", b"\x1b[1;5F"
SHIFT_PAGEUP, SHIFT_PAGEDOWN = b"\x1b[5;2~", b"\x1b[6;2~"


class Shared:
    """One program for many tests. A test that left it in disorder costs the next one a new start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._program: Program | None = None
        self._starts = 0

    def fresh(self) -> Program:
        """The program with an empty topic on show and nothing streaming."""
        if self._program is not None:
            try:
                self._program.press(F2)
                self._stop_what_streams(self._program)
                self._program.new_topic()
                return self._program
            except (AssertionError, ProcessLookupError):
                self.close()
        self._starts += 1
        folder = self._folder / str(self._starts)
        folder.mkdir()
        self._program = self._stack.enter_context(Program(folder, self._stack.enter_context(LoadServer())))
        return self._program

    def _stop_what_streams(self, program: Program) -> None:
        def asked() -> bool:
            return "Stop all?" in program.terminal.text()

        program.press(ALT_X)
        program.wait_until(lambda: asked() or ("Nothing streams" in program.reading and program.idle), "an answer", 3)
        if asked():
            program.press("\r")
            program.wait_until(lambda: program.idle, "the end of all streams", 3)

    def close(self) -> None:
        self._stack.close()
        self._program = None


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    programs = Shared(tmp_path_factory.mktemp("program"))
    yield programs
    programs.close()


@pytest.fixture
def program(shared: Shared) -> Program:
    return shared.fresh()


@pytest.fixture
def own(tmp_path: Path, load_server: LoadServer) -> Iterator[Program]:
    """A program of the test's own, for it to end."""
    with Program(tmp_path, load_server) as program:
        yield program


def goes_on(program: Program, exchange: Exchange) -> bool:
    """Whether text still comes: asked after what should not have stopped it."""
    before = exchange.deltas
    program.wait_until(lambda: exchange.deltas > before + 5 or exchange.ended, "more of the stream")
    return not exchange.ended


def stopped(program: Program, exchange: Exchange) -> bool:
    program.wait_until(lambda: exchange.closed_at, "the connection to be closed")
    return True


def two_streams(program: Program) -> tuple[Exchange, Exchange]:
    """Two topics that stream; the second one is on show."""
    first = program.ask(ENDLESS)
    program.new_topic()
    return first, program.ask(ENDLESS)


# Sending and writing


def test_enter_sends_what_was_typed_in_the_same_breath_and_nothing_that_came_after(program: Program) -> None:
    program.press("Say it. n=3 tag=enter\rand then")
    assert program.server.wait_for("enter").body["messages"][-1]["content"] == "Say it. n=3 tag=enter"
    program.wait_for("end-of-enter")
    program.wait_for_draft("and then")


@pytest.mark.parametrize(("way", "form"), [("typed", "{}"), ("pasted", "\x1b[200~{}\x1b[201~")])
def test_ctrl_o_optimizes_all_that_was_written_in_the_same_breath(program: Program, way: str, form: str) -> None:
    text = f"Better? n=3 tag={way} and its last words"
    program.press(form.format(text) + "\x0f")
    assert text in program.server.wait_for(way).body["messages"][-1]["content"]
    program.wait_for(f"end-of-{way}")


def test_enter_sends_nothing_where_nothing_is_written(program: Program) -> None:
    before = len(program.server.requests)
    program.press("\r", "  \r", "x")
    program.wait_for_draft("  x")
    assert len(program.server.requests) == before


@pytest.mark.parametrize("key", NEWLINES)
def test_a_newline_key_begins_a_line_and_never_sends(program: Program, key: str) -> None:
    before = len(program.server.requests)
    program.press("one", NEWLINES[key], "two")
    program.wait_for_draft("one\ntwo")
    assert len(program.server.requests) == before
    program.press(" n=2 tag=newline\r")
    program.wait_until(lambda: len(program.server.requests) > before, "the request")
    assert program.server.requests[-1].body["messages"][-1]["content"] == "one\ntwo n=2 tag=newline"


@pytest.mark.parametrize("pause", [0.1, 0.3])
def test_alt_enter_in_two_pieces_is_a_newline(program: Program, pause: float) -> None:
    stream = program.ask(ENDLESS)
    before = len(program.server.requests)
    program.press("one")
    program.wait_for_draft("one")
    program.press_split(ESC, b"\r", pause)
    program.press("two")
    program.wait_for_draft("one\ntwo")
    assert len(program.server.requests) == before
    assert goes_on(program, stream)


def test_pasted_newlines_are_text(program: Program) -> None:
    before = len(program.server.requests)
    program.press("<", b"\x1b[200~one\r\ntwo\rthree\nfour\x1b[201~", ">")
    program.wait_for_draft("<one\ntwo\nthree\nfour>")
    assert len(program.server.requests) == before


def test_the_composer_keeps_its_editing_keys(program: Program) -> None:
    program.press("world", b"\x01", "hello ", b"\x05", "!")  # ctrl+a, ctrl+e
    program.wait_for_draft("hello world!")
    program.press(b"\x17")  # ctrl+w
    program.wait_until(lambda: (program.draft or "").rstrip() in ("hello", "hello world"), "a word less")
    program.press(b"\x05", b"\x15", "again", b"\x1b[H", ">", b"\x1b[F", "<")  # ctrl+u, home, end
    program.wait_for_draft(">again<")
    program.press(b"\x1b[H", b"\x1b[C", b"\x0b")  # home, right, ctrl+k
    program.wait_for_draft(">")


def test_cut_undo_redo_and_paste_are_the_composers(program: Program) -> None:
    program.press("hello")
    program.wait_for_draft("hello")
    program.press(SHIFT_LEFT * 3, b"\x18")  # ctrl+x
    program.wait_for_draft("he")
    program.wait_until(lambda: program.copied[-1:] == ["llo"], "the cut text on the clipboard")
    program.press(b"\x1a")  # ctrl+z
    program.wait_for_draft("hello")
    program.press(b"\x19")  # ctrl+y
    program.wait_for_draft("he")
    program.press(b"\x16")  # ctrl+v
    program.wait_for_draft("hello")


def test_undo_brings_a_sent_text_back(program: Program) -> None:
    program.ask("n=2")
    program.wait_for_draft("")
    program.press(b"\x1a")
    program.wait_until(lambda: (program.draft or "").startswith("n=2 tag="), "the text that was sent")


# Esc and the keys that a slow line cuts in two


def test_a_lone_escape_stops_the_stream_here_and_no_other(program: Program) -> None:
    elsewhere, here = two_streams(program)
    program.press(ESC)
    assert stopped(program, here)
    program.wait_for("Stopped")
    assert goes_on(program, elsewhere)
    program.press(b"\x1b[27u", "x")  # nothing streams here any more: it does not reach for another topic's
    program.wait_for_draft("x")
    assert goes_on(program, elsewhere)


def test_escape_in_kittys_form_stops_at_once(program: Program) -> None:
    here = program.ask(ENDLESS)
    program.press(b"\x1b[27u")
    assert stopped(program, here)


@pytest.mark.parametrize("pause", [0.1, 0.3])
def test_a_split_arrow_moves_the_cursor_and_stops_nothing(program: Program, pause: float) -> None:
    here = program.ask(ENDLESS)
    for first, rest in ((b"\x1b", b"[A"), (b"\x1b[", b"A")):
        program.press("ab\ncd")
        program.wait_for_draft("ab\ncd")
        program.press_split(first, rest, pause)
        program.press("X")
        program.wait_for_draft("abX\ncd")
        program.press(DOWN, b"\x05", b"\x15", b"\x7f", b"\x15")  # ctrl+e, ctrl+u, backspace, ctrl+u
        program.wait_for_draft("")
    assert goes_on(program, here)


@pytest.mark.parametrize("pause", [0.1, 0.3])
@pytest.mark.parametrize("first, rest", [(b"\x1b", b"OP"), (b"\x1bO", b"P"), (b"\x1b[1", b"1~")])
def test_a_split_f1_opens_the_help_and_stops_nothing(program: Program, first: bytes, rest: bytes, pause: float) -> None:
    here = program.ask(ENDLESS)
    program.press_split(first, rest, pause)
    program.wait_for("Send the message")
    program.press(ESC)
    program.wait_gone("Send the message")
    program.wait_for_draft("")
    assert goes_on(program, here)


@pytest.mark.parametrize("pause", [0.1, 0.3])
@pytest.mark.parametrize("at", range(1, len(CTRL_END)))
def test_a_split_ctrl_end_goes_to_the_end_and_stops_nothing(program: Program, at: int, pause: float) -> None:
    here = program.ask("n=4000 tps=1000", deltas=500)
    program.wait_gone(f"{here.tag}-00000")  # there is more than a page
    program.press(CTRL_HOME)
    program.wait_for("more lines below")
    program.press_split(CTRL_END[:at], CTRL_END[at:], pause)
    program.wait_gone("more lines? below")
    program.wait_for_draft("")
    assert here.closed_at is None


@pytest.mark.parametrize("pause", [0.1, 0.3])
@pytest.mark.parametrize("at", range(1, len(ALT_DOWN)))
def test_a_split_alt_down_shows_the_next_topic_and_stops_nothing(program: Program, at: int, pause: float) -> None:
    first, second = two_streams(program)
    program.press_split(ALT_DOWN[:at], ALT_DOWN[at:], pause)
    program.wait_gone(f"{second.tag}-0000")
    program.press(b"x")
    program.wait_for_draft("x")
    program.press(b"\x7f")
    assert goes_on(program, first)
    assert goes_on(program, second)


# Stopping, answering again, copying


def test_alt_x_stops_every_stream_after_asking(program: Program) -> None:
    first, second = two_streams(program)
    program.press(ALT_X)
    program.wait_for("Stop all")
    program.press(ESC)
    program.wait_gone("Stop all")
    assert goes_on(program, first)
    assert goes_on(program, second)
    program.press(ALT_X)
    program.wait_for("2 streams will stop")
    program.press("\r")
    assert stopped(program, first)
    assert stopped(program, second)
    program.wait_for_draft("")


def test_ctrl_r_answers_again_and_keeps_the_earlier_answer(program: Program) -> None:
    first = program.ask("n=3")
    program.wait_for(f"end-of-{first.tag}")
    program.press(b"\x12")
    program.wait_for("version 2 of 2")
    program.wait_until(lambda: len(program.server.find_all(first.tag)) == 2, "the second request")
    asked = [exchange.body["messages"] for exchange in program.server.find_all(first.tag)]
    assert asked[0] == asked[1]


def test_alt_y_copies_the_last_reply_as_it_was_sent(program: Program) -> None:
    sent = program.ask("n=120")
    program.wait_for(f"end-of-{sent.tag}")
    program.press(b"\x1by")
    program.wait_until(lambda: program.copied[-1:] == [sent.content], "the reply on the clipboard")
    program.wait_for(f"Copied {len(sent.content):,} characters through the terminal")


def test_ctrl_t_opens_and_folds_the_reasoning(program: Program) -> None:
    sent = program.ask("think=12 n=5")
    program.wait_for(f"end-of-{sent.tag}")
    assert "The question asks" not in program.reading
    program.press(b"\x14")
    program.wait_for("The question asks for a count")
    program.press(b"\x14")
    program.wait_gone("The question asks for a count")


# Moving


def test_the_keys_of_the_reading_area_work_from_the_composer(program: Program) -> None:
    sent = program.ask("n=600")
    program.wait_for(f"end-of-{sent.tag}")
    program.press("draft", CTRL_HOME)
    program.wait_for(f"{sent.tag}-00000")
    program.press(SHIFT_PAGEDOWN)
    program.wait_gone(f"{sent.tag}-00000")
    program.press(SHIFT_PAGEUP)
    program.wait_for(f"{sent.tag}-00000")
    program.press(CTRL_END)
    program.wait_for(f"end-of-{sent.tag}")
    program.wait_gone("more lines? below")
    program.press("!")
    program.wait_for_draft("draft!")


def test_tab_goes_from_the_composer_to_the_reading_area_and_to_the_list(program: Program) -> None:
    sent = program.ask("n=600")
    program.wait_for(f"end-of-{sent.tag}")
    program.new_topic()
    program.press(ALT_DOWN)
    program.wait_for(f"end-of-{sent.tag}")
    program.press(TAB, "g")
    program.wait_for(f"{sent.tag}-00000")
    program.press("G")
    program.wait_for(f"end-of-{sent.tag}")
    program.press(TAB, UP, "\r")  # the list: the row above is the empty topic
    program.wait_for("A new topic with")
    program.press("x")  # opening it gives the composer the focus
    program.wait_for_draft("x")
    program.press(b"\x7f", TAB, SHIFT_TAB, "y")  # and back
    program.wait_for_draft("y")
    program.press(b"\x7f", SHIFT_TAB, DOWN, "\r")  # backwards from the composer: the list
    program.wait_for(f"end-of-{sent.tag}")


@pytest.mark.parametrize(
    "following, previous",
    [(ALT_DOWN, ALT_UP), (b"\x1b[6;5~", b"\x1b[5;5~"), (b"\x1b\x1b[B", b"\x1b\x1b[A"), (b"\x1b[1;3B", b"\x1b[1;3A")],
    ids=["alt+arrows", "ctrl+page keys", "meta Esc", "CSI 1;3"],
)
def test_the_topic_keys_go_through_the_list_and_back(program: Program, following: bytes, previous: bytes) -> None:
    sent = program.ask("n=3")
    program.wait_for(f"end-of-{sent.tag}")
    program.new_topic()
    program.press(following)
    program.wait_for(f"end-of-{sent.tag}")
    program.press(previous)
    program.wait_for("A new topic with")
    program.wait_for_draft("")


def test_ctrl_n_opens_a_topic_and_what_is_typed_on_its_heels_goes_there(program: Program) -> None:
    program.press("old", CTRL_N, "new")
    program.wait_for_draft("new")
    program.press(ALT_DOWN)
    program.wait_for_draft("old")
    program.press(b"\x15", ALT_UP, b"\x15")


def test_ctrl_l_folds_the_list_away_and_brings_it_back(program: Program) -> None:
    assert program.side
    program.press(CTRL_L)
    program.wait_until(lambda: not program.side, "the list to go")
    program.press(CTRL_L)
    program.wait_until(lambda: program.side, "the list to come")


@pytest.mark.parametrize(
    "chat, topics, settings",
    [
        (F2, F3, F4),
        (b"\x1b[12~", b"\x1b[13~", b"\x1b[14~"),
        (b"\x1b1", b"\x1b2", b"\x1b3"),
        (b"\x1b[[B", b"\x1b[[C", b"\x1b[[D"),
    ],
    ids=["SS3", "CSI", "alt+digits", "Linux console"],
)
def test_the_screens_have_their_keys_and_a_stream_goes_on(
    program: Program, chat: bytes, topics: bytes, settings: bytes
) -> None:
    stream = program.ask(ENDLESS)
    program.press(topics)
    program.wait_for("^ *Topics")
    program.press(settings)
    program.wait_for("^ *Settings")
    program.press(chat)
    program.wait_until(lambda: program.draft == "", "the chat")
    assert goes_on(program, stream)


@pytest.mark.parametrize("key", [F1, b"\x1b[11~", b"\x1bh"], ids=["SS3", "CSI", "alt+h"])
def test_help_lists_the_keys_and_escape_closes_it(program: Program, key: bytes) -> None:
    stream = program.ask(ENDLESS)
    program.press(key)
    program.wait_for("Stop every stream")
    program.press(ESC)
    program.wait_gone("Stop every stream")
    assert goes_on(program, stream)


def test_ctrl_p_finds_a_command_by_its_name(program: Program) -> None:
    stream = program.ask(ENDLESS)
    program.press(CTRL_P)
    program.wait_for("Find a command")
    program.press("models, prov")
    program.wait_for("[Mm]odels, providers, files")
    program.press("\r")
    program.wait_for("^ *Settings")
    program.press(F2, CTRL_P)
    program.wait_for("Find a command")
    program.press(ESC)
    program.wait_gone("Find a command")
    assert goes_on(program, stream)


def test_enter_opens_a_topic_in_the_lists(program: Program) -> None:
    sent = program.ask("n=3")
    program.wait_for(f"end-of-{sent.tag}")
    program.new_topic()
    program.press(F3)
    program.wait_for("^ *Topics")
    program.press(DOWN, "\r")
    program.wait_for(f"end-of-{sent.tag}")
    program.wait_for_draft("")


def test_escape_leaves_the_topics_and_the_settings_and_stops_nothing(program: Program) -> None:
    stream = program.ask(ENDLESS)
    for key, heading in ((F3, "^ *Topics"), (F4, "^ *Settings")):
        program.press(key)
        program.wait_for(heading)
        program.press(ESC)
        program.wait_until(lambda: program.draft == "", "the chat")
    assert goes_on(program, stream)


# Ctrl+C and Ctrl+Q


def test_ctrl_c_copies_a_selection_and_the_stream_goes_on(program: Program) -> None:
    stream = program.ask(ENDLESS)
    program.press("hello", SHIFT_LEFT * 4, CTRL_C)
    program.wait_until(lambda: program.copied[-1:] == ["ello"], "the selection on the clipboard")
    program.wait_for("Copied 4 characters")
    assert goes_on(program, stream)
    program.wait_for_draft("hello")


def test_ctrl_c_stops_this_topics_stream_and_no_other(program: Program) -> None:
    elsewhere, here = two_streams(program)
    program.press(CTRL_C)
    assert stopped(program, here)
    assert goes_on(program, elsewhere)


def test_ctrl_c_twice_quits_and_leaves_the_terminal_sane(own: Program) -> None:
    own.press(CTRL_C)
    own.wait_for("again quits")
    own.press(CTRL_C)
    assert own.terminal.wait_exit() == 0
    assert own.terminal.leftovers() == []


def test_ctrl_c_twice_in_one_piece_quits_too(own: Program) -> None:
    own.press(CTRL_C, CTRL_C)
    assert own.terminal.wait_exit() == 0


def test_ctrl_c_twice_asks_if_streams_run_elsewhere(own: Program) -> None:
    elsewhere, here = two_streams(own)
    own.press(CTRL_C)
    assert stopped(own, here)
    own.press(CTRL_C)
    own.wait_for("Quit\\?")
    assert goes_on(own, elsewhere)
    own.press("\r")
    assert own.terminal.wait_exit() == 0
    assert elsewhere.closed_at
    assert own.terminal.leftovers() == []


def test_ctrl_q_asks_while_streams_run_and_escape_stays(own: Program) -> None:
    stream = own.ask(ENDLESS)
    own.press(CTRL_Q)
    own.wait_for("Quit\\?")
    own.press(ESC)
    own.wait_gone("Quit\\?")
    assert goes_on(own, stream)
    own.press(CTRL_Q)
    own.wait_for("Quit\\?")
    own.press(CTRL_Q)
    assert own.terminal.wait_exit() == 0
    assert stream.closed_at
    assert own.terminal.leftovers() == []


def test_ctrl_q_quits_at_once_if_nothing_streams(own: Program) -> None:
    own.press("a draft")
    own.wait_for_draft("a draft")
    own.press(CTRL_Q)
    assert own.terminal.wait_exit() == 0
    assert own.terminal.leftovers() == []


# Remapping


REMAPPED = """
[keys]
"stream.start" = "ctrl+w"
"composer.newline" = "enter"
"stream.stop" = "f9"
"topic.new" = ["f8", "ctrl+b"]
"""


def test_remapped_keys_act_and_the_hints_and_the_help_show_them(tmp_path: Path, load_server: LoadServer) -> None:
    with Program(tmp_path, load_server, REMAPPED) as program:
        program.wait_for(r"f8 new")
        program.press("one\rtwo n=100000 tps=50 tag=remapped")
        program.wait_for_draft("one\ntwo n=100000 tps=50 tag=remapped")
        program.wait_for(r"\^w send")
        program.press(b"\x17")
        stream = load_server.wait_for("remapped", 10)
        program.wait_for("f9 stop")
        program.press(b"\x1b[27u")
        assert goes_on(program, stream)
        program.press(b"\x1b[20~")
        assert stopped(program, stream)
        program.press(F1)
        program.wait_for(r"f9 +Close what is open")
        program.press(b"\x1b[6~")
        program.wait_for(r"f8 \^b +New topic")
        program.press(ESC)
        program.wait_gone("New topic with the same assistant")
        program.press(b"\x1b[19~")
        program.wait_for("A new topic with")
