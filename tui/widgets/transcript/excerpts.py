"""Text to copy out of a topic: a selection, a message, or all of it, as seen or as Markdown source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from tui.widgets.transcript.item import Item, ItemKind
from tui.widgets.transcript.seen import seen, whole
from tui.widgets.transcript.sheet import Sheet
from tui.widgets.transcript.source import as_markdown, some_lines
from tui.widgets.transcript.spots import Reach
from tui.widgets.transcript.window import Window


class Form(StrEnum):
    """How a text is copied."""

    SEEN = "seen"
    SOURCE = "source"


def of_selection(window: Window, picked: Reach, form: Form) -> Iterator[str]:
    """Piece by piece, since laying out thousands of messages takes seconds. What is on show may change before the
    last is asked for, so what is laid out is read at once."""
    numbers = range(picked.first.message, picked.last.message + 1)
    at_once = [number for number in numbers if window.is_drawn(number) or number in (numbers[0], numbers[-1])]
    now = {number: _piece(window.drawn(number), number, picked, form) for number in at_once}
    later = {number: window.drawing(number) for number in numbers if number not in now}

    def pieces() -> Iterator[str]:
        for number in numbers:
            yield now[number] if number in now else _piece(later[number](), number, picked, form)

    return _parted(pieces(), form)


def _piece(sheet: Sheet, message: int, picked: Reach, form: Form) -> str:
    alone = picked.first.message == picked.last.message
    first = picked.first.line if message == picked.first.message else 0
    last = picked.last.line if message == picked.last.message else sheet.height - 1
    if form is Form.SOURCE:
        lines = sheet.source_lines(first, last)
        if lines is not None:
            text = some_lines(str(sheet.item.content), *lines).strip("\r\n")
            return text if alone else as_markdown(sheet.item.kind, text)
        if not alone:
            return ""
    cuts = (picked.of(message, number, sheet.line(number)) for number in range(first, last + 1))
    return seen(cut for cut in cuts if cut is not None)


def of_message(sheet: Sheet, form: Form) -> str:
    """Its content, without what stands around it."""
    if form is Form.SOURCE or sheet.item.kind is ItemKind.QUESTION:
        return str(sheet.item.content)
    return seen(map(whole, sheet.lines[slice(*sheet.text_lines)]))


def of_topic(items: Iterable[Item], draw: Callable[[Item], Sheet], form: Form) -> Iterator[str]:
    """Piece by piece. As seen it has the lines that say who answers; in Markdown questions are quotations."""
    if form is Form.SOURCE:
        pieces = (as_markdown(item.kind, str(item.content).strip("\r\n")) for item in items)
    else:
        pieces = (seen(map(whole, draw(item).lines)) for item in items)
    return _parted(pieces, form)


def _parted(pieces: Iterator[str], form: Form) -> Iterator[str]:
    between = ""
    for piece in pieces:
        if piece:
            yield between + piece
            between = "\n" if form is Form.SEEN else "\n\n"
