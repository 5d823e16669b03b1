"""The door of the engine: the names that front ends may use. It imports no terminal library and no HTTP library."""

from tui.engine.catalog import Catalog, CatalogEvent, Fetching, Loaded, Notice, Put, Unsaved
from tui.engine.chat import Sent
from tui.engine.engine import Engine
from tui.engine.library import Library, LibraryBusy, LibraryDamaged, LibraryTooNew, NotSaved
from tui.engine.lock import FolderLock
from tui.engine.log import EMPTY, Log
from tui.engine.loop import run_loop
from tui.engine.past import past_streams
from tui.engine.prompts import title_of
from tui.engine.protocols import Turn
from tui.engine.provider import (
    LOCAL,
    ROLES,
    Check,
    ModelRef,
    Models,
    Provider,
    Role,
    UnknownModel,
    WireProtocol,
)
from tui.engine.records import Assistant, Conversation, Message, Topic
from tui.engine.redacting import redacted, without_passwords
from tui.engine.registry import Registry
from tui.engine.secret import Secret, SecretUnavailable, revealed_keys, without_keys
from tui.engine.storage import LibraryError
from tui.engine.stream import (
    CUT_BY_FILTER,
    CUT_BY_LENGTH,
    Arrived,
    Connecting,
    Created,
    Dropped,
    Ended,
    ErrorKind,
    Heard,
    Stream,
    StreamError,
    StreamEvent,
    StreamStatus,
    StreamType,
    Waiting,
    Waits,
)
from tui.engine.trace import PROMPTS, STREAM_ID

__all__ = [
    "CUT_BY_FILTER",
    "CUT_BY_LENGTH",
    "EMPTY",
    "LOCAL",
    "PROMPTS",
    "ROLES",
    "STREAM_ID",
    "Arrived",
    "Assistant",
    "Catalog",
    "CatalogEvent",
    "Check",
    "Connecting",
    "Conversation",
    "Created",
    "Dropped",
    "Ended",
    "Engine",
    "ErrorKind",
    "Fetching",
    "FolderLock",
    "Heard",
    "Library",
    "LibraryBusy",
    "LibraryDamaged",
    "LibraryError",
    "LibraryTooNew",
    "Loaded",
    "Log",
    "Message",
    "ModelRef",
    "Models",
    "NotSaved",
    "Notice",
    "Provider",
    "Put",
    "Registry",
    "Role",
    "Secret",
    "SecretUnavailable",
    "Sent",
    "Stream",
    "StreamError",
    "StreamEvent",
    "StreamStatus",
    "StreamType",
    "Topic",
    "Turn",
    "UnknownModel",
    "Unsaved",
    "Waiting",
    "Waits",
    "WireProtocol",
    "past_streams",
    "redacted",
    "revealed_keys",
    "run_loop",
    "title_of",
    "without_keys",
    "without_passwords",
]
