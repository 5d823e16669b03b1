"""A long open block, drawn without a parse of what it holds, looks as if it were parsed at every token."""

from __future__ import annotations

import itertools

import pytest

from tests.benchmarks.bench_transcript import KINDS
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
