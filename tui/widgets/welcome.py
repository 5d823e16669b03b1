"""What an empty topic shows: what this is, three keys, and who answers."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from tui.engine import UnknownModel
from tui.plain import line
from tui.session import Session
from tui.widgets.keying import shown_key


class Welcome(Static):
    """A few lines at the top of an empty reading area."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._shown: tuple[str, ...] = ()

    def show(self, session: Session) -> None:
        lines = welcome(session)
        if lines != self._shown:
            self._shown = lines
            text = Text("\n".join(lines))
            text.stylize("bold", 0, len(lines[0]))
            self.update(text)


def welcome(session: Session) -> tuple[str, ...]:
    """The lines for the topic on show."""
    keys = session.config.keys
    topic = session.topic
    assistant = session.engine.catalog.assistant(topic.assistant_id) if topic else None
    name = line(assistant.name) if assistant else "Rivulet"
    lines = [
        f"A new topic with {name}.",
        "Ask below; while it answers, go on elsewhere: nothing interrupts a reply.",
        "",
        f"{shown_key('stream.start', keys)} sends   {shown_key('topic.new', keys)} another topic   "
        f"{shown_key('help', keys)} all keys",
        "",
    ]
    try:
        ref = session.engine.models.resolve(assistant.model if assistant else "instruct")
    except UnknownModel as unknown:
        return (*lines, str(unknown), *_ways(session))
    provider = session.engine.models.providers[ref.provider]
    if not provider.embedded:
        return (*lines, f"{line(str(ref))} answers.")
    if session.engine.has_embedded(ref.model):
        return (*lines, f"{ref} answers: a small demo model, English only, on this machine.", *_ways(session))
    offer = "Send something and Rivulet offers a small demo model (93 MB, English only)."
    return (*lines, f"No model is set up yet. {session.engine.why_no_embedded() or offer}", *_ways(session))


def _ways(session: Session) -> tuple[str, ...]:
    """How to get a real model."""
    others = [name for name, provider in session.engine.models.providers.items() if not provider.embedded]
    if others:
        return (f"For a real one start Rivulet with -m {' or -m '.join(others[:3])}.",)
    config_file = line(str(session.config.paths.config_file))
    return (
        f"For a real one press {shown_key('screen.settings', session.config.keys)} and add a provider.",
        f"Or set OPENAI_API_KEY or ANTHROPIC_API_KEY, start Ollama, or write {config_file}; then start Rivulet again.",
    )
