"""The tables `[providers.*]` and `[models]`: who answers, and who plays which role."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from tui.config.known import EMBEDDED, KNOWN
from tui.config.problems import kind, shown
from tui.config.table import Table
from tui.config.urls import EXPECTED, BadUrl, base_url, looked_up, readable_by_others
from tui.engine import LOCAL, ROLES, Models, Provider, Role, Secret, UnknownModel, WireProtocol

NAME_EXPECTED: Final = "a name of a-z, 0-9, - and _ that is not a role's (instruct, thinking, fast)"
KEY_EXPECTED: Final = '"$VARIABLE", "keyring:NAME", "!command" or the key itself'


def read_providers(table: Table) -> tuple[Models, list[str]]:
    """The providers of the file and the embedded one; the first with a model plays every role. And what to know."""
    providers: dict[str, Provider] = {}
    for name, value in table.items():
        if not is_name(name):
            table.problem(name, shown(name), NAME_EXPECTED)
        elif not isinstance(value, dict):
            table.problem(name, kind(value), f"a table: [providers.{name}]")
        else:
            providers[name] = read_provider(table.table(name), name)
    first = next((p.name for p in providers.values() if p.model), LOCAL)
    warnings = [words for provider in providers.values() for words in worth_knowing(provider)]
    return Models({**providers, LOCAL: providers.get(LOCAL, EMBEDDED)}, dict.fromkeys(Role, first)), warnings


def is_name(name: str) -> bool:
    """Whether a provider may be called so."""
    return re.fullmatch(r"[a-z0-9_-]+", name) is not None and name not in ROLES


def read_provider(table: Table, name: str) -> Provider:
    """One provider; what is wrong is noted in the table."""
    provider = _embedded(table) if name == LOCAL and not table.has("base_url") else _provider(table, name)
    table.close()
    return provider


def worth_knowing(provider: Provider) -> Iterator[str]:
    """What is allowed, but may not be meant so: a line each."""
    url = provider.base_url
    if host := looked_up(url):
        yield (
            f"{provider.name}: {url} is looked up as {host}: it has letters of other scripts, "
            "which may look like those of a name that is known."
        )
    if readable_by_others(url):
        yield (
            f"{provider.name}: {url} is not encrypted: others on the way can read the key and all words. "
            "Use https:// if the server can."
        )


def _embedded(table: Table) -> Provider:
    """The embedded model, as far as it can be set. An own `base_url` makes `local` a provider like any other."""
    for key in ("protocol", "api_key"):
        if table.has(key):
            table.secret(key, "text")
            table.problem(key, "a setting that the embedded model does not have", "base_url beside it, or nothing here")
    return _limits(table, replace(EMBEDDED, model=table.text("model", "a model's name") or EMBEDDED.model))


def _provider(table: Table, name: str) -> Provider:
    known = KNOWN.get(name)
    protocol = table.choice("protocol", known.protocol if known else WireProtocol.OPENAI)
    if known and protocol is not known.protocol:
        known = None
    url = _base_url(table, known.base_url if known else None)
    if known and url != known.base_url:
        known = None  # another server of that name: nothing can be taken for granted
    key = _api_key(table) or (Secret(f"${known.key}") if known and known.key else None)
    model = table.text("model", "a model's name")
    assumed = known.role(Role.INSTRUCT) if known and model is None else None
    provider = Provider(name, protocol, url, key, model or assumed, assumed=(assumed,) if assumed else ())
    return _limits(table, provider)


def _base_url(table: Table, default: str | None) -> str:
    text = table.text("base_url", EXPECTED)
    if text is None:
        if default is None and not table.has("base_url"):
            table.problem("base_url", "nothing", EXPECTED)
        return default or ""
    try:
        return base_url(text)
    except BadUrl as found:
        table.problem("base_url", str(found), EXPECTED)
        return ""


def _api_key(table: Table) -> Secret | None:
    text = table.secret("api_key", KEY_EXPECTED)
    if text is None:
        return None
    if not text.strip():
        table.problem("api_key", "an empty text", KEY_EXPECTED)
    elif text.startswith("$") and not re.fullmatch(r"\$[A-Za-z_][A-Za-z0-9_]*", text):
        table.problem("api_key", 'a "$" without a variable\'s plain name behind it', KEY_EXPECTED)
    elif text.startswith("keyring:") and not text.removeprefix("keyring:").strip():
        table.problem("api_key", '"keyring:" without a name', KEY_EXPECTED)
    elif text.startswith("!") and not text[1:].strip():
        table.problem("api_key", '"!" without a command', KEY_EXPECTED)
    return Secret(text.strip())


def _limits(table: Table, provider: Provider) -> Provider:
    return replace(
        provider,
        max_streams=table.whole("max_streams", provider.max_streams, least=1),
        think_tags=table.flag("think_tags", provider.think_tags),
        idle_timeout=table.seconds("idle_timeout", provider.idle_timeout),
        max_retries=table.whole("max_retries", provider.max_retries, least=0),
    )


def read_models(table: Table, models: Models) -> Models:
    """The roles as the file sets them. Where it sets only some, `instruct` stands in for the others."""
    roles: dict[Role, str] = {}
    for role in Role:
        name = table.text(role, "provider/model, or a provider's name")
        if name is not None and _known(table, role, name.strip(), models):
            roles[role] = name.strip()
    table.close()
    return replace(models, roles=_complete(roles, models.roles))


def _complete(roles: Mapping[Role, str], others: Mapping[Role, str]) -> dict[Role, str]:
    if Role.INSTRUCT not in roles:
        return {**others, **roles}
    return {role: roles.get(role, roles[Role.INSTRUCT]) for role in Role}


def _known(table: Table, role: Role, name: str, models: Models) -> bool:
    if name in ROLES:
        table.problem(role, shown(name), "provider/model or a provider's name, not a role")
        return False
    if name.endswith("/"):
        table.problem(role, shown(name), "provider/model, or a provider's name alone")
        return False
    try:
        models.resolve(name)
    except UnknownModel:
        provider, _, model = name.partition("/")
        if provider in models.providers and not model:
            table.problem(
                role,
                shown(name),
                f'"{provider}/MODEL": {provider} has no default model',
            )
        else:
            table.problem(role, shown(name), f"provider/model with a provider of {', '.join(models.providers)}")
        return False
    return True
