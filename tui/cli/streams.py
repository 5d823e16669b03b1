"""`rivulet streams`: the records of the last streams, as a table or as lines of JSON. It only reads."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.cells import cell_len, chop_cells, set_cell_size

from tui.cli.replies import full_record, json_line
from tui.engine import Stream, StreamType, past_streams
from tui.plain import line
from tui.usage import say

_KINDS: Final = {
    StreamType.CHAT: "chat",
    StreamType.CONVERSATION_TITLE: "title",
    StreamType.TOPIC_TITLE: "topic title",
    StreamType.PROMPT_OPTIMIZATION: "prompt",
    StreamType.SYSTEM_PROMPT: "system prompt",
}
_HEADS: Final = ("id", "type", "model", "status", "when", "seconds", "tokens", "error")
_MODEL, _WHEN, _NUMBERS = 2, 4, (5, 6)
_GAP: Final = "  "
_NARROWEST_MODEL: Final = 8
_INDENT: Final = " " * 15
"""Where an error stands that has no room at the end of its line: under the type."""


def run(data: Path, number: int, as_json: bool) -> int:
    """Print the last `number`, the newest last, and return the exit status. Raises LibraryError."""
    streams = []
    for found in past_streams(data, number):
        if isinstance(found, Stream):
            streams.append(found)
        else:
            say(found)
    if as_json:
        sys.stdout.writelines(json_line(full_record(stream)) for stream in streams)
    elif streams:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        sys.stdout.writelines(f"{row}\n" for row in table(streams, width))
    else:
        print("There are no records of streams yet.")
    sys.stdout.flush()  # here, where a reader who has gone is no surprise
    return 0


def table(streams: Sequence[Stream], width: int | None) -> list[str]:
    """A line for each below their heads, in columns. None is wider than `width`; an error goes on below."""
    rows = [_HEADS[:-1], *(_row(stream, "%Y-%m-%d %H:%M") for stream in streams)]
    if width is not None and sum(_widths(rows)) + len(_GAP) * (len(rows[0]) - 1) > width:
        rows = [_HEADS[:-1], *(_row(stream, "%m-%d %H:%M") for stream in streams)]
    widths = _widths(rows)
    if width is not None:
        excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
        widths[_MODEL] = min(widths[_MODEL], max(widths[_MODEL] - excess, _NARROWEST_MODEL))
    shown = _lines(rows[0], widths, _HEADS[-1], width)[:1]
    for row, stream in zip(rows[1:], streams, strict=True):
        shown += _lines(row, widths, line(stream.error.message) if stream.error else "", width)
    return shown


def _row(stream: Stream, when: str) -> tuple[str, ...]:
    began = stream.started_at or stream.created_at
    ended = stream.ended_at or began
    tokens = (stream.usage or {}).get("output_tokens")
    return (
        line(stream.id),
        _KINDS[stream.type],
        line(stream.model),
        stream.status.value,
        datetime.fromtimestamp(ended).strftime(when),
        f"{ended - began:.1f}",
        "" if tokens is None else str(tokens),
    )


def _widths(rows: Iterable[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _lines(row: Sequence[str], widths: Sequence[int], error: str, width: int | None) -> list[str]:
    cells = [
        f"{'':{room - cell_len(text)}}{text}" if number in _NUMBERS else _fitted(text, room)
        for number, (text, room) in enumerate(zip(row, widths, strict=True))
    ]
    first = _GAP.join(cells)
    whole = f"{first}{_GAP}{error}".rstrip()
    if width is None or cell_len(whole) <= width:
        return [whole]
    room = max(width - len(_INDENT), 2)
    # What is left too wide after that is of wide characters, which may be broken anywhere.
    below = [part for words in textwrap.wrap(error, room) for part in chop_cells(words, room)]
    return [_fitted(first, min(width, cell_len(first))).rstrip(), *(f"{_INDENT}{part}" for part in below)]


def _fitted(text: str, room: int) -> str:
    """Exactly `room` cells wide."""
    return set_cell_size(text, room) if cell_len(text) <= room else f"{set_cell_size(text, room - 1)}…"
