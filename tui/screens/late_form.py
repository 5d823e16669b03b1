"""A form whose fields are made when it is first wanted: the settings open with one of them, and make that one only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget


class LateForm(VerticalScroll):
    """Empty until `make`. Measured: the fields of all forms were half of what opening the settings cost."""

    can_focus = False

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._made = False
        self._making = asyncio.Lock()

    def fields(self) -> Iterator[Widget]:
        """What it consists of."""
        raise NotImplementedError

    @property
    def made(self) -> bool:
        """Whether its fields are there: also not any more, or only by half, once the toolkit takes the screen away."""
        lines = self.query(Horizontal)
        return self._made and bool(lines) and all(line.children for line in lines)

    async def make(self) -> None:
        """Have the fields there."""
        async with self._making:
            if not self._made and self.is_attached:
                await self.mount_all(self.fields())
                self._made = True
