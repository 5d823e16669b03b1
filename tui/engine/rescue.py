"""A file that can't be read is set aside, never deleted, and what is readable in it goes on in its place."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tui.engine.documents import Document
from tui.engine.files import holds_no_file, keep_aside, read_file, reason, write_atomically
from tui.engine.migrations import current, migrated
from tui.engine.storage import LibraryDamaged, LibraryTooNew, Tables, encoded

_log: Final = logging.getLogger(__name__)

_TABLE: Final = re.compile(r'(?<!\\)"([a-z_]+)":\s*\{')
_ENTRY: Final = re.compile(r'(?<!\\)"([0-9]+)":\s*(?=\{)')
_SCHEMA: Final = re.compile(rb'"schema": *([0-9]{1,9})\b')
_decode: Final = json.JSONDecoder().raw_decode

Kinds = Mapping[str, Callable[[Mapping[str, Any]], object]]
"""By table: reads a document, or raises ValueError."""


def rescue(path: Path, kinds: Kinds, *, more: Tables | None = None) -> str:
    """Puts what can be read of a file in its place; the file itself stays beside it under another name.

    `more`: documents for the ids that could not be read. Returns what the user should know: one line. Raises
    LibraryDamaged if the file can't be read now (it may be whole) or not be set aside, LibraryTooNew; then nothing has
    changed.
    """
    try:
        data = b"" if holds_no_file(path) else read_file(path)
    except OSError as error:
        raise LibraryDamaged(f"{path} can't be read: {reason(error)}. It stays as it is.") from None
    try:
        if _schema(data) > current():
            raise LibraryTooNew(f"{path} was written by a newer Rivulet, and can't be read: update this one.")
        aside = keep_aside(path)
        tables: Tables = {"meta": {"1": {"schema": current()}}} | readable(data, kinds)
        found = sum(map(len, tables.values())) - 1
        added = _add(tables, more or {})
        write_atomically(path, encoded(tables))
    except OSError as error:
        raise LibraryDamaged(f"{path} can't be read, and not be set aside: {reason(error)}.") from None
    told = f"{path} is damaged. It is kept as {aside.name}; {found} of its records could be read"
    told += f", {added} are from the last start." if added else "."
    _log.warning("%s", told)
    return told


def keep_copy(path: Path, copy: Path) -> None:
    """Has a file as it is now under another name, too. Raises OSError."""
    if path.exists() and (data := read_file(path)) and not (copy.exists() and read_file(copy) == data):
        write_atomically(copy, data)


def readable(data: bytes, kinds: Kinds) -> Tables:
    """The documents of these tables that are whole and valid, wherever they stand in what is left of a file."""
    text, schema = data.decode("utf-8", "replace"), _schema(data)
    tables: Tables = {}
    name, at, seen, table = "", 0, set[str](), _TABLE.search(text)
    while (entry := _ENTRY.search(text, at)) is not None:
        while table is not None and table.start() < at:  # inside of what was read
            table = _TABLE.search(text, at)
        if table is not None and table.start() < entry.start():
            name, at = (table[1] if table[1] in kinds else name), table.end()
            continue
        at = entry.end()
        try:
            document, end = _decode(text, at)
        except (ValueError, RecursionError):
            continue
        # The name of its table may be what is damaged.
        homes = sorted(kinds, key=lambda one: one != name)
        fitting = ((home, one) for home in homes if (one := _fitting(document, home, schema, kinds[home])) is not None)
        home, document = next(fitting, ("", document))
        if not home:
            continue
        at = end
        if document["id"] not in seen:
            seen.add(document["id"])
            documents = tables.setdefault(home, {})
            documents[str(len(documents) + 1)] = document
    return tables


def _schema(data: bytes) -> int:
    """The one that is named in what is left of a file; the current one if none is."""
    found = _SCHEMA.search(data)
    return int(found[1]) if found else current()


def _fitting(
    document: Document, table: str, schema: int, kind: Callable[[Mapping[str, Any]], object]
) -> Document | None:
    """The document as one of this table, in the current schema; None if it is none."""
    try:
        document = migrated(table, document, max(1, schema))
        kind(document)
    except ValueError:
        return None
    return document


def restored(path: Path, tables: Tables) -> str:
    """Has a missing file again, with these documents. Returns what the user should know. Raises LibraryDamaged."""
    made: Tables = {"meta": {"1": {"schema": current()}}}
    added = _add(made, tables)
    try:
        write_atomically(path, encoded(made))
    except OSError as error:
        raise LibraryDamaged(f"{path} is missing, and can't be written: {reason(error)}.") from None
    told = f"{path} is missing; {added} of its records are from the last start."
    _log.warning("%s", told)
    return told


def _add(tables: Tables, more: Tables) -> int:
    """Puts what is missing; how many that is."""
    added = 0
    for name, documents in more.items():
        known = {document["id"] for document in tables.get(name, {}).values()}
        for document in documents.values():
            if "id" in document and document["id"] not in known:
                here = tables.setdefault(name, {})
                here[str(len(here) + 1)] = document
                added += 1
    return added
