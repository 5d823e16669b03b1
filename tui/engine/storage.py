"""TinyDB files that no kill can tear: a file is replaced as a whole, so there is always the old one or the new one."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tinydb import TinyDB
from tinydb.storages import Storage

from tui.engine.documents import Document
from tui.engine.files import holds_no_file, keep_aside, read_file, reason, temporary, write_atomically
from tui.engine.migrations import current, migrated

Tables = dict[str, dict[str, Document]]


class LibraryError(Exception):
    """What is kept can't be read or written; the message is one line for a reader."""


class LibraryDamaged(LibraryError):
    """A file or folder can't be used as it is. It is never overwritten or deleted."""


class LibraryTooNew(LibraryError):
    """A newer Rivulet wrote this file."""


class LibraryTooOld(LibraryError):
    """An older Rivulet wrote this file, and it can't be brought up to date now. It stays as it is."""


class AtomicStorage(Storage):
    """One file for TinyDB, read once: we are its only writer. Without a path it lives in memory alone."""

    def __init__(self, path: Path | None, *, held: bool = False) -> None:
        """`held`: a write changes the memory only, and `flush` the disk, so that many writes cost one."""
        self.dirty = False
        self._path = path
        self._held = held
        self._tables: Tables | None = None
        if path is not None:
            with contextlib.suppress(OSError):
                temporary(path).unlink(missing_ok=True)
            self._tables = self._up_to_date(path, _load(path))

    def read(self) -> Tables | None:
        return self._tables

    def write(self, data: Tables) -> None:
        self._tables, self.dirty = data, True
        if not self._held:
            self.flush()

    def flush(self) -> None:
        """Raises OSError; what was not written stays for the next time."""
        if not self.dirty:
            return
        if self._path is not None:
            write_atomically(self._path, encoded(self._tables or {}))
        self.dirty = False

    def _up_to_date(self, path: Path, tables: Tables | None) -> Tables | None:
        """In the current schema; of a file in an older one a copy is kept first."""
        schema = _schema(path, (tables or {}).get("meta", {}).values())
        if tables is None or schema is None or schema == current():
            return tables
        tables = _migrated(path, tables, schema)
        try:
            keep_aside(path, f"schema-{schema}")
        except OSError as error:
            raise LibraryTooOld(
                f"{path} was written by an older Rivulet, and no copy of it can be kept: {reason(error)}."
            ) from None
        self._tables, self.dirty = tables, True
        with contextlib.suppress(OSError):  # then it goes with the next write
            self.flush()
        return tables


_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
"""Half of a letter, as only others write it: what has no other half is no text."""


def _load(path: Path) -> Tables | None:
    try:
        data = read_file(path)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not holds_no_file(path):
            return None
        raise LibraryDamaged(f"{path} can't be read: {reason(error)}.") from None
    if not data:  # as TinyDB itself leaves a file that it made
        return {}
    try:
        tables = json.loads(data.decode(), object_pairs_hook=_once)
        fault = None if _is_database(tables) else "it holds no TinyDB tables"
    except json.JSONDecodeError as error:
        fault = f"no valid JSON at line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError as error:
        fault = f"no valid UTF-8 at byte {error.start}"
    except _Twice as twice:
        fault = str(twice)
    except (ValueError, RecursionError):
        fault = "no JSON that can be read"
    if fault:
        raise LibraryDamaged(
            f"{path} can't be read: {fault}. It stays as it is: put a good copy in its place, "
            "or move it away to go on without it."
        )
    return json.loads(encoded(tables)) if _HALF.search(data) else tables  # type: ignore[no-any-return]


class _Twice(ValueError):
    """A name stands twice in one object: of two documents one would be lost."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(f'"{next(name for name in names if names.count(name) > 1)}" stands twice in it')
    return found


def read_documents(path: Path, table: str) -> Sequence[Document]:
    """What a file holds, and nothing else is touched: another Rivulet may be its writer.

    Raises LibraryDamaged, LibraryTooNew.
    """
    tables = _load(path) or {}
    schema = _schema(path, tables.get("meta", {}).values())
    if schema is not None and schema < current():
        tables = _migrated(path, tables, schema)
    return list(tables.get(table, {}).values())


def _migrated(path: Path, tables: Tables, schema: int) -> Tables:
    found: Tables = {"meta": {"1": {"schema": current()}}}
    for name, documents in tables.items():
        if name == "meta":
            continue
        try:
            found[name] = {key: migrated(name, document, schema) for key, document in documents.items()}
        except ValueError as error:
            raise LibraryDamaged(f"{path}: its {name} can't be read as those of schema {schema}: {error}.") from None
    return found


def _schema(path: Path | None, meta: Iterable[Document]) -> int | None:
    """The number that the table `meta` gives, if it does. Raises LibraryDamaged, LibraryTooNew."""
    schema = next((document["schema"] for document in meta if "schema" in document), None)
    if schema is None:
        return None
    if type(schema) is not int or schema < 1:
        raise LibraryDamaged(f"{path}: its schema is {schema!r}, expected a number from 1 to {current()}.")
    if schema > current():
        raise LibraryTooNew(
            f"{path} was written by a newer Rivulet (schema {schema}, this one knows {current()}): update this one."
        )
    return schema


def _is_database(data: Any) -> bool:
    return isinstance(data, dict) and all(
        isinstance(table, dict) and all(key.isdecimal() and isinstance(entry, dict) for key, entry in table.items())
        for table in data.values()
    )


_encode: Final = json.JSONEncoder(ensure_ascii=False).encode


def encoded(tables: Mapping[str, Mapping[str, Document]]) -> bytes:
    # One document at a time: encoding an index of 10,000 topics in one call holds the interpreter for 30 ms,
    # and the screen with it. In pieces it takes as long but lets others in between.
    written = []
    for name, table in tables.items():
        documents = ",\n".join([f'"{key}": {_encode(document)}' for key, document in table.items()])
        written.append(f"{_encode(name)}: {{\n{documents}\n}}")
    text = "{" + ",\n".join(written) + "}\n"
    try:
        return text.encode()
    except UnicodeEncodeError:  # halves of surrogate pairs: join what fits, mark what doesn't
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


class DocumentFile:
    """A TinyDB file whose documents are found by their `id`. A change stays in memory until `flush`."""

    def __init__(self, path: Path | None) -> None:
        """Raises LibraryDamaged, LibraryTooNew, LibraryTooOld. A missing file comes into being with the first flush."""
        self.path = path
        self._storage = AtomicStorage(path, held=True)
        self._database = TinyDB(storage=lambda: self._storage)
        self._ids: dict[str, dict[str, int]] = {}
        self._has_schema = _schema(path, self._database.table("meta").all()) is not None
        if not self._has_schema and self._storage.read() is not None:
            raise LibraryDamaged(f"{path} can't be read: it names no schema, as every file of Rivulet does.")

    @property
    def dirty(self) -> bool:
        return self._storage.dirty

    def documents(self, table: str) -> Sequence[Document]:
        """In the order in which they were first put."""
        return self._database.table(table).all()

    def ids(self, table: str) -> Collection[str]:
        """In the same order."""
        return self._numbers(table).keys()

    def put(self, table: str, documents: Sequence[Document]) -> None:
        """New ones are added; in known ones the given fields are changed and others stay."""
        if not documents:
            return
        if not self._has_schema:
            self._database.table("meta").insert({"schema": current()})
            self._has_schema = True
        numbers = self._numbers(table)
        given = {document["id"]: document for document in documents}
        known = [numbers[id] for id in given if id in numbers]
        new = {id: document for id, document in given.items() if id not in numbers}

        def change(document: Any) -> None:
            document.update(given[document["id"]])

        if known:
            self._database.table(table).update(change, doc_ids=known)
        if new:
            numbers.update(zip(new, self._database.table(table).insert_multiple(new.values()), strict=True))

    def remove(self, table: str, ids: Collection[str]) -> None:
        numbers = self._numbers(table)
        known = [numbers.pop(id) for id in ids if id in numbers]
        if known:
            self._database.table(table).remove(doc_ids=known)

    def flush(self) -> None:
        """Raises OSError, and then everything stays for the next time."""
        self._storage.flush()

    def _numbers(self, table: str) -> dict[str, int]:
        """TinyDB's own numbers by our ids: a search by field would look at every document."""
        if table not in self._ids:
            documents = self._database.table(table).all()
            if not all(isinstance(document.get("id"), str) for document in documents):
                raise LibraryDamaged(f'{self.path}: a document of the table "{table}" has no id.')
            self._ids[table] = {document["id"]: document.doc_id for document in documents}
            if len(self._ids[table]) < len(documents):
                raise LibraryDamaged(f'{self.path}: an id stands twice in the table "{table}".')
        return self._ids[table]
