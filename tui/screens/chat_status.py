"""What the chat's bottom line says. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tui.engine import Registry, Stream, StreamStatus, StreamType, UnknownModel
from tui.keys import BINDINGS, shown
from tui.live import clock
from tui.plain import line
from tui.session import Session
from tui.waits import in_short, left
from tui.widgets.status_line import Status

_DEMO: Final = " demo model"
_SPEED: Final = 11
"""Cells for a speed, so that nothing moves as it grows."""
_WAITS: Final = 14
"""The same for what a stream waits for."""


def model_of(session: Session) -> tuple[str, ...]:
    """The model that the topic on show asks, and its role unless the assistant names it; the demo model says so."""
    topic = session.topic
    assistant = session.engine.catalog.assistant(topic.assistant_id) if topic else None
    wanted = assistant.model if assistant else "instruct"
    try:
        ref = session.engine.models.resolve(wanted)
    except UnknownModel:
        return ("no model",)
    demo = _DEMO if session.engine.models.providers[ref.provider].embedded else ""
    role = (wanted,) if wanted != str(ref) else ()
    return (line(str(ref)) + demo, *role)


def status(
    session: Session,
    stream: Stream | None,
    *,
    writing: bool,
    now: float,
    finding: bool = False,
    reading: Sequence[str] = (),
    editing: bool = False,
    optimized: bool = False,
    difference: bool = False,
    listing: bool = False,
) -> Status:
    """The line for the topic on show; `stream` is what runs in it, `writing` whether the composer has text, `finding`
    whether a needle is being written, `reading` which keys the reading area has to offer, `editing` whether something
    that was said is being written anew, `optimized` whether the draft was, `difference` whether there is more of what
    that changed than is on show, `listing` whether the list of topics lies over the text."""
    registry, glyphs = session.engine.registry, session.glyphs
    state = ""
    if registry.live:
        total = sum(session.meter.rate(running, now) for running in registry.find(live=True))
        many = f"{registry.live} stream" + (" " if registry.live == 1 else "s")
        speed = f"~{total:.0f} tok/s" if total >= 0.5 else ""  # while all of them wait there is none to tell
        waits = in_short(stream, registry.places().get(stream.id, 0), now) if stream is not None else ""
        state = f"{glyphs.spin(now)} {many} {waits or speed:>{_WAITS if waits else _SPEED}}"
        if stream is not None and stream.type is StreamType.PROMPT_OPTIMIZATION:
            # Another model than the topic's may do it: who gets to read the draft is said.
            own = model_of(session)[0].removesuffix(_DEMO)
            by = "" if line(stream.model) == own else f" with {line(stream.model)}"
            what = f" {waits:>{_WAITS}}" if waits else ""
            state = f"{glyphs.spin(now)} optimizing{by}{what}  {clock(now - stream.created_at):>5}"
        elif stream is not None:
            state += f"  {clock(now - stream.created_at):>5}"
    elif (last := _last(registry, session.topic_id)) is not None:
        state = _summary(last, session, now)
    held = stream is not None and left(stream, now) > 0
    hints = _hints(session, stream, writing, finding, reading, editing, listing, held)
    if optimized and not finding and not reading and not editing:
        ours = [("^z", "old prompt")]
        if keys := session.keys("prompt.difference"):
            ours.append((shown(keys[0]), "difference"))
        if difference and (keys := session.keys("difference.down")):
            ours.append((shown(keys[0]), "more of it"))
        at = 1 if stream is not None else 0
        hints[at:at] = ours
        hints = [hint for hint in hints if stream is None or hint[1] != "optimize"]
    return Status(model_of(session), state, hints)


def _elsewhere(stream: Stream, session: Session) -> bool:
    """Whether it runs for another topic than the one on show. A system prompt is for none."""
    topic_id = stream.metadata.get("topic_id")
    return topic_id is not None and topic_id != session.topic_id


def _last(registry: Registry, topic_id: str) -> Stream | None:
    """The topic's newest ended reply of this run."""
    found = [s for s in registry.find(StreamType.CHAT) if s.ended and s.metadata.get("topic_id") == topic_id]
    return found[-1] if found else None


def _summary(stream: Stream, session: Session, now: float) -> str:
    """What the last reply took: the provider's own count where it gave one."""
    if stream.status is not StreamStatus.COMPLETED or stream.first_token_at is None or stream.ended_at is None:
        return ""
    counted = (stream.usage or {}).get("output_tokens")
    seconds = stream.ended_at - stream.first_token_at
    if counted and seconds > 1:
        return f"{counted} tokens  {counted / seconds:.0f} tok/s  {clock(stream.ended_at - stream.created_at)}"
    speed = session.meter.rate(stream, now)
    return f"~{speed:.0f} tok/s  {clock(stream.ended_at - stream.created_at)}" if speed and seconds > 1 else ""


def _hints(
    session: Session,
    stream: Stream | None,
    writing: bool,
    finding: bool,
    reading: Sequence[str],
    editing: bool,
    listing: bool,
    held: bool,
) -> list[tuple[str, str]]:
    """The keys that can be used here and now, the most important first."""
    wanted: list[str] = []
    selecting = "stream.stop" in reading
    if finding:
        wanted += ["find.next", "find.previous", "stream.stop"]
    elif selecting:
        wanted += reading
    elif stream is not None or editing or listing:
        wanted.append("stream.stop")
        if held:
            wanted.append("reply.regenerate")
    if writing and not finding and not reading:
        wanted.append("stream.start")
        if stream is None and not editing:
            wanted.append("prompt.optimize")
    wanted += [] if selecting else reading
    wanted += ["help", "topic.new"]
    if any(_elsewhere(running, session) for running in session.engine.registry.find(live=True)):
        wanted.append("topic.next")
    wanted += ["screen.topics", "quit"]
    hints = {key.id: key.hint for key in BINDINGS} | (
        {"stream.stop": "close" if finding or listing else "give up"}
        if finding or selecting or editing or listing
        else {}
    )
    if held:
        hints["reply.regenerate"] = "ask now"
    return [(shown(session.keys(id)[0]), hints[id]) for id in wanted if session.keys(id)]
