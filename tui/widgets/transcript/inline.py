"""Inline Markdown: a paragraph's tokens in, spans out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it.common.normalize_url import normalizeLinkText
from markdown_it.token import Token

from tui.plain import plain
from tui.widgets.transcript.ink import MUTED, NO_BREAK, PLAIN, Ink, Role, Span
from tui.widgets.transcript.links import web_address
from tui.widgets.transcript.maths import readable

_WHOLE = 24
"""Characters: a formula that is not longer stays in one line, as printers do it."""
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_LIKE_ADDRESS = re.compile(r"\w[.:/@]\w|://")
_ADDRESS = re.compile(r"(https?://[^\s<>\"“”「」，。、；（）]*[^\s<>\"'“”「」，。、；（）.,;:!?)\]}])")


def spans(tokens: Sequence[Token], base: Ink = PLAIN, *, cell: bool = False, maths: bool = True) -> list[Span]:
    """The tokens as spans. A line break of the source is a line break on screen: models mean theirs.

    In the `cell` of a table an address that can be opened has no room behind the words that lead there."""
    out: list[Span] = []
    bold = italic = strike = 0
    links: list[tuple[str, int]] = []
    for token in tokens:
        kind = token.type
        ink = Ink(
            Role.LINK if links else base.role,
            base.bold or bold > 0,
            base.italic or italic > 0,
            base.strike or strike > 0,
            web_address(links[-1][0]) if links else "",
        )
        match kind:
            case "text" | "text_special":
                out.extend(_text(plain(token.content), ink))
            case "softbreak" | "hardbreak":
                out.append(Span("\n", ink))
            case "code_inline":
                out.append(Span(_one_line(token.content), ink._replace(role=Role.CODE)))
            case "footnote_ref":
                out.append(Span(token.content, ink._replace(role=Role.MARKER)))
            case "math_inline":
                formula = readable(token.content) if maths else token.content
                whole = formula != token.content and len(formula) <= _WHOLE and "\n" not in formula
                out.append(Span(formula.replace(" ", NO_BREAK) if whole else formula, ink._replace(role=Role.MATH)))
            case "html_inline":
                tag = token.content
                out.append(Span("\n", ink) if _BREAK.fullmatch(tag) else Span(tag, ink._replace(role=Role.MUTED)))
            case "image":
                out.extend(_image(token, ink, cell))
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "em_open" | "em_close":
                italic += token.nesting
            case "s_open" | "s_close":
                strike += token.nesting
            case "link_open":
                links.append((str(token.attrGet("href") or ""), len(out)))
            case "link_close":
                address, start = links.pop()
                out.extend(_address(address, "".join(span.text for span in out[start:]), cell))
    return [span for span in out if span.text]


def _text(text: str, ink: Ink) -> Iterator[Span]:
    if "://" not in text or ink.role is Role.LINK:
        yield Span(text, ink)
        return
    for index, piece in enumerate(_ADDRESS.split(text)):
        yield Span(piece, ink._replace(role=Role.LINK, link=web_address(piece)) if index % 2 else ink)


def _image(token: Token, ink: Ink, cell: bool) -> Iterator[Span]:
    alt = _one_line("".join(child.content for child in token.children or []))
    address = str(token.attrGet("src") or "")
    yield Span(alt or "image", ink._replace(italic=True, link=ink.link or web_address(address)))
    yield from _address(address, alt, cell)


def _address(address: str, shown: str, cell: bool) -> Iterator[Span]:
    """The address behind a link's text, unless the text says it already; always where the text looks like another."""
    link = web_address(address)
    # Letters of other scripts look like those of a name that is known: then it is told as the browser looks it up.
    readable = link if "//xn--" in link or ".xn--" in link else _one_line(normalizeLinkText(address))
    if not address or {readable, address, readable.removeprefix("mailto:")} & {shown, shown + "/"}:
        return
    if not (cell and link and shown.strip() and not _LIKE_ADDRESS.search(shown)):
        yield Span(f" ({readable})", MUTED._replace(link=link))


def _one_line(text: str) -> str:
    return plain(text).replace("\n", " ").replace("\t", " ")
