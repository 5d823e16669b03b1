"""What settles while text streams in equals what a parse of the finished text gives."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.widgets.transcript.corpus import LINES, TEXTS
from tui.plain import plain
from tui.widgets.transcript.body import Body
from tui.widgets.transcript.ink import UNICODE, Line, Role, line_text
from tui.widgets.transcript.markdown import parse
from tui.widgets.transcript.render import Page, render

WIDTH = 60

texts = st.one_of(
    st.lists(st.sampled_from(LINES), max_size=14).map("\n".join),
    st.lists(st.sampled_from(LINES), max_size=14).map("\n".join).map(lambda text: text + "\n"),
    st.sampled_from(TEXTS),
    st.text(alphabet="ab *_`[]()!<>#-+1.|:~$\\\n\t&;=>\"'", max_size=60),
)


def whole(text: str) -> list[Line]:
    """The text parsed at once and drawn."""
    tokens = parse(plain(text), {})
    source = tuple(plain(text).removesuffix("\n").split("\n"))
    return render(tokens, Page(WIDTH, UNICODE, source))


def streamed(text: str, cuts: list[int]) -> list[Line]:
    """The text drawn while it comes in pieces, then ended."""
    body = Body(Page(WIDTH, UNICODE), lambda lines, first: lines)
    start = 0
    for cut in sorted({min(cut, len(text)) for cut in cuts}):
        body.feed(text[start:cut])
        start = cut
    body.feed(text[start:])
    body.finish()
    return [line for part in body.parts for line in part]


@settings(max_examples=400, deadline=None)
@given(texts, st.lists(st.integers(0, 400), max_size=40))
@example('[one]: /url\n"title\nmore"\n', [12, 19])
@example("text\n#", [6])
@example("text\n#no heading", [6])
def test_any_cutting_of_a_text_ends_in_the_same_lines(text: str, cuts: list[int]) -> None:
    assert streamed(text, cuts) == whole(text)


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_of_the_corpus_streams_by_single_characters(text: str) -> None:
    assert streamed(text, list(range(len(text)))) == whole(text)


def test_an_open_fence_stays_plain_until_it_closes() -> None:
    text = "1. So:\n\n   ```python\n   def f():\n       return 1\n"
    body = Body(Page(WIDTH, UNICODE), lambda lines, first: lines)

    def inks() -> set[Role]:
        return {span.ink.role for part in body.parts for line in part for span in line}

    for character in text:
        body.feed(character)
        assert Role.CODE_KEYWORD not in inks()
    body.feed("   ```")
    assert Role.CODE_KEYWORD in inks()


def test_a_definition_draws_nothing_again_but_what_it_changes() -> None:
    body = Body(Page(WIDTH, UNICODE), lambda lines, first: lines)
    body.feed("See [one].\n\nSee [two][Two  two] and[^1].\n\nMore.\n\n- [other]\n- item\n\nEnd.\n\n")
    for definition, changed in (
        ("[two TWO]: https://e.example/a-rather-long-address-so-that-it-wraps/and-goes-on\n\nx\n\n", {2}),
        ("[^1]: A note.\n\ny\n\n", {2, 3, 4}),
        ("[one]: /one\n\nz\n\n", {0}),
    ):
        before = list(body.settled)
        body.feed(definition)
        kept = {id(line) for line in body.settled}
        assert {number for number, line in enumerate(before) if line and id(line) not in kept} == changed


def test_a_link_definition_reaches_what_stands_above_it() -> None:
    body = Body(Page(WIDTH, UNICODE), lambda lines, first: lines)
    body.feed("See [one].\n\nMore.\n\n")
    assert line_text(body.settled[0]) == "See [one]."
    body.feed("[one]: https://e.example\n\nEnd.\n\n")
    assert line_text(body.settled[0]) == "See one (https://e.example)."
