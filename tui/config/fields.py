"""A provider as the fields of its table, for a form: from texts and back, and what is wrong beside the field."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tui.config.known import KNOWN
from tui.config.problems import Problem, dotted, shown
from tui.config.providers import NAME_EXPECTED, is_name, read_provider, worth_knowing
from tui.config.table import Table
from tui.engine import Provider, WireProtocol
from tui.plain import line

Fields = Mapping[str, str | int | float | bool]
"""What stands in a provider's table. `api_key` may be the key itself: it is for no screen and no log."""

FIELDS: Final = (
    "protocol",
    "base_url",
    "api_key",
    "model",
    "max_streams",
    "think_tags",
    "idle_timeout",
    "max_retries",
)
"""All that a provider's table may have, in the order in which it is written."""

_FLAGS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Checked:
    """What the fields of a form are good for."""

    provider: Provider
    """What they make, where they are right."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """Field → what was found and what was expected, in the words of a start with such a file. `name` is the name."""
    warnings: tuple[str, ...] = ()
    """What is allowed but worth knowing: a line each."""

    @property
    def ok(self) -> bool:
        return not self.problems


def checked(name: str, fields: Fields, taken: Collection[str] = ()) -> Checked:
    """What a provider of this name with these fields would be; `taken` are the names that others have."""
    found: list[Problem] = []
    provider = read_provider(Table(fields, found, "providers", name), name)
    start = f"{dotted('providers', name)}."
    problems: dict[str, str] = {}
    for problem in found:
        problems.setdefault(problem.key.removeprefix(start), problem.words)
    if not is_name(name):
        problems["name"] = line(f"found {shown(name) if name else 'nothing'}, expected {NAME_EXPECTED}")
    elif name in taken:
        problems["name"] = f"found {shown(name)}, which is there already, expected another name"
    warnings = [] if "base_url" in problems else [*worth_knowing(provider)]
    if provider.api_key is not None and provider.api_key.origin == "the configuration":
        warnings.append('The key itself will stand in the file; "$VARIABLE" or "keyring:NAME" keeps it elsewhere.')
    return Checked(provider, problems, tuple(warnings))


def fields_of(provider: Provider) -> Fields:
    """What has to be written for a provider to be as this one is. A key stays where it is: only its name is given."""
    known = KNOWN.get(provider.name)
    usual = Provider(provider.name, WireProtocol.OPENAI, "")
    at_home = known is not None and (known.protocol, known.base_url) == (provider.protocol, provider.base_url)
    fields: dict[str, Any] = {}
    if not at_home and not provider.embedded:
        fields |= {"protocol": str(provider.protocol), "base_url": provider.base_url}
    if provider.api_key is not None:
        fields["api_key"] = provider.api_key.source
    if provider.model and not (at_home and provider.model in provider.assumed):
        fields["model"] = provider.model
    for name in ("max_streams", "think_tags", "idle_timeout", "max_retries"):
        if (value := getattr(provider, name)) != getattr(usual, name):
            fields[name] = value
    return fields


def texts_of(fields: Fields) -> dict[str, str]:
    """As a form shows them; a field that is not written is empty."""
    texts = dict.fromkeys(FIELDS, "")
    for name, value in fields.items():
        texts[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return texts


def from_texts(texts: Mapping[str, str]) -> Fields:
    """What a form's texts say. An empty one is a field that is not written; a number that is none stays a text."""
    said = {name: text.strip() for name, text in texts.items()}
    ordered = sorted(said, key=lambda name: FIELDS.index(name) if name in FIELDS else len(FIELDS))
    return {name: _value(name, said[name]) for name in ordered if said[name]}


def _value(name: str, text: str) -> str | int | float | bool:
    if name == "think_tags":
        return _FLAGS.get(text.lower(), text)
    if name in ("max_streams", "max_retries", "idle_timeout"):
        for number in (int, float) if name == "idle_timeout" else (int,):
            with contextlib.suppress(ValueError):
                return number(text)
    return text
