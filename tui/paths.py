"""Where files live: the platform's own folders, or all in one when RIVULET_HOME says so."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tui


@dataclass(frozen=True, slots=True)
class Paths:
    """The file and the two folders that Rivulet uses. Naming them creates nothing."""

    config_file: Path
    data: Path
    log: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Paths:
        if home := environ.get("RIVULET_HOME"):
            folder = Path(os.path.expanduser(home)).absolute()  # ~NOBODY stays as it is
            return cls(folder / "config.toml", folder / "data", folder / "log")
        import platformdirs

        return cls(
            Path(platformdirs.user_config_dir("rivulet", appauthor=False)) / "config.toml",
            Path(platformdirs.user_data_dir("rivulet", appauthor=False)),
            Path(platformdirs.user_log_dir("rivulet", appauthor=False)),
        )


def themes_folder() -> Path:
    """Where the shipped themes are: beside the package in a checkout, inside it once installed."""
    inside = Path(tui.__file__).parent / "themes"
    return inside if inside.is_dir() else inside.parent.parent / "themes"


def theme_names() -> list[str]:
    """What the themes are called: as their files are."""
    return sorted(file.stem for file in themes_folder().glob("*.toml"))


def private_folder(folder: Path) -> Path:
    """The folder, there from now on. What had to be created is the user's alone. Raises OSError."""
    if not folder.is_dir():
        # Path.mkdir gives its mode to the last folder only, and the parents what the umask leaves.
        if folder.parent != folder:
            private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)  # an umask of 177 leaves one that nobody can look into
    return folder
