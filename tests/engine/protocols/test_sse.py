"""The decoder of server-sent events, beyond the conformance cases."""

from __future__ import annotations

import time
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from tui.engine.protocols.sse import Decoder, Event

FIELDS = "data: one|data:two|data|data:  |event: e|event|id: 1|id|id: a\0b|retry: 10|retry: x|error: e|databank: no"
TEXTS = "data: 豆腐 😀 \u2028 \x85|\ufeffdata: three|: comment|:|||"

lines = st.sampled_from(f"{FIELDS}|{TEXTS}".split("|"))
streams = st.lists(st.tuples(lines, st.sampled_from(["\n", "\r", "\r\n"]))).map(
    lambda pairs: "".join(line + end for line, end in pairs).encode()
)


@settings(deadline=None, database=None)
@given(streams, st.data())
def test_any_cutting_gives_the_same_events(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole, cut = Decoder(), Decoder()
    assert [e for piece in pieces for e in cut.feed(piece)] == whole.feed(stream)
    assert (cut.last_event_id, cut.retry) == (whole.last_event_id, whole.retry)


@settings(deadline=None, database=None)
@given(st.binary())
def test_no_bytes_are_too_strange(stream: bytes) -> None:
    assert all(isinstance(event, Event) for event in Decoder().feed(stream))


def test_an_event_is_there_with_the_first_byte_that_ends_its_blank_line() -> None:
    for end in (b"\n", b"\r", b"\r\n"):
        decoder = Decoder()
        assert decoder.feed(b"data: now" + end) == []
        assert decoder.feed(end[:1]) == [Event("now")]
        assert decoder.feed(end[1:] + b"data: next" + end + end) == [Event("next")]


def test_a_line_feed_ends_no_second_line_after_a_carriage_return_of_another_piece() -> None:
    decoder = Decoder()
    assert [decoder.feed(piece) for piece in (b"data: a\r", b"", b"\n", b"data: b\r", b"\r")][-1] == [Event("a\nb")]


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    assert Decoder().feed(b"data: \xff\xe2\x82 \xed\xa0\x80\n\n") == [Event("\ufffd\ufffd \ufffd\ufffd\ufffd")]


def test_a_character_that_a_line_end_cuts_off_does_not_reach_into_the_next_line() -> None:
    assert Decoder().feed(b"data: \xe2\x82\ndata: \xac\n\n") == [Event("\ufffd\n\ufffd")]


def test_only_the_first_byte_order_mark_is_no_text() -> None:
    bom = "\ufeff".encode()
    assert Decoder().feed(bom + bom + b"data: a\n\ndata: b\n\n") == [Event("b")]


def test_a_reconnection_time_of_thousands_of_digits_is_ignored() -> None:
    decoder = Decoder()
    assert decoder.feed(b"retry: 5\nretry: " + b"9" * 5000 + "\nretry: ٣\ndata: x\n\n".encode()) == [Event("x")]
    assert decoder.retry == 5


def test_a_blank_line_sets_the_last_id_though_nothing_is_dispatched() -> None:
    decoder = Decoder()
    assert decoder.feed(b"id: 9\n") == []
    assert decoder.last_event_id == ""
    assert decoder.feed(b"\nid: 10\n") == []
    assert decoder.last_event_id == "9"


def test_a_field_named_error_is_no_event_but_is_kept() -> None:
    decoder = Decoder()
    assert decoder.feed(b'error: {"message": "no"}\n\n') == []
    assert decoder.stray_error == '{"message": "no"}'


def test_a_long_line_takes_time_in_proportion_to_its_length() -> None:
    line = b"data: " + b"x" * (8 * 2**20) + b"\n\n"
    start = time.process_time()
    decoder = Decoder()
    events = [event for at in range(0, len(line), 1024) for event in decoder.feed(line[at : at + 1024])]
    assert len(events[0].data) == 8 * 2**20
    short = line[-(2**20) :]
    decoder = Decoder()
    assert decoder.feed(b"data:") == []
    assert len([event for at in range(len(short)) for event in decoder.feed(short[at : at + 1])]) == 1
    assert time.process_time() - start < 8  # about 0.6 s; copying what is there with every piece takes minutes


def test_an_event_that_outgrows_the_bound_is_given_up() -> None:
    for piece in (b"data: 0123456789\n", b"x", b": 012345678901234567890"):
        decoder = Decoder(longest=100)
        events = decoder.feed(b"data: before\n\n")
        for _ in range(1000):
            events += decoder.feed(piece)
        assert events == [Event("before")]
        assert decoder.too_long
        assert decoder.feed(b"\n\ndata: after\n\n") == []


def test_many_events_together_may_be_longer_than_one() -> None:
    decoder = Decoder(longest=100)
    assert len(decoder.feed(b"data: 0123456789\n\n" * 1000)) == 1000
    assert not decoder.too_long


def test_an_event_of_many_short_lines_takes_little_more_room_than_its_bytes() -> None:
    piece, decoder = b"data:ab\n" * 2**13, Decoder()
    tracemalloc.start()
    for _ in range(32):
        assert decoder.feed(piece) == []
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 32 * len(piece)
    assert len(decoder.feed(b"\n")[0].data) == 32 * 2**13 * 3 - 1
