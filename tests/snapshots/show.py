"""Draw the kept pictures, to be looked at: `python -m tests.snapshots.show FOLDER` writes an SVG for each theme."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from tests.snapshots.picture import Picture, read
from tests.snapshots.stage import KEPT


def svg(picture: Picture, columns: int, title: str) -> str:
    """The picture, as a browser shows it."""
    console = Console(
        record=True,
        width=columns,
        file=io.StringIO(),
        color_system="truecolor",
        force_terminal=True,
        legacy_windows=False,
    )
    console.print(Segments(_segments(picture)), end="", soft_wrap=True)
    return console.export_svg(title=title)


def _segments(picture: Picture) -> Iterator[Segment]:
    for row in picture.rows:
        for style, run in groupby(row, key=lambda cell: cell[1]):
            yield Segment("".join(character for character, _ in run), Style.parse(_rich(style)))
        yield Segment.line()


def _rich(style: str) -> str:
    foreground, on, ground, *how = style.split()
    return " ".join([*how, foreground, on, ground])


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(KEPT.glob("*.txt")):
        name, size = file.stem.rsplit(".", 1)
        for theme, picture in zip(("dark", "light"), read(file.read_text(encoding="utf-8")), strict=True):
            title = f"{name}, {size}, {theme}"
            (folder / f"{file.stem}.{theme}.svg").write_text(svg(picture, int(size.partition("x")[0]), title))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
