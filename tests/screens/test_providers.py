"""The settings' providers and roles: added, tested, saved, deleted and brought back, against a real server and file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from textual.widgets import Input

from tests.support.front_end import FrontEnd, app_on
from tests.support.home import Home
from tests.support.load_server import LoadServer
from tests.support.raw_server import Connection, raw_server
from tui.app import RivuletApp
from tui.config import load
from tui.engine import Engine, Library, Role
from tui.screens.settings import SettingsScreen
from tui.widgets.row_list import RowList

SECRET = "sk-do-not-show-me-4711"
FILE = """\
# mine
[providers.load]   # the one at work
base_url = "{url}"
model = "fake"     # small

[models]
instruct = "load"  # always
"""


@pytest.fixture
async def front(home: Home, load_server: LoadServer) -> AsyncIterator[FrontEnd]:
    """The app on a settings file with one provider, `load`."""
    home.configure(FILE.format(url=load_server.url))
    async with on_file(home, load_server) as front:
        yield front


class on_file:
    """The app as a start with the file and the environment has it."""

    def __init__(self, home: Home, server: LoadServer, size: tuple[int, int] = (80, 24)) -> None:
        self._config = load(home.env)
        self._server, self._size = server, size

    async def __aenter__(self) -> FrontEnd:
        paths = self._config.paths
        self._engine = Engine(self._config.models, Library.open(paths.data), data=paths.data, log=paths.log)
        self._engine.open()
        self._app = app_on(self._engine, self._config, self._size)
        pilot = await self._app.__aenter__()
        app = pilot.app
        assert isinstance(app, RivuletApp)
        return FrontEnd(self._engine, app, pilot, self._server)

    async def __aexit__(self, *raised: object) -> None:
        try:
            await self._app.__aexit__(*raised)  # type: ignore[arg-type]
        finally:
            await self._engine.close()


def field(front: FrontEnd, id: str) -> Input:
    return front.app.screen.query_one(f"#{id}", Input)


async def go_to(front: FrontEnd, row: str) -> None:
    """Have the list's cursor on a row of the settings."""
    if not isinstance(front.app.screen, SettingsScreen):
        await front.pilot.press("f4")
        await front.until(lambda: isinstance(front.app.screen, SettingsScreen), "the settings")
    rows = await front.until(lambda: next(iter(front.app.screen.query(RowList)), None), "the list")
    await front.shows("Add a provider")
    front.app.screen.set_focus(rows)
    rows.point_at(row)
    assert rows.cursor_key == row


async def open_row(front: FrontEnd, row: str, id: str) -> None:
    await go_to(front, row)
    await front.pilot.press("enter")
    await front.until(lambda: isinstance(front.app.focused, Input) and front.app.focused.id == id, f"#{id}")


async def write(front: FrontEnd, id: str, text: str) -> None:
    """In the place of what stands in a field, as if it was pasted: a key each would take long."""
    found = field(front, id)
    front.app.screen.set_focus(found)
    found.replace(text, 0, len(found.value))
    await front.until(lambda: found.value == text, f"{text!r} in {id}")
    await front.drawn()


def file(home: Home) -> str:
    return home.config.read_text()


async def test_a_provider_is_added_from_a_preset_tested_saved_and_answers_at_once(
    front: FrontEnd, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", SECRET)
    running = await front.ask_elsewhere("Runs on. n=100000 tps=1 tag=on")
    await go_to(front, "add")
    await front.pilot.press("enter", *"vllm", "enter")
    await front.shows("mostly no key")
    await write(front, "provider-base_url", front.server.url)
    await write(front, "provider-api_key", "$MY_KEY")
    await front.shows(r"API key +\$MY_KEY")
    await front.pilot.press("alt+t")
    await front.tells("Reachable, 1 model. alt+m chooses its model")
    await front.pilot.press("alt+m")
    await front.shows(r"▎ +fake *$")
    await front.pilot.press(*"fa", "enter")
    await front.shows(r"Model +fake")
    await front.pilot.press("alt+t")
    await front.shows(r"vllm/fake answers, after \d")
    assert front.server.requests[-1].headers["authorization"] == f"Bearer {SECRET}"
    assert "vllm" not in file(home)
    await front.pilot.press("enter")
    await front.tells("vllm is saved in config.toml")
    assert field(front, "provider-model").has_focus and field(front, "provider-model").value == "fake"
    await front.shows("vllm/fake answers")
    assert file(home) == FILE.format(url=front.server.url).replace(
        "\n[models]",
        f'\n[providers.vllm]\nprotocol = "openai"\nbase_url = "{front.server.url}"\n'
        'api_key = "$MY_KEY"\nmodel = "fake"\n\n[models]',
    )
    assert str(front.engine.models.resolve("vllm")) == "vllm/fake"
    # What streams goes on with what it began with; what begins now knows the new one.
    assert any(stream.related_id for stream in front.engine.registry.find(live=True))
    await front.engine.regenerate(front.engine.catalog.branch(running)[0].id, model="vllm")
    await front.until(lambda: front.engine.registry.live == 2, "two streams")
    await front.engine.stop_all()
    assert SECRET not in front.text


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_written(front: FrontEnd, home: Home) -> None:
    before = file(home)
    await go_to(front, "add")
    await front.pilot.press("n", *"any", "enter")
    await front.shows("New provider")
    await front.pilot.press(*"load", "enter")
    await front.tells("which is there already, expected")
    await front.tells("found nothing, expected a URL")
    await write(front, "provider-name", "mine")
    await front.pilot.press("enter")
    await front.shows_no("which is there already")
    await write(front, "provider-base_url", "nowhere/")
    await write(front, "provider-max_streams", "many")
    await front.pilot.press("enter")
    await front.tells('found "nowhere/", expected a')
    await front.tells('found "many", expected a whole number')
    assert file(home) == before and "mine" not in front.engine.models.providers


async def test_a_key_itself_is_never_on_the_screen_nor_in_the_log(
    front: FrontEnd, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    key, seen = SECRET, []
    await open_row(front, "provider:load", "provider-model")
    front.app.screen.set_focus(field(front, "provider-api_key"))
    await front.pilot.press(*key[:6])
    seen.append(front.text)
    field(front, "provider-api_key").insert_text_at_cursor(key[6:])
    await front.pilot.press("home", "$")
    seen.append(front.text)
    await front.pilot.press("backspace", "ctrl+shift+a", "ctrl+c", "alt+t")
    await front.shows(r"load/fake answers")
    await front.pilot.press("enter")
    await front.tells("The key itself will stand in the file")
    seen.append(front.text)
    assert f'api_key = "{key}"' in file(home)
    await front.pilot.press("escape", "f2", "f4")
    await open_row(front, "provider:load", "provider-model")
    await front.shows(r"API key +•{8}$")
    seen.append(front.text)
    assert all(key[:6] not in text for text in seen)
    assert field(front, "provider-api_key").value != key and front.app.clipboard == ""
    assert key not in caplog.text
    # Kept while something else is changed, replaced as a whole by what is typed, gone when it is emptied.
    await write(front, "provider-model", "other")
    await front.pilot.press("enter")
    await front.shows("load is saved")
    assert f'api_key = "{key}"' in file(home) and 'model = "other"     # small' in file(home)
    front.app.screen.set_focus(field(front, "provider-api_key"))
    await front.pilot.press("a", "b")
    assert field(front, "provider-api_key").value == "ab"
    await front.pilot.press("ctrl+z")
    await front.shows(r"API key +•{8}$")
    await front.pilot.press("end", "backspace", "enter")
    await front.until(lambda: "api_key" not in file(home), "the key to be gone")


async def test_a_refused_key_is_said_without_it(front: FrontEnd, home: Home) -> None:
    async def refuse(connection: Connection) -> None:
        await connection.head(401, [("Content-Type", "application/json")])
        await connection.body(b'{"error": {"message": "Incorrect API key provided: ' + SECRET.encode() + b'"}}')
        await connection.end()

    async with raw_server(refuse) as server:
        await open_row(front, "provider:load", "provider-model")
        await write(front, "provider-base_url", server.url)
        await write(front, "provider-api_key", SECRET)
        await front.pilot.press("alt+t")
        await front.tells("did not accept the API key")
        assert SECRET[:8] not in front.text
        await front.shows(r"✗ load +edited")
        await front.pilot.press("ctrl+z")
        await front.shows_no("did not accept")


async def test_a_test_that_takes_long_is_stopped_by_escape(front: FrontEnd) -> None:
    async def silent(connection: Connection) -> None:
        await connection.end("hang")

    async with raw_server(silent) as server:
        await open_row(front, "provider:load", "provider-model")
        await write(front, "provider-base_url", server.url)
        await front.pilot.press("alt+t")
        await front.shows(r"Asking it for a word, \d s\. esc stops that")
        await front.pilot.press("escape")
        await front.shows_no("Asking it")
        assert isinstance(front.app.screen, SettingsScreen)
        assert front.server.requests == ()


async def test_what_is_written_waits_in_its_form_whatever_else_is_on_show(front: FrontEnd, home: Home) -> None:
    before = file(home)
    await open_row(front, "provider:load", "provider-model")
    await write(front, "provider-model", "other")
    await front.shows(r"load +edited")
    await front.pilot.press("f2", "f4")
    await open_row(front, "roles", "role-instruct")
    await open_row(front, "provider:load", "provider-model")
    await front.shows(r"Model +other")
    await front.pilot.press("ctrl+z")
    await front.shows(r"Model +fake")
    await front.shows_no("edited")
    assert file(home) == before


async def test_a_provider_is_deleted_and_comes_back_with_comments_and_roles(front: FrontEnd, home: Home) -> None:
    general = front.engine.catalog.assistants()[0]
    await front.engine.change_assistant(general.id, model="load/fake")
    before = file(home)
    await go_to(front, "provider:load")
    await front.pilot.press("d")
    await front.tells("load was deleted, with the role instruct; General had its model. u brings it back")
    assert "load" not in front.engine.models.providers and "[providers.load]" not in file(home)
    await front.until(lambda: isinstance(front.app.focused, RowList), "the focus in the list")
    await front.pilot.press("u")
    await front.shows("load is back")
    assert file(home) == before
    assert str(front.engine.models.resolve("instruct")) == "load/fake"


async def test_a_new_form_can_be_dropped_and_brought_back(front: FrontEnd, home: Home) -> None:
    before = file(home)
    await go_to(front, "add")
    await front.pilot.press("enter", *"ollama", "enter")
    await front.shows(r"ollama +new")
    await front.pilot.press("escape", "d")
    await front.shows("Dropped ollama")
    await front.shows_no(r"ollama +new")
    await front.pilot.press("u")
    await front.shows(r"ollama +new")
    await go_to(front, "provider:local")
    await front.pilot.press("d")
    await front.shows("The demo model is always there")
    assert file(home) == before


async def test_a_copy_of_a_provider_needs_only_another_name(front: FrontEnd, home: Home) -> None:
    await go_to(front, "provider:load")
    await front.pilot.press("c")
    await front.shows(r"load-2 +new")
    await front.until(lambda: isinstance(front.app.focused, Input), "the form")
    await front.pilot.press("enter")
    await front.shows("load-2 is saved")
    assert str(front.engine.models.resolve("load-2")) == "load-2/fake"


# The file, which others write, too


async def test_what_an_editor_wrote_meanwhile_is_shown_and_counts(front: FrontEnd, home: Home) -> None:
    await go_to(front, "provider:load")
    await front.pilot.press("f2")
    home.configure(
        file(home).replace('"fake"', '"theirs"') + '\n[providers.more]\nbase_url = "http://127.0.0.1:9/v1"\n'
    )
    await front.pilot.press("f4")
    await front.shows(r"^ +more")
    await open_row(front, "provider:load", "provider-model")
    await front.shows(r"Model +theirs")
    assert str(front.engine.models.resolve("instruct")) == "load/theirs"


async def test_what_nobody_has_seen_is_not_written_over(front: FrontEnd, home: Home) -> None:
    await open_row(front, "provider:load", "provider-model")
    await write(front, "provider-model", "mine")
    theirs = file(home).replace('"fake"', '"theirs"').replace("# mine", "# theirs\n# mine")
    home.configure(theirs)
    await front.pilot.press("enter")
    await front.tells('the file says "theirs" meanwhile')
    assert file(home) == theirs
    await front.shows(r"Model +mine")
    await front.pilot.press("enter")  # it has been seen now
    await front.shows("load is saved")
    assert file(home) == theirs.replace('"theirs"', '"mine"')


async def test_what_was_written_stays_where_an_editor_took_the_provider_away(front: FrontEnd, home: Home) -> None:
    await open_row(front, "provider:load", "provider-model")
    await write(front, "provider-model", "mine")
    home.configure("# empty now\n[providers.x]\nbase_url = 'http://127.0.0.1:9/v1'\nmodel = 'x'\n")
    await front.pilot.press("enter")
    await front.tells("providers.load: it was changed in the file meanwhile")
    await front.shows(r"load +new")
    await front.tells("It is not in the file any more.")
    await front.shows(r"Model +mine")
    await front.pilot.press("enter")
    await front.tells("load is saved")
    assert 'model = "mine"' in file(home) and file(home).startswith("# empty now")


async def test_a_file_that_others_can_read_is_warned_of_once_a_key_stands_in_it(front: FrontEnd, home: Home) -> None:
    home.config.chmod(0o644)
    await open_row(front, "provider:load", "provider-model")
    await write(front, "provider-api_key", SECRET)
    await front.pilot.press("enter")
    await front.tells("chmod 600")
    assert SECRET not in front.text


async def test_what_the_keys_do_can_be_found_by_its_name(front: FrontEnd) -> None:
    await go_to(front, "provider:load")
    await front.pilot.press("ctrl+p", *"test the prov", "enter")
    await front.shows(r"load/fake answers, after")


async def test_a_syntax_error_in_the_file_is_told_with_its_line_and_nothing_is_written(
    front: FrontEnd, home: Home
) -> None:
    await go_to(front, "provider:load")
    await front.pilot.press("f2")
    broken = file(home) + "fast = \n"
    home.configure(broken)
    await front.pilot.press("f4")
    await front.tells("line 8, column 8")  # before it stands a path, which may be broken anywhere
    assert "config.toml: line 8, column 8" in front.app.session.notice
    await open_row(front, "provider:load", "provider-model")
    await write(front, "provider-model", "mine")
    front.app.session.say("")
    await front.pilot.press("enter")
    await front.tells("line 8, column 8")
    assert "config.toml: line 8, column 8" in front.app.session.notice
    assert file(home) == broken
    await front.shows(r"Model +mine")
    assert str(front.engine.models.resolve("instruct")) == "load/fake"


async def test_providers_of_the_environment_are_told_and_saved_when_wanted(
    home: Home, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("OPENAI_BASE_URL", load_server.url)
    env = {**home.env, "OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": load_server.url}
    async with on_file(Home(home.path, env), load_server) as front:
        await front.until(lambda: front.engine.models.resolve("instruct").model == "fake", "the list of its models")
        await open_row(front, "provider:openai", "provider-model")
        await front.shows(r"openai +env")
        await front.tells("from the environment; saving writes it to")
        await front.shows(r"API key +\$OPENAI_API_KEY")
        await open_row(front, "roles", "role-instruct")
        await front.shows("instruct +openai/fake")
        await open_row(front, "provider:openai", "provider-model")
        assert not home.config.exists()
        await write(front, "provider-max_streams", "3")
        await front.pilot.press("enter")
        await front.shows("openai is saved")
        await front.shows_no(r"openai +env")
    assert SECRET not in file(home)
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert str(load(home.env).models.resolve("instruct")) == "openai/fake"


async def test_a_role_or_a_model_can_be_changed_while_all_is_of_the_environment(
    home: Home, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("OPENAI_BASE_URL", load_server.url)
    env = {**home.env, "OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": load_server.url}
    async with on_file(Home(home.path, env), load_server) as front:
        await front.until(lambda: front.engine.models.resolve("instruct").model == "fake", "the list of its models")
        await open_row(front, "provider:openai", "provider-model")
        await write(front, "provider-model", "mine")
        await front.pilot.press("enter")
        await front.tells("openai is saved")
    assert load(home.env).models.providers["openai"].model == "mine"
    home.config.unlink()
    async with on_file(Home(home.path, env), load_server) as front:
        await front.until(lambda: front.engine.models.resolve("instruct").model == "fake", "the list of its models")
        await open_row(front, "roles", "role-instruct")
        await write(front, "role-fast", "openai/small")
        await front.pilot.press("enter")
        await front.shows("The roles are saved")
    assert load(home.env).models.roles[Role.FAST] == "openai/small"


# Roles


async def test_roles_are_picked_from_all_lists_or_written(front: FrontEnd, home: Home) -> None:
    await open_row(front, "roles", "role-instruct")
    await front.shows(r"thinking +load/fake if left empty")
    await front.pilot.press("tab", "tab", "alt+m")
    await front.shows("local/smollm2")
    await front.shows("load/fake")
    await front.pilot.press(*"load", "enter")
    await front.shows("The roles are saved")
    assert 'fast = "load/fake"' in file(home) and 'instruct = "load"  # always' in file(home)
    await write(front, "role-thinking", "nobody/x")
    await front.pilot.press("enter")
    await front.tells('models.thinking: found "nobody/x"')
    assert "nobody" not in file(home)
    await write(front, "role-thinking", "load/deep")
    await write(front, "role-instruct", "")
    await front.pilot.press("enter")
    await front.until(lambda: front.engine.models.roles[Role.THINKING] == "load/deep", "the role")
    assert 'thinking = "load/deep"' in file(home) and "instruct" not in file(home)


async def test_a_list_that_can_not_be_had_is_said_and_what_is_typed_can_be_taken(front: FrontEnd, home: Home) -> None:
    home.configure(file(home) + '\n[providers.off]\nbase_url = "http://127.0.0.1:1/v1"\n')
    await open_row(front, "roles", "role-instruct")
    await front.pilot.press("alt+m")
    await front.tells("Can't reach off at 127.0.0.1:1")
    await front.pilot.press(*"load/new", "enter")
    await front.shows("The roles are saved")
    assert 'instruct = "load/new"' in file(home)


async def test_a_role_that_an_editor_gave_away_meanwhile_is_not_written_over(front: FrontEnd, home: Home) -> None:
    await open_row(front, "roles", "role-instruct")
    await write(front, "role-instruct", "load/mine")
    theirs = file(home).replace('"load"', '"load/theirs"')
    home.configure(theirs)
    await front.pilot.press("enter")
    await front.tells("models.instruct: it was changed in the file meanwhile")
    assert file(home) == theirs


async def test_an_assistants_model_is_picked_from_roles_and_lists(front: FrontEnd) -> None:
    general = front.engine.catalog.assistants()[0]
    await open_row(front, general.id, "name")
    await front.pilot.press("alt+m")
    await front.shows("▎ +thinking")
    await front.shows("load/fake")
    await front.pilot.press(*"load", "enter")

    def model() -> str:
        found = front.engine.catalog.assistant(general.id)
        return found.model if found else ""

    await front.until(lambda: model() == "load/fake", "the model to be kept")


# Where it stands


@pytest.mark.parametrize(
    ("row", "hints"),
    [
        ("provider:load", ["enter edit", "t test", "n new", "d delete"]),
        ("add", ["enter add", "n new"]),
        ("roles", ["enter edit"]),
    ],
)
async def test_the_bottom_line_says_what_can_be_done_here(front: FrontEnd, row: str, hints: list[str]) -> None:
    await go_to(front, row)
    await front.until(lambda: all(hint in front.status for hint in hints), f"{hints} in the bottom line")


async def test_the_bottom_line_of_a_form_says_its_keys_and_escape_leads_back(front: FrontEnd) -> None:
    await open_row(front, "provider:load", "provider-model")
    await front.until(lambda: "enter save  alt+t test  alt+m models" in front.status, "the form's keys")
    await front.pilot.press("escape")
    await front.until(lambda: isinstance(front.app.focused, RowList), "the list")
    assert isinstance(front.app.screen, SettingsScreen)
    await front.pilot.press("escape")
    await front.until(lambda: not isinstance(front.app.screen, SettingsScreen), "the chat")


async def test_a_provider_can_be_tested_from_the_list(front: FrontEnd) -> None:
    await go_to(front, "provider:load")
    await front.pilot.press("t")
    await front.shows(r"load/fake answers, after")
    assert front.server.requests[-1].body["messages"] == [{"role": "user", "content": "Hi"}]
