"""What the toolkit takes for markup is text, whoever wrote it."""

from __future__ import annotations

import re

import pytest

from tests.support.front_end import FrontEnd

MARKUP = "[bold]bold[/bold] [red]red [/] [@click=app.exit]click[/] [link=http://evil]x[/link] \\[x] :smile: [/nonsense]"


@pytest.mark.parametrize("place", ["question", "draft"])
async def test_the_toolkits_markup_is_text_in(front: FrontEnd, place: str) -> None:
    if place == "draft":
        front.composer.insert(MARKUP)
    else:
        await front.engine.send(front.app.session.topic_id, MARKUP + " n=2 tag=m")
        await front.shows("end-of-m")
    await front.drawn()
    shown = re.sub(r"\s+", " ", " ".join(row[32:].strip() for row in front.rows))
    assert MARKUP in shown


async def test_the_toolkits_markup_is_text_in_names_notices_and_errors(front: FrontEnd) -> None:
    await front.ask_elsewhere("[bold]T[/bold][red]R[/] n=3 tag=markup")
    await front.shows(r"\[bold\]T\[/bold\]\[red\]R\[/\]")
    front.app.session.say("[bold]notice[/bold] [@click=app.exit]x[/]")
    front.chat.sync()
    await front.shows(r"\[bold\]notice\[/bold\] \[@click=app.exit\]x\[/\]")
    await front.pilot.press("f3")
    await front.shows(r"\[bold\]T\[/bold\]\[red\]R\[/\]")
    await front.pilot.press("ctrl+p", *"[bold]T")
    await front.shows(r"Topic: \[bold\]T\[/bold\]\[red\]R")
