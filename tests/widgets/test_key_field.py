"""The field of a provider's key: where a key comes from can be read, the key itself never."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from tui.widgets.key_field import KEPT, KeyField


class OneField(App[None]):
    def compose(self) -> ComposeResult:
        yield KeyField("key")


@pytest.mark.parametrize(
    ("typed", "masked"),
    [
        ("$MY_KEY", False),
        ("!pass show key", False),
        ("keyring:mine", False),
        ("keyring", True),
        ("keys", True),
        ("sk-1", True),
        ("k", True),
    ],
)
async def test_only_where_a_key_comes_from_can_be_read(typed: str, masked: bool) -> None:
    app = OneField()
    async with app.run_test() as pilot:
        field = app.query_one(KeyField)
        await pilot.press(*typed)
        assert (field.value, field.password) == (typed, masked)


async def test_a_sign_before_a_key_does_not_bring_it_to_light() -> None:
    app = OneField()
    async with app.run_test() as pilot:
        field = app.query_one(KeyField)
        await pilot.press(*"abc", "home", "$")
        assert (field.value, field.password) == ("$abc", True)
        await pilot.press("end", "ctrl+u", *"$abc")
        assert not field.password


async def test_what_is_typed_takes_the_place_of_a_key_that_is_kept() -> None:
    app = OneField()
    async with app.run_test() as pilot:
        field = app.query_one(KeyField)
        for keys, value in ((["end", "x"], "x"), (["home", "right", "x", "y"], "xy"), (["end", "backspace"], "")):
            field.put(KEPT)
            assert field.password
            await pilot.press(*keys)
            assert field.value == value


async def test_a_key_can_not_be_copied_out_of_it() -> None:
    app = OneField()
    async with app.run_test() as pilot:
        field = app.query_one(KeyField)
        await pilot.press(*"sk-1", "ctrl+shift+a", "ctrl+c")
        assert app.clipboard == ""
        await pilot.press("ctrl+x")
        assert (app.clipboard, field.value) == ("", "")
        await pilot.press(*"$K", "ctrl+shift+a", "ctrl+c")
        assert app.clipboard == "$K"
