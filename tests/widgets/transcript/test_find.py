"""Find: which matches there are, which one comes first, and what stays as text streams in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.widgets.transcript.corpus import LINES
from tests.widgets.transcript.test_flow import STREAMING, grown, history
from tui.engine import EMPTY, Log, StreamStatus
from tui.widgets.transcript.find import Find
from tui.widgets.transcript.item import Item, ItemKind, Part


def reply(key: str, text: str, reasoning: str = "") -> Item:
    return Item(key, ItemKind.REPLY, Log(text), Log(reasoning))


def searched(items: list[Item], needle: str, near: tuple[str, Part, int] | None = None) -> Find:
    find = Find()
    find.show(items)
    find.seek(needle, near)
    finish(find)
    return find


def finish(find: Find) -> None:
    while find.step():
        pass


def found(find: Find, items: list[Item]) -> list[str]:
    """The matches with their messages, in their order."""
    return [
        f"{item.key}: {find.text(item.key, match)[match.start : match.end]}"
        for item in items
        for match in find.matches(item.key)
    ]


@pytest.mark.parametrize(
    ("needle", "matches"),
    [
        ("tide", ["tide", "Tide", "TIDE"]),
        ("Tide", ["Tide"]),
        ("the tide", ["the tide"]),
        ("the   tide goes", ["the tide goes"]),
        ("goes out", ["goes out"]),
        ("out next", ["out\nnext"]),
        ("**", []),
        ("a.c", ["a.c"]),
        ("引力差异", ["引力差异"]),
        ("(", ["("]),
        ("   ", []),
    ],
)
def test_what_is_seen_is_found(needle: str, matches: list[str]) -> None:
    items = [reply("r", "So the tide *goes* **out**\nnext. Tide TIDE a.c abc\n\n月球（引力**差异**）的 (x")]
    assert found(searched(items, needle), items) == [f"r: {match}" for match in matches]


def test_nothing_is_found_across_two_blocks() -> None:
    items = [reply("r", "the tide\n\nis high\n\n- the tide\n- is high")]
    assert searched(items, "tide is").total == 0


def test_reasoning_questions_and_replies_are_searched_in_the_order_in_which_they_stand() -> None:
    items = [Item("q", ItemKind.QUESTION, Log("A *word*?")), reply("r", "Word.", "A word, wordless.")]
    find = searched(items, "word")
    assert found(find, items) == ["q: word", "r: word", "r: word", "r: Word"]
    assert [match.part for match in find.matches("r")] == [Part.REASONING, Part.REASONING, Part.CONTENT]


def test_the_first_match_is_the_nearest_below_else_the_nearest_above() -> None:
    items = [reply(f"m{n}", "one here\n\ntwo\n\none there" if n % 3 == 0 else "two") for n in range(10)]
    for near, key, piece in (
        (("m0", Part.CONTENT, 0), "m0", 0),
        (("m0", Part.CONTENT, 1), "m0", 2),
        (("m1", Part.REASONING, 0), "m3", 0),
        (("m9", Part.CONTENT, 3), "m9", 2),
    ):
        current = searched(items, "one", near).current
        assert current is not None and (current[0], current[1].piece) == (key, piece)
    items.append(reply("m10", "two"))
    current = searched(items, "one", ("m10", Part.CONTENT, 0)).current
    assert current is not None and (current[0], current[1].piece) == ("m9", 2)


def test_next_and_previous_go_round() -> None:
    items = [reply(f"m{n}", "one and one") for n in range(3)]
    find = searched(items, "one", ("m1", Part.CONTENT, 0))
    numbers = [find.number]
    for step in (1, 1, 1, 1, 1, 1, -1, -1, -1):
        find.move(step)
        numbers.append(find.number)
    assert numbers == [3, 4, 5, 6, 1, 2, 3, 2, 1, 6] and find.total == 6


def test_a_far_first_match_is_found_before_all_is_searched() -> None:
    items = [*history(3000), reply("end", "nothing")]
    items[10] = reply("m10", "a needle")
    find = Find()
    find.show(items)
    find.seek("needle", ("end", Part.CONTENT, 0))
    find.step()
    assert find.current is not None and find.current[0] == "m10" and not find.done
    assert find.number == find.total == 1


def test_markdown_within_a_word_hides_nothing_in_the_end() -> None:
    items = [reply("r", "nee**dle**")]
    assert searched(items, "needle").total == 1


def test_another_needle_begins_where_the_first_one_did() -> None:
    items = [reply(f"m{n}", f"word {n}") for n in range(5)]
    find = searched(items, "word", ("m2", Part.CONTENT, 0))
    assert find.number == 3
    find.move(1)
    find.seek("wor")
    finish(find)
    assert find.number == 3


class TestStreaming:
    """What comes while one searches."""

    def test_it_is_searched_at_once_and_the_current_match_stays(self) -> None:
        item = Item("r", ItemKind.REPLY, Log("One. "), status=STREAMING)
        find = searched([item], "one")
        first = find.current
        for number in range(2, 40):
            item = grown(item, f"Word {number} one.\n\n" if number % 3 else "- one\n")
            find.show([item])
            assert find.done and find.total == number and find.current == first
        find.show([replace(item, status=StreamStatus.COMPLETED)])
        assert find.total == 39 and find.number == 1

    def test_half_a_needle_at_the_end_is_found_with_its_other_half(self) -> None:
        item = Item("r", ItemKind.REPLY, Log("the ti"), status=STREAMING)
        find = searched([item], "tide")
        assert find.total == 0 and find.current is None
        find.show([grown(item, "de")])
        assert find.total == 1

    def test_the_current_match_stays_when_its_block_settles(self) -> None:
        item = Item("r", ItemKind.REPLY, Log("- one\n- one\n- o"), status=STREAMING)
        find = searched([item], "one")
        find.move(1)
        assert find.number == 2
        for text in ("ne\n- one\n", "\nAnd one.\n\n", "# One\n\n"):
            item = grown(item, text)
            find.show([item])
            assert find.number == 2

    def test_earlier_messages_are_searched_as_they_come_and_the_numbers_go_up(self) -> None:
        items = [reply(f"m{n}", "one") for n in range(10)]
        find = searched(items[6:], "one", ("m8", Part.CONTENT, 0))
        current = find.current
        assert (find.number, find.total) == (3, 4)
        find.show(items)
        assert not find.done
        finish(find)
        assert find.current == current and (find.number, find.total) == (9, 10)

    def test_a_message_that_goes_takes_its_matches_along(self) -> None:
        items = [reply("a", "one"), reply("b", "one one")]
        find = searched(items, "one", ("b", Part.CONTENT, 0))
        find.show([items[0], reply("c", "none")])
        finish(find)
        assert found(find, [items[0], reply("c", "none")]) == ["a: one", "c: one"]
        assert find.current is not None and find.number in (1, 2)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), min_size=1, max_size=12).map("\n".join),
    st.lists(st.integers(0, 200), max_size=12),
    st.sampled_from(["e", "one", "item", "code", "文字", "1", "-"]),
)
def test_any_cutting_of_a_text_has_the_same_matches_in_the_end(text: str, cuts: list[int], needle: str) -> None:
    item = Item("r", ItemKind.REPLY, EMPTY, status=STREAMING)
    find = searched([item], needle)
    start = 0
    for cut in [*sorted({min(cut, len(text)) for cut in cuts}), len(text)]:
        item = grown(item, text[start:cut])
        start = cut
        find.show([item])
        finish(find)
    find.show([ended := replace(item, status=StreamStatus.COMPLETED)])
    finish(find)
    fresh = searched([ended], needle)
    assert find.matches("r") == fresh.matches("r")
    assert (find.current is None) == (not find.total)
