"""A long open block, drawn without a parse of what it holds, looks as if it were parsed at every token."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.benchmarks.bench_transcript import KINDS
from tests.widgets.transcript.test_blocks import streamed, texts, whole
from tests.widgets.transcript.test_render import table_of
from tui.widgets.transcript.body import Body
from tui.widgets.transcript.ink import UNICODE, Line, Span
from tui.widgets.transcript.long import LONG
from tui.widgets.transcript.markdown import parse
from tui.widgets.transcript.render import Page, render

STEP = 7


def merged(lines: list[Line]) -> list[list[Span]]:
    """The lines with neighbouring spans of one ink as one."""
    result: list[list[Span]] = []
    for line in lines:
        spans: list[Span] = []
        for span in line:
            if spans and spans[-1].ink == span.ink:
                spans[-1] = Span(spans[-1].text + span.text, span.ink)
            else:
                spans.append(span)
        result.append(spans)
    return result


def page(text: str) -> Page:
    return Page(76, UNICODE, tuple(text.removesuffix("\n").split("\n")), open_end=True)


def lines_of(body: Body) -> list[Line]:
    return [line for part in body.parts for line in part]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "table"])
def test_while_it_streams_it_looks_as_a_parse_of_all_would(kind: str) -> None:
    text = "".join(itertools.islice(KINDS[kind](), 30))[: LONG * 2]
    body = Body(page(""), lambda lines, first: lines)
    for start in range(0, len(text), STEP):
        body.feed(text[start : start + STEP])
        so_far = text[: start + STEP]
        if not so_far.endswith(" "):  # code shows a lone indentation at once, a parser only with what follows
            assert merged(lines_of(body)) == merged(render(parse(so_far, {}), page(so_far)))


@pytest.mark.parametrize("ending", ["", "\n\nAfter it.\n", "\n```\nAfter it.\n", "\n# After it\n", "\n- item\n"])
@pytest.mark.parametrize("kind", KINDS)
def test_once_it_ends_it_is_drawn_from_its_whole_source(kind: str, ending: str) -> None:
    text = "".join(itertools.islice(KINDS[kind](), 40)) + ending
    assert len(text) > LONG
    body = Body(page(""), lambda lines, first: lines)
    for start in range(0, len(text), STEP):
        body.feed(text[start : start + STEP])
    body.finish()
    assert lines_of(body) == render(parse(text, {}), Page(76, UNICODE, tuple(text.removesuffix("\n").split("\n"))))


@pytest.fixture(scope="module")
def everything_is_long() -> Iterator[None]:
    """Blocks of eight characters take the ways of long ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui.widgets.transcript.body.LONG", 8)
        patch.setattr("tui.widgets.transcript.paragraph.LONG", 64)
        yield


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts within a quote or an item."""
    prefixes = st.sampled_from([("> ", "> "), ("- ", "  "), ("1. ", "   "), ("> - ", ">   "), ("- [x] ", "  ")])
    return st.builds(
        lambda prefix, text, after: prefix[0] + text.replace("\n", "\n" + prefix[1]) + after,
        prefixes,
        inner,
        st.sampled_from(["", "\n", "\n\nafter\n", "\nlazy\n", "\n\n\n- x\n"]),
    )


@settings(max_examples=600, deadline=None)
@given(st.one_of(texts, st.recursive(texts, nested, max_leaves=3)), st.lists(st.integers(0, 400), max_size=60))
@example("> text\n> \n> ---", [])
@example("- text\n\n  ---\n  more", [])
@pytest.mark.usefixtures("everything_is_long")
def test_a_long_block_that_stays_as_it_is_looks_as_a_parse_of_the_whole(text: str, cuts: list[int]) -> None:
    assert merged(streamed(text, cuts)) == merged(whole(text))


def test_a_table_a_quote_an_item_and_a_paragraph_that_are_long_are_not_drawn_again_once_they_end() -> None:
    for kind in ("table", "nested list", "quote", "one paragraph", "one of lines"):
        text = "".join(itertools.islice(KINDS[kind](), 40)).rstrip("\n>")
        body = Body(page(""), lambda lines, first: lines)
        for start in range(0, len(text), STEP):
            body.feed(text[start : start + STEP])
        before = {id(line) for line in lines_of(body)}
        body.finish()
        assert sum(id(line) not in before for line in lines_of(body)) < len(before) / 4, kind


@pytest.mark.parametrize(("columns", "rows"), [(30, 6), (30, 14), (90, 1)])
def test_a_long_table_that_has_no_room_looks_as_a_parse_of_the_whole(columns: int, rows: int) -> None:
    text = table_of(columns, rows).replace("r0", "r0" * 20, 1) + "\n"
    body = Body(page(""), lambda lines, first: lines)
    for start in range(0, len(text), STEP):
        body.feed(text[start : start + STEP])
        if text[: start + STEP].endswith("|\n"):
            so_far = text[: start + STEP]
            assert merged(lines_of(body)) == merged(render(parse(so_far, {}), page(so_far)))
    body.finish()
    assert lines_of(body) == render(parse(text, {}), page(text))


def test_rows_of_a_long_table_are_laid_out_anew_when_a_column_grows() -> None:
    head = "| Number | Word |\n|---|---|\n"
    body = Body(page(""), lambda lines, first: lines)
    for number in range(200):
        body.feed((head if not number else "") + f"| {number} | word |\n")
    narrow = lines_of(body)
    body.feed("| 200 | much wider than a word |\n")
    wide = lines_of(body)
    assert len(wide) == len(narrow) + 1
    assert {sum(len(span.text) for span in line) for line in wide} == {31}
