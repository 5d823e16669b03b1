"""What is written in a provider's form and not yet in the file: texts, what they would make, what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from tui.config.fields import Checked, Fields, checked, from_texts, texts_of
from tui.config.known import EMBEDDED, KNOWN
from tui.config.presets import Preset
from tui.engine import LOCAL, Secret, WireProtocol
from tui.plain import line
from tui.screens.form_field import Field
from tui.widgets.key_field import KEPT

FIELDS: Final = (
    Field("name", "Name", "of a-z, 0-9, - and _"),
    Field("protocol", "Protocol", "openai, else " + ", ".join(list(WireProtocol)[1:])),
    Field("base_url", "Address", "https://host/v1"),
    Field("api_key", "API key", "$VARIABLE, keyring:NAME, !command, or the key itself"),
    Field("model", "Model", "for when only the provider is named"),
    Field("max_streams", "Streams", "16 at once; more wait"),
    Field("idle_timeout", "Idle timeout", "300 seconds without a byte"),
    Field("max_retries", "Retries", "2, while nothing was shown"),
    Field("think_tags", "Think tags", "true: <think> at the start is reasoning"),
)
"""In the order of the form."""

_OF_OTHERS: Final = frozenset({"protocol", "base_url", "api_key"})
"""What the embedded model has not."""


@dataclass(slots=True)
class Draft:
    """One provider's form."""

    name: str
    seen: Fields = field(repr=False)
    """What the file says of it, or would if it stood there. May hold a key."""
    texts: dict[str, str] = field(repr=False)
    """What stands in the fields, by their names."""
    new: bool = False
    about: str = ""
    """A line for who fills it in."""
    problems: dict[str, str] = field(default_factory=dict)
    """Field → what is wrong with it."""

    @classmethod
    def of(cls, name: str, seen: Fields) -> Draft:
        """For a provider that is there."""
        return cls(name, seen, _shown(seen))

    @classmethod
    def begun(cls, preset: Preset, taken: Collection[str]) -> Draft:
        """For a new one."""
        name = "" if not preset.base_url else preset.free_name(taken)
        return cls(name, {}, _shown(preset.fields), new=True, about=preset.about)

    @classmethod
    def copied(cls, name: str, seen: Fields, taken: Collection[str]) -> Draft:
        """For a new one that begins as another one is. A key itself is not copied: it would stand in two places."""
        fields = {key: value for key, value in seen.items() if key != "api_key" or not _is_key(value)}
        known = KNOWN.get(name)
        if known is not None:  # what its name alone said has to be written for one of another name
            fields = {"protocol": str(known.protocol), "base_url": known.base_url, **fields}
            if known.key:
                fields.setdefault("api_key", f"${known.key}")
        free = next(found for n in range(2, len(taken) + 3) if (found := f"{name}-{n}") not in taken)
        bare = "" if not _is_key(seen.get("api_key")) else ", without its key"
        return cls(free, {}, _shown(fields), new=True, about=f"A copy of {name}{bare}.")

    @property
    def fields(self) -> Fields:
        """What the texts say, as it would stand in the file."""
        fields = dict(from_texts(self.texts))
        if fields.get("api_key") == KEPT:
            fields["api_key"] = self.seen["api_key"]
        return fields

    @property
    def changed(self) -> bool:
        """Whether it says something that the file does not say."""
        return self.new or self.fields != self.seen

    @property
    def state(self) -> str:
        """Whether it stands in the file, in words; empty if it does."""
        if self.new:
            return "Not saved yet: enter saves it."
        return "Not saved yet: enter saves it, ctrl+z takes it back." if self.changed else ""

    @property
    def embedded(self) -> bool:
        return self.name == LOCAL and not self.texts["base_url"] and not self.new

    def shows(self, id: str) -> bool:
        """Whether the form has this field."""
        return (self.new or id != "name") and not (self.embedded and id in _OF_OTHERS)

    def hint(self, field: Field) -> str:
        """What is so where a field is left empty, if its name tells that."""
        if self.embedded:
            return {"model": EMBEDDED.model or "", "max_streams": "4 at once; more wait"}.get(field.id, field.hint)
        known = KNOWN.get(self.name)
        elsewhere = known is not None and self.texts["base_url"].strip() not in ("", known.base_url)
        if known is None or elsewhere or field.id not in (*_OF_OTHERS, "model"):
            return field.hint
        usual = {
            "protocol": str(known.protocol),
            "base_url": known.base_url,
            "api_key": f"${known.key}" if known.key else "none",
            "model": known.roles[0] if known.roles else "",
        }
        return usual[field.id] or field.hint

    def checked(self, taken: Collection[str]) -> Checked:
        """What it would make; what is wrong stands in `problems` from then on."""
        found = checked(self.name, self.fields, taken if self.new else ())
        self.problems = {name: line(problem) for name, problem in found.problems.items()}
        return found

    def write(self, id: str, text: str) -> None:
        """A field says something else now."""
        if id == "name":
            self.name = text.strip()
        else:
            self.texts[id] = text
        self.problems.pop(id, None)

    def take_back(self) -> None:
        """As the file has it."""
        self.texts, self.problems = _shown(self.seen), {}

    def follow(self, now: Fields) -> None:
        """The file says something else now. What is written here stays; where both have changed, it is told."""
        mine = self.fields
        theirs = _shown(now)
        for id in self.texts:
            before, written = self.seen.get(id), mine.get(id)
            if written == before:
                self.texts[id] = theirs[id]
            elif now.get(id) not in (before, written):
                says = "another key" if id == "api_key" else f'"{theirs[id]}"' if theirs[id] else "nothing"
                self.problems[id] = line(f"the file says {says} meanwhile: enter writes yours, ctrl+z takes that")
            elif self.texts[id] == KEPT:
                self.texts[id] = theirs[id]
        self.seen = now


def _shown(fields: Fields) -> dict[str, str]:
    """As texts for the form; a key itself is not among them."""
    return texts_of({**fields, "api_key": KEPT} if _is_key(fields.get("api_key", "$")) else fields)


def _is_key(source: object) -> bool:
    return isinstance(source, str) and Secret(source).origin == "the configuration"
