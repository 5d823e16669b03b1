"""A refusal because of a parameter: which of those that we sent does the provider not take?

Each has its own words for it. Only what says so plainly counts: a value that is out of range, a request that is too
long or a model that does not exist is the user's to know.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from tui.engine.protocols import too_long
from tui.engine.protocols.shapes import loads, rows, table, text

_STATUSES: Final = frozenset({400, 422})
_LONGEST: Final = 1000
"""Characters: what is longer quotes the request, in which any word can stand."""

_SIGNS: Final = re.compile(
    r"unsupported|(not|n't)( be)? support|unknown|unrecogni[sz]ed|incompatible|deprecated"  # OpenAI, Anthropic, Ollama
    r"|extra.?(inputs|forbidden)|not (permitted|allowed)|unexpected"  # pydantic: Mistral, vLLM and many more
    r"|cannot be disabled|must be verified",  # OpenRouter; OpenAI of reasoning summaries
    re.IGNORECASE,
)
_REASONING: Final = frozenset(
    {"think", "thinking", "reasoning", "reasoning_effort", "reasoning.effort", "reasoning.summary"}
    | {"output_config.effort", "chat_template_kwargs"}
)
"""Parameters about reasoning: providers speak of "thinking" or "the effort parameter", whatever its name is."""
_OF_REASONING: Final = re.compile(
    r"(?<![\w-])(think|thinking|reasoning|reasoning_effort|effort)(?![\w-])", re.IGNORECASE
)


def refused(status: int, body: bytes, optional: Collection[str]) -> frozenset[str]:
    """The parameters among those that could be left out which this answer says are not taken."""
    document = loads(body.decode("utf-8-sig", "replace"))
    words, named = _words(document), list(_named(document))
    if status not in _STATUSES or len(words) > _LONGEST or not _SIGNS.search(words) or too_long.advice(words):
        return frozenset()
    if named:
        return frozenset(name for name in optional if any(_same(name, other) for other in named))
    found = {name for name in optional if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", words)}
    if _OF_REASONING.search(words):
        found |= _REASONING.intersection(optional)
    return frozenset(found)


def _same(name: str, other: str) -> bool:
    """Whether they name one thing, or one of them what the other is in."""
    return name == other or name.startswith(f"{other}.") or other.startswith(f"{name}.")


def _words(document: Any) -> str:
    error = _error(document)
    said = [text(error), *(text(table(error).get(field)) for field in ("message", "detail", "code", "type"))]
    said += [f"{text(row.get('type'))} {text(row.get('msg'))}" for row in _details(document)]
    return " ".join(filter(None, said))


def _named(document: Any) -> Iterator[str]:
    """What the answer names in a field made for that."""
    error = _error(document)
    if param := text(table(error).get("param")):
        yield param
    for row in _details(document):
        if _SIGNS.search(f"{text(row.get('type'))} {text(row.get('msg'))}"):
            place = row.get("loc")
            yield ".".join(str(part) for part in place[1:]) if isinstance(place, list) else ""


def _error(document: Any) -> Any:
    if isinstance(document, list) and document:  # Google wraps its error in a list
        document = document[0]
    return table(document).get("error") or document


def _details(document: Any) -> Iterator[Any]:
    """FastAPI's rows, one for each mistake; Mistral puts them into the message."""
    error = table(_error(document))
    for place in (error, table(error.get("message"))):
        yield from rows(place.get("detail"))
