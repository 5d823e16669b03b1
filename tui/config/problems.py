"""What is wrong in the settings, a line each: the file, the key, what was found and what was expected."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tui.plain import line

LONGEST: Final = 60
"""Characters of a found value that a line shows."""


class ConfigError(ValueError):
    """The settings can't be used. `lines` are for the reader, one for each problem; none shows a secret."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it must be."""

    key: str
    found: str
    expected: str

    @property
    def words(self) -> str:
        """For where the key is seen anyway."""
        return line(f"found {self.found}, expected {self.expected}")

    def told(self, file: Path) -> str:
        return line(f"{file}: {self.key}: {self.words}")


def dotted(*parts: str) -> str:
    """A key as TOML writes it: `keys."stream.stop"`."""
    return ".".join(part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else json.dumps(part) for part in parts)


def shown(value: Any) -> str:
    """A value as a reader knows it from the file. Not for secrets."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            text = json.dumps(value, ensure_ascii=False)
            return text if len(text) <= LONGEST else text[: LONGEST - 2] + '…"'
        case int() if value.bit_length() > 64:  # Python refuses to write out the longest
            return "a very large number"
        case int() | float():
            return str(value)
        case _:
            return kind(value)


def kind(value: Any) -> str:
    """What sort of value it is, for where the value itself must not be shown."""
    match value:
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return "a date or time"
