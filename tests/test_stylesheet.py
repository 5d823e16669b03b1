"""The stylesheet that reads each text once."""

from __future__ import annotations

import pytest
from textual.css.stylesheet import StylesheetParseError

from tui.stylesheet import OnceParsed

RED, BLUE = {"tone": "#ff0000"}, {"tone": "#0000ff"}


def sheet(text: str, colours: dict[str, str]) -> OnceParsed:
    made = OnceParsed(variables=colours)
    made.add_source(text, ("somewhere.tcss", ""))
    return made


def test_a_text_is_parsed_once_for_all_sheets_of_the_same_colours() -> None:
    text = "Label { color: $tone; }"
    assert sheet(text, RED).rules[0] is sheet(text, dict(RED)).rules[0]


def test_other_colours_are_other_rules_only_for_a_text_that_names_one() -> None:
    named, plain = "Button { color: $tone; }", "Button { width: 7; }"
    assert sheet(named, RED).css != sheet(named, BLUE).css
    assert sheet(plain, RED).rules[0] is sheet(plain, BLUE).rules[0]


def test_colours_that_change_change_the_rules_and_back() -> None:
    made = sheet("Input { color: $tone; }", RED)
    before = made.css
    made.set_variables(BLUE)
    made.reparse()
    assert made.css != before
    made.set_variables(dict(RED))
    made.reparse()
    assert made.css == before


def test_a_mistake_is_told_each_time_and_the_rules_before_it_stay() -> None:
    made = sheet("Static { width: 3; }", RED)
    before = list(made.rules)
    made.add_source("Static { width: many; }", ("mistaken.tcss", ""))
    for _ in range(2):
        with pytest.raises(StylesheetParseError):
            sheet("Static { width: many; }", RED).parse()
    with pytest.raises(StylesheetParseError):
        made.reparse()
    assert made._rules == before
