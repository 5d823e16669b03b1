"""The reading area in a Textual app."""

from __future__ import annotations

from textual.app import App, ComposeResult

from tui.engine import Log
from tui.widgets.transcript import Item, ItemKind, Transcript


class Reader(App[None]):
    """An app with nothing but a transcript."""

    def compose(self) -> ComposeResult:
        yield Transcript()

    @property
    def transcript(self) -> Transcript:
        return self.query_one(Transcript)


def rows(transcript: Transcript) -> list[str]:
    return [transcript.render_line(y).text.rstrip() for y in range(transcript.size.height)]


async def test_a_question_is_told_from_its_reply_by_a_bar_and_weight() -> None:
    app = Reader()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.transcript.show(
            "t",
            [
                Item("q", ItemKind.QUESTION, Log("How do tides *work*?")),
                Item("r", ItemKind.REPLY, Log("They *rise*.")),
            ],
        )
        assert rows(app.transcript)[1:4] == ["   How do tides *work*?", "", "   They rise."]
        bar, text = app.transcript.render_line(1), app.transcript.render_line(1)
        assert bar._segments[1].style is not None and bar._segments[1].style.bgcolor is not None
        assert any(segment.style and segment.style.bold for segment in text if "tides" in segment.text)
