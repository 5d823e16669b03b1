"""A text as a file instead of on the clipboard: named after what a model wrote, and never in another file's place."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import Final

from tui.paths import private_folder
from tui.plain import line, plain

_LONGEST: Final = 60
"""Characters of a name. In no script are they more than the 255 bytes that a file system takes."""

_UNSAFE: Final = frozenset("/\\:*?\"<>|~$`&;!'")
"""What parts a path, or means something to a shell or to Windows."""

_ENDINGS: Final = {
    "bash": "sh", "c": "c", "c#": "cs", "c++": "cpp", "clojure": "clj", "cpp": "cpp", "cs": "cs", "csharp": "cs",
    "css": "css", "csv": "csv", "dart": "dart", "diff": "diff", "elixir": "ex", "erlang": "erl", "fish": "fish",
    "go": "go", "golang": "go", "h": "h", "haskell": "hs", "html": "html", "ini": "ini", "java": "java",
    "javascript": "js", "js": "js", "json": "json", "jsx": "jsx", "julia": "jl", "kotlin": "kt", "latex": "tex",
    "lua": "lua", "markdown": "md", "md": "md", "nix": "nix", "ocaml": "ml", "patch": "patch", "perl": "pl",
    "php": "php", "powershell": "ps1", "ps1": "ps1", "py": "py", "python": "py", "python3": "py", "r": "r",
    "rb": "rb", "rs": "rs", "rst": "rst", "ruby": "rb", "rust": "rs", "scala": "scala", "scss": "scss", "sh": "sh",
    "shell": "sh", "sql": "sql", "svg": "svg", "swift": "swift", "tex": "tex", "toml": "toml", "ts": "ts",
    "tsx": "tsx", "txt": "txt", "typescript": "ts", "vim": "vim", "xml": "xml", "yaml": "yaml", "yml": "yml",
    "zig": "zig", "zsh": "zsh",
}  # fmt: skip
_KNOWN: Final = frozenset(_ENDINGS.values())


def file_name(words: str, language: str = "") -> str:
    """A name out of any text: it stays in its folder, is not hidden, and ends as files of the language do."""
    safe = "".join(sign if sign.isprintable() and sign not in _UNSAFE else " " for sign in words)
    stem = line(safe).lstrip(" .-")
    own = stem.rpartition(".")[2].lower() if "." in stem else ""
    ending = _ENDINGS.get(language.strip().lower()) or (own if own in _KNOWN else "txt")
    stem = (stem[: -len(own) - 1] if own == ending else stem)[:_LONGEST].rstrip(" .")
    return f"{stem or 'text'}.{ending}"


def save_text(folder: Path, name: str, text: str, language: str = "") -> Path:
    """Write a new file, the user's alone, and return its path; what is there already stays. Raises OSError.

    As on the screen, and as what is copied: what a terminal would obey, or what turns the reading direction in code, is
    a visible sign.
    """
    private_folder(folder)
    wanted = Path(file_name(name, language))
    for number in count(1):
        path = folder / (f"{wanted.stem}-{number}{wanted.suffix}" if number > 1 else wanted)
        try:
            # Exclusive: a link, too, wherever it leads, counts as there already.
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        break
    try:
        with open(file, "w", encoding="utf-8", errors="replace", newline="") as opened:
            opened.write("\r\n".join(map(plain, text.split("\r\n"))))
    except OSError:
        path.unlink(missing_ok=True)  # half a text is not one
        raise
    return path
