"""What was said can be written anew; the draft stands aside meanwhile and the old branch stays within reach."""

from __future__ import annotations

from tests.support.front_end import FrontEnd
from tui.screens.chat import ChatScreen

ENDLESS = "n=100000 tps=50"


def questions(front: FrontEnd) -> list[str]:
    return [one.question.content for one in front.engine.catalog.branch(front.app.session.topic_id)]


def draft(front: FrontEnd) -> str:
    topic = front.app.session.topic
    assert topic is not None
    return topic.draft


async def ask(front: FrontEnd, *texts: str) -> None:
    for text in texts:
        await front.engine.send(front.app.session.topic_id, text)
        await front.until(lambda: not front.engine.registry.live, "the answer")


async def test_an_edited_question_is_asked_in_its_place_and_its_old_branch_is_a_key_away(front: FrontEnd) -> None:
    await ask(front, "First. n=3 tag=first", "Second. n=3 tag=second")
    await front.shows("end-of-second")
    await front.pilot.press(*"draft", "alt+e")
    await front.shows("Editing a question: enter sends it in its place, esc gives up")
    assert front.composer.text == "Second. n=3 tag=second" and draft(front) == "draft"
    await front.pilot.press("3", "enter")
    await front.shows("end-of-second3")
    await front.shows("version 2 of 2")
    assert front.composer.text == "draft" and "Editing" not in front.text
    assert questions(front) == ["First. n=3 tag=first", "Second. n=3 tag=second3"]
    asked = await front.exchange("second3")
    assert [message["content"] for message in asked.body["messages"] if message["role"] == "user"] == questions(front)
    await front.pilot.press("alt+shift+left")
    await front.until(lambda: questions(front)[-1] == "Second. n=3 tag=second", "the old branch")
    await front.shows("version 1 of 2")
    await front.pilot.press("alt+shift+right")
    await front.shows("end-of-second3")


async def test_esc_gives_an_edit_up_before_it_stops_anything(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, f"Busy. {ENDLESS} tag=busy")
    await front.shows("busy-00000")
    await front.pilot.press(*"draft", "alt+e", "x", "escape")
    await front.until(lambda: front.composer.text == "draft", "the draft")
    assert front.engine.registry.live == 1 and "Editing" not in front.text
    assert draft(front) == "draft"


async def test_an_edit_waits_in_its_topic_while_another_is_on_show(front: FrontEnd) -> None:
    await ask(front, "First. n=3 tag=first")
    topic = front.app.session.topic_id
    await front.pilot.press(*"draft", "alt+e", "1", "ctrl+n", *"other")
    assert front.composer.text == "other" and "Editing" not in front.text
    await front.open(topic)
    assert front.composer.text == "First. n=3 tag=first1"
    await front.shows("Editing a question")
    assert draft(front) == "draft"


async def test_nothing_is_edited_over_a_draft_that_is_being_optimized(front: FrontEnd) -> None:
    await ask(front, "First. n=3 tag=first")
    await front.pilot.press(*"draft")
    id = await front.engine.optimize(front.app.session.topic_id, f"draft {ENDLESS} tag=better")
    await front.pilot.press("alt+e")
    await front.shows("being optimized; esc stops that first")
    assert "Editing" not in front.text
    await front.engine.stop(id)


async def test_an_edited_reply_is_one_more_version(front: FrontEnd) -> None:
    await ask(front, "First. n=3 tag=first")
    await front.pilot.press("alt+w")
    await front.shows("Editing a reply: enter keeps it as one more version")
    await front.pilot.press("ctrl+a", "X", "enter")
    await front.shows(r"version 2 of 2 .* edited")
    [conversation] = front.engine.catalog.branch(front.app.session.topic_id)
    assert len(conversation.replies) == 2 and "X" in conversation.replies[1].content
    assert len(front.server.find_all("first")) == 1


async def test_what_waits_can_be_taken_back(front: FrontEnd) -> None:
    await front.engine.send(front.app.session.topic_id, f"First. {ENDLESS} tag=first")
    await front.exchange("first", 3)
    await front.pilot.press(*"one", "enter", *"two", "enter", *"more")
    await front.shows("sent when the answer above is complete; alt\\+q takes it back")
    await front.pilot.press("alt+q", "enter")  # of several, the last one is offered first
    await front.until(lambda: front.composer.text == "two\n\nmore", "the second message in the composer")
    topic = front.app.session.topic
    assert topic is not None and topic.queue == ("one",)
    await front.pilot.press("alt+q")
    await front.shows_no("sent when the answer above")
    await front.pilot.press("alt+q")
    await front.shows("No message waits here")


# The shape of a topic


async def test_a_deleted_exchange_is_brought_back_by_a_key(front: FrontEnd) -> None:
    await ask(front, "First. n=3 tag=first")
    await front.shows("end-of-first")
    await front.pilot.press("shift+tab", "tab", "tab", "d")
    await front.shows(r"Deleted\. u brings it back\.")
    await front.shows_no("end-of-first")
    assert questions(front) == []
    await front.pilot.press("u")
    await front.shows("end-of-first")
    await front.pilot.press("u")
    await front.shows("Nothing was deleted here")


async def test_the_other_version_of_a_deleted_question_comes_on_show(front: FrontEnd) -> None:
    await ask(front, "First. n=3 tag=first")
    await front.pilot.press("alt+e", "2", "enter")
    await front.shows("end-of-first2")
    await front.pilot.press("shift+tab", "tab", "tab", "d")
    await front.shows(r"Deleted\. u brings it back\.")
    await front.shows("end-of-first$")
    await front.pilot.press("u")
    await front.shows("end-of-first2")


async def test_a_topic_branches_off_with_everything_up_to_here(front: FrontEnd) -> None:
    await ask(front, "First. n=3 tag=first", "Second. n=3 tag=second")
    old = front.app.session.topic_id
    await front.pilot.press("shift+tab", "tab", "tab", "[", "[", "[", "B")
    await front.until(lambda: front.app.session.topic_id != old, "the new topic")
    await front.shows("end-of-first")
    assert questions(front) == ["First. n=3 tag=first"] and "end-of-second" not in front.text


async def test_the_outline_leads_to_a_conversation_by_its_name(front: FrontEnd) -> None:
    await ask(front, "Tides and the moon. n=80 tag=tides", "Bread and butter. n=80 tag=bread", "End. n=80 tag=end")
    await front.shows("end-of-end")
    tides = front.engine.catalog.branch(front.app.session.topic_id)[0]
    await front.engine.rename_conversation(tides.id, "Why the sea rises")
    await front.pilot.press("alt+o")
    await front.shows("Why the sea rises")
    await front.pilot.press(*"sea", "enter")
    await front.until(lambda: isinstance(front.app.screen, ChatScreen), "the chat")
    await front.shows("Tides and the moon")
    assert not front.transcript.at_end


async def test_names_are_made_anew_on_demand(front: FrontEnd) -> None:
    await front.pilot.press("ctrl+p", *"name this topic", "enter")
    await front.shows("nothing yet that a name could be made of")
    await ask(front, "First. n=3 tag=first")
    await front.pilot.press("ctrl+p", *"name this conversation", "enter")
    await front.shows("gets a new name: alt\\+o shows it")


async def test_messages_that_wait_are_taken_back_or_taken_out_one_by_one(front: FrontEnd) -> None:
    topic_id = front.app.session.topic_id
    busy = "Busy. n=100000 tps=1 tag=busy"  # all fits on the screen, however slow the machine
    await front.engine.send(topic_id, busy)
    for word in ("First", "Second", "Third"):
        assert (await front.engine.send(topic_id, f"{word} that waits")).queued

    def queue() -> tuple[str, ...]:
        topic = front.engine.catalog.topic(topic_id)
        return topic.queue if topic is not None else ()

    await front.shows("Third that waits")
    await front.pilot.press("alt+q")
    await front.shows("Take back a message that waits")
    await front.pilot.press("down", "enter")
    await front.until(lambda: front.composer.text == "Second that waits", "the one chosen")
    assert queue() == ("First that waits", "Third that waits") and front.composer.has_focus
    await front.pilot.press("tab", "G", "[", "d")
    await front.shows("It is not sent. u brings it back into the composer")
    assert queue() == ("First that waits",)
    assert questions(front) == [busy], "and not what was said before it"
    await front.pilot.press("u")
    assert front.composer.text == "Third that waits\n\nSecond that waits"
    await front.pilot.press("alt+e")  # on what waits it is the same
    await front.until(lambda: queue() == (), "the only one left, without a question")
    assert front.composer.text.startswith("First that waits\n\nThird") and front.composer.has_focus


async def test_a_conversation_and_a_topic_are_named_by_their_user_in_the_chat(front: FrontEnd) -> None:
    await ask(front, "First. n=3 tag=first")
    await front.shows("end-of-first")
    await front.pilot.press("tab", "m", "ctrl+a", "ctrl+k", *"Tides", "enter")
    await front.until(lambda: front.engine.catalog.branch(front.app.session.topic_id)[0].named_by == "user", "the name")
    await front.pilot.press("M", "ctrl+a", "ctrl+k", *"The sea", "enter")
    await front.until(lambda: front.row("The sea"), "the topic's name in the list")
    await front.pilot.press("alt+o")
    await front.shows("Tides")
