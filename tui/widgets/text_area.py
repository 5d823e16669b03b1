"""A text area whose text may change by many lines at once, and that may have no room at all."""

from __future__ import annotations

from textual.geometry import Offset
from textual.strip import Strip
from textual.widgets import TextArea


class SteadyTextArea(TextArea):
    """The toolkit's, but for two mistakes. In the midst of an edit that takes lines away, undo's too, it looks for its
    cursor where it was before, and fails if that line is gone and its scroll bar with it. And it can't lay out what an
    empty one says where there is no cell for it."""

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        if self.cursor_location[0] >= self.document.line_count:
            return Offset()  # the cursor comes to its new place a moment later, and into sight with it
        return super().scroll_cursor_visible(center, animate)

    def render_line(self, y: int) -> Strip:
        return super().render_line(y) if self.content_size.width > 0 else Strip([], 0)
