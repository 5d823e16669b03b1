"""Each module of the tests and of the program is compiled once, however many processes need it.

A run of all tests starts the program some hundreds of times, and collects the tests once in each worker. Compiling is
most of both where nothing is kept: for the tests pytest rewrites every `assert` besides.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from pathlib import Path

import pytest


def keep_bytecode() -> None:
    """Have this process and all that it starts keep bytecode, as an installed program's is kept."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def compile_share(config: pytest.Config) -> None:
    """In one of several workers that are about to collect all tests: import its share of them before the others'.

    All collect in the same order. Side by side, each would compile each module, just before it could have been read.
    """
    worker, workers = os.environ.get("PYTEST_XDIST_WORKER", ""), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if not worker.startswith("gw") or config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    root = config.rootpath
    for file in sorted(Path(root, "tests").rglob("test_*.py"))[int(worker[2:]) % workers :: workers]:
        with contextlib.suppress(Exception):  # told when it is collected
            importlib.import_module(".".join(file.relative_to(root).with_suffix("").parts))
