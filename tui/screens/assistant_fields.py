"""What stands in the fields of an assistant's form: read into changes, problems told in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tui.engine import Assistant, Models, UnknownModel
from tui.plain import line
from tui.screens.form_field import Field

EFFORTS: Final = ("low", "medium", "high")


FIELDS: Final = (
    Field("name", "Name", "Translator"),
    Field("description", "Description", "What it is for, in a sentence: a system prompt can be made of it"),
    Field("model", "Model", "instruct, thinking, fast, or provider/model"),
    Field("temperature", "Temperature", "0 to 2; else the model's"),
    Field("max_tokens", "Max tokens", "a number; else the model's"),
    Field("reasoning_effort", "Effort", ""),
    Field("titles", "Titles", "yes, or no: whether a model names what is said"),
)
"""All but the system prompt, which has a larger place of its own."""


def effort_hint(efforts: Sequence[str]) -> str:
    """What can stand in the field of the reasoning effort, for a model that knows these."""
    if not efforts:
        return "this model has none"
    *others, last = efforts
    return f"{', '.join(others)}{' or ' if others else ''}{last}; else the model's"


def texts(assistant: Assistant) -> dict[str, str]:
    """What the fields say of an assistant."""
    params = assistant.params
    return {
        "name": line(assistant.name),
        "description": line(assistant.description),
        "model": line(assistant.model),
        **{name: str(params.get(name, "")) for name in ("temperature", "max_tokens", "reasoning_effort")},
        "titles": "yes" if assistant.titles else "no",
    }


def changes(assistant: Assistant, fields: Mapping[str, str], models: Models) -> tuple[dict[str, Any], list[str]]:
    """What the fields change in the assistant, and what is wrong in those that are left as they were."""
    changed: dict[str, Any] = {}
    problems: list[str] = []
    params = dict(assistant.params)
    for id, written in fields.items():
        text = line(written)
        if id == "description":
            changed[id] = text
        elif id == "name":
            if text:
                changed[id] = text
            else:
                problems.append("The assistant needs a name.")
        elif id == "model":
            try:
                models.resolve(text or "instruct")
                changed[id] = text or "instruct"
            except UnknownModel as unknown:
                problems.append(str(unknown))
        elif id == "titles":
            if text.casefold() in ("yes", "no", ""):
                changed[id] = text.casefold() != "no"
            else:
                problems.append(f'Titles: found "{text}", expected yes or no.')
        elif not text:
            params.pop(id, None)
        else:
            try:
                params[id] = _param(id, text)
            except ValueError as wrong:
                problems.append(str(wrong))
    if params != assistant.params:
        changed["params"] = params
    return {name: value for name, value in changed.items() if value != getattr(assistant, name)}, problems


def _param(id: str, text: str) -> float | int | str:
    """Raises ValueError with what was expected."""
    if id == "temperature":
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = -1.0
        if not 0 <= value <= 2:
            raise ValueError(f'Temperature: found "{text}", expected a number from 0 to 2.')
        return value
    if id == "max_tokens":
        if not (text.isascii() and text.isdigit() and 0 < int(text) < 10_000_000):
            raise ValueError(f'Max tokens: found "{text}", expected a whole number above 0.')
        return int(text)
    if text.casefold() not in EFFORTS:
        raise ValueError(f'Effort: found "{text}", expected {", ".join(EFFORTS)}.')
    return text.casefold()
