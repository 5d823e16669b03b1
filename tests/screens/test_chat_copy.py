"""Copying in the chat: what reaches the clipboard or a file, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.front_end import FrontEnd, front_end
from tests.support.history import write_topic
from tests.support.load_server import LoadServer
from tui.palette import key_entries
from tui.widgets.transcript import Transcript

ANSWER = "See:\n\n```python\nprint('潮')\n```"


async def long_topic(folder: Path) -> None:
    await write_topic(folder / "data", 450, ANSWER)


@pytest.fixture
async def clipboard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was copied, instead of being sent away."""
    from tui import copying
    from tui.clipboard import Copied

    copied: list[str] = []

    async def copy(text: str, send: object) -> Copied:
        copied.append(text)
        return Copied("for a test", len(text))

    monkeypatch.setattr(copying, "copy", copy)
    return copied


async def test_ctrl_c_copies_the_selection_and_stops_nothing(
    tmp_path: Path, load_server: LoadServer, clipboard: list[str]
) -> None:
    async with front_end(tmp_path, load_server) as front:
        await front.engine.send(front.app.session.topic_id, "Count. n=100000 tps=200 tag=flow")
        await front.shows("flow-0")
        await front.pilot.press("tab", "v", "V")
        held = front.transcript._flow.items
        assert "y copy  Y as Markdown  esc give up" in front.status
        sent = await front.exchange("flow", 400)
        assert front.transcript._flow.items is held
        await front.shows(r"\d+ more lines? below")
        await front.pilot.press("ctrl+c")
        await front.shows("Copied")
        # Whichever line the view held: it is one that the server sent.
        assert clipboard[0].strip() and clipboard[0].split()[0] in sent.content
        assert front.engine.registry.live == 1
        await front.until(lambda: front.transcript._flow.items is not held and front.transcript.at_end, "the end again")
        await front.pilot.press("ctrl+c")
        await front.shows("Stopped.")


async def test_escape_gives_a_selection_up_before_it_stops_anything(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Count. n=100000 tps=100 tag=flow")
    await front.shows("flow-0")
    await front.pilot.press("tab", "v", "escape")
    assert not front.transcript.selecting and front.engine.registry.live == 1
    await front.pilot.press("escape")
    await front.until(lambda: not front.engine.registry.live, "the stream to stop")


async def test_a_selection_by_mouse_is_copied_from_the_composer_too(front: FrontEnd, clipboard: list[str]) -> None:
    await front.engine.send(front.app.session.topic_id, "Say something. n=3 tag=few")
    await front.shows("end-of-few")
    y = next(y for y, row in enumerate(front.rows) if "Say something" in row)
    await front.pilot.click(Transcript, offset=(4, y), times=2)
    front.app.screen.set_focus(front.composer)
    await front.pilot.press("ctrl+c")
    await front.until(lambda: clipboard, "something copied")
    assert clipboard == ["Say"]


async def test_the_whole_topic_is_copied_also_what_is_still_on_disk(
    tmp_path: Path, load_server: LoadServer, clipboard: list[str]
) -> None:
    await long_topic(tmp_path)
    async with front_end(tmp_path, load_server) as front:
        await front.shows("Answer 449")
        assert front.engine.catalog.earlier(front.app.session.topic_id)
        await front.pilot.press("tab", "T")
        await front.until(lambda: clipboard, "the topic")
        assert clipboard[0] == "\n\n".join(f"> Question {n}?\n\nAnswer {n}.\n\n{ANSWER}" for n in range(450))
        await front.pilot.press("t")
        await front.until(lambda: len(clipboard) == 2, "the topic as seen")
        assert clipboard[1].count("print('潮')") == 450 and "```" not in clipboard[1]
        assert clipboard[1].startswith("Question 0?\n")


async def test_code_is_saved_as_a_file_named_after_its_topic_and_language(
    tmp_path: Path, load_server: LoadServer
) -> None:
    await long_topic(tmp_path)
    async with front_end(tmp_path, load_server) as front:
        await front.shows("Answer 449")
        await front.pilot.press("tab", "s")
        await front.shows("Saved as")
        [file] = (tmp_path / "data" / "exports").iterdir()
        assert file.name == "Long.py" and file.read_text(encoding="utf-8") == "print('潮')\n"
        assert file.stat().st_mode & 0o777 == 0o600
        await front.pilot.press("s")
        await front.until(lambda: len(list(file.parent.iterdir())) == 2, "another file")


async def test_a_folder_that_takes_no_file_is_named(tmp_path: Path, load_server: LoadServer) -> None:
    await long_topic(tmp_path)
    async with front_end(tmp_path, load_server) as front:
        (tmp_path / "data" / "exports").write_text("in the way")
        await front.pilot.press("tab", "s")
        await front.shows("The code could not be saved in")


async def test_what_is_not_there_is_said(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, "Say something. n=3 tag=few")
    await front.shows("end-of-few")
    await front.pilot.press("tab", "}")
    await front.shows("There is no next code block.")
    await front.pilot.press("c")
    await front.shows("There is no code block here.")


async def test_the_palette_knows_what_can_be_copied(front: FrontEnd) -> None:
    titles = {entry.name for entry in key_entries(front.app, front.app.screen, {})}
    assert {
        "Copy the selection, else this message, as seen",
        "Copy the code block here",
        "Save the code block here as a file",
        "Copy the whole topic as Markdown",
        "Previous message",
        "Next code block",
    } <= titles
    assert not {"Line up", "Selecting: left"} & titles


async def test_keys_for_reading_can_be_set_anew(tmp_path: Path, load_server: LoadServer, clipboard: list[str]) -> None:
    await long_topic(tmp_path)
    keys = {"reading.copy_code": ("&",), "reading.message_up": ("ctrl+u",)}
    async with front_end(tmp_path, load_server, keys=keys) as front:
        await front.shows("Answer 449")
        await front.pilot.press("tab", "c", "&")
        await front.until(lambda: clipboard, "the code")
        assert clipboard == ["print('潮')"] and "& copy code" in front.status
        await front.pilot.press("ctrl+u", "ctrl+u", "y")
        await front.until(lambda: len(clipboard) == 2, "the message")
        assert clipboard[1] == "Question 449?"
