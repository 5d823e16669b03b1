"""The chat screen's part that has a draft optimized: started, stopped and taken back by key, and never over typing."""

from __future__ import annotations

from textual import work

from tui.engine import StreamType, UnknownModel
from tui.screens.asking import AskingScreen
from tui.widgets.composer import Composer
from tui.widgets.difference_panel import DifferencePanel


class OptimizesDraft(AskingScreen):
    """The composer shows what the stream brings; the draft itself stays as it was until that has ended."""

    _difference = False

    @property
    def before_and_after(self) -> tuple[str, str] | None:
        """The original and what has come in its place; None if the draft was not optimized, or is another by now."""
        topic = self._session.topic
        if topic is None or self.edit is not None:
            return None
        text = self.query_one(Composer).text
        if (stream := self.optimizing) is not None:
            return str(stream.metadata["original_prompt"]), text
        before = self._engine.original_draft(topic.id)
        return None if before is None or text != topic.draft else (before, text)

    def action_difference(self) -> None:
        """Show what the optimization changed, or hide it again."""
        if not self._difference and self.before_and_after is None:
            self.tell("This draft was not optimized: there is no difference to show.")
            return
        self._difference = not self._difference
        self.sync()

    def sync_difference(self) -> None:
        """Show the difference as it is now."""
        texts, panel = self.before_and_after if self._difference else None, self.query_one(DifferencePanel)
        if texts is None and panel.has_focus:
            self.set_focus(self.query_one(Composer))
        panel.show(texts, plain=self._session.config.ui.glyphs == "ascii")

    def end_difference(self) -> bool:
        """Close the difference; False if it is not on show."""
        if not self.query_one(DifferencePanel).display:
            return False
        self._difference = False
        self.sync()
        return True

    def action_scroll_difference(self, step: int) -> None:
        """By lines, with the focus where it is."""
        panel = self.query_one(DifferencePanel)
        panel.scroll_relative(y=step, animate=False)
        if not panel.display:
            self.tell(f"No difference is on show. {self._key('prompt.difference')} shows it.")

    def action_optimize(self) -> None:
        """Have a model write a better prompt out of the draft, in its place."""
        topic, text = self._session.topic, self.query_one(Composer).text
        if topic is None:
            return
        if self.edit is not None:
            self.tell("Finish what you are editing first.")
        elif self.optimizing is not None:
            self.tell("This draft is being optimized already.")
        elif not text.strip():
            self.tell("There is nothing to optimize yet: write a prompt first.")
        else:
            self.tell("")
            self._optimize(topic.id, text)

    @work
    async def _optimize(self, topic_id: str, text: str) -> None:
        if await self.model_is_here("instruct"):
            try:
                await self._engine.optimize(topic_id, text)
            except (KeyError, ValueError, UnknownModel) as trouble:
                self._session.say(str(trouble.args[0] if trouble.args else trouble))
        self.sync()

    def take_back(self) -> bool:
        """Stop the optimization of this draft and have the original again; False if none runs."""
        stream = self.optimizing
        if stream is None or self.edit is not None:
            return False
        self._taken_back.add(stream.id)
        self._stop(stream.id)
        self.sync()
        return True

    def sync_draft(self) -> bool:
        for stream in list(self._engine.registry.find(StreamType.PROMPT_OPTIMIZATION)):
            if stream.ended and stream.id in self._taken_back:
                self._taken_back.discard(stream.id)
                self._undo(stream.related_id)
        return super().sync_draft()

    @work
    async def _undo(self, topic_id: str) -> None:
        await self._engine.undo_optimization(topic_id)
        self.sync()
