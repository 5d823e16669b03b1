"""The stylesheet that reads each text once, and matches its rules with nothing twice."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet, StylesheetParseError
from textual.dom import DOMNode

from tests.support.front_end import front_end
from tests.support.load_server import LoadServer
from tui.app import RivuletApp
from tui.stylesheet import OnceMatched, OnceParsed

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


def styles(nodes: list[DOMNode]) -> list[tuple[DOMNode, dict[str, Any], dict[str, dict[str, Any]]]]:
    """Each node's styles and those of its component classes."""
    return [
        (
            node,
            dict(node._css_styles.get_rules()),
            {name: dict(styles.base.get_rules()) for name, styles in sorted(node._component_styles.items())},
        )
        for node in nodes
    ]


def assert_styled_as_by_the_toolkit(app: RivuletApp) -> None:
    nodes: list[DOMNode] = [app, *app.screen.walk_children(with_self=True)]
    ours = [of[1:] for of in styles(nodes)]
    theirs = Stylesheet(variables=app.get_css_variables())
    theirs.source = dict(app.stylesheet.source)
    theirs.parse()
    theirs.update_nodes(nodes)
    for before, (node, *after) in zip(ours, styles(nodes), strict=True):
        assert list(before) == after, node


KEYS = (
    ["tab", "tab", "shift+tab", "ctrl+l", "ctrl+l"],  # what has the focus; a class of the screen
    ["f1", "escape", "ctrl+p", "escape", "ctrl+p", "x", "escape"],  # dialogs, again
    ["f3", "tab", "f4", "n", "down", "enter", "tab", "tab", "escape", "f2", "f4"],  # other screens with forms
)


@pytest.mark.parametrize("keys", KEYS, ids=["focus", "dialogs", "screens"])
async def test_whatever_happens_all_is_styled_as_by_the_toolkit(
    tmp_path: Path, load_server: LoadServer, keys: list[str]
) -> None:
    async with front_end(tmp_path, load_server) as front:
        for key in keys:
            await front.pilot.press(key)
            assert_styled_as_by_the_toolkit(front.app)
        for theme, size in (("light", (70, 24)), ("dark", (120, 35))):
            front.app.theme = theme
            await front.pilot.resize_terminal(*size)
            await front.pilot.pause()
            assert_styled_as_by_the_toolkit(front.app)


async def test_what_has_not_changed_is_matched_with_no_rule(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    matched: list[DOMNode] = []

    def check(rule: RuleSet, path: list[DOMNode]) -> Iterable[tuple[int, int, int]]:
        matched.append(path[-1])
        return Stylesheet._check_rule(rule, path)

    monkeypatch.setattr(OnceMatched, "_matched", {})
    monkeypatch.setattr(OnceMatched, "_check_rule", staticmethod(check))
    async with front_end(tmp_path, load_server) as front:
        for expected in (True, False):  # a dialog that opens again
            matched.clear()
            front.app.screen.update_node_styles()
            assert not matched
            await front.pilot.press("f1")
            await front.pilot.press("escape")
            assert bool(matched) == expected
