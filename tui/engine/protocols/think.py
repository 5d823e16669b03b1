"""Inline thinking: an answer that starts with <think> is reasoning up to </think>. Nothing is trimmed. No I/O."""

from __future__ import annotations

from typing import Final

from tui.engine.protocols import Delta

_OPEN: Final = "<think>"
_CLOSE: Final = "</think>"


class Think:
    """Parts the content of one answer. Holds back at most seven characters, the most that may yet be a tag."""

    def __init__(self) -> None:
        self._held = ""
        self._tag = _OPEN
        """The tag that may come next; empty once the answer proper has begun."""

    def feed(self, text: str) -> Delta:
        reasoning = ""
        if self._tag == _OPEN:
            text = self._held + text
            if not text.startswith(_OPEN):
                started = _OPEN.startswith(text)
                self._held = text if started else ""
                if not started:
                    self._tag = ""
                return Delta(content="" if started else text)
            text, self._held, self._tag = text.removeprefix(_OPEN), "", _CLOSE
        if self._tag == _CLOSE:
            reasoning, close, text = (self._held + text).partition(_CLOSE)
            self._held = ""
            if close:
                self._tag = ""
            else:
                self._held = _start_of_tag_at_end(reasoning)
                reasoning = reasoning.removesuffix(self._held)
        return Delta(content=text, reasoning=reasoning)

    def end(self) -> Delta:
        """What was held turned out not to be a tag."""
        held, self._held = self._held, ""
        return Delta(reasoning=held) if self._tag == _CLOSE else Delta(content=held)


def _start_of_tag_at_end(text: str) -> str:
    for length in range(min(len(text), len(_CLOSE) - 1), 0, -1):
        if text.endswith(_CLOSE[:length]):
            return _CLOSE[:length]
    return ""
