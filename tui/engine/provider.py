"""Who answers: providers, their keys and the roles that models play. Values that the configuration fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from tui.engine.secret import Secret


class WireProtocol(StrEnum):
    """How a provider is spoken to."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    RESPONSES = "responses"
    OLLAMA = "ollama"


class Role(StrEnum):
    """What a model is used for, whichever model that is today."""

    INSTRUCT = "instruct"
    THINKING = "thinking"
    FAST = "fast"


ROLES: Final = frozenset(str(role) for role in Role)
"""The names that no provider may have. Python 3.11 can't ask an enum whether a string is in it."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A server that models are reached through."""

    name: str
    protocol: WireProtocol
    base_url: str
    """Without a trailing slash; each protocol adds its own path. Empty for the embedded model."""
    api_key: Secret | None = None
    model: str | None = None
    """The model that is meant when only the provider is named."""
    max_streams: int = 16
    think_tags: bool = True
    idle_timeout: float = 300.0
    """Seconds without a single byte after which a stream ends; keep-alives count as life."""
    max_retries: int = 2
    assumed: tuple[str, ...] = ()
    """Models that nobody named: we took for granted that it has them. Its own list decides."""
    embedded: bool = False
    """True for `local`: its server is a child process of ours, and its URL and key are known once it runs."""


LOCAL = "local"
"""The name of the embedded model's provider."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model of a provider."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class Check:
    """What a provider said when it was asked for its models."""

    ok: bool
    message: str
    """One line for a reader."""
    models: tuple[str, ...] = ()


class UnknownModel(LookupError):
    """No such model; the message says what was asked for and what there is."""


@dataclass(frozen=True, slots=True)
class Models:
    """Everything that can answer, and who plays which role."""

    providers: Mapping[str, Provider] = field(default_factory=dict)
    roles: Mapping[Role, str] = field(default_factory=dict)
    """Role → `provider/model` or a provider's name."""

    def with_list(self, name: str, listed: Sequence[str]) -> Models:
        """The same once a provider has said which models it has: the first of its list takes the place of each model
        that was only assumed and is not there."""
        provider = self.providers[name]
        missing = set(provider.assumed).difference(listed) if listed else set()

        def there(model: str | None) -> str | None:
            return listed[0] if model in missing else model

        roles = {
            role: f"{name}/{there(target.removeprefix(name + '/'))}" if target.startswith(name + "/") else target
            for role, target in self.roles.items()
        }
        settled = replace(provider, model=there(provider.model), assumed=())
        return Models({**self.providers, name: settled}, roles)

    def resolve(self, name: str) -> ModelRef:
        """`provider/model`, a provider's name or a role → the model. Raises UnknownModel."""
        if name in ROLES:
            target = self.roles.get(Role(name))
            if target is None:
                raise UnknownModel(f'No model plays the role "{name}" yet: set [models] {name} in config.toml.')
            if target in ROLES:
                raise UnknownModel(f'The role "{name}" names the role "{target}"; it must name a model.')
            name = target
        provider_name, slash, model = name.partition("/")
        if slash and not model:
            raise UnknownModel(f'"{name}" names no model: write {provider_name}/MODEL, or {provider_name} alone.')
        provider = self.providers.get(provider_name)
        if provider is None:
            known = ", ".join(sorted(self.providers)) or "none"
            raise UnknownModel(f'There is no provider "{provider_name}" (there is: {known}).')
        if not model and not provider.model:
            raise UnknownModel(f'"{provider_name}" has no default model: name one as {provider_name}/MODEL.')
        return ModelRef(provider_name, model or provider.model or "")
