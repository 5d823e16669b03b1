"""What the environment offers when no provider is configured: keys in variables, an Ollama that runs here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tui.config.known import EMBEDDED, KNOWN, KnownProvider
from tui.config.peek import answers, model_names
from tui.config.providers import worth_knowing
from tui.config.urls import EXPECTED, BadUrl, base_url
from tui.engine import LOCAL, Models, Provider, Role, Secret
from tui.plain import line


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider that the environment makes, and which of its models would play which role."""

    provider: Provider
    roles: Mapping[Role, str]


def discover(environ: Mapping[str, str]) -> tuple[Models, list[str]]:
    """All providers found, the embedded one last, and what to know about them. The first plays every role."""
    warnings: list[str] = []
    offers = [
        offer
        for offer in (
            _with_key("openai", "OPENAI_BASE_URL", environ, warnings),
            _with_key("anthropic", "ANTHROPIC_BASE_URL", environ, warnings),
            _ollama(environ),
        )
        if offer is not None
    ]
    warnings += [words for offer in offers for words in worth_knowing(offer.provider)]
    roles: Mapping[Role, str] = dict.fromkeys(Role, LOCAL)
    if offers:
        first = offers[0]
        roles = {role: f"{first.provider.name}/{model}" for role, model in first.roles.items()}
    providers = {offer.provider.name: offer.provider for offer in offers}
    return Models({**providers, LOCAL: EMBEDDED}, roles), warnings


def _with_key(name: str, url_variable: str, environ: Mapping[str, str], warnings: list[str]) -> Offer | None:
    known = KNOWN[name]
    variable = f"{name.upper()}_API_KEY"
    if not environ.get(variable, "").strip():
        return None
    url = known.base_url
    if elsewhere := environ.get(url_variable, "").strip():
        try:
            url = base_url(elsewhere)
        except BadUrl as found:
            warnings.append(line(f"{url_variable}: found {found}, expected {EXPECTED}: {name} is left out"))
            return None
    # Whether it has the known models is for its own list to say. The engine asks for it: no start waits for that.
    provider = Provider(name, known.protocol, url, Secret(f"${variable}"), assumed=known.roles or ())
    return _offer(provider, known, ())


def _ollama(environ: Mapping[str, str]) -> Offer | None:
    known = KNOWN["ollama"]
    try:
        url = base_url(ollama_url(environ.get("OLLAMA_HOST", ""), known.base_url))
    except BadUrl:
        return None
    if not answers(url):
        return None
    names = [name for name in model_names(f"{url}/api/tags") if "embed" not in name]
    return _offer(Provider("ollama", known.protocol, url), known, names) if names else None


def ollama_url(host: str, default: str) -> str:
    """Where a client finds the Ollama that OLLAMA_HOST describes: host, port and scheme may each be missing."""
    host = host.strip().strip("\"'")
    if not host:
        return default
    scheme, separator, rest = host.rpartition("://")
    place, slash, path = rest.partition("/")
    name, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        name, port = place, "" if separator else "11434"
    # A server listens on every address; a client needs one of them.
    name = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(name, name)
    return f"{scheme or 'http'}://{name}{':' + port if port else ''}{slash}{path}"


def _offer(provider: Provider, known: KnownProvider, names: Sequence[str]) -> Offer:
    """The known models, or where the provider's own list lacks one of them, its first."""
    roles: dict[Role, str] = {}
    for role in Role:
        model = known.role(role)
        roles[role] = model if model and (not names or model in names) else names[0]
    return Offer(replace(provider, model=roles[Role.INSTRUCT]), roles)
