"""Themes out of files: the toolkit's colours and Rivulet's own roles, one TOML file each."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from textual.color import Color, ColorParseError
from textual.theme import Theme

from tui.paths import themes_folder

COLOURS: Final = (
    "primary",
    "secondary",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
    "success",
    "warning",
    "error",
)
ROLES: Final = (
    "muted",
    "rule",
    "question",
    "thinking",
    "streaming",
    "unread",
    "failed",
    "cut",
    "heading",
    "link",
    "code",
    "current",
    "cursor",
)
"""Each becomes the style variable `$role-NAME`."""

CODE: Final = ("keyword", "name", "number", "string", "comment")
"""Each becomes `$code-NAME`."""


class ThemeError(ValueError):
    """A theme file is not one; the message says which file and what is wrong."""


@cache  # an app asks for them six times while it starts
def load_themes(folder: Path | None = None) -> dict[str, Theme]:
    """All themes of a folder by name. Raises ThemeError."""
    folder = folder or themes_folder()
    themes = [load_theme(file) for file in sorted(folder.glob("*.toml"))]
    if not themes:
        raise ThemeError(f"There are no themes in {folder}.")
    return {theme.name: theme for theme in themes}


def load_theme(file: Path) -> Theme:
    """One theme. Raises ThemeError."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"{file}: {error}") from None
    colours = {key: _colour(file, document, key) for key in COLOURS}
    roles, code = _table(file, document, "roles"), _table(file, document, "code")
    variables = {f"role-{key}": _colour(file, roles, key, "roles.") for key in ROLES}
    variables |= {f"code-{key}": _colour(file, code, key, "code.") for key in CODE}
    # The toolkit would derive these by blending, which may fall below a legible contrast.
    variables |= {
        "text-muted": variables["role-muted"],
        "text-primary": colours["primary"],
        "text-secondary": colours["secondary"],
        "text-accent": colours["accent"],
        "text-success": colours["success"],
        "text-warning": colours["warning"],
        "text-error": colours["error"],
        "block-cursor-background": variables["role-cursor"],
        "block-cursor-foreground": colours["foreground"],
        "block-cursor-text-style": "none",
        "input-selection-background": variables["role-cursor"],
        "scrollbar": variables["role-rule"],
        "scrollbar-hover": variables["role-muted"],
        "scrollbar-active": variables["role-muted"],
        "scrollbar-background": colours["background"],
        "scrollbar-background-hover": colours["background"],
        "scrollbar-background-active": colours["background"],
        "scrollbar-corner-color": colours["background"],
        "ansi-background": colours["background"],
        "ansi-foreground": colours["foreground"],
    }
    return Theme(
        name=file.stem,
        dark=_flag(file, document, "dark", True),
        ansi=_flag(file, document, "ansi", False),
        boost=colours["panel"],
        variables=variables,
        primary=colours["primary"],
        secondary=colours["secondary"],
        accent=colours["accent"],
        foreground=colours["foreground"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        success=colours["success"],
        warning=colours["warning"],
        error=colours["error"],
    )


def _table(file: Path, document: dict[str, Any], key: str) -> dict[str, Any]:
    table = document.get(key, {})
    if not isinstance(table, dict):
        raise ThemeError(f"{file}: {key}: expected a table, found {table!r}")
    return table


def _flag(file: Path, document: dict[str, Any], key: str, default: bool) -> bool:
    value = document.get(key, default)
    if not isinstance(value, bool):
        raise ThemeError(f"{file}: {key}: expected true or false, found {value!r}")
    return value


def _colour(file: Path, table: dict[str, Any], key: str, prefix: str = "") -> str:
    value = table.get(key)
    try:
        if not isinstance(value, str):
            raise ColorParseError("")
        Color.parse(value)
    except ColorParseError:
        raise ThemeError(f"{file}: {prefix}{key}: expected a colour such as #7aa7e0, found {value!r}") from None
    return value
