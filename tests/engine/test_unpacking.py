"""Packed bodies unfold to what they were, wherever they are cut, and never to more at once than a piece."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.engine.unpacking import PIECE, BadPacking, unpacker


def packed(data: bytes, form: int, *, flushed: bool = False) -> bytes:
    """`form` as zlib counts it; `flushed`: every seven bytes, as a server does that streams."""
    to = zlib.compressobj(9, zlib.DEFLATED, form)
    if flushed:
        pieces = [to.compress(data[at : at + 7]) + to.flush(zlib.Z_SYNC_FLUSH) for at in range(0, len(data), 7)]
        return b"".join([*pieces, to.flush()])
    return to.compress(data) + to.flush()


def unpacked(encoding: str, *pieces: bytes) -> bytes:
    unpack = unpacker(encoding)
    found = [piece for data in pieces for piece in unpack.pieces(data)]
    assert all(0 < len(piece) <= PIECE for piece in found if encoding)
    return b"".join(found)


FORMS = {"gzip": 31, "x-gzip": 31, "deflate": 15, "deflate without its head": -15}


@settings(deadline=None, database=None)
@given(st.sampled_from(list(FORMS)), st.binary(max_size=300), st.integers(0, 999), st.booleans(), st.data())
def test_what_was_packed_comes_out_wherever_it_is_cut(
    form: str, data: bytes, times: int, flushed: bool, cuts: st.DataObject
) -> None:
    data *= times if not flushed else 1
    sent = packed(data, FORMS[form], flushed=flushed)
    at = sorted(cuts.draw(st.lists(st.integers(0, len(sent)), max_size=20)))
    pieces = [sent[a:b] for a, b in zip([0, *at], [*at, len(sent)], strict=True)]
    assert unpacked(form.partition(" ")[0], *pieces) == data


@pytest.mark.parametrize("form", FORMS)
def test_what_was_packed_comes_out_byte_by_byte(form: str) -> None:
    data = b"data: One, two.\n\n" * 40
    sent = packed(data, FORMS[form])
    assert unpacked(form.partition(" ")[0], *(sent[at : at + 1] for at in range(len(sent)))) == data


def test_text_that_was_flushed_is_there_at_once() -> None:
    sent, unpack = packed(b"data: " + b"1234567" * 9, 31, flushed=True), unpacker("gzip")
    assert b"".join(unpack.pieces(sent[: len(sent) // 2])).startswith(b"data: 1234567")


def test_one_file_behind_the_other_is_one_body() -> None:
    two = gzip.compress(b"One, ") + b"\0\0\0" + gzip.compress(b"two.") + b"\0"
    assert unpacked("gzip", two) == unpacked("gzip", *(two[at : at + 1] for at in range(len(two)))) == b"One, two."


def test_a_body_that_breaks_off_gives_what_it_had() -> None:
    data = b"data: One, two.\n\n" * 40
    assert data.startswith(found := unpacked("gzip", gzip.compress(data)[:-15])) and found


@pytest.mark.parametrize("encoding", ["", "identity", "utf-8", "aws-chunked", "binary", "identity, utf-8"])
def test_what_is_no_packing_leaves_a_body_as_it_is(encoding: str) -> None:
    assert unpacked(encoding, b"data: a", b"", b"b\n\n") == b"data: ab\n\n"


def test_the_names_of_packings_are_read_in_any_letters() -> None:
    assert unpacked(" identity,  GZip ", gzip.compress(b"One.")) == b"One."


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "deflate,br"])
def test_what_was_not_asked_for_is_told(encoding: str) -> None:
    with pytest.raises(BadPacking, match=f"packed as {encoding.replace(',', ', ').replace('  ', ' ')}"):
        unpacker(encoding)


@pytest.mark.parametrize(
    ("encoding", "data"),
    [("gzip", b"data: plain"), ("gzip", gzip.compress(b"One.", mtime=0) + b"more"), ("deflate", b"data: plain")],
)
def test_what_can_not_be_unpacked_is_told(encoding: str, data: bytes) -> None:
    with pytest.raises(BadPacking, match="it is damaged"):
        unpacked(encoding, data)


def test_a_few_bytes_that_unfold_to_a_great_deal_never_take_its_room() -> None:
    to = zlib.compressobj(9, zlib.DEFLATED, 31)
    sent = b"".join([*(to.compress(bytes(2**20)) for _ in range(64)), to.flush()])
    assert len(sent) < 2**17
    tracemalloc.start()
    size = sum(map(len, unpacker("gzip").pieces(sent)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == 64 * 2**20
    assert most < 8 * PIECE
