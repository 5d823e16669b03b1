"""Inline Markdown: a paragraph's tokens in, spans out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it.common.normalize_url import normalizeLinkText
from markdown_it.token import Token

from tui.widgets.transcript.ink import MUTED, PLAIN, Ink, Role, Span, clean
from tui.widgets.transcript.links import web_address

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?://[^\s<>\"“”「」，。、；（）]*[^\s<>\"'“”「」，。、；（）.,;:!?)\]}])")


def spans(tokens: Sequence[Token], base: Ink = PLAIN) -> list[Span]:
    """The tokens as spans. A line break of the source is a line break on screen: models mean theirs."""
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
                out.extend(_text(clean(token.content), ink))
            case "softbreak" | "hardbreak":
                out.append(Span("\n", ink))
            case "code_inline":
                out.append(Span(_one_line(token.content), ink._replace(role=Role.CODE)))
            case "footnote_ref":
                out.append(Span(clean(token.content), ink._replace(role=Role.MARKER)))
            case "math_inline":
                out.append(Span(clean(token.content), ink._replace(role=Role.MATH)))
            case "html_inline":
                tag = token.content
                out.append(
                    Span("\n", ink) if _BREAK.fullmatch(tag) else Span(clean(tag), ink._replace(role=Role.MUTED))
                )
            case "image":
                out.extend(_image(token, ink))
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
                out.extend(_address(address, "".join(span.text for span in out[start:])))
    return [span for span in out if span.text]


def _text(text: str, ink: Ink) -> Iterator[Span]:
    if "://" not in text or ink.role is Role.LINK:
        yield Span(text, ink)
        return
    for index, piece in enumerate(_ADDRESS.split(text)):
        yield Span(piece, ink._replace(role=Role.LINK, link=web_address(piece)) if index % 2 else ink)


def _image(token: Token, ink: Ink) -> Iterator[Span]:
    alt = _one_line("".join(child.content for child in token.children or []))
    yield Span(alt or "image", ink._replace(italic=True))
    yield from _address(str(token.attrGet("src") or ""), alt)


def _address(address: str, shown: str) -> Iterator[Span]:
    """The address behind a link's text, unless the text says it already."""
    readable = clean(normalizeLinkText(address))
    if address and not {readable, address, readable.removeprefix("mailto:")} & {shown, shown + "/"}:
        yield Span(f" ({readable})", MUTED._replace(link=web_address(address)))


def _one_line(text: str) -> str:
    return clean(text).replace("\n", " ").replace("\t", " ")
