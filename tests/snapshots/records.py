"""What a user would have after some weeks: two assistants and their topics."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from tui.engine import (
    Assistant,
    Conversation,
    ErrorKind,
    Message,
    Models,
    Provider,
    Role,
    Secret,
    StreamError,
    StreamStatus,
    Topic,
    WireProtocol,
)

NOW: Final = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC).timestamp()
"""When every picture is taken."""
HOUR, DAY = 3600.0, 86400.0

MODELS: Final = Models(
    {
        "openai": Provider(
            "openai",
            WireProtocol.OPENAI,
            "https://api.openai.com/v1",
            api_key=Secret("$OPENAI_API_KEY"),
            model="gpt-5.4",
        ),
        "ollama": Provider("ollama", WireProtocol.OLLAMA, "http://127.0.0.1:11434", model="qwen3:8b"),
    },
    {Role.INSTRUCT: "openai/gpt-5.4", Role.THINKING: "openai/gpt-5.5", Role.FAST: "openai/gpt-5.4-mini"},
)

GENERAL: Final = Assistant("0general00000", "General", NOW - 90 * DAY, NOW - 90 * DAY)
TRANSLATOR: Final = Assistant(
    "0translator00",
    "Translator",
    NOW - 60 * DAY,
    NOW - 60 * DAY,
    description="Translates between German, English and Chinese",
    prompt=(
        "You translate between German, English and Chinese. Keep the tone and the layout of the text. Where a word has "
        "no good counterpart, give the nearest one and the original in brackets.\n\nAnswer with the translation only."
    ),
    model="openai/gpt-5.5",
    params={"temperature": 0.3},
    position=1,
)

TIDES: Final = "0tides0000000"
BREAD: Final = "0bread0000000"
RUST: Final = "0rust00000000"
LETTER: Final = "0letter000000"
MENU: Final = "0menu00000000"
CONTRACT: Final = "0contract0000"
EMPTY: Final = "0empty0000000"

TIDES_REPLY: Final = """\
Tides are the ocean's answer to a **difference** in gravity across the Earth. The Moon pulls the near side more than \
the centre, and the centre more than the far side:

1. the near side bulges towards the Moon,
2. the far side is left behind, and bulges *away* from it.

The planet turns below both bulges, so most coasts meet each of them once a day.

```python
def height(hours: float) -> float:
    return 1.8 * cos(2 * pi * hours / 12.42)  # metres, an average coast
```
"""
SUN_REPLY: Final = """\
The Sun adds its own, about 46% of the Moon's:

| | Moon | Sun |
|---|---:|---:|
| Share of the tide | 68% | 32% |
| Period, hours | 12.42 | 12.00 |

> When they line up you get a *spring tide*; at right angles, a *neap tide*. See [NOAA's tables](https://tidesandcurrents.noaa.gov/).
"""
BREAD_TEXT: Final = """\
A loaf rises as long as the gas that the yeast makes stays in. Three things decide that:

1. **Strength.** Fold the dough every half hour, four times. It should hold a ball.
2. **Warmth.** At 26 °C a sourdough doubles in about five hours; at 20 °C it takes nine.
3. **Time.** Stop the first rise when the dough has grown by three quarters, not when it has doubled, because"""


def message(id: str, role: str, content: str, at: float, **more: Any) -> Message:
    return Message(id, role, content, at, **more)


def reply(id: str, content: str, at: float, tokens: int = 180, seconds: float = 6.0, **more: Any) -> Message:
    """A reply that ended well, unless `more` says how."""
    fields: dict[str, Any] = {
        "model": "openai/gpt-5.4",
        "finish_reason": "stop",
        "usage": {"input_tokens": 42, "output_tokens": tokens},
        "stream_id": "0stream" + id[-6:],
        "first_token_at": at + 0.8,
        "answered_at": at + 0.8,
        "ended_at": at + 0.8 + seconds,
    }
    return Message(id, "assistant", content, at, **fields | more)


def conversation(
    id: str, topic_id: str, question: str, at: float, *replies: Message, parent: str | None = None, title: str = ""
) -> Conversation:
    asked = Message(id + "q", "user", question, at)
    return Conversation(id, topic_id, asked, at, parent, title or None, "model", replies, max(0, len(replies) - 1))


def topic(id: str, assistant: Assistant, name: str, at: float, head: str | None, **more: Any) -> Topic:
    return Topic(id, assistant.id, at, at, name=name, named_by="model", head=head, **more)


def life() -> list[Assistant | Topic | Conversation]:
    """All of it, the newest topic first."""
    noon = NOW - 2 * HOUR
    gone = StreamError(
        ErrorKind.NETWORK, "Can't reach ollama at 127.0.0.1:11434: connection refused. Is it running? Then try again."
    )
    return [
        GENERAL,
        TRANSLATOR,
        topic(BREAD, GENERAL, "Sourdough that rises", NOW - 60, "0bread000001"),
        conversation("0bread000001", BREAD, "Why does my sourdough not rise?", NOW - 20),
        topic(TIDES, GENERAL, "Tidal forces", noon, "0tides000002", pinned=True),
        conversation(
            "0tides000001",
            TIDES,
            "How do tides work?",
            noon,
            reply("0tides0r0001", TIDES_REPLY, noon, reasoning="The far bulge is the puzzle.", answered_at=noon + 6.8),
            title="How tides arise",
        ),
        conversation(
            "0tides000002",
            TIDES,
            "and what does the Sun do?",
            noon + 120,
            reply("0tides0r0002", "The Sun pulls, too.", noon + 120, tokens=6, model="ollama/qwen3:8b"),
            reply("0tides0r0003", SUN_REPLY, noon + 180, tokens=96, seconds=3.1),
            parent="0tides000001",
            title="What the Sun adds",
        ),
        topic(RUST, GENERAL, "Rust lifetimes", NOW - DAY, "0rust0000001", unread=True),
        conversation(
            "0rust0000001",
            RUST,
            "Explain lifetimes in Rust",
            NOW - DAY,
            reply("0rust00r0001", "A lifetime names how long a reference may live.", NOW - DAY),
        ),
        topic(LETTER, GENERAL, "Invoice letter", NOW - 3 * DAY, "0letter00002", last_status=StreamStatus.ERROR),
        conversation(
            "0letter00001",
            LETTER,
            "Write a friendly reminder for an invoice",
            NOW - 3 * DAY,
            reply(
                "0letter0r0001",
                "Dear Ms Lovelace,\n\nour invoice 1843 may have slipped through. It was due on 1 March, and",
                NOW - 3 * DAY,
                status=StreamStatus.STOPPED,
                finish_reason=None,
                usage=None,
            ),
            title="Friendly reminder",
        ),
        conversation(
            "0letter00002",
            LETTER,
            "Shorter, and in German",
            NOW - 3 * DAY + HOUR,
            reply(
                "0letter0r0002",
                "",
                NOW - 3 * DAY + HOUR,
                model="ollama/qwen3:8b",
                status=StreamStatus.ERROR,
                finish_reason=None,
                usage=None,
                error=gone,
                first_token_at=None,
                answered_at=None,
            ),
            parent="0letter00001",
        ),
        topic(MENU, TRANSLATOR, "A French menu for eight guests, with wine", NOW - 40 * DAY, "0menu0000001"),
        conversation(
            "0menu0000001",
            MENU,
            "Translate the menu",
            NOW - 40 * DAY,
            reply("0menu00r0001", "Onion soup", NOW - 40 * DAY),
        ),
        topic(
            CONTRACT,
            TRANSLATOR,
            "租约第二页 Contract",
            NOW - 400 * DAY,
            "0contract001",
            last_status=StreamStatus.STOPPED,
        ),
        conversation(
            "0contract001",
            CONTRACT,
            "Translate page 2",
            NOW - 400 * DAY,
            reply("0contract0r1", "The tenant", NOW - 400 * DAY, status=StreamStatus.STOPPED),
        ),
    ]
