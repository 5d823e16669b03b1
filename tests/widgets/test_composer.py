"""The composer: drafts come and go, and what is sent leaves it at once."""

from __future__ import annotations

from textual import on
from textual.app import App, ComposeResult

from tui.widgets.composer import Composer


class Desk(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def compose(self) -> ComposeResult:
        yield Composer(id="composer")

    @on(Composer.Submitted)
    def _submitted(self, message: Composer.Submitted) -> None:
        self.sent.append(message.text)

    @property
    def composer(self) -> Composer:
        return self.query_one(Composer)


async def test_what_is_sent_leaves_the_composer_and_undo_brings_it_back() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        await pilot.press(*"hello", "enter")
        await pilot.pause()
        assert app.sent == ["hello"] and app.composer.text == ""
        await pilot.press("ctrl+z")
        assert app.composer.text == "hello"


async def test_blanks_alone_are_not_sent_and_stay() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        await pilot.press("space", "ctrl+j", "enter")
        await pilot.pause()
        assert app.sent == [] and app.composer.text == " \n"


async def test_a_newline_takes_the_place_of_the_selection() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        await pilot.press(*"abc", "shift+left", "alt+enter", *"d")
        await pilot.pause()
        assert app.composer.text == "ab\nd"


async def test_another_draft_is_shown_with_the_cursor_at_its_end_and_without_the_past() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        await pilot.press(*"old")
        app.composer.set_draft("new\ndraft")
        await pilot.press("!")
        assert app.composer.text == "new\ndraft!"
        await pilot.press(*["ctrl+z"] * 5)
        assert app.composer.text == "new\ndraft"


async def test_what_is_given_back_can_be_undone() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        await pilot.press(*"mine")
        app.composer.give_back("theirs\n\nmine")
        assert app.composer.cursor_location == (2, 4)
        await pilot.press("ctrl+z")
        assert app.composer.text == "mine"


async def test_an_edit_or_its_undo_may_take_many_lines_and_the_scroll_bar_away() -> None:
    app = Desk()
    many = "\n".join(map(str, range(30)))
    async with app.run_test() as pilot:
        await pilot.press(*"one")
        app.composer.give_back(many)
        await pilot.pause()
        assert app.composer.text == many and app.composer.show_vertical_scrollbar
        await pilot.press("ctrl+z")
        await pilot.pause()
        assert (app.composer.text, app.composer.cursor_location) == ("one", (0, 3))
        app.composer.give_back(many)
        await pilot.pause()
        app.composer.give_back("two")
        await pilot.pause()
        assert (app.composer.text, app.composer.cursor_location) == ("two", (0, 3))
