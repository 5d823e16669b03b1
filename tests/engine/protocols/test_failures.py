"""What a provider's refusal becomes: a kind, a reader's words, and whether to try again."""

from __future__ import annotations

import json

import pytest

from tui.engine.protocols.failures import LONGEST, Failure, http_failure, provider_error
from tui.engine.provider import Provider, WireProtocol
from tui.engine.secret import Secret
from tui.engine.stream import ErrorKind

KEY = "sk-very-secret"
NOW = 784111777.0  # Sun, 06 Nov 1994 08:49:37 GMT
ACME = Provider("acme", WireProtocol.OPENAI, "https://acme.test/v1", api_key=Secret("$ACME_KEY"))


def refused(
    status: int, body: object = b"", headers: dict[str, str] | None = None, provider: Provider = ACME
) -> Failure:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return http_failure(provider, KEY, status, headers or {}, data, NOW)


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (302, "bad_request", False),
        (400, "bad_request", False),
        (401, "auth", False),
        (403, "auth", False),
        (404, "bad_request", False),
        (408, "bad_request", True),
        (409, "bad_request", True),
        (429, "rate_limit", True),
        (500, "server", True),
        (502, "server", True),
        (503, "overloaded", True),
        (529, "overloaded", True),
    ],
)
def test_the_status_says_what_kind_it_is(status: int, kind: str, retryable: bool) -> None:
    failure = refused(status)
    assert (failure.error.kind, failure.error.http_status) == (ErrorKind(kind), status)
    assert failure.retryable is retryable
    assert failure.error.message.startswith("acme ")
    assert f"({status})" in failure.error.message


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "It is Tuesday."}},
        {"error": "It is Tuesday."},
        {"message": "It is Tuesday."},
        {"detail": "It is Tuesday."},
        [{"error": {"message": "It is Tuesday.", "code": 0}}],
        b"It is Tuesday.",
        b"\xef\xbb\xbfIt is\r\n\tTuesday.",
        b"<html><head><title>It is\nTuesday.</title></head><body>a page</body>",
    ],
)
def test_the_provider_is_quoted_whatever_the_body_is(body: object) -> None:
    assert refused(400, body).error.message == (
        "acme refused the request (400): It is Tuesday. Change it and try again."
    )


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"7", b"<html>page</html>", {"error": None}, {"error": []}]
)
def test_a_body_that_says_nothing_leaves_only_our_words(body: object) -> None:
    assert refused(500, body).error.message == "acme failed (500). Try again in a while."


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert refused(500, b"\xff\x00\x1b[31m" + b"[" * 100_000).error.message.isprintable()


def test_control_characters_never_reach_a_terminal() -> None:
    message = refused(400, {"error": {"message": "a\x1b[2Jb\x07\u202ec\u2028d"}}).error.message
    assert message.isprintable()
    assert "a [2Jb c d" in message


def test_a_long_text_is_cut() -> None:
    message = refused(400, {"error": {"message": "x" * 10_000}}).error.message
    assert "x" * (LONGEST - 1) + "…" in message
    assert len(message) < LONGEST + 100


def test_the_key_is_never_quoted() -> None:
    for body in (
        {"error": {"message": f"Bad key {KEY}."}},
        f"Bearer {KEY} is bad".encode(),
        {"error": "x" * 490 + KEY},
    ):
        assert "secret" not in refused(401, body).error.message
    assert "secret" not in refused(302, headers={"Location": f"https://x.test/{KEY}"}).error.message
    assert "secret" not in provider_error(ACME, KEY, {"message": f"bad {KEY}"}).message


@pytest.mark.parametrize(
    ("source", "then"),
    [
        ("$ACME_KEY", "acme did not accept the API key (401). Check $ACME_KEY."),
        ("keyring:acme", "acme did not accept the API key (401). Check api_key under [providers.acme] in config.toml."),
        (
            "sk-in-the-file",
            "acme did not accept the API key (401). Check api_key under [providers.acme] in config.toml.",
        ),
        (None, "acme wants an API key (401). Set api_key under [providers.acme] in config.toml."),
    ],
)
def test_a_refused_key_says_where_to_look(source: str | None, then: str) -> None:
    secret = Secret(source) if source else None
    assert refused(401, provider=Provider("acme", WireProtocol.OPENAI, "", api_key=secret)).error.message == then


def test_a_redirect_says_where_to() -> None:
    message = refused(301, headers={"location": "https://www.acme.test/v1"}).error.message
    assert "It sends on to https://www.acme.test/v1: correct base_url" in message


def test_the_name_that_a_provider_gives_its_error_is_told_once() -> None:
    assert (
        "No. (no_money)" in refused(400, {"error": {"message": "No.", "code": "no_money", "type": "t"}}).error.message
    )
    assert "No. (t)" in refused(400, {"error": {"message": "No.", "code": None, "type": "t"}}).error.message
    assert "(overloaded)" not in refused(400, {"error": {"message": "Overloaded", "code": "overloaded"}}).error.message
    assert refused(500, {"error": {"message": "No.", "code": 500}}).error.message.count("500") == 1
    assert "only_a_code" in refused(400, {"error": {"code": "only_a_code"}}).error.message


@pytest.mark.parametrize(
    ("headers", "after_s"),
    [
        ({}, None),
        ({"Retry-After": "45"}, 45.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "9" * 400}, 1e10),
        ({"retry-after": "9" * 13}, 1e10),
        ({"retry-after": "+5"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "0x10"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "5 seconds"}, None),
        ({"retry-after": "  5\t"}, 5.0),
        ({"retry-after": "5, 7"}, 5.0),
        ({"retry-after": "5,"}, 5.0),
        ({"retry-after": ", 5"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:37 GMT, Sun, 06 Nov 1994 08:51:37 GMT"}, 60.0),
        ({"retry-after": "Sun, 06 Nov 1994 10:50:37 +0200"}, 60.0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 253402300799.0 - NOW),
        ({"retry-after": "1994-11-06T08:50:37Z"}, None),
        ({"retry-after-ms": "0"}, 0.0),
        ({"retry-after-ms": "-5", "retry-after": "7"}, 7.0),
        ({"retry-after-ms": "nan", "retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:37 GMT"}, 60.0),
        ({"retry-after": "Sunday, 06-Nov-94 08:50:37 GMT"}, 60.0),
        ({"retry-after": "Sun Nov  6 08:50:37 1994"}, 60.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:40:00 GMT"}, 0.0),
        ({"retry-after": "Sun, 99 Nov 1994 99:40:00 GMT"}, None),
        ({"retry-after": "Sun, 06 Nov 99999 08:40:00 GMT"}, None),
        ({"retry-after-ms": "250", "retry-after": "45"}, 0.25),
        ({"Retry-After-Ms": "what", "retry-after": "45"}, 45.0),
    ],
)
def test_the_server_says_how_long_to_leave_it_alone(headers: dict[str, str], after_s: float | None) -> None:
    assert refused(429, headers=headers).after_s == after_s


LLAMA = {
    "code": 400,
    "message": "request (4113 tokens) exceeds the available context size (4096 tokens), try increasing it",
    "type": "exceed_context_size_error",
    "n_prompt_tokens": 4113,
    "n_ctx": 4096,
}
OPENAI = {
    "message": "This model's maximum context length is 4097 tokens. However, your messages resulted in 5009 tokens.",
    "code": "context_length_exceeded",
}
VLLM = "This model's maximum context length is 4096 tokens. However, you requested 4231 tokens (3975 in the messages)."
ANTHROPIC = {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}


@pytest.mark.parametrize(
    ("status", "error", "numbers"),
    [
        (400, LLAMA, " (4113 of 4096 tokens)"),
        (400, OPENAI, " (5009 of 4097 tokens)"),
        (400, {"message": VLLM, "code": 400}, " (4231 of 4096 tokens)"),
        (400, {"message": "Your input exceeds the context window of this model.", "code": None}, ""),
        (400, {"message": "Too much.", "code": "context_length_exceeded"}, ""),
        (400, ANTHROPIC, " (210000 of 200000 tokens)"),
        (400, "prompt too long; exceeded max context length by 42 tokens", ""),
        (500, "the input length exceeds the context length", ""),
    ],
)
def test_a_request_that_is_too_long_says_so_and_is_not_tried_again(status: int, error: object, numbers: str) -> None:
    failure = refused(status, {"error": error})
    then = f" This is too long for the model{numbers}: begin a new topic, or send less."
    assert failure.error.message.endswith(then)
    assert not failure.retryable
    assert provider_error(ACME, KEY, error).message.endswith(then)


def test_too_many_tokens_in_a_minute_is_no_matter_of_length() -> None:
    body = {"error": {"message": "Limit 30000 tokens per min. See maximum context length."}}
    assert refused(429, body).error.message.endswith("Try again in a while.")


def test_a_wait_is_told_to_the_reader() -> None:
    assert refused(429, headers={"retry-after-ms": "1200"}).error.message.endswith("Try again in 2 s.")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ("120", "120 s"),
        ("121", "3 min"),
        ("3600", "60 min"),
        ("7201", "3 h"),
        ("172801", "3 days"),
        ("9" * 99, "115741 days"),
    ],
)
def test_a_long_wait_is_told_in_the_unit_that_one_thinks_in(seconds: str, words: str) -> None:
    assert refused(429, headers={"retry-after": seconds}).error.message.endswith(f"Try again in {words}.")


def test_who_sends_nobody_on_is_not_said_to() -> None:
    assert refused(304).error.message == "acme does not answer here (304). Check base_url under [providers.acme]."


def test_the_server_decides_on_another_try_if_it_says_so() -> None:
    assert refused(400, headers={"X-Should-Retry": "true"}).retryable
    assert not refused(529, headers={"x-should-retry": "false"}).retryable
    assert refused(529, headers={"x-should-retry": "perhaps"}).retryable


@pytest.mark.parametrize(
    ("status", "headers"),
    [(408, {}), (409, {}), (500, {}), (502, {}), (503, {}), (429, {}), (400, {"x-should-retry": "true"})],
)
def test_what_passes_by_itself_is_told_so_and_when_if_the_server_says_when(
    status: int, headers: dict[str, str]
) -> None:
    assert refused(status, headers=headers).error.message.endswith("Try again in a while.")
    assert refused(status, headers=headers | {"retry-after": "3600"}).error.message.endswith("Try again in 60 min.")
