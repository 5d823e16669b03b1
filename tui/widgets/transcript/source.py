"""Markdown source as models wrote it: its code blocks, some of its lines."""

from __future__ import annotations

import re
from typing import NamedTuple

from tui.plain import plain
from tui.widgets.transcript.item import ItemKind
from tui.widgets.transcript.markdown import parse_blocks

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_MAY_HOLD_CODE = re.compile(r"```|~~~|^(?: {4}|\t)", re.MULTILINE)


class Code(NamedTuple):
    """A code block."""

    text: str
    """Without the line end of its last line."""
    language: str


def code_blocks(source: str) -> list[Code]:
    """Its code blocks, also those in lists and quotes, in their order."""
    if not _MAY_HOLD_CODE.search(source):
        return []
    return [
        Code(token.content.removesuffix("\n"), (token.info.split() or [""])[0])
        for token in parse_blocks(source.replace("\r\n", "\n").replace("\r", "\n"))
        if token.type in ("fence", "code_block")
    ]


def code_like(shown: str, source: str) -> Code:
    """The code block of the source that is shown so; the very text that is shown, if there is none."""
    found = (code for code in code_blocks(source) if plain(code.text).strip("\n") == shown.strip("\n"))
    return next(found, Code(shown, ""))


def some_lines(source: str, first: int, last: int) -> str:
    """The lines from `first` up to `last`."""
    return "".join(_LINE.findall(source)[first:last])


def as_markdown(kind: ItemKind, text: str) -> str:
    """A message among others: a question is told from its reply as a quotation."""
    if kind is ItemKind.QUESTION:
        return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    return text
