"""A text area whose text may change by many lines at once."""

from __future__ import annotations

from textual.geometry import Offset
from textual.widgets import TextArea


class SteadyTextArea(TextArea):
    """The toolkit's, but for one mistake: in the midst of an edit that takes lines away, undo's too, it looks for its
    cursor where it was before, and fails if that line is gone and its scroll bar with it."""

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        if self.cursor_location[0] >= self.document.line_count:
            return Offset()  # the cursor comes to its new place a moment later, and into sight with it
        return super().scroll_cursor_visible(center, animate)
