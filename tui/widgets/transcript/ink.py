"""What a drawn line is made of: text that is safe to show, and the roles that a theme colours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from rich.cells import cell_len


class Role(StrEnum):
    """What a piece of text is. The theme decides how that looks."""

    TEXT = "text"
    MUTED = "muted"
    QUESTION = "question"
    QUESTION_BAR = "question-bar"
    REASONING = "reasoning"
    TITLE = "title"
    HEADING = "heading"
    SUBHEADING = "subheading"
    MARKER = "marker"
    QUOTE = "quote"
    QUOTE_BAR = "quote-bar"
    RULE = "rule"
    LINK = "link"
    MATH = "math"
    CODE = "code"
    CODE_BLOCK = "code-block"
    CODE_COMMENT = "code-comment"
    CODE_KEYWORD = "code-keyword"
    CODE_NAME = "code-name"
    CODE_NUMBER = "code-number"
    CODE_STRING = "code-string"
    CODE_INSERTED = "code-inserted"
    CODE_DELETED = "code-deleted"
    CODE_EDGE = "code-edge"
    TABLE_HEAD = "table-head"
    STREAMING = "streaming"
    ERROR = "error"
    CUT = "cut"
    MARGIN = "margin"
    SELECTED = "selected"
    CURSOR = "cursor"
    HERE = "here"
    FOUND = "found"
    FOUND_HERE = "found-here"
    # Of spans without text, which say something about the line to who copies or searches it.
    WRAPPED = "wrapped"
    SPLIT = "split"
    TAB = "tab"
    ROW = "row"
    CELL = "cell"
    CODE_START = "code-start"


DECORATION: Final = frozenset(
    {Role.MARGIN, Role.QUESTION_BAR, Role.QUOTE_BAR, Role.RULE, Role.CODE_EDGE, Role.STREAMING}
)
"""Roles of what is drawn around a text and is no part of it."""

UNSEEN: Final = frozenset({Role.WRAPPED, Role.SPLIT, Role.TAB, Role.ROW, Role.CELL, Role.CODE_START})
"""Roles of spans without text."""


class Ink(NamedTuple):
    """A role and the emphasis that the text itself asks for."""

    role: Role = Role.TEXT
    bold: bool = False
    italic: bool = False
    strike: bool = False
    link: str = ""
    """Where it leads: an address that is safe to hand to the terminal."""


class Span(NamedTuple):
    """A run of text in one ink."""

    text: str
    ink: Ink


Line = tuple[Span, ...]

BLANK: Final[Line] = ()
PLAIN: Final = Ink()
MUTED: Final = Ink(Role.MUTED)
WRAPPED: Final = Span("", Ink(Role.WRAPPED))
"""At the end of a line that goes on in the next one; a blank was left out between them."""
SPLIT: Final = Span("", Ink(Role.SPLIT))
"""The same, with nothing left out."""
TAB: Final = Span("", Ink(Role.TAB))
"""The blanks behind it are a tab."""
ROW: Final = Span("", Ink(Role.ROW))
"""A row of a table begins in this line."""
CODE_START: Final = Span("", Ink(Role.CODE_START))
"""A code block begins in this line: another one may stand right above it."""
NO_BREAK: Final = "\u00a0"
"""A blank at which no line breaks; of a formula it is copied as the blank that it stands for."""
CELL: Final = Span("", Ink(Role.CELL))
"""The next cell of a table begins here, or goes on."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The marks that are drawn, each one cell wide in every locale except the tail."""

    bullets: tuple[str, ...] = ("▪", "▫", "‣")
    open_task: str = "☐"
    done_task: str = "☑"
    tail: str = "▌"
    thought: str = "✧"
    wrapped: str = "↪"
    maths: bool = True
    """Formulas may be shown in signs."""


UNICODE: Final = Glyphs()
ASCII: Final = Glyphs(("-", "*", "+"), "[ ]", "[x]", "_", "~", ">", maths=False)


def line_text(line: Line) -> str:
    return "".join(span.text for span in line)


def line_width(line: Line) -> int:
    return sum(cell_len(span.text) for span in line)


def pad(line: Line, width: int, ink: Ink = PLAIN) -> Line:
    """The line, filled up with blanks to `width` cells."""
    missing = width - line_width(line)
    return (*line, Span(" " * missing, ink)) if missing > 0 else line
