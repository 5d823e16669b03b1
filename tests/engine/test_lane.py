"""Who is let in at one provider: never too many, the right one next, nobody forgotten."""

from __future__ import annotations

import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tui.engine.lane import RECOVER, Lane, turn_of
from tui.engine.stream import StreamType

CHAT, TITLE, REWRITE = StreamType.CHAT, StreamType.TOPIC_TITLE, StreamType.PROMPT_OPTIMIZATION
KINDS = st.sampled_from(StreamType)


def lane_of(*types: StreamType) -> Lane:
    """All of them wait, in this order: s0, s1 …"""
    lane = Lane()
    for number, type in enumerate(types):
        lane.join(f"s{number}", turn_of(type, number))
    return lane


def busy(count: int, limit: int = 16) -> Lane:
    lane = lane_of(*[CHAT] * count)
    assert len(lane.admit(0.0, limit)) == min(count, limit)
    return lane


def test_chats_go_before_optimizations_and_those_before_titles_and_each_in_its_order() -> None:
    lane = lane_of(TITLE, REWRITE, CHAT, StreamType.CONVERSATION_TITLE, StreamType.SYSTEM_PROMPT, CHAT)
    order = []
    while admitted := lane.admit(0.0, 1):
        order += admitted
        lane.leave(admitted[0])
    assert order == ["s2", "s5", "s1", "s4", "s0", "s3"]


def test_a_title_does_not_wait_forever_though_chats_go_on_coming() -> None:
    lane, numbers = lane_of(TITLE), itertools.count(1)
    running = None
    for number in itertools.islice(numbers, 5000):
        lane.join(f"c{number}", turn_of(CHAT, number))
        if running is not None:
            lane.leave(running)
        (running,) = lane.admit(0.0, 1)
        if running == "s0":
            return
    raise AssertionError("the title never had its turn")


@settings(deadline=None, database=None)
@given(st.lists(st.tuples(KINDS, st.integers(0, 10**6)), unique_by=lambda each: each[1]))
def test_no_two_have_the_same_turn(streams: list[tuple[StreamType, int]]) -> None:
    turns = [turn_of(type, number) for type, number in streams]
    assert len(set(turns)) == len(turns)


def test_a_refusal_holds_the_lane_for_as_long_as_the_provider_wants() -> None:
    lane = busy(2, limit=2)
    lane.join("next", turn_of(CHAT, 9))
    assert lane.refused("s0", 100.0, 7.0, 2)
    lane.leave("s0")
    assert lane.admit(106.9, 2) == []
    assert lane.wakes_at(106.9) == 107.0
    lane.leave("s1")
    assert lane.admit(107.0, 2) == ["next"]


def test_a_shorter_wait_does_not_take_back_a_longer_one() -> None:
    lane = busy(2)
    assert lane.refused("s0", 0.0, 60.0, 16)
    assert not lane.refused("s1", 1.0, 2.0, 16)
    assert lane.held_until == 60.0


def test_half_as_many_are_asked_after_it_and_those_that_were_asked_before_make_it_no_less() -> None:
    lane = busy(16)
    for number in range(16):  # all of them hear the same within a moment
        lane.refused(f"s{number}", 0.1 * number, 1.0, 16)
        lane.leave(f"s{number}")
        lane.join(f"s{number}", turn_of(CHAT, number))
    assert len(lane.admit(3.0, 16)) == 8
    lane.refused("s0", 3.5, 1.0, 16)
    for number in range(8):
        lane.leave(f"s{number}")
    assert len(lane.admit(5.0, 16)) == 4


def test_replies_that_begin_widen_it_again_one_by_one() -> None:
    lane = busy(16)
    lane.refused("s0", 0.0, 1.0, 16)
    for number in range(16):
        lane.leave(f"s{number}")
    for number in range(100, 200):
        lane.join(f"s{number}", turn_of(CHAT, number))
    assert len(lane.admit(1.0, 16)) == 8
    for _ in range(9):
        lane.answered()
    assert len(lane.admit(1.0, 16)) == 1
    for _ in range(1000):
        lane.answered()
    assert len(lane.admit(1.0, 16)) == 7
    assert len(lane.admit(1.0, 16)) == 0, "never more than the settings say"


def test_after_a_minute_without_a_refusal_it_is_as_wide_as_before_by_itself() -> None:
    lane = busy(4, limit=4)
    lane.refused("s0", 0.0, 10.0, 4)
    for number in range(4):
        lane.leave(f"s{number}")
    for number in range(10, 20):
        lane.join(f"s{number}", turn_of(CHAT, number))
    assert len(lane.admit(10.0, 4)) == 2
    due = lane.wakes_at(10.0)
    assert due == 10.0 + RECOVER
    assert len(lane.admit(due, 4)) == 2
    assert lane.wakes_at(due) is None


def test_one_runs_however_often_it_was_refused() -> None:
    lane = busy(1)
    for at in range(20):
        lane.refused("s0", float(at), 0.0, 16)
        lane.leave("s0")
        lane.join("s0", turn_of(CHAT, 0))
        assert lane.admit(float(at), 16) == ["s0"]


def test_who_opens_it_lets_in_whom_there_is_room_for() -> None:
    lane = busy(2, limit=2)
    lane.refused("s0", 0.0, 500.0, 2)
    lane.leave("s0")
    lane.join("s0", turn_of(CHAT, 0))
    lane.open()
    assert lane.admit(0.1, 2) == [], "half of two is one, and that one runs"
    lane.leave("s1")
    assert lane.admit(0.1, 2) == ["s0"]


def test_another_provider_by_that_name_has_said_nothing() -> None:
    lane = busy(2)
    lane.refused("s0", 0.0, 500.0, 16)
    lane.renew()
    lane.join("new", turn_of(CHAT, 5))
    assert lane.admit(0.1, 16) == ["new"]


class Anything(RuleBasedStateMachine):
    """Whatever happens in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.lane = Lane()
        self.now, self.limit = 0.0, 3
        self.numbers = itertools.count()
        self.waiting: dict[str, int] = {}
        self.running: set[str] = set()

    def look(self) -> None:
        held = self.now < self.lane.held_until
        for id in self.lane.admit(self.now, self.limit):
            assert not held
            assert self.waiting[id] == min(self.waiting.values())
            del self.waiting[id]
            self.running.add(id)
            assert len(self.running) <= self.limit

    @rule(type=KINDS)
    def join(self, type: StreamType) -> None:
        number = next(self.numbers)
        self.waiting[f"s{number}"] = turn_of(type, number)
        self.lane.join(f"s{number}", self.waiting[f"s{number}"])
        self.look()

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.running)))
        self.running.discard(id)
        self.lane.leave(id)
        self.look()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.waiting)))
        del self.waiting[id]
        self.lane.leave(id)
        self.look()

    @precondition(lambda self: self.running)
    @rule(data=st.data(), seconds=st.floats(0, 100))
    def refuse(self, data: st.DataObject, seconds: float) -> None:
        self.lane.refused(data.draw(st.sampled_from(sorted(self.running))), self.now, seconds, self.limit)
        self.look()

    @rule()
    def answered(self) -> None:
        self.lane.answered()
        self.look()

    @rule(limit=st.integers(1, 20))
    def limit_changes(self, limit: int) -> None:
        if len(self.running) <= limit:
            self.limit = limit
            self.look()

    @rule(seconds=st.floats(0, 50))
    def time_passes(self, seconds: float) -> None:
        """The one who looks is woken when the lane wants it, and only then."""
        until = self.now + seconds
        while (due := self.lane.wakes_at(self.now)) is not None and due <= until:
            assert due > self.now
            self.now = due
            self.look()
        self.now = until

    @rule()
    def renew_or_open(self) -> None:
        self.lane.open()
        self.look()

    @invariant()
    def nobody_is_forgotten(self) -> None:
        """Whoever waits has somebody before him who runs, or a time at which it goes on."""
        if self.waiting and not self.running:
            assert self.lane.wakes_at(self.now) is not None

    def teardown(self) -> None:
        """Once the running end, all have their turn, in their order."""
        order = []
        while self.waiting or self.running:
            for id in sorted(self.running):
                self.running.discard(id)
                self.lane.leave(id)
            waited = dict(self.waiting)
            self.look()
            order += sorted((waited[id] for id in self.running), key=int)
            if not self.running and self.waiting:
                due = self.lane.wakes_at(self.now)
                assert due is not None and math.isfinite(due)
                self.now = due
                self.look()
                order += sorted(waited[id] for id in self.running)
        assert order == sorted(order)


TestAnything = Anything.TestCase
TestAnything.settings = settings(max_examples=50, stateful_step_count=40, deadline=None, database=None)
