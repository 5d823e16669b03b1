"""Changing the settings: what is written, what is kept, what is refused, and what the settings are then."""

from __future__ import annotations

import resource
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import NOBODY
from tests.support.home import Home
from tests.test_imports import imported
from tui.config import Config, ConfigError, Glyphs, load
from tui.config.changes import AddProvider, Change, RemoveProvider, SetKey, SetProvider, SetRole, SetUi
from tui.config.writing import fields_in_use, load_again, put_back, remove, roles_in_use, save
from tui.engine import LOCAL, Role

SECRET = "sk-do-not-show-me-4711"
ROUTER = SetProvider("router", {"base_url": "https://router/v1", "api_key": "$ROUTER_KEY", "model": "auto"})
FILE = """\
# mine
[providers.a]
base_url = "https://a/v1" # here
model = "m"

# the other
[providers.b]
base_url = "https://b/v1"
model = "n"

[models]
instruct = "a"   # always
fast = "b/small"
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"RIVULET_HOME": str(tmp_path / "home"), "OLLAMA_HOST": NOBODY}


def file(env: dict[str, str]) -> Path:
    return Path(env["RIVULET_HOME"]) / "config.toml"


def written(env: dict[str, str], text: str = FILE) -> Config:
    file(env).parent.mkdir(exist_ok=True)
    file(env).write_text(text)
    return load(env)


def roles(config: Config) -> list[str]:
    return [str(config.models.resolve(role)) for role in Role]


def test_a_change_keeps_all_else_and_gives_the_settings_as_they_are_then(env: dict[str, str]) -> None:
    config = save(written(env), ROUTER, SetRole(Role.FAST, "router"), SetUi(theme="light"), environ=env)
    assert file(env).read_text() == FILE.replace('"b/small"', '"router"').replace(
        "[models]",
        '[providers.router]\nbase_url = "https://router/v1"\napi_key = "$ROUTER_KEY"\nmodel = "auto"\n\n[models]',
    ) + ('\n[ui]\ntheme = "light"\n')
    assert config == load(env)
    assert roles(config) == ["a/m", "a/m", "router/auto"]
    assert config.ui.theme == "light"


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (SetProvider("b", {"model": "n", "base_url": "https://new"}), '"https://b/v1"', '"https://new"'),
        (SetProvider("b", {"base_url": "https://b/v1"}), 'https://b/v1"\nmodel = "n"\n', 'https://b/v1"\n'),
        (SetRole(Role.FAST, None), 'fast = "b/small"\n', ""),
        (SetRole(Role.INSTRUCT, "b"), '"a"', '"b"'),
        (SetUi(glyphs=Glyphs.ASCII), '"b/small"\n', '"b/small"\n\n[ui]\nglyphs = "ascii"\n'),
        (SetUi(), "", ""),
        (SetKey("quit", ("f10",)), '"b/small"\n', '"b/small"\n\n[keys]\nquit = "f10"\n'),
        (
            SetKey("topic.next", ("f6", "f7")),
            '"b/small"\n',
            '"b/small"\n\n[keys]\n"topic.next" = ["f6", "f7"]\n',
        ),
        (SetKey("quit", None), "", ""),
    ],
)
def test_each_change_changes_its_own_lines_only(env: dict[str, str], change: Change, before: str, after: str) -> None:
    config = save(written(env), change, environ=env)
    assert file(env).read_text() == (FILE.replace(before, after, 1) if before else FILE)
    assert config == load(env)


def test_a_key_can_be_given_its_own_again(env: dict[str, str]) -> None:
    config = save(written(env), SetKey("quit", ("f10",)), environ=env)
    assert config.keys == {"quit": ("f10",)}
    assert save(config, SetKey("quit", None), environ=env).keys == {}


def test_who_is_removed_takes_his_roles_along(env: dict[str, str]) -> None:
    config = save(written(env), RemoveProvider("b"), environ=env)
    assert list(config.models.providers) == ["a", LOCAL]
    assert roles(config) == ["a/m"] * 3
    assert "fast" not in file(env).read_text() and "# the other" not in file(env).read_text()


def test_when_the_last_is_removed_nobody_takes_his_place_unasked(env: dict[str, str]) -> None:
    config = written(env)
    config = save(config, RemoveProvider("a"), RemoveProvider("b"), environ=env | {"OPENAI_API_KEY": SECRET})
    assert list(config.models.providers) == [LOCAL]
    assert list(load(env | {"OPENAI_API_KEY": SECRET}).models.providers) == [LOCAL]


def test_what_somebody_else_has_written_meanwhile_stays(env: dict[str, str]) -> None:
    config = written(env)
    file(env).write_text(FILE + "\n# by hand\n[log]\nlevel = 'debug'\n")
    config = save(config, SetRole(Role.FAST, "a"), environ=env)
    assert file(env).read_text() == FILE.replace('"b/small"', '"a"') + "\n# by hand\n[log]\nlevel = 'debug'\n"
    assert config.log_level == "debug"


def test_what_is_written_in_the_very_moment_stays(env: dict[str, str]) -> None:
    class Meddling:
        times = 0

        def apply(self, values: dict[str, Any]) -> None:
            values.setdefault("ui", {})["theme"] = "dark"
            self.times += 1
            if self.times == 1:
                file(env).write_text(FILE + "# saved by an editor\n")

    meddling: Any = Meddling()
    save(written(env), meddling, environ=env)
    assert meddling.times == 2
    assert "# saved by an editor\n" in file(env).read_text() and "dark" in file(env).read_text()


def test_a_file_that_is_written_all_the_time_is_given_up(env: dict[str, str]) -> None:
    class Meddling:
        def apply(self, values: dict[str, Any]) -> None:
            values.setdefault("ui", {})["theme"] = "dark"
            file(env).write_text(file(env).read_text() + "#\n")

    meddling: Any = Meddling()
    config = written(env)
    refused(config, env, "it changes all the time", meddling)


def test_a_file_that_is_no_toml_now_is_left_alone(env: dict[str, str]) -> None:
    config = written(env)
    file(env).write_text(f'[providers.a]\napi_key = "{SECRET}\n')
    refused(config, env, "line 2, column", SetUi(theme="dark"))
    assert SECRET in file(env).read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (SetProvider("c", {"base_url": "nowhere/"}), 'providers.c.base_url: found "nowhere/"'),
        (SetProvider("a", {"base_url": "https://a/v1"}), '"a/MODEL": a has no default model'),
        (SetRole(Role.FAST, "z/m"), 'models.fast: found "z/m"'),
        (SetUi(theme="pink"), 'ui.theme: found "pink"'),
        (SetKey("quit", ("ctrl+n",)), 'keys.quit: found "ctrl+n", which topic.new has'),
        (SetKey("nothing", ("f9",)), "keys.nothing: found an unknown binding"),
    ],
)
def test_what_a_start_would_refuse_is_not_written(env: dict[str, str], change: Change, said: str) -> None:
    refused(written(env), env, said, change)
    assert file(env).read_text() == FILE


def test_a_new_file_is_the_users_alone_and_says_what_it_is(env: dict[str, str]) -> None:
    config = save(load(env), ROUTER, environ=env)
    assert file(env).read_text().startswith("# Rivulet's settings.")
    assert (file(env).stat().st_mode & 0o777, file(env).parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert roles(config) == ["router/auto"] * 3
    assert config == load(env)


def test_without_a_change_no_file_is_made(env: dict[str, str]) -> None:
    assert not save(load(env), SetKey("quit", None), SetUi(), environ=env).from_file
    assert not file(env).exists()


def test_the_mode_stays(env: dict[str, str]) -> None:
    config = written(env)
    file(env).chmod(0o640)
    save(config, SetUi(theme="dark"), environ=env)
    assert file(env).stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_one_and_what_it_leads_to_is_written(env: dict[str, str], tmp_path: Path, exists: bool) -> None:
    target = tmp_path / "dotfiles" / "rivulet.toml"
    file(env).parent.mkdir()
    file(env).symlink_to("../dotfiles/rivulet.toml")
    if exists:
        target.parent.mkdir()
        target.write_text(FILE)
    save(load(env), ROUTER, environ=env)
    assert file(env).is_symlink()
    assert "router" in tomllib.loads(target.read_text())["providers"]
    assert [found.name for found in target.parent.iterdir()] == ["rivulet.toml"]


def test_a_file_that_is_read_only_is_left_alone(env: dict[str, str]) -> None:
    config = written(env)
    file(env).chmod(0o444)
    refused(config, env, "could not be written (it is read-only). It is as it was.", SetUi(theme="dark"))
    assert file(env).read_text() == FILE


def test_a_disk_without_room_leaves_the_file_as_it_was_and_nothing_beside_it(env: dict[str, str]) -> None:
    config = written(env)
    with no_room():
        refused(config, env, "could not be written (File too large)", SetUi(theme="dark"))
    assert file(env).read_text() == FILE
    assert list(file(env).parent.iterdir()) == [file(env)]


@contextmanager
def no_room() -> Iterator[None]:
    """No file can grow beyond some bytes: the nearest thing to a full disk that a test can have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


KEYS = {"OPENAI_API_KEY": SECRET, "ANTHROPIC_API_KEY": SECRET}


def test_who_was_there_by_the_environment_is_written_along_by_the_name_of_his_key(env: dict[str, str]) -> None:
    before = load(env | KEYS)
    config = save(before, ROUTER, environ=env | KEYS)
    text = file(env).read_text()
    assert SECRET not in text
    assert '[providers.openai]\napi_key = "$OPENAI_API_KEY"\n' in text
    assert list(config.models.providers) == ["openai", "anthropic", "router", LOCAL]
    assert roles(config) == roles(before)
    assert not config.discovered and config == load(env | KEYS)


def test_a_role_for_one_of_them_makes_the_file_name_them(env: dict[str, str]) -> None:
    before = load(env | KEYS)
    config = save(before, SetRole(Role.FAST, "anthropic"), environ=env | KEYS)
    assert roles(load(env)) == roles(config) == [*roles(before)[:2], roles(load(env))[2]]
    assert config.models.resolve("fast").provider == "anthropic"


def test_one_of_them_can_be_removed(env: dict[str, str]) -> None:
    config = save(load(env | KEYS), RemoveProvider("openai"), environ=env | KEYS)
    assert list(config.models.providers) == ["anthropic", LOCAL]
    assert {model.split("/")[0] for model in roles(config)} == {"anthropic"}


def test_another_server_of_a_known_name_is_written_with_all_that_it_needs(env: dict[str, str]) -> None:
    elsewhere = env | KEYS | {"OPENAI_BASE_URL": "https://proxy/v1"}
    before = load(elsewhere)
    settled = before.models.with_list("openai", ["own"])
    config = save(before, ROUTER, models=settled, environ=elsewhere)
    openai = load(env | KEYS).models.providers["openai"]
    assert (openai.base_url, openai.model) == ("https://proxy/v1", "own")
    assert roles(config) == ["openai/own"] * 3


def test_what_concerns_no_provider_leaves_them_to_the_environment(env: dict[str, str]) -> None:
    before = load(env | KEYS)
    settled = before.models.with_list("openai", ["own"])
    config = save(before, SetUi(theme="dark"), models=settled, environ=env | KEYS)
    assert "providers" not in file(env).read_text()
    assert config.discovered and config.models == settled


def test_a_model_that_was_named_for_this_run_stays_and_is_not_written(env: dict[str, str]) -> None:
    config = save(load(env | KEYS).with_instruct("anthropic/own"), ROUTER, environ=env | KEYS)
    assert roles(config)[0] == "anthropic/own"
    assert "own" not in file(env).read_text()
    assert roles(load(env))[0].startswith("openai/")
    config = save(config, RemoveProvider("anthropic"), environ=env)
    assert roles(config)[0].startswith("openai/")


def test_the_file_can_be_read_again(env: dict[str, str]) -> None:
    config = written(env).with_instruct("b/big")
    file(env).write_text(FILE.replace("b/small", "b/tiny"))
    assert roles(load_again(config, env)) == ["b/big", "a/m", "b/tiny"]


def test_the_fields_of_a_provider_are_those_of_the_file_or_those_that_it_would_have(env: dict[str, str]) -> None:
    config = written(env)
    assert fields_in_use(config, "a") == {"base_url": "https://a/v1", "model": "m"}
    assert fields_in_use(config, LOCAL) == fields_in_use(config, "nobody") == {}
    file(env).unlink()
    assert fields_in_use(load(env | KEYS), "openai") == {"api_key": "$OPENAI_API_KEY"}


A = {"base_url": "https://a/v1", "model": "m"}


def test_what_was_written_meanwhile_beside_a_changed_field_stays(env: dict[str, str]) -> None:
    config = written(env)
    file(env).write_text(FILE.replace('model = "m"', 'model = "m"\nmax_streams = 2'))
    config = save(config, SetProvider("a", A | {"model": "mine"}, seen=A), environ=env)
    a = config.models.providers["a"]
    assert (a.model, a.max_streams) == ("mine", 2)


@pytest.mark.parametrize(
    ("now", "change", "key"),
    [
        ('model = "theirs"', SetProvider("a", A | {"model": "mine"}, seen=A), "providers.a.model"),
        ('model = "theirs"', SetProvider("a", {"base_url": "https://a/v1"}, seen=A), "providers.a.model"),
        (
            'model = "m"\napi_key = "their-secret-key"',
            SetProvider("a", A | {"api_key": SECRET}, A),
            "providers.a.api_key",
        ),
        ('model = "m"', SetProvider("gone", A | {"model": "mine"}, seen=A), "providers.gone"),
        ('model = "m"', AddProvider("b", A), "providers.b"),
        ('model = "m"', SetRole(Role.FAST, "a", seen=None), "models.fast"),
        ('model = "m"', SetRole(Role.FAST, None, seen="a"), "models.fast"),
    ],
)
def test_what_nobody_has_seen_yet_is_not_written_over(env: dict[str, str], now: str, change: Change, key: str) -> None:
    config = written(env)
    text = FILE.replace('model = "m"', now)
    file(env).write_text(text)
    refused(config, env, f"{key}: it was changed in the file meanwhile.", change)
    assert file(env).read_text() == text


def test_the_same_change_on_both_sides_is_none(env: dict[str, str]) -> None:
    config = written(env)
    file(env).write_text(FILE.replace('model = "m"', 'model = "new"'))
    save(config, SetProvider("a", A | {"model": "new"}, seen=A), SetRole(Role.FAST, "b/small", seen="a"), environ=env)
    assert file(env).read_text() == FILE.replace('model = "m"', 'model = "new"')


def test_a_removed_provider_comes_back_with_its_comments_and_roles(env: dict[str, str]) -> None:
    before = written(env)
    config, removed = remove(before, "b", environ=env)
    assert "b" not in config.models.providers and "b" not in tomllib.loads(file(env).read_text())["providers"]
    assert put_back(config, removed, environ=env) == before
    assert file(env).read_text() == FILE


def test_what_was_written_after_a_removal_stays_when_it_is_taken_back(env: dict[str, str]) -> None:
    config, removed = remove(written(env), "b", environ=env)
    file(env).write_text(file(env).read_text() + "# by hand\n")
    config = put_back(config, removed, environ=env)
    assert "# by hand" in file(env).read_text()
    assert roles(config) == ["a/m", "a/m", "b/small"]
    with pytest.raises(ConfigError, match=r"providers\.b: it was changed in the file meanwhile"):
        put_back(config, removed, environ=env)


def test_one_of_the_environment_can_be_removed_and_taken_back(env: dict[str, str]) -> None:
    before = load(env | KEYS)
    config, removed = remove(before, "openai", environ=env | KEYS)
    config = put_back(config, removed, environ=env | KEYS)
    assert sorted(config.models.providers) == ["anthropic", LOCAL, "openai"]
    assert roles(config) == roles(before)


def test_the_roles_are_those_that_the_file_sets(env: dict[str, str]) -> None:
    assert roles_in_use(written(env)) == {Role.INSTRUCT: "a", Role.FAST: "b/small"}
    file(env).unlink()
    assert roles_in_use(load(env)) == {}


def test_nothing_that_a_start_needs_imports_what_only_a_change_needs(home: Home) -> None:
    home.use("http://127.0.0.1:1/v1")
    modules = "tui.app, tui.config.writing, tui.config.presets"
    source = f"import os, {modules}\nfrom tui.config import load\nload(os.environ)"
    assert "tomlkit" not in imported(source, home.path)


def refused(config: Config, env: dict[str, str], words: str, change: Change) -> None:
    with pytest.raises(ConfigError) as caught:
        save(config, change, environ=env)
    (said,) = caught.value.lines
    assert words in said and said.startswith(str(file(env)))
    assert SECRET not in said and said.isprintable()
