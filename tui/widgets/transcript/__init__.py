"""The reading area: `Transcript` draws `Item`s.

    transcript.show(topic, items, earlier=...)   what there is to see; as often as one likes
    transcript.toggle_reasoning()
    transcript.at_end, transcript.lines_below
    transcript.move(lines), .page(pages), .go_to_end(), .go_to_start()
    Transcript.EarlierWanted, Transcript.Moved   messages

Inside, downwards: `widget` (Textual) → `paint` (roles to colours) → `flow` (which lines are on screen) → `sheet` (one
message) → `blocks` (what is settled) and `render` (Markdown to lines). All below `paint` is pure.
"""

from tui.widgets.transcript.ink import ASCII, UNICODE, Glyphs
from tui.widgets.transcript.item import Item, ItemKind
from tui.widgets.transcript.widget import Transcript

__all__ = ["ASCII", "UNICODE", "Glyphs", "Item", "ItemKind", "Transcript"]
