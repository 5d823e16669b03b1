"""The themes: all load, all are legible, and a file that is none says so in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme
from textual.widgets import Input

from tests.support.front_end import front_end
from tests.support.load_server import LoadServer
from tui.paths import themes_folder
from tui.themes import CODE, COLOURS, ROLES, ThemeError, load_theme, load_themes

THEMES = load_themes()
TRUE_COLOUR = sorted(name for name, theme in THEMES.items() if not theme.ansi)
LEGIBLE = 4.5
SEEN = 1.07
"""What tells one ground from another, or a rule from the ground, without being read."""

# What is written in each role, and on which grounds it can stand.
ON_BACKGROUND: tuple[str, ...] = (
    "role-question",
    "role-thinking",
    "role-streaming",
    "role-unread",
    "role-failed",
    "role-cut",
)
ON_BACKGROUND += ("role-heading", "role-link", "role-muted", "role-code")
IN_LISTS = ("foreground", "role-muted", "role-streaming", "role-unread", "role-failed", "role-cut")
LIST_GROUNDS = ("background", "role-current", "role-cursor")
ON_SURFACE: tuple[str, ...] = (
    "foreground",
    "role-heading",
    "role-muted",
    "role-code",
    "role-streaming",
    *(f"code-{k}" for k in CODE),
)
ON_SURFACE += ("primary", "secondary", "success", "warning", "error", "accent")


def colour(theme: Theme, role: str) -> Color:
    value = theme.variables.get(role) or getattr(theme, role)
    assert isinstance(value, str)
    return Color.parse(value)


def contrast(theme: Theme, text: str, ground: str) -> float:
    """As WCAG 2 defines it, from 1 to 21."""
    darker, lighter = sorted((luminance(colour(theme, text)), luminance(colour(theme, ground))))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(of: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (v / 255 for v in of.rgb)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_shipped_themes_are_there() -> None:
    assert set(THEMES) == {"dark", "light", "contrast", "terminal"}
    assert THEMES["dark"].dark and not THEMES["light"].dark
    assert THEMES["terminal"].ansi


@pytest.mark.parametrize("name", TRUE_COLOUR)
def test_text_stands_out_from_its_ground(name: str) -> None:
    theme = THEMES[name]
    pairs = [("foreground", "background"), *((role, "background") for role in ON_BACKGROUND)]
    pairs += [(role, ground) for role in IN_LISTS for ground in LIST_GROUNDS]
    pairs += [(role, "surface") for role in ON_SURFACE] + [("foreground", "panel")]
    weak = {pair: round(ratio, 2) for pair in pairs if (ratio := contrast(theme, *pair)) < LEGIBLE}
    assert not weak


@pytest.mark.parametrize("name", TRUE_COLOUR)
def test_grounds_and_rules_can_be_told_apart(name: str) -> None:
    theme = THEMES[name]
    for one in ("role-current", "role-cursor", "role-rule", "surface"):
        assert contrast(theme, one, "background") > SEEN, one
    assert contrast(theme, "role-cursor", "role-current") > SEEN


def test_the_terminals_own_theme_uses_no_colour_but_the_terminals_own() -> None:
    theme = THEMES["terminal"]
    for role in (*COLOURS, *(f"role-{role}" for role in ROLES), *(f"code-{kind}" for kind in CODE)):
        value = theme.variables.get(role) or getattr(theme, role)
        assert str(value).startswith("ansi_"), role


@pytest.mark.parametrize(
    "change, said",
    [
        (("#d7dae0", "#d7dae"), "foreground: expected a colour such as #7aa7e0, found '#d7dae'"),
        (('rule = "#31363f"', "rule = 7"), "roles.rule: expected a colour such as #7aa7e0, found 7"),
        (('keyword = "#7aa7e0"\n', ""), "code.keyword: expected a colour such as #7aa7e0, found None"),
        (("[roles]", "[roles"), "Expected ']' at the end of a table declaration"),
        (("[roles]", "roles = 1\n[others]"), "roles: expected a table, found 1"),
        (("dark = true", 'dark = "yes"'), "dark: expected true or false, found 'yes'"),
    ],
)
def test_a_bad_theme_is_one_line_with_its_file(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    file = tmp_path / "mine.toml"
    good = (themes_folder() / "dark.toml").read_text(encoding="utf-8")
    assert change[0] in good
    file.write_text(good.replace(*change), encoding="utf-8")
    with pytest.raises(ThemeError) as error:
        load_theme(file)
    assert str(error.value).startswith(f"{file}: {said}")
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_text_and_a_folder_without_themes_are_told(tmp_path: Path) -> None:
    with pytest.raises(ThemeError, match="There are no themes in"):
        load_themes(tmp_path)
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ThemeError, match=r"mine\.toml"):
        load_themes(tmp_path)


async def test_every_theme_can_be_chosen_in_the_running_app(tmp_path: Path, load_server: LoadServer) -> None:
    async with front_end(tmp_path, load_server) as front:
        await front.engine.send(front.app.session.topic_id, "n=30 tag=themed")
        await front.shows("end-of-themed")
        looks = set()
        for name in sorted(THEMES):
            await front.pilot.press("ctrl+p")
            await front.shows("Find a command")
            front.app.screen.query_one(Input).value = f"Theme: {name}"
            await front.shows(rf"Theme: {name}")
            await front.pilot.press("enter")
            await front.until(lambda name=name: front.app.theme == name, name)  # type: ignore[misc]
            await front.shows("end-of-themed")
            looks.add(str([segment.style for strip in front.strips for segment in strip]))
        assert len(looks) == len(THEMES)


async def test_with_16_colours_nothing_is_written_on_its_own_colour(tmp_path: Path, load_server: LoadServer) -> None:
    async with front_end(tmp_path, load_server, theme="terminal") as front:
        topic = front.app.session.topic_id
        await front.engine.send(topic, "n=30 tag=first")
        await front.shows("end-of-first")
        await front.pilot.press("ctrl+n", "shift+tab", "down")  # the current row, and the cursor on another one
        await front.engine.send(topic, "n=30 tps=20 tag=second")
        await front.exchange("second", 10)
        await front.drawn()
        written = [segment for strip in front.strips for segment in strip if segment.text.strip() and segment.style]
        assert written
        for text, style, _ in written:
            assert style is not None
            assert style.color is None or style.color.is_default or style.color != style.bgcolor, text
        styles = {front.style_of("New topic"), front.style_of("n=30 tag=first")}
        assert any(style.underline for style in styles) and any(style.reverse for style in styles)
