"""A screen as its cells and their styles, in a text that people and diffs can read: both themes in one file.

first the rows as they read,
then for each row which style is how many cells wide (`3a 77b`),
then what each style is: dark theme | light theme
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from string import ascii_letters
from typing import Final

from rich.style import Style
from textual.strip import Strip

_STYLES: Final = "=== cells of each style"
_LEGEND: Final = "=== styles: dark | light"

Cell = tuple[str, str]
"""A character, and its style in words: `#d7dae0 on #15171b bold`."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a screen shows in one theme."""

    rows: tuple[tuple[Cell, ...], ...]

    @property
    def text(self) -> str:
        return "\n".join("".join(character for character, _ in row).rstrip() for row in self.rows)


def picture(strips: Iterable[Strip]) -> Picture:
    """Of what a screen paints."""
    return Picture(tuple(tuple(_painted(strip)) for strip in strips))


def _painted(strip: Strip) -> Iterator[Cell]:
    for segment in strip:
        words = _words(segment.style)
        for character in segment.text:
            yield character, words


@cache
def _words(style: Style | None) -> str:
    if style is None:
        return "plain"
    words = [style.color.get_truecolor().hex if style.color else "default"]
    words += ["on", style.bgcolor.get_truecolor().hex if style.bgcolor else "default"]
    words += [name for name in ("bold", "dim", "italic", "underline", "strike", "reverse") if getattr(style, name)]
    return " ".join(words)


def written(dark: Picture, light: Picture) -> str:
    """Both as a text. A theme changes colours only: raises ValueError if the words differ."""
    if dark.text != light.text:
        raise ValueError("the themes show different texts")
    names: dict[tuple[str, str], str] = {}
    cells = []
    for in_dark, in_light in zip(dark.rows, light.rows, strict=True):
        pairs = [(one[1], other[1]) for one, other in zip(in_dark, in_light, strict=True)]
        runs = [(len(list(run)), pair) for pair, run in groupby(pairs)]
        cells.append(" ".join(f"{width}{names.setdefault(pair, _name(len(names)))}" for width, pair in runs))
    legend = [f"{name} = {dark_words} | {light_words}" for (dark_words, light_words), name in names.items()]
    return "\n".join([dark.text, _STYLES, *cells, _LEGEND, *legend]) + "\n"


def _name(number: int) -> str:
    letters = ascii_letters[number % len(ascii_letters)]
    return letters * (1 + number // len(ascii_letters))


def read(text: str) -> tuple[Picture, Picture]:
    """The dark and the light one of such a text."""
    shown, _, rest = text.partition(_STYLES + "\n")
    cells, _, legend = rest.partition(_LEGEND + "\n")
    styles = dict(entry.split(" = ") for entry in legend.splitlines())
    rows = list(zip(shown.split("\n"), cells.splitlines(), strict=False))
    dark, light = (
        Picture(tuple(tuple(_cells(line, runs.split(), styles, theme)) for line, runs in rows)) for theme in (0, 1)
    )
    return dark, light


def _cells(line: str, runs: Sequence[str], styles: dict[str, str], theme: int) -> Iterator[Cell]:
    at = 0
    for run in runs:
        name = run.lstrip("0123456789")
        width = int(run[: -len(name)])
        for character in line[at : at + width].ljust(width):
            yield character, styles[name].split(" | ")[theme]
        at += width
