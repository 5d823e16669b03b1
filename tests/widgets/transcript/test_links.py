"""Links: which addresses are safe, where they are on screen, how one is chosen, and what the terminal is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import on
from textual.app import ComposeResult
from textual.pilot import Pilot

from tests.widgets.transcript.test_finding import marked
from tests.widgets.transcript.test_render import drawn
from tests.widgets.transcript.test_widget import Reader, rows, screen
from tui.engine import Log
from tui.widgets.transcript import Item, ItemKind, Transcript
from tui.widgets.transcript.ink import Role
from tui.widgets.transcript.links import links, web_address

HERE, THERE = "https://e.example/here", "https://e.example/there"
TEXT = (
    f"See [this place](https://e.example/here) and {THERE}.\n\nAgain: {HERE}\n\n[mail](mailto:a@b.example) [x](/local)"
)


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://e.example/a?b=c&d#e", "https://e.example/a?b=c&d#e"),
        ("HTTP://e.example", "HTTP://e.example"),
        ("https://e.example/文", "https://e.example/%E6%96%87"),
        ("https://例え.jp/", "https://xn--r8jz45g.jp/"),
        ("https://e.example/a b\x1b]8;;\x07", "https://e.example/a%20b%1B%5D8;;%07"),
        ("https://e.example/\u202e\x9b", "https://e.example/%E2%80%AE%C2%9B"),
        ("https://e.example/" + "a" * 2000, ""),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("mailto:a@b.example", ""),
        ("//e.example", ""),
        ("https://", ""),
        ("https://bank.test@evil.test/", ""),
        (f"https://bank.test:{'a' * 500}@evil.test/x", ""),
        ("https://bank.test\\@evil.test/", ""),
        ("http://me:password@[::1]:80", ""),
        ("https://bank.test/@me?a=@b#@c", "https://bank.test/@me?a=@b#@c"),
        ("https://bank.test?@evil.test", "https://bank.test?@evil.test"),
        ("https://bank.test#@evil.test", "https://bank.test#@evil.test"),
        ("https://-x", ""),
        ("-https://e.example", ""),
        ("https://e.example/\ud800", "https://e.example/%EF%BF%BD"),
        ("", ""),
    ],
)
def test_only_addresses_of_the_web_are_links_and_they_are_plain_ascii(address: str, safe: str) -> None:
    assert web_address(address) == safe


@given(st.text(max_size=40))
def test_whatever_an_address_holds_no_control_character_is_left_of_it(rest: str) -> None:
    for address in (rest, "https://" + rest, "https://e.example/" + rest):
        safe = web_address(address)
        assert safe.isascii() and (not safe or safe.isprintable()) and " " not in safe


def test_a_link_that_wraps_is_one_and_its_address_belongs_to_it() -> None:
    found = links(drawn(f"words before [a long text](https://e.example/with/a/long/path) then {HERE}", 20))
    assert [link.address for link in found] == ["https://e.example/with/a/long/path", HERE]
    assert len(found[0].places) == 4


class Linked(Reader):
    """A reader in a terminal that makes links."""

    def compose(self) -> ComposeResult:
        yield Transcript(hyperlinks=True)

    @on(Transcript.LinkWanted)
    def _wanted(self, message: Transcript.LinkWanted) -> None:
        self.heard.append(message.address)

    @on(Transcript.LinkChosen)
    def _chosen(self, message: Transcript.LinkChosen) -> None:
        self.heard.append(f"{message.number} of {message.total}: {message.address}")


@asynccontextmanager
async def linked(text: str) -> AsyncIterator[tuple[Linked, Pilot[None]]]:
    app = Linked()
    async with app.run_test(size=(80, 24)) as pilot:
        app.transcript.show("t", [Item("r", ItemKind.REPLY, Log(text))])
        app.transcript.focus()
        await pilot.pause()
        app.heard.clear()
        yield app, pilot


async def test_links_are_gone_through_by_key_and_enter_opens_the_chosen_one() -> None:
    async with linked(TEXT) as (app, pilot):
        await pilot.press("enter")
        assert app.heard == []
        await pilot.press("f")
        assert marked(app, Role.FOUND_HERE) == ["this place (https://e.example/here)"]
        await pilot.press("f", "f")
        assert marked(app, Role.FOUND_HERE) == [HERE]
        await pilot.press("f", "F", "F")
        assert marked(app, Role.FOUND_HERE) == [THERE]
        await pilot.press("enter")
        await pilot.pause()
        assert app.heard[0] == f"1 of 3: {HERE}" and app.heard[-2:] == [f"2 of 3: {THERE}", THERE]
        assert not marked(app, Role.FOUND_HERE)
        await pilot.press("enter")
        assert app.heard[-1] == THERE and app.heard.count(THERE) == 1


async def test_a_chosen_link_is_given_up_with_the_rest() -> None:
    async with linked(TEXT) as (app, pilot):
        await pilot.press("f")
        assert app.transcript.give_up() and not app.transcript.give_up()
        await pilot.press("enter")
        assert not [heard for heard in app.heard if "of" not in heard and "moved" not in heard]


def osc8(app: Reader) -> list[tuple[str, str]]:
    """What is painted with a link, and where that leads."""
    return [
        (segment.text, segment.style.link)
        for row in screen(app)
        for segment in row
        if segment.style is not None and segment.style.link
    ]


async def test_the_terminal_is_told_of_links_and_again_whenever_a_line_is_painted() -> None:
    expected = [("this place", HERE), (" (https://e.example/here)", HERE), (THERE, THERE), (HERE, HERE)]
    async with linked(TEXT) as (app, pilot):
        assert osc8(app) == expected
        app.transcript.refresh()
        await pilot.pause()
        assert osc8(app) == expected  # from the cache
        app.theme = "textual-light"
        await pilot.pause()
        assert osc8(app) == expected
        written = "".join(strip.render(app.console) for strip in app.screen._compositor.render_strips())
        assert f";{THERE}\x1b\\" in written and written.count("\x1b]8;;\x1b\\") == 4


async def test_a_link_leads_nowhere_but_to_the_web() -> None:
    hostile = "[a](javascript:x) [b](file:///etc) <https://e.example/\x1b]0;t\x07> [c](https://e.example/\u202e)"
    async with linked(hostile) as (app, _):
        assert all(address.startswith("https://e.example/") and address.isprintable() for _, address in osc8(app))


async def test_terminals_that_are_not_known_to_make_links_are_told_nothing() -> None:
    app = Reader()
    async with app.run_test(size=(80, 24)) as pilot:
        app.transcript.show("t", [Item("r", ItemKind.REPLY, Log(TEXT))])
        await pilot.pause()
        assert THERE in "".join(rows(app)) and not osc8(app)
