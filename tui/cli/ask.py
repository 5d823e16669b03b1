"""`rivulet ask`: a second front end on the same engine. One prompt to one or several models, no screen."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tui.cli import embedded
from tui.cli.outlet import ERR, OUT, Outlet
from tui.cli.replies import AsItArrives, JsonLines, Replies, Waits, WholeReplies
from tui.config import Config
from tui.config.providers import worth_knowing
from tui.engine import Engine, ErrorKind, Library, NotSaved, Stream, StreamStatus, StreamType, Turn, run_loop
from tui.usage import UsageError, say

INTERRUPTED: Final = 130

_PATIENCE: Final = 10.0
"""Seconds for a provider's list of models: a command has no second question for which a slow one would count."""


_NOBODY_READS: Final = (errno.EPIPE, errno.EIO)
"""Of a pipe, of a terminal that was closed: who asked has gone away."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of whom, and how the replies are to be written."""

    text: str
    models: tuple[str, ...] = ()
    system: str | None = None
    as_json: bool = False
    save: bool = False


def read_text(prompt: str | None) -> str:
    """The prompt with a piped stdin before it; `-` is stdin alone. Raises UsageError if there is nothing to ask."""
    piped = _read_stdin() if prompt == "-" or _is_piped() else ""
    said = "" if prompt is None or prompt == "-" else _valid(prompt)
    text = "\n\n".join(part for part in (piped.rstrip("\n"), said) if part.strip())
    if not text:
        raise UsageError('There is nothing to ask: rivulet ask "your question"')
    return text


def _is_piped() -> bool:
    # A pipe or a file. Sockets and devices are not read: some parents hand down one that never ends.
    mode = os.fstat(0).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def _read_stdin() -> str:
    with open(0, "rb", closefd=False) as stdin:
        return stdin.read().decode("utf-8", "replace").removeprefix("\ufeff")


def _valid(text: str) -> str:
    """An argument that was no UTF-8 holds lone surrogates, which nobody can be sent."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def run(config: Config, question: Question) -> int:
    """Ask, and return the exit status. Raises UnknownModel, LibraryError: then nothing was sent."""
    models = question.models or ("instruct",)
    asked = dict.fromkeys(config.models.resolve(name) for name in models)
    for model in asked:
        if status := embedded.have(config, model, asked_for=bool(question.models)):
            return status
    for name in dict.fromkeys(model.provider for model in asked):
        for words in worth_knowing(config.models.providers[name]):
            say(words)
    return run_loop(_run(config, question, models))


async def _run(config: Config, question: Question, models: Sequence[str]) -> int:
    loop = asyncio.get_running_loop()
    interruption = _Interruption()
    outlet = Outlet(lambda: loop.call_soon_threadsafe(interruption.happened))
    library = Library.open(config.paths.data) if question.save else Library.in_memory()
    unsaved = ""
    streams: list[Stream] = []
    with interruption.watching():
        paths = config.paths
        try:
            # A command that has its answer is over: it waits for no title.
            async with Engine(
                config.models, library, data=paths.data, log=paths.log, titles=False, patience=_PATIENCE
            ) as engine:
                ids = await _started(engine, question, models, interruption)
                replies = _replies(question, len(ids), outlet.write)
                waits = Waits(outlet.write, engine.models, engine.now) if os.isatty(ERR) else None
                streams = await _follow(engine, ids, replies, waits, interruption)
        except NotSaved as error:
            unsaved = str(error)
        await asyncio.to_thread(outlet.finish)
    if unsaved:
        say(unsaved)
    if outlet.failure and outlet.failure.errno not in _NOBODY_READS:
        say(f"The reply can't be written: {outlet.failure.strerror}.")
        return 1
    return _status(streams) or int(bool(unsaved))


async def _started(engine: Engine, question: Question, models: Sequence[str], interruption: _Interruption) -> list[str]:
    """The streams, or those that had begun when it was interrupted."""
    ids: list[str] = []
    starting = asyncio.ensure_future(_start(engine, question, models, ids))
    interrupted = asyncio.ensure_future(interruption.changed.wait())
    await asyncio.wait((starting, interrupted), return_when=asyncio.FIRST_COMPLETED)
    interrupted.cancel()
    if not starting.done():
        starting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await starting
    return ids


async def _start(engine: Engine, question: Question, models: Sequence[str], ids: list[str]) -> None:
    if not question.save:
        system = (Turn("system", question.system),) if question.system else ()
        turns = (*system, Turn("user", question.text))
        for number, model in enumerate(models):
            ids.append(await engine.start(StreamType.CHAT, f"ask-{number}", model, turns))
        return
    assistant = engine.catalog.assistants()[0]
    for model in models:
        topic = await engine.new_topic(assistant.id)
        # Without -m the assistant's own model answers, as in the UI.
        chosen = model if question.models else None
        sent = await engine.send(topic.id, question.text, model=chosen, system=question.system)
        assert sent.stream_id is not None  # a new topic has no queue
        ids.append(sent.stream_id)


async def _follow(
    engine: Engine, ids: list[str], replies: Replies, waits: Waits | None, interruption: _Interruption
) -> list[Stream]:
    """Show the streams until each has ended."""
    unsubscribe = engine.registry.subscribe(lambda _: interruption.changed.set())
    live, ended = dict.fromkeys(ids), list[Stream]()
    while live:
        interruption.changed.clear()
        if interruption.take():
            await engine.stop_all()
        for id in tuple(live):
            stream = engine.registry.get(id)
            if stream is None:  # can't be: the registry keeps far more than are asked here
                del live[id]
            elif stream.ended:
                del live[id]
                ended.append(stream)
                replies.ended(stream)
            else:
                replies.grown(stream)
                if waits is not None and stream.waiting is not None:
                    waits.tell(stream, engine.registry.places().get(id, 0))
        if live:
            await interruption.changed.wait()
    unsubscribe()
    return ended


def _replies(question: Question, number: int, write: Callable[[str, int], None]) -> Replies:
    if question.as_json:
        return JsonLines(write)
    if number > 1:
        return WholeReplies(write, os.isatty(OUT))
    return AsItArrives(write, os.isatty(OUT), os.isatty(ERR))


def _status(streams: list[Stream]) -> int:
    found = {stream.status for stream in streams}
    if not streams:
        say("Interrupted: nothing was sent.")
    if not streams or StreamStatus.STOPPED in found:
        return INTERRUPTED
    if all(stream.error is not None and stream.error.kind is ErrorKind.CONFIG for stream in streams):
        return 2  # nothing was sent
    return 0 if found == {StreamStatus.COMPLETED} else 1


class _Interruption:
    """Ctrl+C, a termination, a hangup, or a reader that has gone: end the streams and write what had arrived."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        """Set at every change that the loop in `_follow` has to look at."""
        self._fresh = False
        self._signals = 0

    def happened(self) -> None:
        self._fresh = True
        self.changed.set()

    def take(self) -> bool:
        fresh, self._fresh = self._fresh, False
        return fresh

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        caught = []
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # What was ignored at the start (nohup, a shell's background) stays ignored.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                with contextlib.suppress(NotImplementedError):  # Windows
                    loop.add_signal_handler(number, self._signalled)
                    caught.append(number)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)

    def _signalled(self) -> None:
        self._signals += 1
        if self._signals > 1:  # it is meant: whatever hangs is not waited for
            os._exit(INTERRUPTED)
        self.happened()
