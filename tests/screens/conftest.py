"""The app with its screens, for the tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.front_end import FrontEnd, front_end
from tests.support.load_server import LoadServer


@pytest.fixture
async def front(tmp_path: Path, load_server: LoadServer) -> AsyncIterator[FrontEnd]:
    async with front_end(tmp_path, load_server) as front:
        yield front
