"""A day in the life: all that the streams are for, done one after another and at the same time, by keys alone.

Two providers answer: the load server, whose replies wait where the test wants to see them half-way, and the real model
behind the recording proxy. Whatever stands on the screen and in the files is compared with what these two have sent.
"""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.day import Day
from tests.support.load_server import LoadServer
from tests.support.recording_proxy import RecordingProxy
from tui.engine.embedded.server import Endpoint


def test_a_day_in_which_everything_streams_at_once_and_all_of_it_is_there_the_next_morning(
    tmp_path: Path, model_server: Endpoint
) -> None:
    with RecordingProxy(model_server.base_url) as model, LoadServer(title="About {tag}") as server:
        day = Day(tmp_path, server, model, model_server.key)
        with day.program_starts():
            day.a_question_is_asked_and_its_answer_goes_on_elsewhere()
            day.an_assistant_is_made()
            day.its_prompt_is_generated_meanwhile()
            day.a_draft_is_optimized_in_a_third_place()
            day.each_of_the_three_writes_to_its_own_place_only()
            day.all_three_end_and_are_what_was_sent()
            day.the_optimized_draft_is_sent_as_it_stands()
            day.both_topics_get_their_names_in_the_list()
            day.a_topic_is_renamed_while_a_model_names_it()
            day.a_reply_is_stopped_half_way()
            day.the_new_assistant_answers_with_its_own_prompt_and_model()
            day.three_more_versions_are_asked_for()
            day.all_four_versions_are_paged_through()
            day.the_question_is_edited_and_sent_again()
            day.the_stopped_reply_goes_on_where_it_ended()
            day.the_topic_is_branched_from_its_first_answer()
            day.no_request_was_made_that_nobody_wanted()
            day.a_draft_is_left_for_tomorrow()
            day.program_is_quit()
        day.the_files_hold_what_the_servers_sent()
        with day.program_starts():
            day.all_is_on_the_screen_again()
            day.program_is_quit()
        day.the_files_hold_what_the_servers_sent()
