"""The steps of a day with Rivulet: each is done by keys, and seen on the screen and by the server that answers."""

from __future__ import annotations

from collections import Counter

from tests.end_to_end.desk import ENTER, PATIENCE, Desk, tags, told
from tests.end_to_end.program import letters
from tests.support.program import ALT_DOWN, CTRL_P, ESC, F3, F4, leave
from tests.support.recording_proxy import Recorded
from tui.engine.prompts import CONTINUE

TIDES = "How do tides work? n=40 hold=12 tag=tides"
DRAFT = "Explain tide tables. n=20 hold=12 tag=draft"
WEIRS = "What is a weir? n=4 naming=1 tag=weirs"
RAPIDS = "Tell me of rapids. n=60 hold=20 tag=rapids"
BOATS = "Tell me about a boat."
FERRIES = " And about a ferry."
MOON = "And the moon? n=10 tag=moon"
SUN = "And the sun? n=10 tag=sun"
TOMORROW = "Tomorrow: the sea"
BOAT_PURPOSE = "Boats and rivers. n=20 hold=12 tag=ferry"
TOPICS = 6
"""That there are in the evening."""

CTRL_O, CTRL_R, TAB = b"\x0f", b"\x12", b"\t"
ALT_C, ALT_E, ALT_O, ALT_R = b"\x1bc", b"\x1be", b"\x1bo", b"\x1br"
ALT_LEFT, ALT_RIGHT = b"\x1b[1;3D", b"\x1b[1;3C"
ALT_SHIFT_LEFT, ALT_SHIFT_RIGHT = b"\x1b[1;4D", b"\x1b[1;4C"
ANEW = b"\x01\x0b"
"""Empties a field: to its start, and all behind."""


class Day(Desk):
    """Each step stands on those before it."""

    # A chat, a system prompt and an optimization at a time

    def a_question_is_asked_and_its_answer_goes_on_elsewhere(self) -> None:
        self.ask(TIDES)
        self.see(self.reply("tides", 12).content)

    def an_assistant_is_made(self) -> None:
        self.program.press(F4)
        self.program.wait_for(r"^  Settings\b", PATIENCE)
        self.program.press("n")
        self.program.wait_for(r"Name +New assistant", PATIENCE)
        self.program.press(ANEW, "Ferryman", TAB, BOAT_PURPOSE, TAB, ANEW, "tiny", TAB, TAB, "24", TAB, TAB, ANEW, "no")
        self.keeps("assistants", name="Ferryman", model="tiny", params={"max_tokens": 24}, titles=False)

    def its_prompt_is_generated_meanwhile(self) -> None:
        self.program.press(CTRL_O)
        self.program.wait_for("ferry-00009", PATIENCE)
        self.program.wait_for("2 running", PATIENCE)

    def a_draft_is_optimized_in_a_third_place(self) -> None:
        self.show_chat()
        self.program.new_topic()
        self.program.press(DRAFT)
        self.program.wait_for_draft(DRAFT)
        self.program.press(CTRL_O)
        self.until(lambda: "draft-00009" in (self.program.draft or ""), "a better draft to come")

    def each_of_the_three_writes_to_its_own_place_only(self) -> None:
        assert tags(self.program.draft or "") == {"draft"}
        assert tags(self.program.reading) == set()
        self.program.press(ALT_DOWN)
        self.program.wait_for("tides-00009", PATIENCE)
        assert self.program.draft == ""
        assert tags(self.program.reading) == {"tides"}
        self.program.press(F4)
        self.program.wait_for("3 running", PATIENCE)
        self.until(lambda: tags(self.program.terminal.text()) == {"ferry"}, "its words in the form, and no others")

    def all_three_end_and_are_what_was_sent(self) -> None:
        ferry, tides, draft = self.reply("ferry"), self.reply("tides"), self.reply("draft")
        self.let_end(ferry)
        self.keeps("assistants", name="Ferryman", prompt=ferry.whole.strip())
        self.show_chat()
        self.let_end(tides)
        self.see(tides.content)
        self.program.press(ALT_DOWN)
        self.until(lambda: "draft-00009" in (self.program.draft or ""), "the draft")
        self.let_end(draft)
        self.until(lambda: letters(self.program.draft or "") == letters(draft.content), "all of the better draft")
        self.sent.append((TIDES, [tides.content]))

    def the_optimized_draft_is_sent_as_it_stands(self) -> None:
        better = self.reply("draft").content.strip()
        self.program.press(ENTER)
        answer = self.reply_to(better)
        assert told(answer) == [("user", better)]
        self.see(answer.content)
        self.sent.append((better, [answer.content]))

    # Names

    def both_topics_get_their_names_in_the_list(self) -> None:
        names = [self.title(question, 1).whole for question, _ in self.sent]
        assert len(set(names)) == 2
        self.until(lambda: all(map(self.lists, names)), f"{names} in the list")

    def a_topic_is_renamed_while_a_model_names_it(self) -> None:
        self.program.new_topic()
        self.ask(WEIRS)
        self.see(self.reply("weirs", None).content)
        self.let_end(self.title(WEIRS, 0))
        of_topic = self.title(WEIRS, 1)
        self.until(lambda: self.lists("About"), "half a name in the list")
        self.program.press(F3)
        self.program.wait_for(r"^  Topics\b", PATIENCE)
        self.program.press("weir", ALT_R)
        self.program.wait_for("Rename the topic", PATIENCE)
        self.program.press(ANEW, "My own weirs", ENTER)
        self.program.wait_gone("Rename the topic", PATIENCE)
        self.let_end(of_topic)
        self.show_chat()
        self.rest()
        assert self.lists("My own weirs")
        assert not self.lists(of_topic.content)
        self.keeps("topics", name="My own weirs", named_by="user")
        self.sent.append((WEIRS, [self.reply("weirs").content]))

    # Versions

    def a_reply_is_stopped_half_way(self) -> None:
        self.program.new_topic()
        self.ask(RAPIDS)
        half = self.reply("rapids", 20)
        self.see(half.content)
        self.program.press(ESC)
        self.program.wait_for("Stopped. ", PATIENCE)
        self.until(lambda: half.closed_at, "the server to lose its reader")
        self.until(lambda: self.lists("About rapids"), "a name, for there is text")
        self.sent.append((RAPIDS, [half.content]))

    def the_new_assistant_answers_with_its_own_prompt_and_model(self) -> None:
        self.program.press(CTRL_P, "new topic ferryman", ENTER)
        self.program.wait_for("A new topic with Ferryman", PATIENCE)
        self.ask(BOATS)
        (request,) = self.answers(BOATS, 1)
        system, user = request.body["messages"]
        assert system == {"role": "system", "content": self.reply("ferry").content.strip()}
        assert user == {"role": "user", "content": BOATS}
        assert (request.body["model"], request.body["max_tokens"]) == ("smollm2", 24)

    def three_more_versions_are_asked_for(self) -> None:
        with self.model.holding():
            for version in (2, 3, 4):
                self.program.press(CTRL_R)
                self.program.wait_for(f"version {version} of {version}", PATIENCE)
            self.until(lambda: [bool(one.content) for one in self._going_on(BOATS)] == [True] * 3, "three that go on")
            self.program.wait_for("3 streams", PATIENCE)
            for key, number in ((ALT_LEFT, 3), (ALT_LEFT, 2), (ALT_RIGHT, 3), (ALT_RIGHT, 4)):
                self.program.press(key)
                self.program.wait_for(f"version {number} of 4", PATIENCE)
            assert len(self._going_on(BOATS)) == 3  # all the while
        requests = self.answers(BOATS, 4)
        assert len({request.request for request in requests}) == 1  # the same question, and no earlier answer with it
        self.rest()

    def _going_on(self, question: str) -> list[Recorded]:
        """The model's answers to it that have not ended."""
        asked = [one for one in self.model.requests if one.is_chat and one.question == question]
        return [one for one in asked if b"[DONE]" not in one.response]  # no more of it is read

    def all_four_versions_are_paged_through(self) -> None:
        answers = Counter(request.content for request in self.answers(BOATS, 4))

        def kept() -> list[str] | None:
            ((_, versions),) = [one for one in self.on_disk() if one[0] == BOATS]
            return versions if Counter(versions) == answers else None

        versions = self.until(kept, "all four on disk")  # the last one is shown a moment before
        for number in (4, 3, 2, 1):
            self.program.wait_for(f"version {number} of 4", PATIENCE)
            self.see(versions[number - 1])
            self.program.press(ALT_LEFT)
        self.program.wait_for("This is the first version", PATIENCE)
        self.program.press(ALT_RIGHT)
        self.program.wait_for("version 2 of 4", PATIENCE)
        self.sent.append((BOATS, versions))

    def the_question_is_edited_and_sent_again(self) -> None:
        self.program.press(ALT_E)
        self.program.wait_for_draft(BOATS)
        self.program.press(FERRIES, ENTER)
        (request,) = self.answers(BOATS + FERRIES, 1)
        assert [message["content"] for message in request.body["messages"][1:]] == [BOATS + FERRIES]
        self.see(request.content)
        self.rest()
        self.program.press(ALT_SHIFT_LEFT)
        self.program.wait_for("version 2 of 4", PATIENCE)
        self.program.press(ALT_SHIFT_RIGHT)
        self.see(request.content)
        self.sent.append((BOATS + FERRIES, [request.content]))

    def the_stopped_reply_goes_on_where_it_ended(self) -> None:
        stopped = self.reply("rapids").content
        self.open_topic("About rapids", RAPIDS)
        self.program.press(ALT_C)
        rest = self.reply_to(CONTINUE)
        assert told(rest) == [("user", RAPIDS), ("assistant", stopped), ("user", CONTINUE)]
        self.see(stopped + rest.content)
        self.program.wait_gone("Stopped. ", PATIENCE)
        self.sent[self.sent.index((RAPIDS, [stopped]))] = (RAPIDS, [stopped + rest.content])

    def the_topic_is_branched_from_its_first_answer(self) -> None:
        tides = self.reply("tides").content
        self.open_topic("About tides", TIDES)
        self.ask(MOON)
        moon = self.reply("moon", None)
        self.see(moon.content)
        self.program.press(ALT_O)
        self.program.wait_for("Go to a conversation", PATIENCE)
        self.program.press("about tides", ENTER)
        self.program.wait_for("v select", PATIENCE)  # the reading area has the focus
        self.program.press("B")
        self.program.wait_for("A new topic, with everything up to there", PATIENCE)
        assert self.shows(tides)
        assert not self.shows(moon.content)
        self.ask(SUN)
        sun = self.reply("sun", None)
        assert told(sun) == [("user", TIDES), ("assistant", tides), ("user", SUN)]
        self.see(sun.content)
        self.sent += [(MOON, [moon.content]), (TIDES, [tides]), (SUN, [sun.content])]

    # The evening, and the next morning

    def no_request_was_made_that_nobody_wanted(self) -> None:
        first = [WEIRS, RAPIDS, TIDES, self.reply("draft").content.strip()]  # each names its topic, too
        titles = [self.title(question, number) for question in first for number in (0, 1)]
        titles += [self.title(question, 0) for question in (MOON, SUN)]
        self.rest()
        assert set(self.server.title_requests) == set(titles)
        words = ["ferry", "tides", "draft", "weirs", "rapids", "moon", "sun"]
        assert len(self.server.requests) == len(words) + 2  # the better draft and what goes on have no tag
        assert len([request for request in self.model.requests if request.request]) == 4 + 1

    def a_draft_is_left_for_tomorrow(self) -> None:
        self.program.press(TOMORROW)
        self.program.wait_for_draft(TOMORROW)
        self.evening = self.walk(TOPICS)
        self.listed = self.program.side

    def program_is_quit(self) -> None:
        leave(self.program.terminal)
        assert self.program.terminal.leftovers() == []

    def the_files_hold_what_the_servers_sent(self) -> None:
        assert sorted(self.on_disk()) == sorted(self.sent)

    def all_is_on_the_screen_again(self) -> None:
        self.program.wait_for_draft(TOMORROW)
        assert self.program.side == self.listed
        assert self.walk(TOPICS) == self.evening
        self.open_topic("tell me about a boat", BOATS)
        self.program.press(ALT_SHIFT_LEFT)
        self.program.wait_for("version 2 of 4", PATIENCE)
        self.program.press(F4)
        self.program.wait_for(r"Name +Ferryman", PATIENCE)
        self.program.wait_for("end-of-ferry", PATIENCE)
        self.show_chat()
