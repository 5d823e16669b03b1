"""Models that were taken for granted: what the provider's own list says counts, for questions, doctor and ask alike."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.engine.engines import ask, ended, engine_in, new_topic
from tests.support.waiting import eventually
from tui.engine import Models, Provider, Role, Secret, WireProtocol
from tui.engine.protocols import Turn
from tui.engine.stream import StreamType

KNOWN = ("big", "deep", "small")


class Listing:
    """A server that has a list of models, gives it when it may, and remembers what was asked."""

    def __init__(self) -> None:
        self.names = ["own", "deep"]
        self.may = threading.Event()
        self.may.set()
        self.asked: list[str] = []
        self.models: list[str] = []
        self.port = 0


@contextmanager
def listing() -> Iterator[Listing]:
    state = Listing()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            state.may.wait(10)
            self._answer(json.dumps({"data": [{"id": name} for name in state.names]}), "application/json")

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            state.models.append(body["model"])
            chunk = {"choices": [{"index": 0, "delta": {"content": "Yes."}, "finish_reason": "stop"}]}
            self._answer(f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n", "text/event-stream")

        def _answer(self, text: str, kind: str) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        state.may.set()
        server.shutdown()
        thread.join()


def assumed(state: Listing, protocol: WireProtocol = WireProtocol.OPENAI) -> Models:
    provider = Provider("it", protocol, f"http://127.0.0.1:{state.port}", Secret("k"), KNOWN[0], assumed=KNOWN)
    return Models({"it": provider}, {role: f"it/{name}" for role, name in zip(Role, KNOWN, strict=True)})


def roles(models: Models) -> list[str]:
    return [str(models.resolve(role)) for role in Role]


@pytest.mark.parametrize("protocol", [WireProtocol.OPENAI, WireProtocol.ANTHROPIC])
async def test_what_a_provider_lacks_is_replaced_after_the_start(tmp_path: Path, protocol: WireProtocol) -> None:
    with listing() as state:
        async with engine_in(tmp_path, assumed(state, protocol)) as engine:
            assert roles(engine.models) == ["it/big", "it/deep", "it/small"]
            engine.warm()
            await eventually(lambda: not engine.models.providers["it"].assumed, what="the list")
            assert roles(engine.models) == ["it/own", "it/deep", "it/own"]
            assert str(engine.models.resolve("it")) == "it/own"
    assert len(state.asked) == 1


async def test_the_first_question_waits_for_the_list_and_asks_a_model_that_is_there(tmp_path: Path) -> None:
    with listing() as state:
        async with engine_in(tmp_path, assumed(state)) as engine:
            stream = await ended(engine, await ask(engine, await new_topic(engine), "Well?"))
            assert (stream.model, str(stream.content)) == ("it/own", "Yes.")
            alone = await engine.start(StreamType.CHAT, "ask-0", "fast", (Turn("user", "And?"),))
            assert (await ended(engine, alone)).model == "it/own"
    assert set(state.models) == {"own"}
    assert len(state.asked) == 1


async def test_a_list_that_does_not_come_is_not_waited_for_long(tmp_path: Path) -> None:
    with listing() as state:
        state.may.clear()
        async with engine_in(tmp_path, assumed(state), patience=0.05) as engine:
            stream = await ended(engine, await ask(engine, await new_topic(engine), "Well?"))
            assert stream.model == "it/big"
            state.may.set()
            await eventually(lambda: not engine.models.providers["it"].assumed, what="the list")
            assert roles(engine.models)[0] == "it/own"


async def test_what_the_user_configured_meanwhile_stays(tmp_path: Path) -> None:
    with listing() as state:
        state.may.clear()
        of = assumed(state)
        async with engine_in(tmp_path, of) as engine:
            engine.warm()
            await eventually(lambda: state.asked, what="the question for the list")
            mine = Models({"it": replace(of.providers["it"], model="mine", assumed=())}, of.roles)
            await engine.configure(mine)
            state.may.set()
            await asyncio.wait(engine._assumptions._asked.values())
            assert engine.models == mine


async def test_who_is_configured_anew_is_asked_anew(tmp_path: Path) -> None:
    with listing() as state:
        of = assumed(state)
        async with engine_in(tmp_path, of) as engine:
            await engine.configure(Models({}))
            await engine.configure(of)
            await eventually(lambda: roles(engine.models)[0] == "it/own", what="the list")
            state.names = ["other"]
            await engine.configure(Models({"it": replace(of.providers["it"], max_streams=3)}, of.roles))
            await eventually(lambda: roles(engine.models)[0] == "it/other", what="the list once more")


async def test_a_list_that_is_empty_or_refused_changes_nothing(tmp_path: Path) -> None:
    with listing() as state:
        state.names = []
        async with engine_in(tmp_path, assumed(state)) as engine:
            await engine._assumptions.settled("instruct")
            assert roles(engine.models) == ["it/big", "it/deep", "it/small"]
