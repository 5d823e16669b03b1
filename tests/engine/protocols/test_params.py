"""What an assistant's params ask for."""

from __future__ import annotations

import math

import pytest

from tui.engine.protocols import Call, Turn

TURNS = (Turn("user", "Hello"),)


def test_each_param_becomes_what_it_asks_for() -> None:
    params = {"temperature": 1, "max_tokens": 7, "reasoning_effort": "low", "thinking": False}
    assert Call.of("m", TURNS, params) == Call("m", TURNS, 1.0, 7, "low", False)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"temperature": True, "max_tokens": True, "reasoning_effort": 3, "thinking": "no"},
        {"temperature": "0.5", "max_tokens": 7.5, "reasoning_effort": "enormous", "thinking": 0},
        {"temperature": -1, "max_tokens": 0, "colour": "red"},
        {"temperature": math.nan, "max_tokens": -7},
        {"temperature": None, "max_tokens": None, "reasoning_effort": None, "thinking": None},
    ],
)
def test_what_is_no_value_for_a_param_asks_for_nothing(params: dict[str, object]) -> None:
    assert Call.of("m", TURNS, params) == Call("m", TURNS)


def test_to_think_as_little_as_possible_comes_before_any_effort() -> None:
    assert Call("m", (), effort="high", thinking=False).wanted_effort is None
    assert Call("m", (), effort="high", thinking=True).wanted_effort == "high"
    assert Call("m", (), thinking=True).wanted_effort == "medium"
    assert Call("m", ()).wanted_effort is None
