"""The promise itself, on the real model: topics answer at once, one switches all along, nothing is lost or mixed."""

from __future__ import annotations

from tests.end_to_end.program import BRIEF, ESCAPE, PATIENT, Exchange, Program, letters, limit_answers, on_disk
from tests.support.embedded import place_model
from tests.support.home import Home
from tests.support.processes import children, gone
from tests.support.recording_proxy import RecordingProxy
from tests.support.waiting import until
from tui.engine.embedded.server import Endpoint

FOX = "Tell me a story about a fox in the forest."
SEA = "Tell me a story about a boat at sea."
BREAD = "Tell me the long history of bread."
"""Questions that this model answers at length."""
PATIENCE = 120.0
"""Seconds for two whole replies: alone they take 10, beside three other tests with a model 40."""


def test_replies_of_topics_that_answer_at_once_are_byte_for_byte_what_the_server_sent(
    home: Home, model_server: Endpoint
) -> None:
    limit_answers(home, 120)
    with RecordingProxy(model_server.base_url) as proxy:
        home.configure(
            "[providers.tiny]\n"
            f'base_url = "{proxy.url}"\napi_key = "{model_server.key}"\nmodel = "smollm2"\n'
            '[models]\ninstruct = "tiny"\n'
        )
        with Program(home) as program:
            seen = _ask_three_and_stop_one(program)
            program.wander(lambda: all(_ended(home, question) for question in (FOX, SEA)), PATIENCE)
            program.quit()
        kept = on_disk(home.data)
        sent = {question: proxy.wait_for(question, 5.0) for question in (FOX, SEA, BREAD)}

    assert sum(request.is_chat for request in proxy.requests) == 3
    for question in (FOX, SEA):
        assert sent[question].complete
        assert kept[question].status == "completed"
        assert kept[question].content == sent[question].content != ""
    assert len({exchange.topic_id for exchange in kept.values()}) == 3

    stopped = kept[BREAD]
    assert stopped.status == "stopped"
    assert sent[BREAD].content.startswith(stopped.content)
    assert seen in letters(stopped.content)
    assert not sent[BREAD].complete

    _all_there_after_a_restart(home, kept)


def test_the_program_with_its_own_model_server_answers_topics_at_once_and_leaves_no_process(home: Home) -> None:
    place_model(home.data)
    limit_answers(home, 90)
    with Program(home, "-m", "local", env={"OPENAI_API_KEY": "junk"}) as program:
        seen = _ask_three_and_stop_one(program)
        (server,) = children(program.pid)
        program.wander(lambda: all(_ended(home, question) for question in (FOX, SEA)), PATIENCE)
        program.quit()
    until(lambda: gone(server), 2.0, "the model's server to end with the program")

    kept = on_disk(home.data)
    for question in (FOX, SEA):
        assert kept[question].status == "completed"
        assert kept[question].reply["model"] == "local/smollm2"
        assert kept[question].reply["usage"]["output_tokens"] > 20
    assert kept[BREAD].status == "stopped"
    assert seen in letters(kept[BREAD].content)
    _all_there_after_a_restart(home, kept, "-m", "local")


def _ask_three_and_stop_one(program: Program) -> str:
    """Three topics answer at once; one is stopped half-way. What its last row on the screen was just before."""
    program.wait_ready()
    program.begin_topic_with(PATIENT)  # its answer does not end before it is stopped
    program.ask(BREAD)
    program.begin_topic_with(BRIEF)
    program.ask(FOX)
    program.ask_in_new_topic(SEA)
    program.wait_for("3 streams", 30.0)
    program.find_topic(BREAD)
    begun = program.wait_until(lambda: program.answer(BREAD), 30.0, what="the reply to begin")
    program.wait_until(lambda: program.answer(BREAD) != begun, 30.0, what="the reply to grow")
    seen = program.newest_words()
    program.write(ESCAPE)
    program.wait_for("Stopped")
    return seen


def _ended(home: Home, question: str) -> Exchange | None:
    found = on_disk(home.data).get(question)
    return found if found and found.reply else None


def _all_there_after_a_restart(home: Home, kept: dict[str, Exchange], *arguments: str) -> None:
    """Each topic shows its question and its whole reply, and the disk holds what it held."""
    # Narrow, so that the list of topics is folded away, and high enough for a whole reply.
    with Program(home, *arguments, cols=90, rows=80) as program:
        program.wait_ready()
        for question, exchange in kept.items():
            program.find_topic(question)
            program.wait_shows(exchange.content)
            if exchange.status == "stopped":
                program.wait_for("Stopped")
        program.quit()
    assert on_disk(home.data) == kept
