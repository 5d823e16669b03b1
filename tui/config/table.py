"""One table of the settings file, read key by key: what is asked for is checked, what nobody asked for is unknown."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from tui.config.problems import Problem, dotted, kind, shown

E = TypeVar("E", bound=StrEnum)


class Table:
    """Gives the values of a table, or the default where one is missing or wrong; what is wrong goes to `problems`."""

    def __init__(self, values: Mapping[str, Any], problems: list[Problem], *path: str) -> None:
        self._values = values
        self._problems = problems
        self._path = path
        self._asked: list[str] = []

    def problem(self, key: str, found: str, expected: str) -> None:
        self._problems.append(Problem(dotted(*self._path, key), found, expected))

    def has(self, key: str) -> bool:
        return key in self._values

    def secret(self, key: str, expected: str) -> str | None:
        """Text that no message may show."""
        value = self._value(key)
        if value is None or isinstance(value, str):
            return value
        self.problem(key, kind(value), expected)
        return None

    def text(self, key: str, expected: str) -> str | None:
        """Text that is not blank."""
        value = self._value(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        self.problem(key, shown(value), expected)
        return None

    def flag(self, key: str, default: bool) -> bool:
        value = self._value(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.problem(key, shown(value), "true or false")
        return default

    def whole(self, key: str, default: int, least: int) -> int:
        value = self._value(key)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        self.problem(key, shown(value), f"a whole number, {least} or more")
        return default

    def seconds(self, key: str, default: float) -> float:
        value = self._value(key)
        if value is None:
            return default
        # A whole number can be larger than any of the others.
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= sys.float_info.max:
            return float(value)
        self.problem(key, shown(value), "a number of seconds above 0")
        return default

    def choice(self, key: str, default: E) -> E:
        value = self._value(key)
        if value is None:
            return default
        options = [str(option) for option in type(default)]
        if isinstance(value, str) and value in options:
            return type(default)(value)
        self.problem(key, shown(value), one_of(options))
        return default

    def table(self, key: str) -> Table:
        """The table under a key; an empty one if it is not there."""
        value = self._value(key)
        if value is not None and not isinstance(value, dict):
            self.problem(key, shown(value), f"a table: [{dotted(*self._path, key)}]")
            value = None
        return Table(value or {}, self._problems, *self._path, key)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Everything in it, for a table whose keys the user names."""
        self._asked.extend(self._values)
        yield from self._values.items()

    def close(self) -> None:
        """Note as unknown what nobody has asked for."""
        for key in self._values:
            if key not in self._asked:
                self.problem(key, "an unknown key", one_of(self._asked, like=key))

    def _value(self, key: str) -> Any:
        self._asked.append(key)
        return self._values.get(key)


def one_of(options: list[str], like: str = "") -> str:
    """What may stand there; only the likeliest if there is one."""
    if like:
        from difflib import get_close_matches

        if close := get_close_matches(like, options, 1, 0.75):
            return close[0]
    return f"one of {', '.join(options)}" if options else "nothing here"
