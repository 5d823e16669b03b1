"""Footnotes: `[^1]` where its note is defined, and `[^1]: the note`, which may go on indented by four."""

from __future__ import annotations

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_DEFINITION: Final = re.compile(r"\[\^([^\]\s\\]+)\]:[ \t]*")
_REFERENCE: Final = re.compile(r"\[\^([^\]\s\\]+)\]")
_INDENT: Final = 4


def key(label: str) -> str:
    """Under which it is kept among the link definitions: no link has such a label."""
    return "\0^" + normalizeReference(label)


def with_footnotes(parser: MarkdownIt) -> None:
    """Teach them to a parser. A note stays where it was written: in a chat the reader is there."""
    parser.block.ruler.before("reference", "footnote", _definition, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.before("link", "footnote_ref", _reference)


def _definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    begin = state.bMarks[start] + state.tShift[start]
    found = _DEFINITION.match(state.src, begin, state.eMarks[start])
    if found is None:
        return False
    if silent:
        return True
    state.env["references"].setdefault(key(found[1]), {})
    opening = state.push("footnote_open", "", 1)
    opening.meta = {"label": found[1]}
    opening.map = lines = [start, 0]
    before = state.bMarks[start], state.tShift[start], state.sCount[start], state.blkIndent, state.parentType
    # Its first line as if it stood where the ones below it have to.
    state.bMarks[start], state.tShift[start] = found.end(), 0
    state.blkIndent += _INDENT
    state.sCount[start] = state.blkIndent
    state.md.block.tokenize(state, start, end)
    state.bMarks[start], state.tShift[start], state.sCount[start], state.blkIndent, state.parentType = before
    lines[1] = state.line
    state.push("footnote_close", "", -1)
    return True


def _reference(state: StateInline, silent: bool) -> bool:
    found = _REFERENCE.match(state.src, state.pos, state.posMax)
    if found is None or key(found[1]) not in state.env.get("references", {}):
        return False
    if not silent:
        state.push("footnote_ref", "", 0).content = f"[{found[1]}]"
    state.pos = found.end()
    return True
