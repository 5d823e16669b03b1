"""Packed bodies: what a few bytes unfold to may be gigabytes, so it is given piece by piece. No I/O."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

OFFERED: Final = "gzip, deflate"
"""What a server may send, for `Accept-Encoding`, whatever else is installed here."""

PIECE: Final = 64 * 1024
"""Bytes that are unpacked at once."""

_FORMS: Final = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_OTHERS: Final = frozenset({"br", "zstd", "compress", "x-compress"})


class BadPacking(Exception):
    """It can't be unpacked; the message says why."""


class Unpacker(Protocol):
    """Unpacks one body."""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What these bytes unfold to, none of it empty. Raises BadPacking."""
        ...


def unpacker(encoding: str) -> Unpacker:
    """For a body with this `Content-Encoding`. Raises BadPacking.

    A name that is none of a packing says nothing: some servers put their character set there.
    """
    forms = [form for name in encoding.split(",") if (form := name.strip().lower()) in _FORMS or form in _OTHERS]
    if not forms:
        return _Plain()
    if len(forms) > 1 or forms[0] in _OTHERS:
        raise BadPacking(f"it is packed as {', '.join(forms)}")
    return _Packed(_FORMS[forms[0]])


class _Plain:
    def pieces(self, data: bytes) -> Iterator[bytes]:
        if data:
            yield data


class _Packed:
    def __init__(self, form: int) -> None:
        self._form = form
        self._start = b"" if form == zlib.MAX_WBITS else None
        """Of what is deflated: some leave out the head that it should have."""
        self._zlib = zlib.decompressobj(form)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        if self._start is not None:
            self._start += data
            if len(self._start) < 2:
                return
            data, self._start = self._start, None
            if data[0] & 15 != zlib.DEFLATED or int.from_bytes(data[:2], "big") % 31:
                self._form = -zlib.MAX_WBITS
                self._zlib = zlib.decompressobj(self._form)
        while data:
            if self._zlib.eof:  # one file behind the other is one file; zeros fill up a block
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._zlib = zlib.decompressobj(self._form)
            yield from self._file(data)
            data = self._zlib.unused_data

    def _file(self, data: bytes) -> Iterator[bytes]:
        full = True
        while (full or data) and not self._zlib.eof:
            try:
                piece = self._zlib.decompress(data, PIECE)
            except zlib.error:
                raise BadPacking("it is damaged") from None
            data, full = self._zlib.unconsumed_tail, len(piece) == PIECE
            if piece:
                yield piece
