"""The settings file as a text: what changes is changed, and all that people wrote around it stays where it belongs."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.config.document import CannotRewrite, rewritten

FILE = """\
# Settings of mine
# on two lines

# the account at work
[providers.work]  # paid by them
base_url = 'https://work/v1' # the proxy
model    = "big"
# max_streams = 4

# ---- at home ----

# under the desk
[providers.home]
base_url = "http://desk/v1"

# who does what
[models]
instruct = "work"  # the best

[ui]
theme = "dark"

# the end
"""


def edited(text: str, change: Callable[[dict[str, Any]], object]) -> str:
    values = tomllib.loads(text)
    change(values)
    return rewritten(text, values)


def without(text: str, *lines: str) -> str:
    for line in lines:
        assert text.count(line) == 1
        text = text.replace(line, "")
    return text


@pytest.mark.parametrize(
    "text", [FILE, "", "# nothing but words\n", "\n\n[ui]\n", "a.b = 1\nc = {d = [1, # one\n2]}\n"]
)
def test_what_does_not_change_stays_to_the_letter(text: str) -> None:
    assert edited(text, lambda values: None) == text


def test_a_value_is_changed_where_it_stands_with_what_stands_beside_it() -> None:
    found = edited(FILE, lambda v: v["providers"]["work"].update(base_url="https://new/v1"))
    assert found == FILE.replace("'https://work/v1'", '"https://new/v1"')


def test_a_new_value_comes_behind_the_others_of_its_table() -> None:
    found = edited(FILE, lambda v: (v["ui"].update(glyphs="ascii"), v["providers"]["home"].update(max_retries=0)))
    assert found == FILE.replace('theme = "dark"\n', 'theme = "dark"\nglyphs = "ascii"\n').replace(
        'base_url = "http://desk/v1"\n', 'base_url = "http://desk/v1"\nmax_retries = 0\n'
    )


def test_a_new_table_parts_no_comment_from_the_header_below_it() -> None:
    found = edited(FILE, lambda v: v["providers"].update(new={"base_url": "https://new/v1", "think_tags": False}))
    table = '[providers.new]\nbase_url = "https://new/v1"\nthink_tags = false\n\n'
    assert found == FILE.replace("# who does what", f"{table}# who does what")


def test_a_table_that_goes_takes_its_own_comments_and_no_others() -> None:
    found = edited(FILE, lambda v: v["providers"].pop("work"))
    start, _, rest = FILE.partition("# the account at work")
    assert found == start + rest[rest.index("# ---- at home") :]
    found = edited(FILE, lambda v: v["providers"].pop("home"))
    assert found == without(FILE, '# under the desk\n[providers.home]\nbase_url = "http://desk/v1"\n\n')
    found = edited(FILE, lambda v: v.pop("ui"))
    assert found == without(FILE, '[ui]\ntheme = "dark"\n\n')


def test_a_value_that_goes_takes_its_line() -> None:
    found = edited(FILE, lambda v: (v["models"].clear(), v["providers"]["work"].pop("model")))
    assert found == without(FILE, 'instruct = "work"  # the best\n', 'model    = "big"\n')


def test_a_table_of_which_all_go_is_still_there() -> None:
    found = edited(FILE, lambda v: v["providers"].clear())
    assert tomllib.loads(found) == {"providers": {}, "models": {"instruct": "work"}, "ui": {"theme": "dark"}}
    assert "# ---- at home ----\n" in found and "# who does what\n[models]" in found


def test_what_is_new_in_an_empty_file_begins_it() -> None:
    values = {"providers": {"a": {"model": "m"}}, "keys": {"stream.stop": ["f5", "f6"]}}
    assert rewritten("", values) == '[providers.a]\nmodel = "m"\n\n[keys]\n"stream.stop" = ["f5", "f6"]\n'
    assert rewritten("# mine\n", {"ui": {"theme": "x"}}) == '# mine\n\n[ui]\ntheme = "x"\n'


@pytest.mark.parametrize(
    "text",
    [
        "[providers.a]\nx = 1\n[models]\ni = 'a'\n[providers.b]\nx = 2",
        "[models]\ni = 'a'\n# b\n[providers.b]\nx = 2\n[ui]\n[providers.a]\nx = 1\n",
        "providers = {a = {x = 1}, b = {x = 2}} # in one line\nmodels.i = 'a'\n",
        "providers.a.x = 1\nproviders.b.x = 2\n# models\nmodels.i = 'a'\n",
        "[providers]\na.x = 1\nb = {x = 2}\n# models\n[models]\ni = 'a'\n",
        "[providers]\n[providers.'a'] # quoted\n  x = 1\n\n  [providers.\"b\"]\n  x = 2\n[models]\ni = '''\n# a'''\n",
    ],
)
def test_however_it_is_written_it_can_be_changed_and_no_comment_is_lost(text: str) -> None:
    def change(values: dict[str, Any]) -> None:
        values["providers"].pop("a")
        values["providers"]["b"]["y"] = True
        values["providers"]["c"] = {"x": 3, "z": "new"}
        values["models"]["t"] = "b"

    expected = tomllib.loads(text)
    change(expected)
    found = edited(text, change)
    assert tomllib.loads(found) == expected
    assert set(comments(text)) - {" quoted"} <= set(comments(found))


def test_the_ends_of_lines_stay_those_of_the_file() -> None:
    found = edited(FILE.replace("\n", "\r\n"), lambda v: v["ui"].update(glyphs="ascii"))
    assert "\n" not in found.replace("\r\n", "")
    assert 'glyphs = "ascii"\r\n' in found


def test_what_can_not_be_said_in_the_text_is_refused() -> None:
    with pytest.raises(CannotRewrite):
        rewritten("[a]\n", {"a": {"b": None}})


def comments(text: str) -> list[str]:
    return [line.partition("#")[2] for line in text.splitlines() if "#" in line]


NAMES = st.sampled_from(["a", "b", "c-d", "e_f", "g.h", "ü"])
SCALARS = st.one_of(st.integers(-3, 9), st.booleans(), st.text("ab\"'\\#[]=\té\n", max_size=5), st.just(["x", "y#"]))
TABLES = st.dictionaries(NAMES, SCALARS, max_size=3)
SETTINGS = st.fixed_dictionaries(
    {}, optional={"providers": st.dictionaries(NAMES, TABLES, max_size=3), "models": TABLES, "ui": TABLES}
)


@st.composite
def files(draw: st.DrawFn) -> str:
    """A settings file with comments at every place where one may be, each of which says where."""
    values: dict[str, Any] = draw(SETTINGS)
    pieces: list[str] = []
    count = 0

    def remark(place: str) -> str:
        nonlocal count
        count += 1
        return draw(st.sampled_from(["", "", "\n", f"# {place} {count}\n", f"\n# {place} {count}\n", f"# {count}\n\n"]))

    tables: list[tuple[tuple[str, ...], Any]] = [
        (("providers", name), table) for name, table in values.get("providers", {}).items()
    ]
    tables += [((name,), table) for name, table in values.items() if name != "providers"]
    for path, table in draw(st.permutations(tables)):
        header = ".".join(quoted(name) for name in path)
        pieces.append(f"{remark('above')}[{header}]{draw(st.sampled_from(['', '  # beside']))}\n{remark('in')}")
        for name, value in table.items():
            pieces.append(f"{quoted(name)} = {written(value)}{draw(st.sampled_from(['', ' # of a value']))}\n")
    return "".join(pieces) + remark("end")


def quoted(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isascii() and "." not in name else written(name)


def written(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


@settings(max_examples=150, deadline=None)
@given(files(), SETTINGS)
def test_any_file_can_be_made_to_say_anything_else_and_is_not_disturbed_otherwise(
    text: str, new: dict[str, Any]
) -> None:
    old = tomllib.loads(text)
    found = rewritten(text, new)
    assert tomllib.loads(found) == new
    assert rewritten(found, new) == found
    gone = {name for name in old if name not in new} | set(old.get("providers", {})) - set(new.get("providers", {}))
    if not gone:
        kept = [line for line in text.splitlines() if line.lstrip().startswith("#")]
        assert [line for line in found.splitlines() if line in kept] == kept
