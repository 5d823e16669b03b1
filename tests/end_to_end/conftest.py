"""The real model's server, started once for the module whose tests ask it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.embedded import model_folder
from tui.engine.embedded.models import SMOLLM2
from tui.engine.embedded.server import Endpoint, ModelServer


@pytest.fixture(scope="module")
def model_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """Where the real model answers, as any provider does."""
    log: Path = tmp_path_factory.mktemp("model-server")
    server = ModelServer(SMOLLM2, data=model_folder(), log=log)
    yield asyncio.run(server.endpoint())
    asyncio.run(server.close())
