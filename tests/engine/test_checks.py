"""Asking a provider for its models, or one of them for a word: one line that says what is so."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.engine.engines import engine_in, models
from tests.support.load_server import LoadServer
from tests.support.raw_server import Connection, raw_server
from tui.engine import LOCAL, Check, Models, Provider, Secret, WireProtocol, checks
from tui.engine.catalog import Catalog, Configured
from tui.engine.checks import try_model
from tui.engine.routes import Routes

KEY = "sk-very-secret-1234"


def answers(status: int, body: bytes) -> Callable[[Connection], Awaitable[None]]:
    async def answer(connection: Connection) -> None:
        await connection.head(status, [("Content-Type", "application/json")])
        await connection.body(body)
        await connection.end()

    return answer


async def test_a_provider_that_answers_is_reachable(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        check = await engine.check("load")
        assert (check.ok, check.message, check.models) == (True, "reachable, 1 model", ("fake",))


@pytest.mark.parametrize(
    ("protocol", "path", "key", "document", "found"),
    [
        ("openai", "GET /v1/models", b"authorization: bearer", {"data": [{"id": "a"}, {"id": "b"}]}, ("a", "b")),
        ("responses", "GET /v1/models", b"authorization: bearer", {"data": []}, ()),
        ("anthropic", "GET /v1/v1/models", b"x-api-key:", {"data": [{"id": "c", "display_name": "C"}]}, ("c",)),
        (
            "ollama",
            "GET /v1/api/tags",
            b"authorization: bearer",
            {"models": [{"name": "d:latest"}, "?", {}]},
            ("d:latest",),
        ),
    ],
)
async def test_each_protocol_is_asked_in_its_own_way(
    tmp_path: Path, protocol: str, path: str, key: bytes, document: dict[str, Any], found: tuple[str, ...]
) -> None:
    async with raw_server(answers(200, json.dumps(document).encode())) as server:
        provider = Provider("load", WireProtocol(protocol), server.url, Secret(KEY))
        async with engine_in(tmp_path, Models({"load": provider})) as engine:
            check = await engine.check("load")
        assert check.ok
        assert check.models == found
        [request] = server.connections[0].requests
        assert request.startswith(path.encode())
        assert key + b" " + KEY.encode() in request.replace(b"Bearer", b"bearer").lower().replace(b"Sk", b"sk")


@pytest.mark.parametrize(
    ("status", "body", "ok", "words"),
    [
        (401, b'{"error": {"message": "Incorrect API key provided: ' + KEY.encode() + b'"}}', False, "key"),
        (403, b"no", False, ""),
        (404, b'{"detail": "Not Found"}', True, "reachable; it gives no list of its models"),
        (500, b"<html>oops</html>", False, ""),
        (200, b"<!doctype html><title>Welcome</title>", False, "gives no list of models. Is base_url right?"),
        (200, b'{"data": 3}', False, "gives no list of models"),
        (200, b"[1, 2]", False, "gives no list of models"),
        (200, b"[" * 100_000, False, "gives no list of models"),
    ],
)
async def test_what_is_wrong_is_one_line_without_the_key(
    tmp_path: Path, status: int, body: bytes, ok: bool, words: str
) -> None:
    async with raw_server(answers(status, body)) as server:
        async with engine_in(tmp_path, models(server.url, api_key=Secret(KEY))) as engine:
            check = await engine.check("load")
        assert check.ok is ok
        assert words in check.message
        assert KEY not in check.message
        assert len(check.message.splitlines()) == 1


async def test_a_server_that_drips_its_list_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "TIMEOUT", 0.3)

    async def drip(connection: Connection) -> None:
        await connection.head(200, [("Content-Type", "application/json")])
        while not connection.closed.is_set():
            await connection.body(b" ")
            await _moment()

    async with raw_server(drip) as server, engine_in(tmp_path, models(server.url)) as engine:
        before = time.monotonic()
        check = await engine.check("load")
        assert not check.ok
        assert "did not give the list of its models within 0.3 s" in check.message
        assert time.monotonic() - before < 3


async def _moment() -> None:
    await asyncio.sleep(0.02)


async def test_a_server_that_is_not_running_is_told(tmp_path: Path) -> None:
    async with engine_in(tmp_path, models("http://127.0.0.1:1/v1")) as engine:
        check = await engine.check("load")
        assert not check.ok
        assert "Can't reach load at 127.0.0.1:1" in check.message


async def test_a_key_that_cannot_be_had_an_unknown_provider_and_a_missing_model_are_told(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RIVULET_TEST_KEY", raising=False)
    keyed = models(load_server.url, api_key=Secret("$RIVULET_TEST_KEY"))
    embedded = Provider(LOCAL, WireProtocol.OPENAI, "", model="smollm2", embedded=True)
    async with engine_in(tmp_path, Models({**keyed.providers, LOCAL: embedded})) as engine:
        assert (await engine.check("load")).message == (
            "No key for load. The environment variable RIVULET_TEST_KEY is not set."
        )
        assert (await engine.check("nobody")).message == 'There is no provider "nobody".'
        assert "rivulet model fetch smollm2" in (await engine.check(LOCAL)).message


async def test_the_engine_asks_and_tries_what_is_not_set_up_yet(tmp_path: Path, load_server: LoadServer) -> None:
    draft = Provider("draft", WireProtocol.OPENAI, load_server.url, Secret(KEY), "some")
    async with engine_in(tmp_path, Models()) as engine:
        assert (await engine.check(draft)).models == ("fake",)
        tried = await engine.try_model(draft)
        assert tried.ok and tried.message.startswith("draft/some answers")
        assert not (await engine.try_model("draft")).ok
        assert list(engine.registry.find()) == []


async def test_a_key_that_was_refused_is_asked_for_anew(tmp_path: Path, load_server: LoadServer) -> None:
    """A command may give another one the next time, also to a provider that is only being written down."""
    count = tmp_path / "count"
    command = Secret(f"!echo x >> {count}; echo {KEY}")
    draft = Provider("draft", WireProtocol.OPENAI, load_server.url, command, "fake")
    async with raw_server(answers(401, b"{}")) as refusing, engine_in(tmp_path, Models()) as engine:
        assert not (await engine.try_model(replace(draft, base_url=refusing.url))).ok
        assert (await engine.try_model(draft)).ok
        assert (await engine.try_model(draft)).ok
    assert count.read_text() == "x\nx\n"


async def test_a_check_after_the_end_says_so(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.close()
        check = await engine.check("load")
        assert (check.ok, check.message) == (False, "Rivulet is closing.")


CHAT = b"".join(
    b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}).encode() + b"\n\n"
    for delta, reason in (({"content": "Hi"}, None), ({}, "length"))
)
LIST = {"data": [{"id": "big-5"}, {"id": "small-5"}, {"id": "other"}, {"id": "last"}]}


@asynccontextmanager
async def routes_to(of: Models, folder: Path) -> AsyncIterator[Routes]:
    catalog = Catalog()
    catalog.apply(Configured(of))
    routes = Routes(catalog, data=folder / "data", log=folder / "log")
    try:
        yield routes
    finally:
        await routes.close()


def at(paths: dict[str, tuple[int, Any]]) -> Callable[[Connection], Awaitable[None]]:
    """Answers by path; bytes are a stream, what is not there is a 404 with a page."""

    async def answer(connection: Connection) -> None:
        path = connection.requests[-1].split(b" ", 2)[1].decode()
        status, said = paths.get(path, (404, "<html><title>Not here</title></html>"))
        kind = "text/event-stream" if isinstance(said, bytes) else "application/json"
        await connection.head(status, [("Content-Type", kind)])
        text = said if isinstance(said, str) else "" if isinstance(said, bytes) else json.dumps(said)
        await connection.body(said if isinstance(said, bytes) else text.encode())
        await connection.end()

    return answer


def error(words: str) -> dict[str, Any]:
    return {"error": {"message": words}}


async def tried(
    folder: Path, paths: dict[str, tuple[int, Any]], path: str, protocol: WireProtocol = WireProtocol.OPENAI
) -> Check:
    """What trying a provider gives whose server answers so; `path` is what base_url has behind the server's root."""
    async with raw_server(at(paths)) as server:
        root = server.url.removesuffix("/v1")
        provider = Provider("load", protocol, root + path, Secret(KEY), "fake")
        async with routes_to(of := Models({"load": provider}), folder) as routes:
            check = await try_model(routes, of, "load")
    assert KEY not in check.message and check.message.isprintable()
    return replace(check, message=check.message.replace(root, "URL"))


async def test_a_model_that_says_a_word_can_be_used(tmp_path: Path, load_server: LoadServer) -> None:
    of = models(load_server.url)
    async with routes_to(of, tmp_path) as routes:
        check = await try_model(routes, of, "load")
    assert check.ok and re.fullmatch(r"load/fake answers, after \d+\.\d s", check.message)
    (request,) = load_server.requests
    assert request.body["messages"] == [{"role": "user", "content": "Hi"}]
    assert request.body["max_tokens"] <= 16


async def test_what_is_only_being_written_down_can_be_tried(tmp_path: Path, load_server: LoadServer) -> None:
    draft = Provider("draft", WireProtocol.OPENAI, load_server.url, Secret("written-key"))
    async with routes_to(Models(), tmp_path) as routes:
        check = await try_model(routes, Models(), draft, "some")
        assert check.ok and check.message.startswith("draft/some answers")
        assert (await try_model(routes, Models(), draft)).message == "draft has no default model: name the one to try."
        assert (await try_model(routes, Models(), "draft")).message == 'There is no provider "draft".'
    (request,) = load_server.requests
    assert request.headers["authorization"] == "Bearer written-key"


NONE = error("The model `fake` does not exist.")


@pytest.mark.parametrize(
    ("answer", "ok", "words"),
    [
        ((200, CHAT), True, "load/fake answers, after"),
        ((400, error("Could not finish the message because output limit was reached.")), True, "load/fake answers"),
        ((401, error("no")), False, "did not accept the API key (401): no. Check"),
        ((500, error("oops")), False, "load failed (500): oops. Try"),
        ((200, b""), False, "load"),
    ],
)
async def test_what_a_model_says_to_a_try_is_said_in_words(
    tmp_path: Path, answer: tuple[int, Any], ok: bool, words: str
) -> None:
    check = await tried(tmp_path, {"/v1/chat/completions": answer}, "/v1")
    assert check.ok is ok and check.message.startswith("load") and words in check.message
    assert "list" not in check.message and "Should" not in check.message


@pytest.mark.parametrize(
    ("listed", "hint"),
    [
        (("big-5", "small-5", "other", "last"), " has no fake; it has big-5, small-5, other and others."),
        (("other", "fakes", "feke"), " has no fake; it has fakes, feke and others."),
        (("only",), " has no fake; it has only."),
        (("fake:latest",), ""),
        ((), ""),
    ],
)
async def test_a_model_that_is_not_in_the_list_is_told_with_those_that_are(
    tmp_path: Path, listed: tuple[str, ...], hint: str
) -> None:
    rows = {"data": [{"id": name} for name in listed]}
    refusal = (404, error("It does not exist."))
    check = await tried(tmp_path, {"/v1/chat/completions": refusal, "/v1/models": (200, rows)}, "/v1")
    said = "base_url under [providers.load]." + (f" The list of its models{hint}" if hint else "")
    assert not check.ok and check.message.endswith(said)


PAGE = "<html><title>Welcome</title></html>"


@pytest.mark.parametrize(
    ("path", "paths", "hint"),
    [
        ("", {"/v1/models": (200, LIST)}, "But URL/v1 gives a list of models: set base_url to that."),
        ("/v1/chat/completions", {"/v1/models": (200, LIST)}, "But URL/v1 gives a list of models"),
        ("/v1/models", {"/v1/models": (200, LIST)}, "But URL/v1 gives a list of models"),
        ("", {"/api/v1/models": (200, LIST)}, "But URL/api/v1 gives a list of models"),
        ("", {"/v1/models": (401, error("no key"))}, "Should base_url be URL/v1?"),
        ("", {"/chat/completions": (200, PAGE), "/v1/models": (200, LIST)}, "But URL/v1 gives a list of models"),
        ("", {"/chat/completions": (400, error("bad")), "/v1/models": (200, LIST)}, ""),
        ("", {}, ""),
    ],
)
async def test_an_address_that_may_have_been_meant_is_told(
    tmp_path: Path, path: str, paths: dict[str, tuple[int, Any]], hint: str
) -> None:
    check = await tried(tmp_path, paths, path)
    assert not check.ok and hint in check.message
    assert hint or (not check.message.endswith("?") and "gives a list" not in check.message)


@pytest.mark.parametrize(
    ("protocol", "path", "list"),
    [("anthropic", "/v1", "/v1/models"), ("ollama", "/v1", "/api/tags"), ("ollama", "/api", "/api/tags")],
)
async def test_a_path_that_the_protocol_adds_itself_is_told(
    tmp_path: Path, protocol: str, path: str, list: str
) -> None:
    check = await tried(tmp_path, {list: (200, LIST)}, path, WireProtocol(protocol))
    assert check.message.endswith("But URL gives a list of models: set base_url to that.")


async def test_a_try_that_can_not_begin_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RIVULET_TEST_KEY", raising=False)
    nobody = models("http://127.0.0.1:1/v1")
    keyed = models("http://127.0.0.1:1/v1", api_key=Secret("$RIVULET_TEST_KEY"))
    async with routes_to(nobody, tmp_path) as routes:
        check = await try_model(routes, nobody, "load")
        assert not check.ok and "Can't reach load at 127.0.0.1:1" in check.message
        assert "RIVULET_TEST_KEY is not set" in (await try_model(routes, keyed, "load")).message
        embedded = Provider(LOCAL, WireProtocol.OPENAI, "", model="smollm2", embedded=True)
        assert "rivulet model fetch smollm2" in (await try_model(routes, nobody, embedded)).message


async def test_a_model_that_says_nothing_is_given_up_and_one_that_is_cancelled_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def silent(connection: Connection) -> None:
        asked.set()
        await connection.end("hang")

    async with raw_server(silent) as server, routes_to(of := models(server.url), tmp_path) as routes:
        trying = asyncio.ensure_future(try_model(routes, of, "load"))
        await asked.wait()
        trying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await trying
        monkeypatch.setattr(checks, "TRY_TIMEOUT", 0.2)
        check = await try_model(routes, of, "load")
    assert check.message == "load/fake did not answer within 0.2 s. Try again: it may be loading."


async def test_a_list_of_models_is_read_no_further_than_any_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "LARGEST", 200_000)
    sent = 0

    async def endless(connection: Connection) -> None:
        nonlocal sent
        await connection.head(200, [("Content-Type", "application/json")])
        piece = b'{"id": "' + b"x" * 2**16 + b'"},'
        await connection.body(b'{"data": [')
        while not connection.closed.is_set():
            await connection.body(piece)
            sent += len(piece)

    async with raw_server(endless) as server, engine_in(tmp_path, models(server.url)) as engine:
        check = await engine.check("load")
    assert not check.ok and "gives no list of models" in check.message
    assert checks.LARGEST < sent < 16_000_000  # what lay between the two was on its way


async def test_of_a_list_only_names_are_taken_without_the_key(tmp_path: Path) -> None:
    listed = [{"id": f"m-{KEY}"}, {"id": 7}, {"id": ["x"]}, {"id": "y" * 201}, {"name": "half \ud83d"}, "z"]
    keyed = models("http://nowhere.test", api_key=Secret(KEY))
    async with raw_server(answers(200, json.dumps({"data": listed}).encode())) as server:
        found = replace(keyed.providers["load"], base_url=server.url)
        async with engine_in(tmp_path, Models({"load": found}, keyed.roles)) as engine:
            assert (await engine.check("load")).models == ("m-[your key]", "half \ufffd")
