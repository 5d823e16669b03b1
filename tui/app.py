"""The Textual app: the screens as lasting modes, the keys that work everywhere, themes, and how it all ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import PurePath
from typing import Any, ClassVar, Final

from rich.console import RenderableType
from textual import events, on
from textual._compositor import ChopsUpdate
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import Input, TextArea

from tui.config import Config
from tui.copying import Copying
from tui.engine import Engine, StreamType
from tui.harmless import Harmless
from tui.keyboard import OrderedKeys
from tui.live import Live
from tui.mishaps import ANY_MISTAKE, Unbroken
from tui.palette import assistant_entries, key_entries, topic_entries
from tui.screens.chat import ChatScreen
from tui.screens.dialog import QuitQuestion, StopAllQuestion
from tui.screens.help import HelpScreen
from tui.screens.palette import Entry, Palette, run_chosen
from tui.screens.settings import SettingsScreen
from tui.screens.topics import TopicsScreen
from tui.session import Session
from tui.stylesheet import OnceMatched
from tui.suspending import Suspending
from tui.terminal import RivuletDriver
from tui.themes import load_themes
from tui.widgets.composer import Composer
from tui.widgets.keying import bindings, keymap, shown_key

_TWICE: Final = 2.0
"""Seconds within which a second ctrl+c quits."""


_PRESSES: Final = (events.Key, events.Paste, events.MouseDown, events.MouseScrollDown, events.MouseScrollUp)

_NAMING: Final = frozenset({StreamType.CONVERSATION_TITLE, StreamType.TOPIC_TITLE})


class RivuletApp(OrderedKeys, Copying, Suspending, Unbroken, inherit_bindings=False):
    """One front end. It asks the engine and draws; whatever ends it, streams end only with the engine."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "widgets/transcript/theme.tcss"]
    TITLE = "Rivulet"
    ENABLE_COMMAND_PALETTE = False  # we have one of our own
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")

    def __init__(self, engine: Engine, config: Config, *, theme: str, typed: bytes = b"") -> None:
        """`typed`: what was read from the terminal before the app could: its first keys."""
        super().__init__(driver_class=None if sys.platform == "win32" else RivuletDriver)
        self.stylesheet = OnceMatched(variables=self.get_css_variables())
        self.session = Session(engine, config)
        self.typed = typed
        self._engine = engine
        self._live: Live | None = None
        self._interrupted = -_TWICE
        self._harmless = Harmless()
        self._drawn: Screen[Any] | None = None
        self._themes = load_themes()
        for loaded in self._themes.values():
            self.register_theme(loaded)
        self.theme = theme
        for mode, screen in (("chat", ChatScreen), ("topics", TopicsScreen), ("settings", SettingsScreen)):
            self.add_mode(mode, partial(self._new_screen, screen))
        self.set_keymap(keymap(config.keys))

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._harmless]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own roles, for the toolkit's themes too, which do not know them."""
        return load_themes()["dark"].variables

    async def on_mount(self) -> None:
        self.session.wake = self._draw_in
        self._live = Live(self._engine, self.draw, self._say)
        self.session.meter = self._live.meter
        if early := " ".join([self.session.config.first_warning, *self._engine.catalog.notices]).strip():
            self._say(early)
        await self._first_topic()
        await self.switch_mode("chat")
        self.call_after_refresh(self._engine.warm)

    def _new_screen(self, kind: type[ChatScreen | TopicsScreen | SettingsScreen]) -> Screen[None]:
        screen = kind(self.session)
        self.never_break()  # without a first screen there is nothing to go on with
        # The toolkit would take it for one that a change of theme passed by, and style all screens three times over.
        screen._css_update_count = self._css_update_count
        return screen

    def on_unmount(self) -> None:
        if self._live is not None:
            self._live.close()

    async def _first_topic(self) -> None:
        """The topic that was used last; the first start has a new one."""
        topics = self._engine.catalog.topics()
        if topics:
            self.session.topic_id = max(topics, key=lambda topic: topic.updated_at).id
        else:
            await self._new_topic()

    async def _new_topic(self, assistant_id: str = "") -> None:
        """With that assistant, else with the one of the topic on show."""
        topic = self.session.topic
        if not assistant_id:
            assistant_id = topic.assistant_id if topic else self._engine.catalog.assistants()[0].id
        self.session.topic_id = (await self._engine.new_topic(assistant_id)).id

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, _PRESSES):
            self._engine.give_way()
            if self._live is not None and isinstance(event, events.Key) and event.is_printable:
                self._live.give_way()
        await super().on_event(event)

    # Drawing

    def draw(self) -> None:
        if self.ending or not self.is_running:
            return  # the toolkit takes the screens apart, piece by piece
        driver = self._driver
        if isinstance(driver, RivuletDriver) and driver.frames_were_dropped:
            self.screen.refresh(layout=True)
        # A dialog lies over a screen that goes on being seen.
        for screen in self.screen_stack[-2:]:
            sync = getattr(screen, "sync", None)
            if sync is not None and screen.is_mounted:
                try:
                    sync()
                except ANY_MISTAKE as error:
                    self.could_not_show(screen, error)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Draw a screen that comes on show as a whole: the toolkit begins with parts, among the last one's rows."""
        if renderable is not None and not self._batch_count and screen is self.screen and screen is not self._drawn:
            self._drawn = screen
            if isinstance(renderable, ChopsUpdate):
                screen.refresh()
                return
        super()._display(screen, renderable)

    def _draw_in(self, seconds: float) -> None:
        self.set_timer(seconds + 0.1, self.draw)

    def _say(self, text: str) -> None:
        self.session.tell(text)

    # Keys

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Input | TextArea):
            event.widget.cursor_blink = False  # nothing moves but what streams

    async def action_show(self, mode: str) -> None:
        await self.switch_mode(mode)

    async def action_new_topic(self, assistant_id: str = "") -> None:
        await self._new_topic(assistant_id)
        await self._open(self.session.topic_id)

    async def _open(self, topic_id: str) -> None:
        self.session.topic_id = topic_id  # the screen may be made anew, with that topic
        await self.action_show("chat")
        if isinstance(self.screen, ChatScreen):
            self.screen.open(topic_id)

    @on(TopicsScreen.Open)
    async def _open_topic(self, message: TopicsScreen.Open) -> None:
        await self._open(message.topic_id)

    async def action_stop(self) -> None:
        """Less: close what is open, else stop one thing here. It never quits."""
        screen = self.screen
        if not isinstance(screen, ChatScreen):
            await self.switch_mode("chat")
        elif not screen.close_open():
            await self._stop_here()

    async def _stop_here(self) -> bool:
        screen = self.screen
        stream = screen.stoppable if isinstance(screen, ChatScreen) else None
        return stream is not None and await self._engine.stop(stream.id)

    # Questions stand before the next key acts, so that it can be typed ahead: no worker asks them.

    def action_stop_all(self) -> None:
        running = self._engine.registry.live
        if running == 0:
            self.tell("Nothing streams.")
            return
        body = f"{_streams(running)} will stop; what has arrived stays."
        self.push_screen(StopAllQuestion("Stop all?", body, "enter stop all   esc no"), self._stop_all_if)

    async def _stop_all_if(self, wanted: bool | None) -> None:
        if wanted:
            await self._engine.stop_all()

    async def action_interrupt(self) -> None:
        """Copy a selection, else stop this topic's stream; a second press soon after the first quits."""
        focused = self.focused
        if isinstance(focused, Composer) and focused.selected_text:
            self.copy_to_clipboard(focused.selected_text)
            return
        if isinstance(self.screen, ChatScreen) and self.screen.copy_selection():
            return
        now = time.monotonic()
        again, self._interrupted = now - self._interrupted < _TWICE, now
        if again:
            self._interrupted = -_TWICE
            self._quit()
            return
        stopped = "Stopped. " if await self._stop_here() else ""
        self.session.say(f"{stopped}{shown_key('interrupt', self.session.config.keys)} again quits.", _TWICE)
        self.draw()

    def action_ask_to_quit(self) -> None:
        self._quit()

    def _quit(self) -> None:
        running = sum(stream.type not in _NAMING for stream in self._engine.registry.find(live=True))
        unsaved = self.session.unsaved
        if not running and not unsaved:  # a name that does not come is no loss: the first words stand there already
            self.exit(return_code=0)
            return
        told = [f"{unsaved} If you quit now, what is not saved yet is lost."] if unsaved else []
        if running:
            kept = "" if unsaved else "; what has arrived is kept"
            goes, them = ("goes", "it") if running == 1 else ("go", "them")
            told.append(f"{_streams(running)} {goes} on. Quitting stops {them}{kept}.")
        quit_keys = shown_key("quit", self.session.config.keys)
        question = QuitQuestion("Quit?", " ".join(told), f"enter or {quit_keys} quit   esc stay")
        self.push_screen(question, self._quit_if)

    def _quit_if(self, wanted: bool | None) -> None:
        if wanted:
            self.exit(return_code=0)

    def action_palette(self) -> None:
        entries = [*key_entries(self, self.screen, self.session.config.keys)]
        entries += [Entry(f"Theme: {name}", partial(setattr, self, "theme", name)) for name in sorted(self._themes)]
        entries += assistant_entries(self._engine.catalog, self.action_new_topic)
        entries += topic_entries(self._engine.catalog, self._open)
        self.push_screen(Palette(entries), self._run_entry)

    def _run_entry(self, entry: Entry | None) -> None:
        """Close the palette and act in one picture: a theme that is chosen there would be painted four times."""
        if entry is not None:
            together = ExitStack()
            together.enter_context(self.batch_update())
            run_chosen(self, entry)
            self.call_later(self._show_anew, together)

    def _show_anew(self, held: ExitStack) -> None:
        held.close()
        self.screen.refresh()

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.session.config.keys))

    # Endings

    def end(self, status: int) -> None:
        """Leave in good order, as a signal or a lost terminal wants it."""
        self.exit(return_code=status)

    def tell(self, text: str) -> None:
        self.session.say(text)
        self.draw()


def _streams(count: int) -> str:
    return "1 stream" if count == 1 else f"{count} streams"
