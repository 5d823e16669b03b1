"""The providers' keys: asked for when they are first needed, off the event loop, once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from tui.engine.secret import Key, Secret

T = TypeVar("T")


class Keys:
    """Keys by where they come from. Streams that want one at a time ask once: a command may want a fingerprint."""

    def __init__(self) -> None:
        self._asked: dict[Secret, asyncio.Future[Key]] = {}

    async def reveal(self, secret: Secret) -> Key:
        """Raises SecretUnavailable; the next time it is asked for anew."""
        if secret not in self._asked:
            self._asked[secret] = asked = in_daemon_thread(secret.reveal)
            asked.add_done_callback(partial(self._answered, secret))
        return await asyncio.shield(self._asked[secret])

    def forget(self, secret: Secret) -> None:
        """It was refused: a command may give a fresh one the next time."""
        self._asked.pop(secret, None)

    def _answered(self, secret: Secret, answer: asyncio.Future[Key]) -> None:
        if answer.exception() is not None and self._asked.get(secret) is answer:
            del self._asked[secret]


def in_daemon_thread(job: Callable[[], T]) -> asyncio.Future[T]:
    """Run what blocks. `asyncio.to_thread` would have the program's end wait for a command that asks the user."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(set: Callable[[], None]) -> None:
        if not done.done():
            set()

    def run() -> None:
        try:
            set = partial(done.set_result, job())
        except BaseException as error:
            set = partial(done.set_exception, error)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, set)

    threading.Thread(target=run, name="rivulet-key", daemon=True).start()
    return done
