"""A draft is optimized where it stands, and what the user wrote is never lost to it."""

from __future__ import annotations

from tests.support.front_end import FrontEnd

SLOW = "n=100000 tps=50 tag=slow"


def draft(front: FrontEnd, topic_id: str) -> str:
    topic = front.engine.catalog.topic(topic_id)
    assert topic is not None
    return topic.draft


async def written(front: FrontEnd, text: str) -> str:
    topic_id = front.app.session.topic_id
    front.composer.give_back(text)
    await front.until(lambda: draft(front, topic_id) == text, "the draft")
    return topic_id


async def started(front: FrontEnd) -> str:
    topic_id = await written(front, SLOW)
    await front.pilot.press("ctrl+o")
    await front.until(lambda: "slow-00000" in front.composer.text, "the first text")
    assert draft(front, topic_id) == SLOW and "optimizing" in front.status
    return topic_id


async def ended(front: FrontEnd) -> None:
    await front.until(lambda: not front.engine.registry.live, "the end")


async def test_the_better_prompt_comes_live_and_undo_brings_the_old_one_back_also_later(front: FrontEnd) -> None:
    topic_id = await written(front, "n=5 tag=better")
    assert "^o optimize" in front.status
    await front.pilot.press("ctrl+o")
    await front.until(lambda: front.composer.text.endswith("end-of-better"), "the result")
    await front.until(lambda: draft(front, topic_id) == front.composer.text, "the result as the draft")
    await front.pilot.press("ctrl+z")
    await front.until(lambda: draft(front, topic_id) == front.composer.text == "n=5 tag=better", "the original")
    await front.pilot.press("ctrl+y", "ctrl+n")
    await front.until(lambda: front.composer.text == "", "another topic")
    await front.open(topic_id)
    assert front.composer.text.endswith("end-of-better")
    await front.pilot.press("ctrl+z")
    assert front.composer.text == "n=5 tag=better"


async def test_esc_stops_it_and_keeps_what_is_there(front: FrontEnd) -> None:
    topic_id = await started(front)
    await front.pilot.press("escape")
    await ended(front)
    await front.until(lambda: draft(front, topic_id) == front.composer.text, "the draft")
    assert front.composer.text.startswith("slow-00000")


async def test_undo_while_it_runs_stops_it_and_brings_the_original_back(front: FrontEnd) -> None:
    topic_id = await started(front)
    await front.pilot.press("ctrl+z")
    await ended(front)
    await front.until(lambda: draft(front, topic_id) == front.composer.text == SLOW, "the original")


async def test_typing_while_it_runs_stops_it_and_stays(front: FrontEnd) -> None:
    topic_id = await started(front)
    await front.pilot.press("X")
    await ended(front)
    await front.until(lambda: draft(front, topic_id) == front.composer.text, "the draft")
    assert front.composer.text.startswith("slow-00000") and "X" in front.composer.text


async def test_it_goes_on_while_another_topic_is_on_show(front: FrontEnd) -> None:
    topic_id = await started(front)
    await front.pilot.press("ctrl+n", *"other")
    assert front.composer.text == "other" and front.engine.registry.live == 1
    await front.open(topic_id)
    await front.until(lambda: front.composer.text.startswith("slow-00000"), "how far it is")
    assert draft(front, topic_id) == SLOW


async def test_what_is_visible_is_sent(front: FrontEnd) -> None:
    topic_id = await started(front)
    await front.pilot.press("enter")
    await front.until(lambda: front.engine.catalog.branch(topic_id), "the question")
    assert front.engine.catalog.branch(topic_id)[0].question.content.startswith("slow-00000")
    assert draft(front, topic_id) == "" == front.composer.text


async def test_without_text_it_says_so(front: FrontEnd) -> None:
    await front.pilot.press("ctrl+o")
    await front.shows("There is nothing to optimize yet")


async def test_the_difference_shows_what_went_and_what_came_and_text_is_no_markup(front: FrontEnd) -> None:
    await front.pilot.press("alt+d")
    await front.shows("there is no difference to show")
    await written(front, "n=3 tag=better [bold]old")
    await front.pilot.press("ctrl+o")
    await front.until(lambda: front.composer.text.endswith("end-of-better"), "the result")
    await front.until(lambda: "alt+d difference" in front.status, "the hint")
    await front.pilot.press("alt+d")
    await front.shows(r"\[bold\]old")
    assert front.style_of("n=3").strike
    await front.pilot.press("alt+d")
    await front.shows_no(r"\[bold\]old")


async def test_a_long_difference_is_read_by_keys_and_closed_by_esc_which_stops_nothing(front: FrontEnd) -> None:
    old = " ".join(f"old{number}" for number in range(300))
    await written(front, f"n=3 tag=better {old}")
    await front.pilot.press("ctrl+o")
    await front.until(lambda: front.composer.text.endswith("end-of-better"), "the result")
    topic_id = front.app.session.topic_id
    await front.engine.send(topic_id, "n=100000 tps=20 tag=busy")
    await front.pilot.press("alt+d")
    await front.shows("old0 ")
    await front.until(lambda: "alt+shift+down more of it" in front.status, "the hint")
    for _ in range(20):
        await front.pilot.press("alt+shift+down")
    await front.shows("old299")
    await front.shows_no("old0 ")
    assert front.composer.has_focus
    await front.pilot.press("tab", "home")
    await front.shows("old0 ")
    await front.pilot.press("end", "pageup", "down")
    await front.shows_no("old0 ")
    await front.pilot.press("escape")
    await front.shows_no("old0|old299")
    assert front.engine.registry.live and front.composer.has_focus
    await front.pilot.press("escape")
    await ended(front)
    await front.pilot.press("alt+shift+down")
    await front.shows("No difference is on show. alt\\+d shows it")


async def test_who_optimizes_is_named_where_that_is_not_the_model_of_the_topic(front: FrontEnd) -> None:
    await started(front)
    assert "with load/fake" not in front.status
    await front.pilot.press("escape")
    await ended(front)
    [assistant] = front.engine.catalog.assistants()
    await front.engine.change_assistant(assistant.id, model="load/another")
    await written(front, SLOW)
    await front.pilot.press("ctrl+o")
    await front.until(lambda: "optimizing with load/fake" in front.status, "the other model's name")
