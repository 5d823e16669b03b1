"""The settings file as a text that people write: made to say something else, with every comment where it belongs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # importing tomlkit takes 20 to 30 ms, and only who changes a setting needs it
    from tomlkit import TOMLDocument
    from tomlkit.container import Container
    from tomlkit.items import Table

Values = Mapping[str, Any]


class CannotRewrite(ValueError):
    """The text is written in a way that can't be changed without losing something."""


def rewritten(text: str, new: Values) -> str:
    """A text with these values. What does not change stays to the letter: comments, order, blank lines, quotes.

    The text must be valid TOML. Raises CannotRewrite rather than give a text that says something else.
    """
    windows = "\r\n" in text and not re.search(r"(?<!\r)\n", text)
    plain = text.replace("\r\n", "\n") if windows else text
    if plain and not plain.endswith("\n"):
        plain += "\n"
    found = _changed(plain, new, at_end=False) or _changed(plain, new, at_end=True)
    if found is None:
        raise CannotRewrite
    return found.replace("\n", "\r\n") if windows else found


def _changed(text: str, new: Values, at_end: bool) -> str | None:
    """None if that can't be done."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        pages = _Pages(tomlkit.parse(text), at_end)
        _change(pages, (), tomllib.loads(text), new)
        found = pages.text()
        if not text.startswith("\n"):
            found = found.lstrip("\n")
        return found if tomllib.loads(found) == new else None
    # Not every way of writing TOML can be changed by it; what it then raises is no concern of the reader's.
    except (TOMLKitError, ValueError, TypeError, LookupError, AttributeError):
        return None


def _change(pages: _Pages, path: tuple[str, ...], old: Values, new: Values) -> None:
    """The table at `path` says `old`."""
    for name in old:
        if name not in new:
            pages.remove(path, name)
    for name, value in new.items():
        before = old.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            _change(pages, (*path, name), before, value)
            if before and not value:
                pages.keep_empty(path, name)
        elif isinstance(value, Mapping) or type(value) is not type(before) or value != before:
            pages.put(path, name, value)


class _Pages:
    """A document in which what stands above a header belongs to that header, so that it stays or goes with it.

    The parser gives it to the table before: that one's end would take it along, and a new table would part the two.
    """

    def __init__(self, document: TOMLDocument, at_end: bool) -> None:
        """`at_end`: new tables go there. Among dotted keys they would not be what they are meant to be."""
        self.document = document
        self._at_end = at_end
        self._new = ""
        self._tail = ""
        self._above: dict[int, str] = {}  # by the identity of a header's trivia, the only thing that lasts
        before: Container = document
        for i, table in enumerate(_headed(document)):
            kept, self._above[id(table.trivia)] = _parted(_take_end(before), first=not i)
            _put_end(before, kept)
            before = table.value
        if self._above:
            kept, self._tail = _parted(_take_end(before), last=True)
            _put_end(before, kept)

    def text(self) -> str:
        for table in _headed(self.document):
            table.trivia.indent = self._above.pop(id(table.trivia), "") + table.trivia.indent
        found = self.document.as_string() + self._new + self._tail
        return re.sub(rf"(\A|\n\n){_BLANK}", r"\1", found).replace(_BLANK, "\n")

    def put(self, path: tuple[str, ...], name: str, value: Any) -> None:
        """Have a value in the table at `path`; one that is a table gets a header, and a blank line above it."""
        import tomlkit
        from tomlkit.items import InlineTable

        place = self._table(path)
        if not isinstance(value, Mapping) or isinstance(place, InlineTable):
            place[name] = value
            return
        table = tomlkit.table()
        for key, inner in value.items():
            table.append(key, inner)
        if self._at_end:
            header = ".".join(tomlkit.key(part).as_string() for part in (*path, name))
            self._new += f"{_BLANK}[{header}]\n{table.as_string()}"
            return
        place[name] = table
        added = self._table((*path, name))
        for item in (added, *_headed_within(added)):
            item.trivia.indent = ""
        for item in _headed_within(added):
            self._above.setdefault(id(item.trivia), _BLANK)

    def keep_empty(self, path: tuple[str, ...], name: str) -> None:
        """A table of which all is gone: one that was there by its parts only gets a header."""
        from tomlkit.items import InlineTable

        left = self._table(path).get(name)
        if not isinstance(left, InlineTable) and next(_headed_within(left), None) is None:
            self.put(path, name, {})

    def remove(self, path: tuple[str, ...], name: str) -> None:
        """With the comment right above its header; one that stands by itself stays."""
        place = self._table(path)
        going = [id(table.trivia) for table in _headed_within(place[name])]
        if going:
            order = [id(table.trivia) for table in _headed(self.document)]
            after = next(iter(order[order.index(going[-1]) + 1 :]), None)
            free = _RIGHT_ABOVE.sub("", self._above.get(going[0], ""))
            below = self._tail if after is None else self._above.get(after, "")
            if free.strip() or not free:  # else its blank line goes with it
                below = free + below.removeprefix("\n")
            if after is None:
                self._tail = below
            else:
                self._above[after] = below
        del place[name]

    def _table(self, path: tuple[str, ...]) -> Any:
        """Looked up each time: one that the text comes back to does not outlive a change."""
        table: Any = self.document
        for name in path:
            table = table[name]
        return table


_BLANK: Final = "\0"
"""Where a blank line is to be, if there is none yet. No TOML has this character."""

_RIGHT_ABOVE: Final = re.compile(r"([ \t]*#[^\n]*\n)+\Z")


def _headed(container: Container) -> Iterator[Table]:
    """All tables with a header of their own, in the order of the text."""
    from tomlkit.items import AoT

    for _, item in container.body:
        for table in item.body if isinstance(item, AoT) else (item,):
            yield from _headed_within(table)


def _headed_within(item: Any) -> Iterator[Table]:
    from tomlkit.container import OutOfOrderTableProxy
    from tomlkit.items import Table

    if isinstance(item, OutOfOrderTableProxy):  # a table that the text comes back to
        for part in item._tables:
            yield from _headed_within(part)
    elif isinstance(item, Table):
        if not item.is_super_table():
            yield item
        yield from _headed(item.value)


def _take_end(container: Container) -> str:
    """Comments and blank lines behind its last value and before its first table, taken out."""
    from tomlkit.items import Comment, Null, Whitespace

    body, end = container.body, _end(container)
    start = end
    while start and isinstance(body[start - 1][1], Comment | Whitespace | Null):
        start -= 1
    taken = "".join(item.as_string() for _, item in body[start:end])
    body[start:end] = [(None, Null())] * (end - start)
    return taken


def _put_end(container: Container, text: str) -> None:
    """Where it was taken from."""
    from tomlkit.items import Null, Whitespace

    body, start = container.body, _end(container)
    while start and isinstance(body[start - 1][1], Null):
        start -= 1
    if text:
        body[start] = (None, Whitespace(text))


def _end(container: Container) -> int:
    from tomlkit.items import AoT, Table

    found = (i for i, (key, item) in enumerate(container.body) if isinstance(item, Table | AoT) and not _is_dotted(key))
    return next(found, len(container.body))


def _is_dotted(key: Any) -> bool:
    return key is not None and key.is_dotted()


def _parted(gap: str, *, first: bool = False, last: bool = False) -> tuple[str, str]:
    """What belongs to the lines above, and what to the header below (or to the end of the file)."""
    lines = gap.splitlines(keepends=True)
    blank = [i for i, line in enumerate(lines) if not line.strip()]
    if first:  # what a file begins with is about all of it, but for a comment right above the header
        cut = blank[-1] + 1 if blank else len(lines)
    else:
        cut = blank[0] if blank else len(lines) if last else 0
    return "".join(lines[:cut]), "".join(lines[cut:])
