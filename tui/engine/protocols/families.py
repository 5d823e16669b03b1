"""What a model takes. Every family refuses something that another one wants, so each has a row here, with the reason.

What the user asks for is sent unless it is known to be refused; what we would like ourselves (a title without
reasoning) only where it is known to be taken. A name that no row knows is nobody's: nothing is known of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final
from urllib.parse import urlsplit

from tui.engine.protocols import EFFORTS
from tui.engine.provider import Provider

ROOM: Final = 2048
"""Tokens above the bound that is asked for, where a model reasons though it should not: reasoning counts, too."""


class Server(Enum):
    """Who speaks chat completions, as far as its address tells: servers refuse each other's parameters."""

    OPENAI = auto()
    OPENROUTER = auto()
    DEEPSEEK = auto()
    EMBEDDED = auto()
    OTHER = auto()


def server_of(provider: Provider) -> Server:
    if provider.embedded:
        return Server.EMBEDDED
    try:
        host = urlsplit(provider.base_url).hostname or ""
    except ValueError:  # an address that is none: the wire will say so
        return Server.OTHER
    if host == "api.openai.com" or host.endswith((".api.openai.com", ".openai.azure.com")):
        return Server.OPENAI
    if host == "openrouter.ai":
        return Server.OPENROUTER
    return Server.DEEPSEEK if host == "api.deepseek.com" else Server.OTHER


@dataclass(frozen=True, slots=True)
class Gpt:
    """What a model of OpenAI's takes."""

    temperature: bool = True
    efforts: tuple[str, ...] = ()
    """Of ours, those that it knows."""
    least: str | None = None
    """The effort that makes it reason as little as it can; None: no effort does."""
    reasons: bool = False
    """It reasons unless it is told not to, and its summary can be had."""

    @property
    def still_reasons(self) -> bool:
        """It does even when it should not."""
        return self.reasons and self.least != "none"


_REASONER: Final = Gpt(temperature=False, efforts=EFFORTS, least="low", reasons=True)
_SET: Final = Gpt(temperature=False, reasons=True)

_GPT: Final = tuple(
    (re.compile(pattern), gpt)
    for pattern, gpt in (
        # Search models refuse a temperature: "Model incompatible request argument supplied".
        (r"gpt-[\w.]+(-mini)?-search", Gpt(temperature=False)),
        # These do not reason, and answer reasoning_effort with "Unrecognized request argument supplied".
        (r"(ft:)?gpt-[34]|chatgpt-|gpt-5-chat", Gpt()),
        # The first of the o-series knew no effort yet, and deep research one only.
        (r"o1-(mini|preview)|o\d[\w-]*-deep-research", _SET),
        # What ChatGPT uses has one effort, medium.
        (r"gpt-5[\d.]*-chat", _SET),
        # Pro reasons hard or not at all: "Supported values are: 'high'", from 5.2 on medium, too.
        (r"gpt-5-pro", Gpt(temperature=False, efforts=("high",), reasons=True)),
        (r"gpt-5[\d.]*-pro", Gpt(temperature=False, efforts=("medium", "high"), reasons=True)),
        # Codex knows neither minimal nor none.
        (r"gpt-5[\d.]*-codex|codex-", _REASONER),
        (r"gpt-5(?![\d.])", Gpt(temperature=False, efforts=EFFORTS, least="minimal", reasons=True)),
        # "Supported values are: 'none', 'low', 'medium', and 'high'": minimal is gone, none has come.
        (r"gpt-5\.[1-4](?!\d)", Gpt(temperature=False, efforts=EFFORTS, least="none", reasons=True)),
        # Of the newer ones reports differ about none; low is known to all.
        (r"(ft:)?o\d|gpt-5\.", _REASONER),
    )
)


def gpt(model: str) -> Gpt | None:
    """What is known of a model of OpenAI's."""
    name = model.lower().removeprefix("openai/")
    return next((known for pattern, known in _GPT if pattern.match(name)), None)


@dataclass(frozen=True, slots=True)
class Claude:
    """What a model of Anthropic's takes."""

    max_tokens: int
    """The bound when none is asked for. The protocol wants one, and reasoning counts."""
    budget: bool = False
    """It reasons within a budget of tokens."""
    adaptive: bool = False
    """It reasons as much as it finds right; an effort says how hard it should try. It refuses budgets."""
    temperature: bool = True
    """Taken while it does not reason: all refuse a temperature beside reasoning."""
    hidden: bool = False
    """Its reasoning is sent only if a summary is asked for."""
    reasons: bool = False
    """It reasons unless it is told not to."""
    off: Mapping[str, str] | None = None
    """What tells it not to; None: it can't be told, only to try less."""


_OLD: Final = Claude(8192)
_BUDGET: Final = Claude(8192, budget=True)
_FIRST_ADAPTIVE: Final = Claude(32_000, adaptive=True)
_LATE_4: Final = replace(_FIRST_ADAPTIVE, temperature=False, hidden=True)
_ALWAYS: Final = replace(_LATE_4, reasons=True)
_BY_DEFAULT: Final = replace(_ALWAYS, off={"type": "disabled"})
_BETWEEN_TOOLS: Final = replace(_ALWAYS, off={"type": "between_tools"})

_CLAUDE: Final[tuple[tuple[str, tuple[int, int], Claude], ...]] = (
    # The newest version first; the first row counts whose name fits and whose version is not above the model's.
    # Opus 5.5, Fable and Mythos can't be switched off: "thinking.type.disabled" is not supported for this model.
    # Haiku 5.5 and what is still to come are asked for little only by their effort, which all of them know.
    ("fable|mythos", (0, 0), _ALWAYS),
    ("", (6, 0), _ALWAYS),
    ("sonnet", (5, 5), _BETWEEN_TOOLS),
    ("", (5, 5), _ALWAYS),
    ("opus|sonnet", (5, 0), _BY_DEFAULT),
    ("", (5, 0), _ALWAYS),
    # "`temperature` is deprecated for this model", "thinking.type.enabled" is not supported for this model.
    ("", (4, 7), _LATE_4),
    ("", (4, 6), _FIRST_ADAPTIVE),
    # Up to 4.5: "adaptive thinking is not supported on this model".
    ("", (3, 7), _BUDGET),
    ("", (0, 0), _OLD),
)

# claude-opus-4-7, claude-sonnet-4-5-20250929, claude-3-7-sonnet-latest, anthropic.claude-opus-4-1-20250805-v1:0 …
_CLAUDE_NAME: Final = re.compile(
    r"claude-(?:(?P<old>\d)(?:[-.](?P<old_minor>\d))?-)?(?P<name>[a-z]+)"
    r"(?:-(?P<major>\d{1,2})(?:[-.](?P<minor>\d{1,2}))?(?!\d))?"
)


def claude(model: str) -> Claude | None:
    """What is known of a model of Anthropic's, whoever serves it."""
    found = _CLAUDE_NAME.search(model.lower())
    if not found:
        return None
    version = (int(found["major"] or found["old"] or 0), int(found["minor"] or found["old_minor"] or 0))
    rows = (
        row for names, since, row in _CLAUDE if since <= version and (not names or found["name"] in names.split("|"))
    )
    return next(rows, None)
