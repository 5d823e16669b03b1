"""The chat screen's part that has a question answered again: more versions, by other models; going on with one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual import work

from tui.engine import LibraryError, Role, Stream, StreamType, UnknownModel
from tui.plain import line
from tui.screens.asking import AskingScreen
from tui.screens.palette import Entry, Palette
from tui.screens.reply_info import ReplyInfo, facts
from tui.screens.reply_words import version_of
from tui.waits import left


class AnswersAgain(AskingScreen):
    """Versions of a reply, of which several may stream at a time."""

    _asking_again = False

    @property
    def stoppable(self) -> Stream | None:
        """What Esc stops: the optimization of this draft, else the reply on screen, else the newest one of this topic.
        Never a name: who presses Esc twice wants the reply to stop, and it is named after that."""
        return self.optimizing or self.running or self._newest

    @property
    def _newest(self) -> Stream | None:
        live = self._engine.registry.find(StreamType.CHAT, live=True)
        here = [stream for stream in live if stream.metadata.get("topic_id") == self._session.topic_id]
        return here[-1] if here else None

    def action_regenerate(self) -> None:
        """Answer the question here again; the earlier answers stay. What waits for its next try is asked now."""
        stream, conversation = self.stoppable, self.here
        if stream is not None and left(stream, self._engine.now()):
            self._hurry(stream.id)
        elif conversation is None:
            self.tell("There is nothing to answer yet.")
        else:
            self._answer_again(conversation.id)

    @work
    async def _hurry(self, stream_id: str) -> None:
        await self._engine.hurry(stream_id)

    def _answer_again(self, conversation_id: str, model: str | None = None) -> None:
        if not self._asking_again:  # the key may have been pressed twice
            self._asking_again = True
            self._regenerate(conversation_id, model)

    @work
    async def _regenerate(self, conversation_id: str, model: str | None) -> None:
        try:
            if not await self.model_is_here(model):
                return
            await self._engine.regenerate(conversation_id, model=model)
        except (UnknownModel, LibraryError) as trouble:
            self._session.say(str(trouble))
        else:
            self._session.say("")
        finally:
            self._asking_again = False
        self.show_end_of(conversation_id)
        self.sync()

    def action_regenerate_with(self) -> None:
        """Choose who answers the question here again."""
        conversation = self.here
        if conversation is None:
            self.tell("There is nothing to answer yet.")
            return
        entries = [Entry(name, partial(self._answer_again, conversation.id, model)) for model, name in self._models()]
        self.app.push_screen(Palette(entries, "Answer again with"), self.run_entry)

    def _models(self) -> Iterator[tuple[str, str]]:
        """Who can be asked, and how it is told: those who play a role, each provider's own, those who answered here."""
        models = self._engine.models
        for role in Role:
            if role in models.roles:
                yield role, line(f"{role}: {models.roles[role]}")
        named = [f"{provider.name}/{provider.model}" for provider in models.providers.values() if provider.model]
        for conversation in self._engine.catalog.branch(self._session.topic_id):
            named += [reply.model for reply in conversation.replies if reply.model]
        for name in sorted(set(named)):
            yield name, line(name)

    def action_continue_reply(self) -> None:
        """Go on with the reply here from where it ends."""
        conversation = self.here
        reply = self._engine.as_shown(conversation).reply if conversation is not None else None
        if conversation is None or reply is None:
            self.tell("There is no reply to go on with yet.")
        else:
            self._go_on(conversation.id, reply.model)

    @work
    async def _go_on(self, conversation_id: str, model: str | None) -> None:
        try:
            if not await self.model_is_here(model):
                return
            await self._engine.continue_reply(conversation_id)
        except (ValueError, UnknownModel, LibraryError) as trouble:
            self._session.say(str(trouble))
        else:
            self._session.say("")
        self.show_end_of(conversation_id)
        self.sync()

    async def action_version(self, step: int) -> None:
        """Have the next version of the reply here on show, or with -1 the one before."""
        conversation = self.here
        ids = self._engine.versions(conversation) if conversation is not None else []
        if conversation is None or len(ids) < 2:
            self.tell(f"There is one version only. {self._key('reply.regenerate')} asks for another.")
            return
        at = max(0, min(conversation.chosen, len(ids) - 1)) + step
        if not 0 <= at < len(ids):
            self.tell("This is the last version." if step > 0 else "This is the first version.")
            return
        await self._engine.choose_version(conversation.id, ids[at])
        self.tell(version_of(at + 1, len(ids)).capitalize())  # what stands above a long one is out of sight

    def action_reply_info(self) -> None:
        """Everything that is known of the reply here."""
        conversation = self.here
        rows = facts(self._engine, conversation) if conversation is not None else []
        if rows:
            self.app.push_screen(ReplyInfo(rows))
        else:
            self.tell("There is no reply yet.")
