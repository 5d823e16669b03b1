from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.samples import assistant, conversation, ended_stream, topic
from tui.engine.documents import WrongDocument, from_document, time_seconds, time_text, to_document
from tui.engine.log import Log
from tui.engine.records import Assistant, Conversation, Message, Topic
from tui.engine.stream import ErrorKind, Stream, StreamError

times = st.integers(0, 4_000_000_000_000).map(lambda milliseconds: milliseconds / 1000)
messages = st.builds(Message, created_at=times, first_token_at=st.none() | times, ended_at=st.none() | times)
values = st.integers(-(2**53), 2**53) | st.text() | st.booleans() | st.floats(allow_nan=False)
assistants = st.builds(
    Assistant,
    created_at=times,
    updated_at=times,
    deleted_at=st.none() | times,
    params=st.dictionaries(st.text(), values),
)
topics = st.builds(
    Topic,
    created_at=times,
    updated_at=times,
    deleted_at=st.none() | times,
    queue=st.lists(st.text()).map(tuple),
)
conversations = st.builds(
    Conversation,
    question=messages,
    created_at=times,
    deleted_at=st.none() | times,
    replies=st.lists(messages, max_size=3).map(tuple),
)
streams = st.builds(
    Stream,
    created_at=times,
    metadata=st.dictionaries(st.text(), st.text()),
    content=st.text().map(Log),
    reasoning=st.text().map(Log),
    usage=st.none() | st.dictionaries(st.text(), st.integers(-(2**53), 2**53)),
    started_at=st.none() | times,
    first_token_at=st.none() | times,
    answered_at=st.none() | times,
    ended_at=st.none() | times,
)


@given(assistants | topics | conversations | streams)
def test_a_record_comes_back_from_json_as_it_was(record: Assistant | Topic | Conversation | Stream) -> None:
    written = json.loads(json.dumps(to_document(record), ensure_ascii=False))
    assert from_document(type(record), written) == record


def test_the_documents_have_the_fields_that_the_contract_names() -> None:
    assert list(to_document(assistant())) == [field.name for field in fields(Assistant)]
    assert set(to_document(assistant())) == set(
        "id name description prompt model params titles proposal position created_at updated_at deleted_at".split()
    )
    assert set(to_document(topic())) == set(
        "id assistant_id name named_by head conversations draft queue unread last_status last_cut pinned created_at "
        "updated_at deleted_at".split()
    )
    document = to_document(conversation(1))
    assert set(document) == set(
        "id topic_id parent_id title named_by question replies chosen created_at deleted_at".split()
    )
    assert set(document["question"]) == set(
        "id role content reasoning model status finish_reason usage error stream_id created_at first_token_at "
        "answered_at ended_at edited_at paused_ms left_out".split()
    )
    assert to_document(ended_stream(1)) == {
        "id": "s000000000001",
        "type": "topic_title_generation",
        "related_id": "topic1",
        "model": "local/small",
        "created_at": "2027-01-15T08:00:01.250Z",
        "metadata": {"topic_id": "topic1", "original_prompt": "was heißt 你好?"},
        "status": "error",
        "content": "Title 1 😀\nnext\u2028line",
        "reasoning": "Hm",
        "finish_reason": "length",
        "usage": {"input_tokens": 7, "output_tokens": 3},
        "error": {"kind": "timeout", "message": "Nothing came for 5 minutes.", "http_status": 504},
        "tries": 2,
        "started_at": "2027-01-15T08:00:01.500Z",
        "first_token_at": "2027-01-15T08:00:01.750Z",
        "answered_at": "2027-01-15T08:00:02.000Z",
        "ended_at": "2027-01-15T08:00:02.750Z",
    }


def test_times_are_written_as_utc_with_milliseconds() -> None:
    assert time_text(1_800_000_000.1239) == "2027-01-15T08:00:00.124Z"
    assert time_text(0.0) == "1970-01-01T00:00:00.000Z"
    assert time_seconds("2027-01-15T08:00:00.124Z") == 1_800_000_000.124


def test_a_time_that_no_calendar_has_becomes_the_nearest() -> None:
    assert time_text(-1e12) == "0001-01-01T00:00:00.000Z"
    assert time_text(1e15) == time_text(time_seconds("9999-12-31T23:59:59.999-14:00")) == "9999-12-31T23:59:59.000Z"


def test_a_number_that_is_beyond_all_counting_is_the_largest() -> None:
    document = to_document(conversation(1)) | {"chosen": 10**400}
    document["replies"] = [one | {"paused_ms": -(10**400), "usage": {"n": 10**400}} for one in document["replies"]]
    read = from_document(Conversation, document)
    assert read.chosen == 2**53 and read.reply is not None
    assert read.reply.paused_ms == -(2**53) and read.reply.usage == {"n": 2**53}


def test_a_time_with_another_offset_or_without_one_is_understood() -> None:
    assert time_seconds("2027-01-15T10:00:00+02:00") == time_seconds("2027-01-15T08:00:00") == 1_800_000_000.0


def test_fields_of_a_newer_rivulet_are_passed_over() -> None:
    document = to_document(conversation(1)) | {"colour": "red"}
    document["question"] |= {"attachments": [1, 2]}
    assert from_document(Conversation, document) == conversation(1)


def test_what_is_missing_or_null_gets_its_default() -> None:
    bare = {"id": "t", "assistant_id": "a", "created_at": time_text(1.0), "updated_at": time_text(2.0)}
    assert from_document(Topic, bare) == Topic("t", "a", 1.0, 2.0)
    assert from_document(Topic, bare | {"draft": None, "queue": None, "pinned": None}) == Topic("t", "a", 1.0, 2.0)


def test_an_error_kind_of_a_newer_rivulet_does_not_make_the_reply_unreadable() -> None:
    message = replace(conversation(1).question, error=StreamError(ErrorKind.TIMEOUT, "Nothing came.", 504))
    document = to_document(message)
    assert from_document(Message, document) == message
    document["error"]["kind"] = "moonphase"
    assert from_document(Message, document).error == StreamError(ErrorKind.INTERNAL, "Nothing came.", 504)


def test_a_usage_that_is_no_number_does_not_keep_a_reply_from_being_saved() -> None:
    strange: Any = {"input_tokens": 3, "output_tokens": 4.0, "details": {"cached": 1}}
    document = to_document(replace(conversation(1).question, usage=strange))
    assert from_document(Message, document).usage == {"input_tokens": 3, "output_tokens": 4}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 5),
        ("id", None),
        ("created_at", 1_800_000_000.0),
        ("created_at", "yesterday"),
        ("created_at", None),
        ("chosen", True),
        ("chosen", "0"),
        ("chosen", math.nan),
        ("title", ["a"]),
        ("question", "hello"),
        ("question", None),
        ("replies", "hello"),
        ("replies", ["hello"]),
        ("replies", {"0": {}}),
        ("replies", [{"id": "r"}]),
    ],
)
def test_a_wrong_field_is_one_clear_error(field: str, value: Any) -> None:
    with pytest.raises(WrongDocument) as caught:
        from_document(Conversation, to_document(conversation(1)) | {field: value})
    message = str(caught.value)
    assert "expected" in message and "\n" not in message
    assert field in message or "message" in message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("usage", {"input_tokens": "3"}),
        ("usage", [3]),
        ("status", "resting"),
        ("error", "bad"),
        ("error", {"kind": []}),
    ],
)
def test_a_wrong_field_of_a_message_is_one_too(field: str, value: Any) -> None:
    with pytest.raises(WrongDocument, match=f'message .*"{field}" is .*, expected'):
        from_document(Message, to_document(conversation(1).question) | {field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [("type", "poem"), ("content", ["a"]), ("metadata", {"message_id": 3}), ("metadata", "x"), ("status", "resting")],
)
def test_a_wrong_field_of_a_stream_is_one_too(field: str, value: Any) -> None:
    with pytest.raises(WrongDocument, match=f'stream .*"{field}" is .*, expected'):
        from_document(Stream, to_document(ended_stream(1)) | {field: value})


def test_a_wrong_params_is_one_too() -> None:
    with pytest.raises(WrongDocument, match="params"):
        from_document(Assistant, to_document(assistant()) | {"params": {"stop": ["a"]}})


def test_a_long_wrong_value_is_cut_in_the_message() -> None:
    with pytest.raises(WrongDocument) as caught:
        from_document(Topic, to_document(topic()) | {"queue": "x" * 10_000})
    assert len(str(caught.value)) < 150
