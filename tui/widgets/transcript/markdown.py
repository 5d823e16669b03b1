"""The one Markdown parser: CommonMark with tables and strikethrough, and with math left as it was written."""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_core import StateCore
from markdown_it.rules_core.text_join import text_join
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from tui.widgets.transcript.footnotes import with_footnotes

References = MutableMapping[str, Any]
"""Link definitions by label, as the parser keeps them."""

_MARKS = re.compile(r"[\\\n`*_\[\]!<&$~]")
"""What the rules for lines look for."""
_FLOOD = 2_000
"""Marks in one paragraph that each may look at all that comes behind it: of 60,000 `<` in a row, which no text has, the
parser makes nothing for minutes, and the screen would stand still."""
_DEFINITIONS = 500
"""Link definitions in one block that is still open: all of it is read anew at every token."""
_COUNTED = re.compile(r"[\\\[\]!<&$]")
_CLOSERS = {"$$": "$$", "\\[": "\\]", "\\(": "\\)", "$": "$"}


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.inline.ruler.before("text", "flood", _inline_flood)
    parser.inline.ruler.before("escape", "math", _inline_math)
    parser.block.ruler.before(
        "fence", "math_block", _block_math, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    parser.block.ruler.at("reference", _some_definitions)
    with_footnotes(parser)
    return parser


def parse(source: str, references: References | None = None) -> list[Token]:
    """The source's tokens, inline ones too; definitions found in it are added to `references`."""
    return _parser().parse(_ended(source), _environment(references))


def parse_blocks(source: str, references: References | None = None) -> list[Token]:
    """The block tokens alone, at a fraction of the cost."""
    parser = _parser()
    tokens: list[Token] = []
    parser.block.parse(_ended(source), parser, _environment(references), tokens)
    return tokens


def with_inline(tokens: Sequence[Token], references: References) -> Sequence[Token]:
    """The block tokens with what is inside their lines. Of plain text, as nearly all cells of tables are, the parser
    need not be asked."""
    parser, environment = _parser(), _environment(references)
    marked: list[Token] = []
    for token in tokens:
        if token.type == "inline":
            token.children = []
            if _MARKS.search(token.content):
                parser.inline.parse(token.content, parser, environment, token.children)
                marked.append(token)
            elif token.content:
                token.children.append(Token("text", "", 0, content=token.content))
    text_join(StateCore("", parser, environment, marked))
    return tokens


def parse_inline(source: str) -> list[Token]:
    """The tokens of a paragraph's text, without link definitions."""
    parser = _parser()
    tokens: list[Token] = []
    parser.inline.parse(source, parser, _environment(None), tokens)
    return tokens


def _ended(source: str) -> str:
    """With its last line ended: else the parser reads behind it, at an open comment in an item in a quote."""
    return source if source.endswith("\n") else source + "\n"


def _environment(references: References | None) -> dict[str, Any]:
    return {"references": {} if references is None else references}


def _some_definitions(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """What follows after so many is text."""
    before = state.env.get("definitions", 0)
    if before >= _DEFINITIONS or not reference(state, start, end, silent):
        return False
    state.env["definitions"] = before + 1
    return True


def _inline_flood(state: StateInline, silent: bool) -> bool:
    """A paragraph of marks is read as it was written, line by line."""
    if state.pos or silent or len(state.src) <= _FLOOD or len(_COUNTED.findall(state.src)) <= _FLOOD:
        return False
    for number, line in enumerate(state.src.split("\n")):
        if number:
            state.push("softbreak", "br", 0)
        state.push("text", "", 0).content = line
    state.pos = state.posMax
    return True


def _inline_math(state: StateInline, silent: bool) -> bool:
    """`$x$`, `$$x$$`, `\\(x\\)`, `\\[x\\]`: else its `_`, `*` and `\\` would be taken for Markdown."""
    source, start = state.src, state.pos
    opener = source[start : start + 2]
    if opener not in _CLOSERS:
        opener = source[start]
        if opener != "$":
            return False
    closer = _CLOSERS[opener]
    end = source.find(closer, start + len(opener), state.posMax)
    if end < 0:
        return False
    inside = source[start + len(opener) : end]
    after = source[end + 1 : end + 2]
    if not inside.strip():
        return False
    if opener == "$" and (inside != inside.strip() or "\n" in inside or after.isdigit()):  # money: $5 to $10
        return False
    if not silent:
        token = state.push("math_inline", "", 0)
        token.content = source[start : end + len(closer)]
    state.pos = end + len(closer)
    return True


def _block_math(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Display math from its opening line to its closing one, or to a blank line.

    It never looks ahead to decide: what has begun must stay what it is while text streams in."""
    if state.is_code_block(start):
        return False
    opener = _line(state, start)[:2]
    if opener not in ("$$", "\\["):
        return False
    closer = _CLOSERS[opener]
    first = _line(state, start)[2:]
    if closer in first and not first.endswith(closer):
        return False
    if silent:
        return True
    last = start
    if closer not in first:
        while last + 1 < end and not state.isEmpty(last + 1) and state.sCount[last + 1] >= state.blkIndent:
            last += 1
            if _line(state, last).endswith(closer):
                break
    state.line = last + 1
    token = state.push("math_block", "", 0)
    token.block = True
    token.content = state.getLines(start, last + 1, state.sCount[start], False)
    token.map = [start, last + 1]
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()
