"""A place of its own for each test: Rivulet's folders, and an environment in which nobody's keys stand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
_FOREIGN = ("OPENAI_", "ANTHROPIC_", "OLLAMA_", "RIVULET_", "TEXTUAL", "XDG_")
_TERMINAL = ("NO_COLOR", "TMUX", "STY", "COLUMNS", "LINES")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def clean_environment(home: Path) -> dict[str, str]:
    """The environment without providers and proxies, with a known terminal and language, and Rivulet at `home`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and name.upper() not in _PROXIES and name not in _TERMINAL
    }
    return kept | {
        "RIVULET_HOME": str(home),
        "OLLAMA_HOST": "127.0.0.1:1",  # where nothing listens: a developer's own Ollama is no provider here
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22",  # copies go to the terminal, not to a developer's clipboard
        "PYTHONPATH": str(CHECKOUT),
    }


@dataclass(frozen=True, slots=True)
class Home:
    """Where a test's Rivulet lives."""

    path: Path
    env: Mapping[str, str]
    """For the programs that the test starts; the test's own process has it too."""

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def log(self) -> Path:
        return self.path / "log"

    def configure(self, text: str) -> None:
        """Write the configuration file."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text, encoding="utf-8")

    def use(self, base_url: str, more: str = "") -> None:
        """Configure one provider, `fake`, whose server is at `base_url`; it plays the role `instruct`."""
        self.configure(
            "[providers.fake]\n"
            'protocol = "openai"\n'
            f'base_url = "{base_url}"\n'
            'api_key = "test"\n'
            'model = "fake"\n'
            "max_streams = 64\n\n"
            '[models]\ninstruct = "fake/fake"\n\n'
            f"{more}"
        )
