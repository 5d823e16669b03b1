"""Code blocks: highlighted by Pygments, in our roles; each line on its own ground."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len

import tui.plain
from tui.widgets.transcript.ink import CODE_START, Glyphs, Ink, Line, Role, Span, line_width, pad
from tui.widgets.transcript.wrap import chop, expand_tabs

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

_CODE = Ink(Role.CODE_BLOCK)
_FRAME = Ink(Role.CODE_EDGE)
_EDGE = Span(" ", _FRAME)
_UNNAMED = frozenset({"", "text", "txt", "plain", "plaintext", "none"})
_LONGEST = 16
"""Cells of a language's name."""
LARGEST = 50_000
"""Characters beyond which code stays plain: Pygments takes about 0.1 s for that many."""


def plain(code: str) -> list[Line]:
    """The code's lines without colours."""
    return [(Span(line, _CODE),) if line else () for line in code.split("\n")]


Tint = Callable[[str, str], list[Line] | None]
"""Code and its language to lines in colours; None while those are still to come."""
Tokens = Iterable[tuple["_TokenType", str]]


def uncoloured(code: str, language: str) -> list[Line] | None:
    """A tint for where colours would not be seen."""
    return plain(code)


def is_known(language: str) -> bool:
    """Whether its lexer is loaded, or there is none."""
    return not language or language in _known


def _at_once(tokens: Tokens) -> Tokens:
    return tokens


def highlighted(code: str, language: str, pace: Callable[[Tokens], Tokens] = _at_once) -> list[Line]:
    """The code's lines in colours; plain where there is no lexer for the language, or it changes the text.

    `pace` may take its time between two tokens."""
    lexer = _lexer(language, pace) if len(code) <= LARGEST else None
    _known.add(language)
    if lexer is None:
        return plain(code)
    lines: list[list[Span]] = [[]]
    try:
        for kind, text in pace(lexer.get_tokens(code)):
            ink = _ink(kind)
            for index, piece in enumerate(text.split("\n")):
                if index:
                    lines.append([])
                if piece:
                    lines[-1].append(Span(piece, ink))
    except Exception:  # one of five hundred lexers, at a text that its author never saw
        return plain(code)
    if lines and not lines[-1]:  # lexers end every text with a newline
        lines.pop()
    if "\n".join("".join(span.text for span in line) for line in lines).rstrip("\n") != code.rstrip("\n"):
        return plain(code)
    return [tuple(line) for line in lines] + [()] * (code.count("\n") + 1 - len(lines))


def frame(lines: list[Line], measure: int, width: int, glyphs: Glyphs) -> list[Line]:
    """The lines on their ground, `measure` cells wide; a longer one may use `width`, then wraps behind a mark."""
    drawn: list[Line] = []
    mark = Span(glyphs.wrapped, _FRAME)
    for line in lines:
        text = "".join([span.text for span in line])
        if len(text) <= width - 2 and text.isascii() and "\t" not in text:  # nearly all lines, at a fifth of the cost
            missing = measure - len(text) - 2
            drawn.append((_EDGE, *line, _EDGE, *_blank(missing)) if missing > 0 else (_EDGE, *line, _EDGE))
            continue
        for index, piece in enumerate(chop(expand_tabs(line), max(1, width - 2))):
            drawn.append(pad((mark if index else _EDGE, *piece, _EDGE), measure, _FRAME))
    return drawn


@lru_cache(maxsize=512)
def _blank(cells: int) -> Line:
    return (Span(" " * cells, _FRAME),)


def block(
    code: str,
    measure: int,
    width: int,
    glyphs: Glyphs,
    tint: Callable[[str], list[Line] | None] = plain,
    language: str = "",
) -> list[Line]:
    """A whole code block, on a ground as wide as its longest line; plain where there are no colours yet."""
    text = code.removesuffix("\n")
    lines = frame(tint(text) or plain(text), max(measure, min(width, _widest(text) + 2)), width, glyphs)
    return [first(lines[0], language), *lines[1:]]


def first(line: Line, language: str) -> Line:
    """The first line of a block. The language stands at its right end, if there is room: it is not worth a row."""
    name = tui.plain.line(language)  # the parser has read the entities in it
    *text, last = line
    blank = len(last.text) - cell_len(name) - 1
    if name.lower() in _UNNAMED or cell_len(name) > _LONGEST or last.ink != _FRAME or last.text.strip() or blank < 1:
        return (CODE_START, *line)
    return (CODE_START, *text, Span(" " * blank + name + " ", _FRAME))


def _widest(text: str) -> int:
    rows = text.split("\n")
    if text.isascii() and "\t" not in text:
        return max(map(len, rows))
    return max(line_width(expand_tabs([Span(row, _CODE)])) for row in rows)


_known: set[str] = set()
"""Languages whose lexer is loaded; the first use of one imports it, which takes 10 to 50 ms."""


@lru_cache(maxsize=64)
def _lexer(language: str, user: object) -> Lexer | None:
    """Some hold state while they work: so each `user` has its own."""
    if not language:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=True)
    except ClassNotFound:
        return None


@lru_cache(maxsize=512)
def _ink(kind: _TokenType) -> Ink:
    from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Operator, String

    for parent, role in (
        (Comment, Role.CODE_COMMENT),
        (Operator.Word, Role.CODE_KEYWORD),
        (Keyword, Role.CODE_KEYWORD),
        (Name.Function, Role.CODE_NAME),
        (Name.Class, Role.CODE_NAME),
        (Name.Tag, Role.CODE_KEYWORD),
        (Name.Attribute, Role.CODE_NAME),
        (Name.Decorator, Role.CODE_NAME),
        (Name.Builtin, Role.CODE_NAME),
        (String, Role.CODE_STRING),
        (Number, Role.CODE_NUMBER),
        (Literal, Role.CODE_STRING),
        (Generic.Inserted, Role.CODE_INSERTED),
        (Generic.Deleted, Role.CODE_DELETED),
        (Generic.Heading, Role.CODE_NAME),
    ):
        if kind is parent or kind[: len(parent)] == parent:
            return Ink(role)
    return _CODE
