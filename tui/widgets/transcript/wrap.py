"""Where lines break: spans and a width in, lines out. Columns are terminal cells, so CJK and emoji count right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, split_graphemes

from tui.widgets.transcript.ink import SPLIT, TAB, WRAPPED, Ink, Line, Span

# Not at the start of a line, not at its end: the rules of Chinese and Japanese typesetting for the common marks.
_NO_START = frozenset("，。、；：？！）》」』】〕〉”’…—～·％‰℃々ーぁぃぅぇぉっゃゅょァィゥェォッャュョ,.;:?!)]}%")
_NO_END = frozenset("（《「『【〔〈“‘([{¥$￥＄")
# Behind these a word that is longer than a line is cut, such as an address or code, if one is in its last third.
_PARTING = frozenset("/?&=,;:([{|-_")


def fold(text: str, width: int) -> list[tuple[int, int]]:
    """Where each line of the text starts and ends; the blanks at which a line breaks belong to none."""
    width = max(1, width)
    ranges: list[tuple[int, int]] = []
    start = 0
    for part in text.split("\n"):
        indent = len(part) - len(part.lstrip(" "))
        skip = max(0, indent - width // 2)  # an indentation may take half of a narrow line, not more
        fold_part = _fold_ascii if part.isascii() else _fold_wide
        ranges += [(start + skip + first, start + skip + last) for first, last in fold_part(part[skip:], width)]
        start += len(part) + 1
    return ranges


def _fold_ascii(text: str, width: int) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    start, end = 0, len(text.rstrip(" "))
    while end - start > width:
        space = text.rfind(" ", start, start + width + 1)
        stop = space
        while stop > start and text[stop - 1] == " ":
            stop -= 1
        if space < 0 or stop <= start:  # one long word (or nothing but its indentation before it): cut it hard
            cut = next((at for at in range(start + width, start + width * 2 // 3, -1) if text[at - 1] in _PARTING), 0)
            ranges.append((start, cut or start + width))
            start = cut or start + width
            continue
        ranges.append((start, stop))
        start = space + 1
        while text[start] == " ":  # ends: what follows is no blank, else `end` were smaller
            start += 1
    return [*ranges, (start, max(start, end))]


def _fold_wide(text: str, width: int) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    end = len(text.rstrip(" "))
    start = column = 0
    stop = again = column_again = 0  # the last place to break: line end, next line's start, its column
    part = 0  # the last place to cut a long word
    previous = ""
    previous_cells = 1
    for first, last, cells in split_graphemes(text[:end])[0]:
        character = text[first]
        if character == " ":
            if previous != " ":
                space_start = first
        else:
            if previous == " ":
                if space_start > start:
                    stop, again, column_again = space_start, first, column
            elif (
                previous
                and (cells > 1 or previous_cells > 1)
                and character not in _NO_START
                and previous not in _NO_END
            ):
                stop, again, column_again = first, first, column
            if column + cells > width and first > start:
                if again > start:
                    ranges.append((start, stop))
                    start, column = again, column - column_again
                if column + cells > width and first > start:
                    cut = part if part > start and cell_len(text[start:part]) > width * 2 // 3 else first
                    ranges.append((start, cut))
                    start, column = cut, cell_len(text[cut:first])
                stop = again = column_again = 0
        column += cells
        if last - first == 1 and character in _PARTING:
            part = last
        previous, previous_cells = text[last - 1] if last - first == 1 else character, cells
    return [*ranges, (start, max(start, end))]


def cut(spans: Sequence[Span], ranges: Sequence[tuple[int, int]]) -> list[Line]:
    """The spans' text, in pieces as the ranges (ascending) say. A piece that the text goes on from says so."""
    lines: list[Line] = []
    text = "".join(span.text for span in spans) if len(ranges) > 1 else ""
    index, offset = 0, 0  # `offset`: where span `index` starts
    for number, (start, end) in enumerate(ranges):
        line: list[Span] = []
        while index < len(spans) and offset + len(spans[index].text) <= start and (spans[index].text or offset < start):
            offset += len(spans[index].text)
            index += 1
        at, place = index, offset
        if place < start and at and spans[at - 1] == TAB:  # the line broke within a tab: its rest is not seen
            place += len(spans[at].text)
            at += 1
        while at < len(spans) and place < end:
            own, ink = spans[at]
            piece = own[max(0, start - place) : end - place]
            if piece or not own:
                line.append(Span(piece, ink))
            place += len(own)
            at += 1
        if number + 1 < len(ranges) and "\n" not in (between := text[end : ranges[number + 1][0]]):
            line.append(WRAPPED if between else SPLIT)
        lines.append(tuple(line))
    return lines


def wrap(spans: Sequence[Span], width: int) -> list[Line]:
    """The spans as lines of at most `width` cells, broken between words; a newline always breaks."""
    return cut(spans, fold("".join(span.text for span in spans), width))


def chop(line: Line, width: int) -> list[Line]:
    """The line in pieces of at most `width` cells: how code wraps. Nothing is left out between two pieces; they part
    behind a blank or a mark if one is near, else anywhere."""
    text = "".join(span.text for span in line)
    if (len(text) if text.isascii() else cell_len(text)) <= width:
        return [line]
    return cut(line, list(_chop(text, max(1, width))))


def _chop(text: str, width: int) -> Iterator[tuple[int, int]]:
    start = column = 0
    stop = column_at_stop = kept = 0  # the best place to break, and its column
    for first, last, cells in split_graphemes(text)[0]:
        if column + cells > width and first > start:
            at = stop if kept else first
            yield start, at
            start, column = at, column - column_at_stop if kept else 0
            stop = column_at_stop = kept = 0
        column += cells
        if (rank := _part(text[last - 1])) and rank >= kept and column * 3 >= width * 2:
            stop, column_at_stop, kept = last, column, rank
    yield start, len(text)


def _part(character: str) -> int:
    """How well a long line parts behind it."""
    return 2 if character == " " else 1 if character in _PARTING else 0


def hang(lines: Sequence[Line], first: Line, rest: Line) -> list[Line]:
    """The lines behind a prefix: `first` before the first line, `rest` before every other."""
    return [(*(rest if index else first), *line) for index, line in enumerate(lines)]


def expand_tabs(spans: Sequence[Span], size: int = 4) -> Line:
    """The spans of one line with its tabs as blanks."""
    if not any("\t" in span.text for span in spans):
        return tuple(spans)
    line: list[Span] = []
    column = 0
    for text, ink in spans:
        pieces = text.split("\t")
        for index, piece in enumerate(pieces):
            column += cell_len(piece)
            line.append(Span(piece, ink))
            if index < len(pieces) - 1:
                blanks = size - column % size
                line += [TAB, Span(" " * blanks, ink)]
                column += blanks
    return tuple(span for span in line if span.text or span is TAB)


def words(text: str, ink: Ink, width: int) -> list[Line]:
    """Plain text in one ink, wrapped; its own line breaks and indentation stay."""
    lines = text.split("\n")
    spans = [span for line in lines for span in (*expand_tabs([Span(line, ink)], 4), Span("\n", ink))]
    return wrap(spans[:-1], width)
