"""The settings file as TOML: its values, or one line about why it can't be read."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path
from typing import Any, Final

from tui.config.problems import ConfigError
from tui.plain import line


def read(file: Path) -> dict[str, Any] | None:
    """The file's values; None if there is no file. Raises ConfigError."""
    return values(file, data(file))


def data(file: Path) -> bytes | None:
    """What is in the file; None if there is none. Raises ConfigError."""
    try:
        if not stat.S_ISREG(mode := file.stat().st_mode) and not stat.S_ISDIR(mode):
            raise _error(f"{file}: found a pipe or a device, expected a file")  # to read it may never end
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise _error(f"{file}: found a folder, expected a file") from None
    except OSError as error:
        raise _error(f"{file}: found a file that can't be read ({error.strerror}), expected a readable one") from None


def values(file: Path, data: bytes | None) -> dict[str, Any] | None:
    """What its bytes say; None if there are none. Raises ConfigError."""
    if data is None:
        return None
    if data.startswith(b"\xef\xbb\xbf"):
        raise _error(f"{file}: line 1: found a byte order mark, expected plain UTF-8: save it without the mark")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        number, byte = data.count(b"\n", 0, error.start) + 1, data[error.start]
        raise _error(f"{file}: line {number}: found a byte that is not UTF-8 (0x{byte:02x}), expected UTF-8") from None
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _error(f"{file}: found tables nested too deeply, expected settings") from None
    except ValueError as error:
        raise _error(_syntax(file, text, str(error))) from None


def _error(words: str) -> ConfigError:
    return ConfigError(line(words))


# Python has the place as attributes only from 3.14 on.
_PLACE: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def _syntax(file: Path, text: str, message: str) -> str:
    """The line of a syntax error. Of the text itself only the key's name is shown: the rest may be a secret."""
    lines = text.replace("\r\n", "\n").split("\n")
    match = _PLACE.fullmatch(message)
    reason = match[1] if match else message
    if not match or not match[2]:
        number = len(lines) - (not lines[-1])
        return f"{file}: line {number}: found its end too early, expected valid TOML ({reason})"
    number, column = int(match[2]), match[3]
    broken = lines[number - 1] if number <= len(lines) else ""
    key = re.match(r"\s*([\w.\"-]+)\s*=", broken)
    found = f"{key[1]} = …" if key else "a broken table name" if broken.lstrip().startswith("[") else "what is not TOML"
    return f"{file}: line {number}, column {column}: found {found}, expected valid TOML ({reason})"
