"""Settings file → Config, and one line for everything that is wrong in it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import NOBODY
from tui.config import Config, ConfigError, Glyphs, Language, LogLevel, load
from tui.engine import LOCAL, Role, UnknownModel, WireProtocol
from tui.paths import Paths, private_folder

SECRET = "sk-do-not-show-me-4711"


def config(home: Path, text: str | bytes, **environ: str) -> Config:
    data = text.encode() if isinstance(text, str) else text
    (home / "config.toml").write_bytes(data)
    (home / "config.toml").chmod(0o600)
    return load({"RIVULET_HOME": str(home), "OLLAMA_HOST": NOBODY, **environ})


def problems(home: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config(home, text)
    return list(caught.value.lines)


PROVIDER = '[providers.x]\nbase_url = "https://host/v1"\nmodel = "m"\n'


@pytest.mark.parametrize(
    ("text", "key", "found", "expected"),
    [
        ("[zzz]", "zzz", "an unknown key", "one of providers, models, keys, ui, log"),
        ("[ui]\nthemes = 'x'", "ui.themes", "an unknown key", "theme"),
        ("[ui]\nglyphs = 'utf'", "ui.glyphs", '"utf"', "one of unicode, ascii"),
        ("[ui]\nglyphs = 3", "ui.glyphs", "3", "one of unicode, ascii"),
        ("[ui]\ntheme = ''", "ui.theme", '""', "one of auto, contrast, dark, light, terminal"),
        ("[ui]\ntheme = 'paper'", "ui.theme", '"paper"', "one of auto, contrast, dark, light, terminal"),
        (
            "[keys]\n'stream.stop' = 'ctrl+n'",
            'keys."stream.stop"',
            '"ctrl+n", which topic.new has',
            "a key of its own, or another one for topic.new",
        ),
        ("[ui]\nlanguage = 'fr'", "ui.language", '"fr"', "one of auto, en, zh"),
        ("ui = 'dark'", "ui", '"dark"', "a table: [ui]"),
        ("[[ui]]\ntheme = 'x'", "ui", "a list", "a table: [ui]"),
        ("[log]\nlevel = 'loud'", "log.level", '"loud"', "one of debug, info, warning, error"),
        ("[log]\nprompts = 1", "log.prompts", "1", "true or false"),
        ("providers = 1", "providers", "1", "a table: [providers]"),
        ("[providers]\nx = 'y'", "providers.x", "text", "a table: [providers.x]"),
        ("[providers.OpenAI]", "providers.OpenAI", '"OpenAI"', "a name of a-z"),
        ('[providers."a/b"]', 'providers."a/b"', '"a/b"', "a name of a-z"),
        ("[providers.fast]", "providers.fast", '"fast"', "a name of a-z"),
        ("[providers.x]", "providers.x.base_url", "nothing", "a URL"),
        ("[providers.x]\nbase_url = 7", "providers.x.base_url", "7", "a URL"),
        ("[providers.x]\nbase_url = 'ftp://h/v1'", "providers.x.base_url", '"ftp://h/v1"', "a URL"),
        ("[providers.x]\nbase_url = 'host/v1'", "providers.x.base_url", '"host/v1"', "a URL"),
        ("[providers.x]\nbase_url = 'https:///v1'", "providers.x.base_url", '"https:///v1"', "a URL"),
        ("[providers.x]\nbase_url = 'https://[::1/v1'", "providers.x.base_url", "a URL that can't be read", "a URL"),
        ("[providers.x]\nbase_url = 'https://h:99999/'", "providers.x.base_url", "a URL that can't be read", "a URL"),
        ("[providers.x]\nbase_url = 'https://h/?k=1'", "providers.x.base_url", "a URL with more", "a URL"),
        (f"[providers.x]\nbase_url = 'https://me:{SECRET}@h/'", "providers.x.base_url", "a URL with a user", "a URL"),
        (
            "[providers.x]\nbase_url = 'https://a\u200bi.test'",
            "providers.x.base_url",
            "a host whose name has signs",
            "a URL",
        ),
        (
            "[providers.x]\nbase_url = 'https://\u202e.test'",
            "providers.x.base_url",
            "a host whose name has signs",
            "a URL",
        ),
        (f"[providers.x]\nbase_url = '{SECRET}'", "providers.x.base_url", "what is no URL", "a URL"),
        (
            PROVIDER + "protocol = 'grpc'",
            "providers.x.protocol",
            '"grpc"',
            "one of openai, anthropic, responses, ollama",
        ),
        (PROVIDER + "api_key = 12345678", "providers.x.api_key", "a number", '"$VARIABLE"'),
        (PROVIDER + f"api_key = ['{SECRET}']", "providers.x.api_key", "a list", '"$VARIABLE"'),
        (PROVIDER + "api_key = ' '", "providers.x.api_key", "an empty text", '"$VARIABLE"'),
        (PROVIDER + "api_key = '${OPENAI}'", "providers.x.api_key", 'a "$" without', '"$VARIABLE"'),
        (PROVIDER + "api_key = 'keyring:'", "providers.x.api_key", '"keyring:" without a name', '"$VARIABLE"'),
        (PROVIDER + "api_key = '!'", "providers.x.api_key", '"!" without a command', '"$VARIABLE"'),
        (PROVIDER + f"apikey = '{SECRET}'", "providers.x.apikey", "an unknown key", "api_key"),
        ("[providers.x]\nbase_url = 'https://h'\nmodel = 4", "providers.x.model", "4", "a model's name"),
        (PROVIDER + "max_streams = 0", "providers.x.max_streams", "0", "a whole number, 1 or more"),
        (PROVIDER + "max_streams = true", "providers.x.max_streams", "true", "a whole number, 1 or more"),
        (PROVIDER + "max_streams = 1.5", "providers.x.max_streams", "1.5", "a whole number, 1 or more"),
        (PROVIDER + "max_streams = 'many'", "providers.x.max_streams", '"many"', "a whole number, 1 or more"),
        (PROVIDER + "idle_timeout = 0", "providers.x.idle_timeout", "0", "a number of seconds above 0"),
        (
            PROVIDER + f"idle_timeout = 1{'0' * 400}",
            "providers.x.idle_timeout",
            "a very large number",
            "a number of seconds above 0",
        ),
        (PROVIDER + "idle_timeout = inf", "providers.x.idle_timeout", "inf", "a number of seconds above 0"),
        (PROVIDER + "idle_timeout = nan", "providers.x.idle_timeout", "nan", "a number of seconds above 0"),
        (PROVIDER + "max_retries = -1", "providers.x.max_retries", "-1", "a whole number, 0 or more"),
        (PROVIDER + "think_tags = 'yes'", "providers.x.think_tags", '"yes"', "true or false"),
        (PROVIDER + "think_tags = 2026-11-23", "providers.x.think_tags", "a date", "true or false"),
        (
            "[providers.local]\napi_key = 'k'",
            "providers.local.api_key",
            "a setting that the embedded",
            "base_url beside",
        ),
        (PROVIDER + "[models]\ninstruct = 'y/m'", "models.instruct", '"y/m"', "a provider of x, local"),
        (PROVIDER + "[models]\ninstruct = 'gpt-4.1'", "models.instruct", '"gpt-4.1"', "a provider of x, local"),
        (PROVIDER + "[models]\nfast = 'instruct'", "models.fast", '"instruct"', "not a role"),
        (PROVIDER + "[models]\nfast = 'x/'", "models.fast", '"x/"', "provider/model"),
        (PROVIDER + "[models]\nfast = ['x']", "models.fast", "a list", "provider/model"),
        (PROVIDER + "[models]\nslow = 'x'", "models.slow", "an unknown key", "one of instruct, thinking, fast"),
        ("[providers.x]\nbase_url = 'https://h'\n[models]\nfast = 'x'", "models.fast", '"x"', '"x/MODEL"'),
        ("[keys]\n'stream.stopp' = 'escape'", 'keys."stream.stopp"', "an unknown binding", "stream.stop"),
        ("[keys]\nquit = 5", "keys.quit", "5", "a key, or a list of keys"),
        ("[keys]\nquit = []", "keys.quit", "an empty list", "a key, or a list of keys"),
        ("[keys]\nquit = ['ctrl+q', 1]", "keys.quit", "a list", "a key, or a list of keys"),
        ("[keys]\nquit = 'cntrl+q'", "keys.quit", '"cntrl+q"', "a key such as"),
        ("[keys]\nquit = 'ctrl + q'", "keys.quit", '"ctrl + q"', "a key such as"),
        ("[keys]\nquit = ''", "keys.quit", '""', "a key such as"),
        ("[keys]\nquit = 'ctrl+i'", "keys.quit", '"ctrl+i", for which terminals send tab', 'another key, or "tab"'),
        ("[keys]\nquit = ['f9', 'ctrl+m']", "keys.quit", '"ctrl+m", for which terminals send enter', "another key"),
    ],
)
def test_what_is_wrong_is_one_line_with_file_key_found_and_expected(
    tmp_path: Path, text: str, key: str, found: str, expected: str
) -> None:
    lines = problems(tmp_path, text)
    assert len(lines) == 1
    file, _, rest = lines[0].partition(f": {key}: found ")
    assert file == str(tmp_path / "config.toml")
    said_found, _, said_expected = rest.partition(", expected ")
    assert said_found.startswith(found)
    assert expected in said_expected
    assert "\n" not in lines[0] and SECRET not in lines[0]


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        ("[ui]\ntheme 'x'", "line 2, column 7", "what is not TOML"),
        (f"[providers.x]\n\napi_key = \"{SECRET}\nmodel = 'm'", "line 3, column ", "api_key = …"),
        (f"{SECRET}", "line 1", "its end too early"),
        ("[ui", "line 1", "its end too early"),
        ("[ui]]\n", "line 1, column 5", "a broken table name"),
        ("[ui]\ntheme = 'a'\ntheme = 'b'\n", "line 3, column ", "theme = …"),
        ("[ui]\r\ntheme = \r\n", "line 2, column 9", "theme = …"),
        ("\nmax = 1__0", "line 2, column", "max = …"),
        ("a = " + "[" * 5000, "found tables nested too deeply", ""),
    ],
)
def test_a_syntax_error_is_one_line_that_says_where(tmp_path: Path, text: str, place: str, found: str) -> None:
    (said,) = problems(tmp_path, text)
    assert said.startswith(f"{tmp_path / 'config.toml'}: {place}")
    assert f"found {found}" in said and ", expected " in said
    assert "\n" not in said and SECRET not in said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xef\xbb\xbf[ui]\n", "line 1: found a byte order mark, expected plain UTF-8"),
        (b"[ui]\ntheme = '\xff'\n", "line 2: found a byte that is not UTF-8 (0xff), expected UTF-8"),
        ("[ui]\n".encode("utf-16"), "line 1: found a byte that is not UTF-8"),
    ],
)
def test_a_file_in_another_encoding_is_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    (found,) = problems(tmp_path, data)
    assert found.startswith(f"{tmp_path / 'config.toml'}: {said}")


def test_a_folder_in_place_of_the_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigError) as caught:
        load({"RIVULET_HOME": str(tmp_path)})
    assert caught.value.lines == (f"{tmp_path / 'config.toml'}: found a folder, expected a file",)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_what_may_never_end_is_not_read(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "config.toml")
    with pytest.raises(ConfigError) as caught:
        load({"RIVULET_HOME": str(tmp_path)})
    assert caught.value.lines == (f"{tmp_path / 'config.toml'}: found a pipe or a device, expected a file",)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as caught:
        load({"RIVULET_HOME": str(tmp_path / "file")})  # its config.toml would be inside a file
    (said,) = caught.value.lines
    assert "found a file that can't be read (Not a directory)" in said


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    lines = problems(tmp_path, "[ui]\nglyphs = 1\n[log]\nlevel = 2\n[nope]\n")
    assert [line.split(": ")[1] for line in lines] == ["ui.glyphs", "log.level", "nope"]


def test_control_characters_of_the_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, '[ui]\nglyphs = "\\u001b[31m\\u202e\\n"')
    assert said.isprintable()


def test_a_long_value_is_shown_by_its_beginning(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, f"[ui]\nglyphs = '{'x' * 5000}'")
    assert len(said) < 300


def test_a_number_too_long_to_write_out_is_no_crash(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, f"[ui]\nglyphs = 0x{'f' * 10000}")
    assert "found a very large number" in said


FULL = """
[providers.openai]
protocol = "openai"
base_url = "https://api.openai.com/v1/"
api_key = "$OPENAI_API_KEY"
model = "gpt-4.1"
max_streams = 12
think_tags = false
idle_timeout = 7.5
max_retries = 0

[providers.mine]
protocol = "anthropic"
base_url = "http://127.0.0.1:8080"

[models]
instruct = "openai/gpt-4.1"
thinking = "openai/o3"
fast = "mine/small/one"

[keys]
"stream.stop" = "escape"
"topic.next" = ["alt+down", "ctrl+pagedown"]
quit = "ctrl+q,f10"

[ui]
theme = "light"
glyphs = "ascii"
language = "zh"

[log]
level = "debug"
"""


def test_every_setting_reaches_the_config(tmp_path: Path) -> None:
    found = config(tmp_path, FULL)
    openai, mine = found.models.providers["openai"], found.models.providers["mine"]
    assert (openai.protocol, openai.base_url, openai.model) == (
        WireProtocol.OPENAI,
        "https://api.openai.com/v1",
        "gpt-4.1",
    )
    assert openai.api_key is not None and openai.api_key.origin == "$OPENAI_API_KEY"
    assert (openai.max_streams, openai.think_tags, openai.idle_timeout, openai.max_retries) == (12, False, 7.5, 0)
    assert (mine.protocol, mine.base_url, mine.api_key) == (WireProtocol.ANTHROPIC, "http://127.0.0.1:8080", None)
    assert (mine.max_streams, mine.think_tags, mine.idle_timeout, mine.max_retries) == (16, True, 300.0, 2)
    assert str(found.models.resolve("fast")) == "mine/small/one"
    assert found.keys == {
        "stream.stop": ("escape",),
        "topic.next": ("alt+down", "ctrl+pagedown"),
        "quit": ("ctrl+q", "f10"),
    }
    assert (found.ui.theme, found.ui.glyphs, found.ui.language) == ("light", Glyphs.ASCII, Language.CHINESE)
    assert found.log_level is LogLevel.DEBUG
    assert found.from_file
    assert found.warnings == ()


JUNK = [
    *("1", "-1", "0.0", "inf", "nan", "true", "''", "' '", "'\u202e'", "[]", "[1]", "['a', 'b']", "[[]]", "{a = 1}"),
    *("1979-05-27", "07:32:00", '"\\u0000"', '"\\n"', "''' \n '''", f"'{SECRET}'", "0xffffffffffffffffffff", "=", "'"),
]


@pytest.mark.parametrize("place", [number for number, row in enumerate(FULL.split("\n")) if "=" in row])
def test_whatever_stands_in_place_of_a_value_is_taken_or_said_in_lines(tmp_path: Path, place: int) -> None:
    refused = 0
    for junk in JUNK:
        rows = FULL.split("\n")
        rows[place] = f"{rows[place].partition('=')[0]}= {junk}"
        try:
            config(tmp_path, "\n".join(rows))
        except ConfigError as error:
            refused += 1
            for said in error.lines:
                assert said.isprintable() and said.startswith(str(tmp_path)) and ", expected " in said
    assert refused > 3


def test_the_embedded_model_is_always_there(tmp_path: Path) -> None:
    local = config(tmp_path, PROVIDER).models.providers[LOCAL]
    assert (local.embedded, local.model, local.max_streams, local.base_url) == (True, "smollm2", 4, "")


def test_the_embedded_models_limits_can_be_set(tmp_path: Path) -> None:
    local = config(tmp_path, "[providers.local]\nmax_streams = 2\nidle_timeout = 9").models.providers[LOCAL]
    assert (local.embedded, local.max_streams, local.idle_timeout, local.model) == (True, 2, 9.0, "smollm2")


def test_a_local_with_an_address_of_its_own_is_an_ordinary_provider(tmp_path: Path) -> None:
    local = config(tmp_path, "[providers.local]\nbase_url = 'http://localhost:8000/v1'").models.providers[LOCAL]
    assert (local.embedded, local.model, local.max_streams) == (False, None, 16)


def test_a_known_provider_needs_no_more_than_its_name(tmp_path: Path) -> None:
    found = config(tmp_path, "[providers.anthropic]").models.providers["anthropic"]
    assert (found.protocol, found.base_url) == (WireProtocol.ANTHROPIC, "https://api.anthropic.com")
    assert found.api_key is not None and found.api_key.origin == "$ANTHROPIC_API_KEY"
    assert found.model


def test_a_known_name_at_another_address_is_given_no_key_that_was_not_meant_for_it(tmp_path: Path) -> None:
    found = config(tmp_path, "[providers.openai]\nbase_url = 'https://elsewhere/v1'").models.providers["openai"]
    assert (found.api_key, found.model) == (None, None)


def test_without_roles_the_first_provider_with_a_model_plays_them(tmp_path: Path) -> None:
    models = config(tmp_path, "[providers.a]\nbase_url = 'https://a'\n" + PROVIDER).models
    assert {str(models.resolve(role)) for role in Role} == {"x/m"}


def test_where_only_instruct_is_set_it_plays_all_roles(tmp_path: Path) -> None:
    models = config(tmp_path, PROVIDER + "[models]\ninstruct = 'x/big'").models
    assert {str(models.resolve(role)) for role in Role} == {"x/big"}


def test_a_file_without_providers_leaves_them_to_the_environment(tmp_path: Path) -> None:
    found = config(tmp_path, "[ui]\nglyphs = 'ascii'", OPENAI_API_KEY=SECRET)
    assert found.ui.glyphs is Glyphs.ASCII
    assert found.models.resolve("instruct").provider == "openai"


def test_a_file_with_providers_is_not_mixed_with_the_environment(tmp_path: Path) -> None:
    assert set(config(tmp_path, PROVIDER, OPENAI_API_KEY=SECRET).models.providers) == {"x", LOCAL}


@pytest.mark.parametrize("url", ["http://10.0.0.5:8000/v1", "http://host/v1", "http://[2001:db8::1]/v1"])
def test_plain_http_to_another_machine_is_accepted_with_a_warning(tmp_path: Path, url: str) -> None:
    (warning,) = config(tmp_path, f"[providers.x]\nbase_url = '{url}'").warnings
    assert url in warning and "not encrypted" in warning


@pytest.mark.parametrize("url", ["http://localhost/v1", "http://127.1.2.3/v1", "http://[::1]:8/v1", "https://host/v1"])
def test_loopback_and_https_need_no_warning(tmp_path: Path, url: str) -> None:
    assert config(tmp_path, f"[providers.x]\nbase_url = '{url}'").warnings == ()


def test_a_written_key_that_others_may_read_is_a_warning_without_the_key(tmp_path: Path) -> None:
    config(tmp_path, PROVIDER + f"api_key = '{SECRET}'")
    (tmp_path / "config.toml").chmod(0o644)
    (warning,) = load({"RIVULET_HOME": str(tmp_path)}).warnings
    assert "chmod 600" in warning and SECRET not in warning


def test_a_file_that_anybody_may_change_is_a_warning(tmp_path: Path) -> None:
    config(tmp_path, PROVIDER)
    (tmp_path / "config.toml").chmod(0o606)
    (warning,) = load({"RIVULET_HOME": str(tmp_path)}).warnings
    assert "can be changed by anybody" in warning and "chmod 600" in warning


def test_a_folder_that_anybody_may_change_is_a_warning_as_its_file_is(tmp_path: Path) -> None:
    config(tmp_path, PROVIDER)
    tmp_path.chmod(0o777)
    (warning,) = load({"RIVULET_HOME": str(tmp_path)}).warnings
    assert f"{tmp_path} can be changed by anybody" in warning and "chmod 700" in warning
    tmp_path.chmod(0o1777)  # as /tmp is: each has his own files there
    assert load({"RIVULET_HOME": str(tmp_path)}).warnings == ()


def test_a_name_in_letters_of_other_scripts_is_told_as_it_is_looked_up(tmp_path: Path) -> None:
    (warning,) = config(tmp_path, "[providers.x]\nbase_url = 'https://\u0430pi.openai.com/v1'").warnings
    assert "is looked up as xn--pi-6kc.openai.com" in warning


def test_the_first_warning_tells_that_there_are_more(tmp_path: Path) -> None:
    assert config(tmp_path, PROVIDER).first_warning == ""
    one, other = (f"[providers.{name}]\nbase_url = 'http://{name}/v1'\n" for name in ("one", "other"))
    assert config(tmp_path, one).first_warning.endswith("if the server can.")
    assert config(tmp_path, one + other).first_warning.endswith("if the server can. 1 more: rivulet doctor.")


def test_no_key_is_ever_part_of_what_a_config_shows(tmp_path: Path) -> None:
    assert SECRET not in repr(config(tmp_path, PROVIDER + f"api_key = '{SECRET}'"))


@pytest.mark.parametrize(
    ("name", "resolved"), [("local", "local/smollm2"), ("x/y/z", "x/y/z"), ("x", "x/m"), ("fast", "x/quick")]
)
def test_another_model_takes_the_place_of_instruct_for_this_run(tmp_path: Path, name: str, resolved: str) -> None:
    found = config(tmp_path, PROVIDER + "[models]\nfast = 'x/quick'")
    assert str(found.with_instruct(name).models.resolve("instruct")) == resolved
    assert str(found.with_instruct(name).models.resolve("fast")) == "x/quick"
    assert str(found.models.resolve("instruct")) == "x/m"


def test_a_model_that_is_not_there_can_not_take_the_place_of_instruct(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match="nope"):
        config(tmp_path, PROVIDER).with_instruct("nope")


def test_one_variable_puts_all_files_under_one_folder(tmp_path: Path) -> None:
    assert Paths.of({"RIVULET_HOME": str(tmp_path)}) == Paths(
        tmp_path / "config.toml", tmp_path / "data", tmp_path / "log"
    )


def test_without_it_the_platforms_folders_are_used_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    paths = Paths.of({})
    for path in (paths.config_file, paths.data, paths.log):
        assert path.is_relative_to(tmp_path)
        assert "rivulet" in path.parts
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_has_to_be_made_is_the_users_alone_with_its_parents(tmp_path: Path) -> None:
    made = private_folder(tmp_path / "a" / "b" / "c")
    assert [folder.stat().st_mode & 0o777 for folder in (made, *made.parents[:2])] == [0o700] * 3
    assert private_folder(made) == made
