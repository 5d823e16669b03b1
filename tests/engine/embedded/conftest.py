"""The real model, and pip configured as its user would for packages of the test's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.embedded import model_folder
from tests.support.packages import build_wheel, pip_environment


@pytest.fixture(scope="session")
def data() -> Path:
    """A data folder with the real model in it."""
    return model_folder()


@pytest.fixture
def configure_pip(monkeypatch: pytest.MonkeyPatch) -> ConfigurePip:
    return ConfigurePip(monkeypatch)


class ConfigurePip:
    """Makes pip's configuration this and nothing else, for the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, environment: Mapping[str, str]) -> None:
        for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
            self._monkeypatch.delenv(name)
        for name, value in environment.items():
            self._monkeypatch.setenv(name, value)


@pytest.fixture
def packages(tmp_path: Path, configure_pip: ConfigurePip) -> Path:
    """The folder that pip finds packages in; it holds the tiny model's."""
    folder = tmp_path / "packages"
    build_wheel(folder)
    configure_pip(pip_environment(folder))
    return folder
