"""The package as users get it: a wheel, a source distribution and an editable install, each used from another folder.

No network is needed. Each install goes to a fresh virtual environment that borrows the libraries of the one that runs
the tests; what the package itself brings, its command and its themes, can only come from the install.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import tui
from tests.support.home import CHECKOUT, clean_environment

THEMES = sorted(file.name for file in (CHECKOUT / "themes").glob("*.toml"))

_ASK = """
import json, tui
from tui.paths import themes_folder
from tui.themes import load_themes
print(json.dumps([tui.__file__, str(themes_folder()), sorted(f.name for f in themes_folder().glob("*.toml"))]))
assert load_themes()
"""


@dataclass(frozen=True, slots=True)
class Install:
    """A virtual environment with the package in it, and a folder that is not the checkout to use it from."""

    folder: Path
    elsewhere: Path

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", vars={"base": str(self.folder), "platbase": str(self.folder)}))

    def run(self, program: str, *arguments: str) -> str:
        """What the program of this environment prints."""
        env = clean_environment(self.elsewhere)
        del env["PYTHONPATH"]
        return done([self.folder / "bin" / program, *arguments], cwd=self.elsewhere, env=env)

    def where(self) -> tuple[Path, Path, list[str]]:
        """Where the package is, where its themes are, and which."""
        package, themes, names = json.loads(self.run("python", "-c", _ASK))
        return Path(package).parent, Path(themes), names


def done(command: list[str | Path], cwd: Path, env: dict[str, str] | None = None) -> str:
    ran = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    done([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, CHECKOUT], cwd=folder)
    return folder


def installed(tmp_path: Path, *what: str | Path) -> Install:
    install = Install(tmp_path / "venv", tmp_path / "elsewhere")
    install.elsewhere.mkdir()
    venv.create(install.folder, with_pip=False, symlinks=True)
    (install.packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--ignore-installed",
    ]
    install.run("python", *command, *map(str, what))
    return install


@pytest.mark.parametrize("pattern", ["*.whl", "*.tar.gz"], ids=["wheel", "source distribution"])
def test_an_install_starts_from_another_folder_and_has_its_own_themes(
    built: Path, tmp_path: Path, pattern: str
) -> None:
    install = installed(tmp_path, *built.glob(pattern))
    assert install.run("rivulet", "--version") == f"rivulet {tui.__version__}\n"
    assert install.run("python", "-m", "tui", "--version") == f"rivulet {tui.__version__}\n"
    assert install.where() == (install.packages / "tui", install.packages / "tui" / "themes", THEMES)


def test_an_editable_install_uses_the_checkouts_own_files_and_copies_none(tmp_path: Path) -> None:
    install = installed(tmp_path, "--editable", CHECKOUT)
    assert install.run("rivulet", "--version") == f"rivulet {tui.__version__}\n"
    assert install.where() == (CHECKOUT / "tui", CHECKOUT / "themes", THEMES)
    assert not (install.packages / "tui").exists()


def test_the_wheel_holds_the_package_and_its_themes_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == files_of("tui") | {f"tui/themes/{name}" for name in THEMES}
    assert THEMES


def test_the_source_distribution_holds_what_building_and_testing_needs(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        held = {name.partition("/")[2] for name in opened.getnames()}
    needed = {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"}
    assert needed | files_of("tui") | files_of("tests") | files_of("themes") <= held


def files_of(folder: str) -> set[str]:
    """The files under a folder of the checkout, but not what Python leaves there."""
    return {
        Path(where, name).relative_to(CHECKOUT).as_posix()
        for where, _, names in os.walk(CHECKOUT / folder)
        for name in names
        if not where.endswith("__pycache__")
    }
