"""The reading area: `Transcript` draws `Item`s. It knows no engine, no storage, no screen; of Rivulet only the keys.

    transcript.show(topic, items, earlier=...)   what there is to see; as often as one likes
    transcript.toggle_reasoning()
    transcript.at_end, transcript.lines_below
    transcript.move(lines), .page(pages), .go_to_end(), .go_to_start()
    transcript.selecting, .copy_selection(), .give_up(), .hints, .texts(items, form)
    Transcript.EarlierWanted, .Moved, .CopyWanted, .SaveWanted, .TopicWanted, .Missed   messages

Inside, downwards: `widget` (Textual) → `paint` (roles to colours) → `flow` and `view` (which lines are on screen) →
`sheet` (one message) → `blocks` (what is settled) and `render` (Markdown to lines). All below `paint` is pure.
Beside it: `picker` and `cursor` (what is selected), `landmarks` (where messages and code are), `excerpts` (the text to
copy); `picking` and `pointing` put them behind keys and the mouse.
"""

from tui.widgets.transcript.ink import ASCII, UNICODE, Glyphs
from tui.widgets.transcript.item import Item, ItemKind
from tui.widgets.transcript.widget import Transcript

__all__ = ["ASCII", "UNICODE", "Glyphs", "Item", "ItemKind", "Transcript"]
