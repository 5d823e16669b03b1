"""How records are written down: plain documents out, records in. Pure; the dataclasses are the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from tui.engine.log import Log
from tui.engine.records import Assistant, Conversation, Message, Record, Topic
from tui.engine.stream import PASSING, ErrorKind, Stream, StreamError, StreamStatus, StreamType

Document = dict[str, Any]
R = TypeVar("R", bound=Record | Message | Stream)


class WrongDocument(ValueError):
    """A document is not what it should be; the message says which field of which document."""


def time_text(seconds: float) -> str:
    """Seconds since the epoch → ISO 8601, UTC, with milliseconds. A time that no calendar has becomes the nearest one:
    a clock that is wrong keeps nothing from being saved."""
    moment = datetime.fromtimestamp(min(max(round(seconds, 3), _FIRST), _LAST), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_FIRST: Final = datetime.min.replace(tzinfo=UTC).timestamp()
_LAST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()


def time_seconds(text: str) -> float:
    """The way back. A time that names no zone is taken as UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def to_document(record: Record | Message | Stream) -> Document:
    """Every field, in the record's own order."""
    return _write(record)


def from_document(kind: type[R], document: Mapping[str, Any]) -> R:
    """The record. A field that is missing or null gets its default, an unknown one (of a newer Rivulet) is passed over.

    Raises WrongDocument.
    """
    if not isinstance(document, Mapping):
        raise WrongDocument(f"a {kind.__name__.lower()} is {_short(document)}, expected its fields")
    values = {}
    for field in _FIELDS[kind]:
        value = document.get(field.name)
        try:
            if value is not None:
                values[field.name] = field.form.read(value)
            elif field.required:
                raise ValueError
        except WrongDocument:
            raise
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
            name = f"{kind.__name__.lower()} {_short(document.get('id'))}"
            found = "is missing" if value is None else f"is {_short(value)}"
            raise WrongDocument(f'{name}: "{field.name}" {found}, expected {field.form.expected}') from None
    return kind(**values)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a type of value is written and read."""

    expected: str
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    form: _Form
    required: bool


def _plain(values: Mapping[str, Any]) -> Document:
    return {str(name): value if isinstance(value, int | float | str) else str(value) for name, value in values.items()}


def _texts(values: Mapping[str, str]) -> Document:
    return {str(name): str(value) for name, value in values.items()}


def _counts(values: Mapping[str, Any]) -> Document:
    # A provider's word, passed on: what is no number must not keep the reply from being saved.
    return {str(name): int(value) for name, value in values.items() if isinstance(value, int | float)}


def _exactly(*kinds: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        # By type, not isinstance: True is an int, and a flag where a number belongs is a mistake.
        if type(value) not in kinds:
            raise TypeError
        return value

    return read


def _whole(value: Any) -> int:
    # No count or place is larger; one that is comes from a damaged file, and nothing could be reckoned with it.
    number: int = _exactly(int)(value)
    return max(-_MOST, min(number, _MOST))


_MOST: Final = 2**53


def _mapping(*kinds: type) -> Callable[[Any], Any]:
    each = _exactly(*kinds)
    return lambda value: {name: each(entry) for name, entry in value.items()}


def _whole_ones(value: Any) -> Any:
    return {name: _whole(entry) for name, entry in value.items()}


def _list(each: Callable[[Any], Any]) -> Callable[[Any], Any]:
    # A text has a beginning and an end like a list, but its letters are not what was meant.
    return lambda value: tuple(each(entry) for entry in _exactly(list)(value))


def _write(record: Any) -> Document:
    document = {}
    for field in _FIELDS[type(record)]:
        value = getattr(record, field.name)
        document[field.name] = None if value is None else field.form.write(value)
    return document


def _read_message(value: Any) -> Message:
    return from_document(Message, value)


def _write_error(error: StreamError) -> Document:
    return {"kind": error.kind.value, "message": error.message, "http_status": error.http_status}


def _read_error(value: Any) -> StreamError:
    # A kind that only a newer Rivulet knows must not make the whole topic unreadable.
    kind = _ERROR_KINDS.get(value["kind"], ErrorKind.INTERNAL)
    return StreamError(kind, _exactly(str)(value["message"]), _exactly(int, type(None))(value.get("http_status")))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


_ERROR_KINDS: Final = {kind.value: kind for kind in ErrorKind}

_FORMS: Final = {
    "str": _Form("a text", str, _exactly(str)),
    "int": _Form("a whole number", int, _whole),
    "Log": _Form("a text", str, lambda value: Log(_exactly(str)(value))),
    "bool": _Form("true or false", bool, _exactly(bool)),
    "float": _Form("a time (ISO 8601)", time_text, time_seconds),
    "tuple[str, ...]": _Form("a list of texts", list, _list(_exactly(str))),
    "Mapping[str, str]": _Form("names with texts", _texts, _mapping(str)),
    "Mapping[str, int]": _Form("names with whole numbers", _counts, _whole_ones),
    "Mapping[str, float | int | str | bool]": _Form("names with values", _plain, _mapping(float, int, str, bool)),
    "StreamType": _Form("a type of stream", lambda type: type.value, StreamType),
    "StreamStatus": _Form("a status", lambda status: status.value, StreamStatus),
    "StreamError": _Form("an error (kind, message, http_status)", _write_error, _read_error),
    "Message": _Form("a message", _write, _read_message),
    "tuple[Message, ...]": _Form("a list of messages", lambda all: [_write(one) for one in all], _list(_read_message)),
}
"""By annotation: every number with a fraction in a record is a time."""


def _plan(kind: type[Record | Message | Stream]) -> tuple[_Field, ...]:
    return tuple(
        _Field(
            field.name,
            _FORMS[str(field.type).removesuffix(" | None")],
            field.default is MISSING and field.default_factory is MISSING,
        )
        for field in fields(kind)
        if PASSING not in field.metadata
    )


_FIELDS: Final[Mapping[type, tuple[_Field, ...]]] = {
    kind: _plan(kind) for kind in (Assistant, Topic, Conversation, Message, Stream)
}
