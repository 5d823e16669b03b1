from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tui.engine.embedded.models import SMOLLM2, find
from tui.engine.embedded.trouble import Death, has_wheel, why_it_died, why_it_is_not_installed

LOG = Path("/somewhere/embedded.log")
NO_LIBGOMP = "libgomp.so.1: cannot open shared object file: No such file or directory"
NO_LIBSTDCXX = "libstdc++.so.6: cannot open shared object file: No such file or directory"
OLD_GLIBC = "/lib/libc.so.6: version `GLIBC_2.34' not found\n(required by x)"


@pytest.mark.parametrize(
    ("death", "expected"),
    [
        (Death(-signal.SIGILL), "AVX2"),
        (Death(-signal.SIGKILL), "memory"),
        (Death(-signal.SIGSEGV), "SIGSEGV"),
        (Death(3), "exit status 3"),
        (Death(1, "import", NO_LIBGOMP), "apt-get install libgomp1"),
        (Death(1, "import", NO_LIBSTDCXX), "libstdc++.so.6"),
        (Death(1, "import", OLD_GLIBC), "GLIBC_2.34"),
        (Death(1, "model", "Failed to init server"), "rivulet model fetch smollm2"),
        (Death(None, "health", "status 503"), "status 503"),
    ],
)
def test_a_death_is_one_line_that_names_its_cause_and_a_way_out(death: Death, expected: str) -> None:
    line = why_it_died(death, SMOLLM2, "", LOG)
    assert expected in line
    assert "\n" not in line
    assert line.endswith("configure a provider in config.toml.") or str(LOG) in line


def test_a_library_that_only_the_log_names_is_found_there() -> None:
    assert "apt-get install libgomp1" in why_it_died(Death(127), SMOLLM2, f"python: {NO_LIBGOMP}\n", LOG)


@pytest.mark.parametrize(
    ("system", "machine", "libc", "expected"),
    [
        ("linux", "x86_64", "glibc", True),
        ("linux", "aarch64", "glibc", True),
        ("linux", "x86_64", "", False),
        ("linux", "riscv64", "glibc", False),
        ("linux", "armv7l", "glibc", False),
        ("darwin", "arm64", "", True),
        ("darwin", "x86_64", "", True),
        ("win32", "AMD64", "", True),
        ("win32", "ARM64", "", False),
        ("freebsd14", "amd64", "", False),
    ],
)
def test_the_runtime_has_a_wheel_for(system: str, machine: str, libc: str, expected: bool) -> None:
    assert has_wheel(system, machine, libc) is expected


def test_where_it_could_run_the_reader_learns_what_to_install() -> None:
    assert 'pip install "rivulet-tui[local]"' in why_it_is_not_installed("linux", "x86_64", "glibc")


def test_where_it_cant_run_the_reader_is_not_sent_to_install_it() -> None:
    line = why_it_is_not_installed("linux", "riscv64", "glibc")
    assert "riscv64" in line
    assert "pip" not in line


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(LookupError, match=r'no embedded model "big" \(there is: smollm2\)'):
        find("big")
