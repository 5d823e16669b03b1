"""Which models and providers are in use, and where the files are."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from tui.engine import Role, UnknownModel
from tui.plain import line
from tui.session import Session
from tui.widgets.keying import shown_key
from tui.widgets.status_line import Status, StatusLine


def settings_text(session: Session) -> str:
    """What is in use, as lines. Keys are named by where they come from, never by their value."""
    models, paths = session.config.models, session.config.paths
    lines = ["Models", ""]
    for role in Role:
        try:
            lines.append(f"  {role:<10}  {models.resolve(role)}")
        except UnknownModel:
            lines.append(f"  {role:<10}  not set")
    lines += ["", "Providers", ""]
    for provider in models.providers.values():
        if provider.embedded:
            here = "here" if session.engine.has_embedded(provider.model or "") else "not fetched yet"
            lines.append(f"  {provider.name:<10}  small demo model on this machine, {here}")
            continue
        key = f"key from {provider.api_key.origin}" if provider.api_key else "no key"
        lines.append(f"  {provider.name:<10}  {provider.protocol:<9}  {line(provider.base_url)}  {line(key)}")
    lines += [
        "",
        "Files",
        "",
        f"  {'settings':<10}  {line(str(paths.config_file))}{'' if session.config.from_file else '  (none yet)'}",
        f"  {'data':<10}  {line(str(paths.data))}",
        f"  {'log':<10}  {line(str(paths.log))}",
        "",
        "Change them in the settings file; the README says how. What streams goes on meanwhile.",
    ]
    return "\n".join(lines)


class SettingsScreen(Screen[None]):
    """Read-only for now."""

    CSS_PATH = "page.tcss"
    AUTO_FOCUS = "#settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        yield Static("Settings", id="heading", markup=False)
        with VerticalScroll(id="settings"):
            yield Static(Text(settings_text(self._session)), id="settings-text", markup=False)
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        self.sync()

    def on_screen_resume(self) -> None:
        self.sync()

    def sync(self) -> None:
        """Show what is so now."""
        if not self.is_mounted:
            return
        live, keys = self._session.engine.registry.live, self._session.config.keys
        running = f"{live} stream{' runs' if live == 1 else 's run'}" if live else ""
        hints = ((shown_key("screen.chat", keys), "chat"), (shown_key("help", keys), "help"))
        self.query_one(StatusLine).show(Status((self._session.notice,), running, hints))

    def action_scroll(self, step: int) -> None:
        self.query_one("#settings", VerticalScroll).scroll_relative(y=step, animate=False)
