from __future__ import annotations

import time

from tui.engine.clock import Clock, steady


class Machine:
    """Its clock, as somebody sets it, and the time that passes all the same."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.ahead = 1_000_000.0
        self.streaming = False
        self.clock = Clock(lambda: self.streaming, lambda: self.passed + self.ahead, lambda: self.passed)


def test_it_is_the_machines_own_while_nothing_streams() -> None:
    machine = Machine()
    assert machine.clock() == 1_000_000.0
    machine.ahead, machine.passed = 50.0, 7.0
    assert machine.clock() == 57.0


def test_it_makes_no_jump_while_something_streams_and_is_right_again_afterwards() -> None:
    machine = Machine()
    machine.streaming = True
    for machine.ahead in (2_000_000.0, -5.0):
        machine.passed += 3.0
        assert machine.clock() == 1_000_000.0 + machine.passed
    machine.streaming = False
    assert machine.clock() == machine.passed - 5.0


def test_the_steady_one_goes_on_and_the_machines_is_taken_without_being_told() -> None:
    before = steady()
    assert abs(Clock(lambda: False)() - time.time()) < 5.0
    assert steady() >= before
