"""Block Markdown: tokens and a width in, lines out. The colours are the theme's business, the place the view's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markdown_it.token import Token

from tui.widgets.transcript import code, table
from tui.widgets.transcript.ink import BLANK, MUTED, PLAIN, UNICODE, Glyphs, Ink, Line, Role, Span, line_width
from tui.widgets.transcript.inline import spans
from tui.widgets.transcript.maths import readable
from tui.widgets.transcript.wrap import expand_tabs, hang, wrap

MEASURE = 100
"""Cells: longer lines of prose are hard to read; code and tables may go on to the edge."""

_HEADINGS = {
    "h1": Ink(Role.TITLE, bold=True),
    "h2": Ink(Role.HEADING, bold=True),
    "h3": Ink(Role.SUBHEADING, bold=True),
}
_APART = ("h1", "h2")
"""Headings that stand alone; the smaller ones stand on their text."""
_TASK = re.compile(r"\[([ xX])\][ \t]+")
_LEAST = 10
"""Cells: where fewer would be left, what is nested deeper is not indented any more."""
_NOTHING = re.compile(r"[\s>]*")


class Page(NamedTuple):
    """What is drawn on: how wide, with which marks, from which source lines."""

    width: int
    glyphs: Glyphs = UNICODE
    source: tuple[str, ...] = ()
    inside: bool = False
    """Within a list or a quote."""
    lists: int = 0
    """How many bullet lists it stands in."""
    ordinal: int | None = None
    """The number of the first item, if the first block goes on with a list."""
    open_end: bool = False
    """More of the last block may follow."""
    edge: int = MEASURE
    """Where prose ends."""
    tint: code.Tint = code.highlighted

    @property
    def measure(self) -> int:
        return min(self.width, self.edge)

    def narrower(self, cells: int) -> Page:
        return self._replace(width=self.width - cells, edge=self.edge - cells, inside=True, ordinal=None)

    def fits(self, cells: int) -> bool:
        """Whether a prefix of that width leaves enough for text."""
        return self.measure - cells >= _LEAST


def groups(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The blocks among the tokens, each with all that is inside it."""
    start = depth = 0
    for index, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            yield tokens[start : index + 1]
            start = index + 1


def render(tokens: Sequence[Token], page: Page) -> list[Line]:
    """The blocks' lines. Between two blocks is a blank line; inside lists and quotes only where the source has one."""
    lines: list[Line] = []
    blocks = list(groups(tokens))
    for index, block in enumerate(blocks):
        last = index == len(blocks) - 1
        drawn = _block(block, page._replace(open_end=page.open_end and last, ordinal=None if index else page.ordinal))
        if lines and drawn and apart(blocks[index - 1][0], block[0]):
            if _parted(block[0], page) if page.inside else wants_gap(drawn):
                lines.append(BLANK)
        lines += drawn
    return lines


def apart(above: Token, below: Token) -> bool:
    """Whether two blocks may stand apart: not two footnotes, nor a small heading and what it is the heading of."""
    if above.type == "heading_open":
        return above.tag in _APART
    return not above.type == below.type == "footnote_open"


def wants_gap(lines: Sequence[Line]) -> bool:
    """Whether a blank line belongs above: not above a rule, which is drawn at the foot of its row."""
    return not (lines[0] and lines[0][0].ink.role is Role.RULE)


def _parted(token: Token, page: Page) -> bool:
    line = token.map[0] - 1 if token.map else -1
    return 0 <= line < len(page.source) and parts(page.source[line])


def parts(line: str) -> bool:
    """Whether the line has nothing in it, so that what is above it stands apart from what is below."""
    return _NOTHING.fullmatch(line) is not None


def _block(block: Sequence[Token], page: Page) -> list[Line]:
    first = block[0]
    match first.type:
        case "paragraph_open":
            return wrap(spans(block[1].children or [], maths=page.glyphs.maths), page.measure)
        case "heading_open":
            ink = _HEADINGS.get(first.tag, Ink(bold=True))
            return wrap(spans(block[1].children or [], ink, maths=page.glyphs.maths), page.measure)
        case "fence":
            language = (first.info.split() or [""])[0]
            lexed = "" if page.open_end and _open_fence(first, page) else language  # all may yet be recoloured
            return code.block(
                first.content, page.measure, page.width, page.glyphs, lambda text: page.tint(text, lexed), language
            )
        case "code_block":
            return code.block(first.content, page.measure, page.width, page.glyphs)
        case "math_block":
            return _verbatim(formula(first.content, page.glyphs), Ink(Role.MATH), page)
        case "html_block":
            return _verbatim(first.content, MUTED, page)
        case "hr":
            return [(Span(" " * page.measure, Ink(Role.RULE)),)]
        case "blockquote_open":
            bar = quote_prefix() if page.fits(2) else ()
            return hang(tinted(render(block[1:-1], page.narrower(len(bar))), Role.QUOTE), bar, bar)
        case "bullet_list_open" | "ordered_list_open":
            return _list(block, page)
        case "footnote_open":
            return _marked(note_prefix(first), block[1:-1], page)
        case "table_open":
            return _drawn_table(read_table(block, page.glyphs), page.width)
    return []


def _open_fence(token: Token, page: Page) -> bool:
    """Whether its last line is no closing one."""
    if not token.map or token.map[1] > len(page.source):
        return False
    last = page.source[token.map[1] - 1].lstrip(" >\t").rstrip()
    return token.map[1] - token.map[0] < 2 or len(last) < len(token.markup) or bool(last.strip(token.markup[0]))


def _verbatim(text: str, ink: Ink, page: Page) -> list[Line]:
    lines = text.strip("\n").split("\n")
    return [piece for line in lines for piece in wrap(expand_tabs([Span(line, ink)]), page.measure)]


def quote_prefix() -> Line:
    return (Span(" ", Ink(Role.QUOTE_BAR)), Span(" ", Ink(Role.MARGIN)))


def tinted(lines: list[Line], role: Role) -> list[Line]:
    return [
        tuple(
            Span(span.text, span.ink._replace(role=role) if span.ink.role is Role.TEXT else span.ink) for span in line
        )
        for line in lines
    ]


def _list(block: Sequence[Token], page: Page) -> list[Line]:
    lines: list[Line] = []
    ordered = block[0].type == "ordered_list_open"
    start = block[0].attrGet("start")
    number = page.ordinal if page.ordinal is not None else int(start) if start is not None else 1
    items = list(groups(block[1:-1]))
    for index, item in enumerate(items):
        if index and _parted(item[0], page):
            lines.append(BLANK)
        inside: Sequence[Token] = item[1:-1]
        done, inside = task(inside)
        marker = item_prefix(number + index if ordered else None, done, page)
        last = index == len(items) - 1
        below = page._replace(open_end=page.open_end and last, lists=page.lists + (not ordered))
        lines += _marked(marker, inside, below)
    return lines


def _marked(marker: str, inside: Sequence[Token], page: Page) -> list[Line]:
    """Blocks behind a marker; if there is no room, it has a line of its own above them."""
    prefix: Line = (Span(marker, Ink(Role.MARKER)),)
    width = line_width(prefix)
    if not page.fits(width):
        return [prefix, *(render(inside, page.narrower(0)) or [BLANK])]
    return hang(render(inside, page.narrower(width)) or [BLANK], prefix, (Span(" " * width, PLAIN),))


def note_prefix(token: Token) -> str:
    """What stands before a footnote."""
    return f"[{token.meta['label']}] "


def item_prefix(number: int | None, done: bool | None, page: Page) -> str:
    """What stands before an item: its number or a bullet; a box, if it is a task."""
    box = "" if done is None else page.glyphs.done_task if done else page.glyphs.open_task
    if number is None:
        return (box or page.glyphs.bullets[page.lists % len(page.glyphs.bullets)]) + " "
    return f"{number:>2}. " + (box and box + " ")


def task(inside: Sequence[Token]) -> tuple[bool | None, Sequence[Token]]:
    """Whether the item is a task, done or not, and what stands behind its box."""
    if len(inside) < 3 or inside[0].type != "paragraph_open" or not inside[1].children:
        return None, inside
    first = inside[1].children[0]
    found = _TASK.match(first.content) if first.type == "text" else None
    if found is None:
        return None, inside
    rest = first.copy(content=first.content[found.end() :])
    inline = inside[1].copy(children=[rest, *inside[1].children[1:]])
    return found[1] != " ", [inside[0], inline, *inside[2:]]


def formula(source: str, glyphs: Glyphs) -> str:
    return readable(source) if glyphs.maths else source


def read_table(block: Sequence[Token], glyphs: Glyphs) -> table.Table:
    rows: list[list[table.Cell]] = []
    aligns: list[str] = []
    for index, token in enumerate(block):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append(spans(block[index + 1].children or [], cell=True, maths=glyphs.maths))
            if len(rows) == 1:
                aligns.append(str(token.attrGet("style") or "").removeprefix("text-align:"))
    return table.Table(rows[0], aligns, rows[1:])


def _drawn_table(read: table.Table, width: int) -> list[Line]:
    return table.draw(read, table.best(read, table.natural(read), width), width)
