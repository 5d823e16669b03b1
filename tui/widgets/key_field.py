"""A field for a provider's key: names of places can be read, the key itself never."""

from __future__ import annotations

from typing import Final

from textual.widgets import Input

KEPT: Final = "\u2022" * 8
"""Stands for a key that is kept as it is. What is typed takes its place."""

_KEYRING: Final = "keyring:"


class KeyField(Input):
    """Masks what is not `$VARIABLE`, `keyring:NAME` or `!command`."""

    def __init__(self, id: str, placeholder: str = "") -> None:
        super().__init__(id=id, placeholder=placeholder, compact=True, select_on_focus=False, password=True)
        self._secret = False
        """Whether a key has stood here: until the field is empty, a sign put before it must not bring it to light."""

    def put(self, text: str) -> None:
        """Show another provider's."""
        self._secret = False
        self.value = text
        self._mask(text)

    def validate_value(self, value: str) -> str:
        if value == KEPT or KEPT[0] not in value:
            return value
        return value.replace(KEPT[0], "")

    def watch_value(self, value: str) -> None:
        self._mask(value)

    def _mask(self, value: str) -> None:
        if not value:
            self._secret = False
        elif not value.startswith(("$", "!", _KEYRING)) and not _KEYRING.startswith(value):
            self._secret = True
        self.password = self._secret or not value.startswith(("$", "!", _KEYRING))

    def action_copy(self) -> None:
        if self.password and self.selected_text:
            return
        super().action_copy()

    def action_cut(self) -> None:
        if self.password:
            self.delete_selection()
        else:
            super().action_cut()
