"""A topic that is too long for its model is told from its newer half on, and the reply says so."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.engine.engines import ask, contents, ended, engine_in, models, new_topic, quiet
from tui.engine import StreamStatus


@contextmanager
def forgetful(room: int) -> Iterator[tuple[str, list[list[str]]]]:
    """A server that takes `room` messages and refuses more; what it was told."""
    told: list[list[str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            messages = [message["content"] for message in body["messages"]]
            told.append(messages)
            if len(messages) > room:
                said = "This model's maximum context length is 100 tokens. However, you requested 500 tokens"
                text, status, kind = json.dumps({"error": {"message": said}}), 400, "application/json"
            else:
                chunk = {"choices": [{"index": 0, "delta": {"content": "Yes."}, "finish_reason": "stop"}]}
                text, status, kind = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n", 200, "text/event-stream"
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", told
        server.shutdown()
        thread.join()


async def test_the_older_half_is_left_out_until_it_fits(tmp_path: Path) -> None:
    with forgetful(room=5) as (url, told):
        async with engine_in(tmp_path, models(url)) as engine:
            topic = await new_topic(engine)
            await engine.change_assistant(topic.assistant_id, titles=False)
            for number in range(4):
                await ended(engine, await ask(engine, topic, f"Question {number}"))
                await quiet(engine)
            assert [status for _, status, _ in contents(engine, topic.id)] == [StreamStatus.COMPLETED] * 4
            last = engine.catalog.branch(topic.id)[-1]
            assert len(last.replies) == 1
            assert last.reply is not None and last.reply.left_out == 2
    assert told[-2] == [*["Question 0", "Yes.", "Question 1", "Yes.", "Question 2", "Yes."], "Question 3"]
    assert told[-1] == ["Question 2", "Yes.", "Question 3"]


async def test_a_question_that_is_too_long_by_itself_says_so(tmp_path: Path) -> None:
    with forgetful(room=0) as (url, told):
        async with engine_in(tmp_path, models(url)) as engine:
            topic = await new_topic(engine)
            stream = await ended(engine, await ask(engine, topic, "All of it"))
            assert stream.error is not None and "too long for the model" in stream.error.message
            assert [status for _, status, _ in contents(engine, topic.id)] == [StreamStatus.ERROR]
    assert len(told) == 1
