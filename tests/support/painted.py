"""What an app's topmost screen paints, with what is seen through it."""

from __future__ import annotations

from textual._context import visible_screen_stack
from textual.app import App
from textual.strip import Strip


def painted(app: App[None]) -> list[Strip]:
    """Row by row. A screen that is painted by others than its app does not know what lies under it, and keeps what it
    has painted: the app, too, would show nothing there then."""
    visible_screen_stack.set(app._background_screens)
    return app.screen._compositor.render_strips()
