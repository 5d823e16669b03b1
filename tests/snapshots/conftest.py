"""A stage for each picture, at both sizes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.snapshots.records import NOW, life
from tests.snapshots.stage import Stage, stage

SIZES = [(80, 24), (120, 40)]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    found: tuple[int, int] = request.param
    return found


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is always the same moment, in Greenwich."""
    monkeypatch.setattr(time, "time", lambda: NOW)
    monkeypatch.setattr(time, "localtime", time.gmtime)


@pytest.fixture
async def at(tmp_path: Path, size: tuple[int, int], still_clock: None) -> AsyncIterator[Stage]:
    """With all records."""
    async with stage(tmp_path, size, life()) as on:
        yield on
