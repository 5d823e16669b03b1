"""The configuration as a value. Nothing here reads anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tui.engine import ROLES, Models, Role
from tui.paths import Paths


class Glyphs(StrEnum):
    """Which signs the screen is drawn with."""

    UNICODE = "unicode"
    ASCII = "ascii"


class Language(StrEnum):
    """What language the interface speaks."""

    AUTO = "auto"
    ENGLISH = "en"
    CHINESE = "zh"


class LogLevel(StrEnum):
    """From which severity on the log file is told."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Ui:
    """How the terminal UI looks."""

    theme: str = "auto"
    """A theme's name; auto: dark or light as the terminal says."""
    glyphs: Glyphs = Glyphs.UNICODE
    language: Language = Language.AUTO


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the user can set, checked."""

    models: Models
    paths: Paths
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Binding id → its keys, for those that the user has changed."""
    ui: Ui = Ui()
    log_level: LogLevel = LogLevel.INFO
    log_prompts: bool = False
    """Whether the log file holds what is sent to models, at the level debug."""
    from_file: bool = False
    """Whether there is a settings file."""
    discovered: bool = False
    """Whether the providers come from the environment: the file names none."""
    override: str = ""
    """The model that plays the role `instruct` for this run, as it was named; empty: the one that is set."""
    warnings: tuple[str, ...] = ()
    """What is allowed but worth knowing: a line each."""

    @property
    def first_warning(self) -> str:
        """For where there is room for one; that there are more is told."""
        more = len(self.warnings) - 1
        return " ".join([*self.warnings[:1], *([f"{more} more: rivulet doctor."] if more > 0 else [])])

    def with_instruct(self, name: str) -> Config:
        """The same with another model in the role `instruct`. Raises UnknownModel."""
        models = self.models
        ref = models.resolve(name)
        roles = {**models.roles, Role.INSTRUCT: models.roles[Role(name)] if name in ROLES else name}
        providers = dict(models.providers)
        if "/" in name:  # named: no longer only assumed to be there
            provider = providers[ref.provider]
            assumed = tuple(model for model in provider.assumed if model != ref.model)
            providers[ref.provider] = replace(provider, assumed=assumed)
        return replace(self, models=Models(providers, roles), override=name)
