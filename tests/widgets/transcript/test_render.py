"""Markdown as lines: what a reader sees of each construct."""

from __future__ import annotations

import pytest

from tests.widgets.transcript.corpus import HOSTILE, TEXTS
from tui.plain import plain
from tui.widgets.transcript.ink import ASCII, UNICODE, Line, Role, line_text, line_width
from tui.widgets.transcript.markdown import parse
from tui.widgets.transcript.render import Page, render


def drawn(source: str, width: int = 40) -> list[Line]:
    return render(parse(plain(source), {}), Page(width, UNICODE, tuple(source.removesuffix("\n").split("\n"))))


def seen(source: str, width: int = 40) -> list[str]:
    return [line_text(line).rstrip() for line in drawn(source, width)]


def roles(lines: list[Line], text: str) -> set[Role]:
    return {span.ink.role for line in lines for span in line if text in span.text}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("# Title\ntext", ["Title", "", "text"]),
        ("one\ntwo  \nthree\\\nfour", ["one", "two", "three", "four"]),
        ("- a\n- b\n  - c\n- d", ["▪ a", "▪ b", "  ▫ c", "▪ d"]),
        ("- a\n\n- b", ["▪ a", "", "▪ b"]),
        ("9. a\n1. b\n", [" 9. a", "10. b"]),
        (
            "1. a long item that has to wrap somewhere\n   - nested",
            [" 1. a long item that has to wrap", "    somewhere", "    ▪ nested"],
        ),
        ("- [x] done\n- [ ] open\n- [x]no task", ["☑ done", "☐ open", "▪ [x]no task"]),
        ("> a\n> b\n>\n> - c", ["  a", "  b", "", "  ▪ c"]),
        ("```\na\n\n b\n```", [" a", "", "  b"]),
        ("```py\nnever = closed", [f"{' never = closed':37}py"]),
        ("~~~ bash -x\nls\n~~~", [f"{' ls':35}bash"]),
        ("```text\na\n```", [" a"]),
        ("```py\na_line_so_long_that_there_is_no_room\nb\n```", [" a_line_so_long_that_there_is_no_room", " b"]),
        ("# A\n\nb\n\n## C\n\nd\n\n### E\n\nf", ["A", "", "b", "", "C", "", "d", "", "E", "f"]),
        ("> ### A\n>\n> b", ["  A", "  b"]),
        ("| A |\n|--|\n| [x](https://e.example/a) |", ["A", "x"]),
        ("| A |\n|--|\n| [x](b.md) ![y](https://e.example/c) |", ["A", "x (b.md) y"]),
        ("| A |\n|--|\n| [bank.com](https://e.example) |", ["A", "bank.com (https://e.example)"]),
        ("    indented\n\n    code", [" indented", "", " code"]),
        ("[text](https://e.example)", ["text (https://e.example)"]),
        ("<https://e.example> [a@b.c](mailto:a@b.c)", ["https://e.example a@b.c"]),
        ("![alt text](x.png) ![](y.png)", ["alt text (x.png) image (y.png)"]),
        ("a <b>x</b><br>y", ["a <b>x</b>", "y"]),
        ("<details>\nx\n</details>", ["<details>", "x", "</details>"]),
        ("$a_1 * b_2 * c$ and \\(x_1\\) for $5 to $10", ["$a_1 * b_2 * c$ and x₁ for $5 to $10"]),
        ("so:\n$$\n- a_1\n= b\n$$\nthen", ["so:", "", "- a₁", "= b", "", "then"]),
        ("| A | B |\n|--|-:|\n| x | 1 |\n| 潮汐 | 10 |", ["A        B", "x        1", "潮汐    10"]),
        (
            "so[^1] it is[^x]\n\n[^1]: *That* one.\n[^22]: b\nc",
            ["so[1] it is[^x]", "", "[1] That one.", "[22] b", "     c"],
        ),
        ("[^a]: one\n\n    two\n\nthree", ["[a] one", "", "    two", "", "three"]),
        ("`[^1]` \\[^1]\n\n[^1]: n", ["[^1] [^1]", "", "[1] n"]),
        ("a *b* **c** ~~d~~ `e  f` \\*g\\* &amp;", ["a b c d e  f *g* &"]),
    ],
)
def test_a_reader_sees(source: str, lines: list[str]) -> None:
    assert seen(source) == lines


@pytest.mark.parametrize("width", [10, 20, 76, 195])
@pytest.mark.parametrize("source", TEXTS)
def test_no_line_is_wider_than_the_page(source: str, width: int) -> None:
    assert max(map(line_width, drawn(source, width))) <= width


@pytest.mark.parametrize("source", ["> - <!-- x\n> ", "> - <div>\n> ", "> 1. ```\n> ", ">", "- ", "[^1]:", "$$"])
def test_a_last_line_that_breaks_off_anywhere_is_drawn(source: str) -> None:
    assert all(line_width(line) <= 40 for line in drawn(source))


def test_nesting_without_end_stays_on_the_page() -> None:
    deep = "".join("  " * level + "- level\n" for level in range(30)) + "\n" + "> " * 30 + "quote"
    assert max(map(line_width, drawn(deep, 40))) <= 40


def test_prose_ends_at_a_hundred_cells_but_code_and_tables_go_on() -> None:
    words, code = "word " * 60, "x" * 150
    assert max(map(len, seen(words, 180))) <= 100
    assert seen(f"```\n{code}\n```", 180) == [f" {code}"]
    assert max(map(len, seen(f"| A | B |\n|---|---|\n| {words} | {words} |", 180))) > 100


@pytest.mark.parametrize("long", ["x" * 150, "\t" + "x" * 146, "汐" * 75])
def test_code_stands_on_one_ground_as_wide_as_its_longest_line(long: str) -> None:
    assert {line_width(line) for line in drawn(f"```\na\n{long}\n\n```", 180)} == {152}


def test_code_longer_than_the_page_wraps_behind_a_mark() -> None:
    assert seen("```\nabcdefghijklmnop\n```", 10) == [" abcdefgh", "↪ijklmnop"]


def test_a_short_formula_is_not_broken() -> None:
    text = "Two of them tell apart at most $3^2 = 9$ of these."
    assert seen(text, 36) == ["Two of them tell apart at most", "3²\u00a0=\u00a09 of these."]
    long = r"It is $a + b + c + d + e + f + g + h = \pi$."
    assert seen(long, 24) == ["It is a + b + c + d + e", "+ f + g + h = π."]
    table = "| A | B |\n|---|---|\n| so $x = 12$ | words to be wrapped in here |"
    assert seen(table, 16)[1:3] == ["so       words", "x\u00a0=\u00a012   to be"]


def test_a_table_too_wide_wraps_its_widest_cells_and_sets_rows_apart() -> None:
    table = "| Key | Text |\n|---|---|\n| a | some words to wrap in here |\n| b | x |"
    assert seen(table, 20) == ["Key   Text", "a     some words to", "      wrap in here", "", "b     x"]


def test_a_wrapped_table_cuts_no_word_and_its_heads_stand_on_their_line() -> None:
    table = "| Id | What it is about | Characters |\n|---|---|---|\n| 1 | some words to wrap | incredible |"
    assert seen(table, 29) == [
        "      What it is",
        "Id    about        Characters",
        "1     some words   incredible",
        "      to wrap",
    ]


def test_a_table_whose_words_find_no_room_beside_each_other_is_shown_row_by_row() -> None:
    table = "| Name | Characters |\n|---|---|\n| alexandrine | inconceivable |\n| b | |"
    assert seen(table, 20) == ["Name: alexandrine", "Characters:", "inconceivable", "", "Name: b", "Characters:"]
    assert seen(table.replace("Characters", "As", 1), 19) == [
        "Name   alexandrine",
        "As     inconceivabl",
        "       e",
        "",
        "Name   b",
        "As",
    ]
    assert seen(table.replace("Characters", "A<br>s", 1), 19)[1] == "A s    inconceivabl"


def table_of(columns: int, rows: int) -> str:
    names = [f"c{number}" for number in range(columns)]
    body = [[f"{name}r{row}" for name in names] for row in range(rows)]
    return "\n".join("|" + "|".join(cells) + "|" for cells in (names, ["--"] * columns, *body))


def test_a_table_of_very_many_columns_and_few_rows_is_turned() -> None:
    lines = drawn(table_of(20, 3), 40)
    assert [line_text(line).rstrip() for line in lines[:2]] == [
        "c0    c0r0    c0r1    c0r2",
        "c1    c1r0    c1r1    c1r2",
    ]
    assert len(lines) == 20 and roles(lines, "c0r1") == {Role.TABLE_HEAD}
    assert all(span.ink.bold for line in lines for span in line if span.text in ("c0", "c7", "c19"))


def test_a_turned_table_wraps_what_is_long_without_setting_its_rows_apart() -> None:
    table = "| Model | Size | Good at | Year | Licence |\n|---|--:|---|---|---|\n| a | 1 | short | 2024 | MIT |\n"
    assert seen(table + "| b | 12 | long texts of all kinds | 2025 | GPL |", 30) == [
        "Model     a       b",
        "Size      1       12",
        "Good at   short   long texts",
        "                  of all kinds",
        "Year      2024    2025",
        "Licence   MIT     GPL",
    ]


def test_a_table_of_many_columns_and_rows_or_of_one_row_is_shown_row_by_row() -> None:
    lines = seen(table_of(20, 9), 40)
    assert lines[:2] == ["c0    c0r0", "c1    c1r0"] and lines[20:22] == ["", "c0    c0r1"]
    assert seen(table_of(20, 1), 40)[:2] == ["c0    c0r0", "c1    c1r0"]


def test_code_is_highlighted_and_an_unknown_language_stays_plain() -> None:
    assert roles(drawn("```python\ndef f(): return 'x'\n```"), "def") == {Role.CODE_KEYWORD}
    assert roles(drawn("```nonesuch\ndef f()\n```"), "def") == {Role.CODE_BLOCK}


def test_each_construct_has_its_role() -> None:
    lines = drawn("# Big\n## H\n`c` [l](u) $x^3$\n\n> q\n\n| T |\n|---|\n| x |")
    for text, role in (
        ("Big", "title"),
        ("H", "heading"),
        ("c", "code"),
        ("l", "link"),
        ("x³", "math"),
        ("q", "quote"),
        ("T", "table-head"),
    ):
        assert roles(lines, text) == {Role(role)}


def test_control_characters_and_entities_for_them_are_shown_not_sent() -> None:
    text = "".join(map(line_text, drawn(HOSTILE)))
    assert "\x1b" not in text and "\u202e" not in text and "\x9b" not in text
    assert "␛[31mred" in text and "[bold]markup[/bold]" in text and "␛[2J␈␡" in text


def test_ascii_marks_take_the_place_of_the_others() -> None:
    source = "- a\n  - b\n- [x] c"
    lines = render(parse(source, {}), Page(40, ASCII, tuple(source.split("\n"))))
    assert [line_text(line) for line in lines] == ["- a", "  * b", "[x] c"]
