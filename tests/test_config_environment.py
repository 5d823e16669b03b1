"""What is found without settings: keys in the environment, an Ollama that runs here, else the embedded model."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import NOBODY
from tui.config import Config, load
from tui.config.environment import ollama_url
from tui.config.peek import answers
from tui.engine import LOCAL, Role, WireProtocol


def found(home: Path, **environ: str) -> Config:
    return load({"RIVULET_HOME": str(home), "OLLAMA_HOST": NOBODY, **environ})


def roles(config: Config) -> list[str]:
    return [str(config.models.resolve(role)) for role in Role]


@contextmanager
def server(answers: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """A server that gives JSON by path; its host and port, and the paths and keys it was asked with."""
    asked: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("authorization")))
            status, body = (200, answers[self.path]) if self.path in answers else (404, {})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{listening.server_address[1]}", asked
        listening.shutdown()
        thread.join()


def test_with_nothing_there_the_embedded_model_is_offered(tmp_path: Path) -> None:
    config = found(tmp_path)
    assert list(config.models.providers) == [LOCAL]
    assert roles(config) == ["local/smollm2"] * 3
    assert not config.from_file


def test_a_key_in_the_environment_makes_its_provider(tmp_path: Path) -> None:
    config = found(tmp_path, OPENAI_API_KEY="k")
    openai = config.models.providers["openai"]
    assert (openai.protocol, openai.base_url) == (WireProtocol.OPENAI, "https://api.openai.com/v1")
    assert openai.api_key is not None and openai.api_key.origin == "$OPENAI_API_KEY"
    assert roles(config) == ["openai/gpt-5.4", "openai/gpt-5.5", "openai/gpt-5.4-mini"]


def test_all_that_is_found_is_there_and_the_first_plays_the_roles(tmp_path: Path) -> None:
    config = found(tmp_path, OPENAI_API_KEY="k", ANTHROPIC_API_KEY="k")
    assert list(config.models.providers) == ["openai", "anthropic", LOCAL]
    assert {role.split("/")[0] for role in roles(config)} == {"openai"}
    only = found(tmp_path, ANTHROPIC_API_KEY="k")
    assert {role.split("/")[0] for role in roles(only)} == {"anthropic"}


def test_a_blank_key_is_none(tmp_path: Path) -> None:
    assert list(found(tmp_path, OPENAI_API_KEY=" ").models.providers) == [LOCAL]


def test_no_start_waits_for_a_list_of_models_what_is_assumed_is_marked(tmp_path: Path) -> None:
    with server({"/v1/models": {"data": [{"id": "own"}]}}) as (place, asked):
        config = found(tmp_path, OPENAI_API_KEY="k", OPENAI_BASE_URL=f"http://{place}/v1/")
    assert config.models.providers["openai"].base_url == f"http://{place}/v1"
    assert config.models.providers["openai"].assumed == ("gpt-5.4", "gpt-5.5", "gpt-5.4-mini")
    assert roles(config)[0] == "openai/gpt-5.4"
    assert asked == []


def test_a_model_that_the_user_names_is_not_only_assumed(tmp_path: Path) -> None:
    config = found(tmp_path, OPENAI_API_KEY="k")
    named = config.with_instruct("openai/gpt-5.5")
    assert named.models.providers["openai"].assumed == ("gpt-5.4", "gpt-5.4-mini")
    assert str(named.models.resolve("instruct")) == "openai/gpt-5.5"
    assert config.with_instruct("openai").models.providers["openai"].assumed == ("gpt-5.4", "gpt-5.5", "gpt-5.4-mini")
    assert str(config.with_instruct("thinking").models.resolve("instruct")) == "openai/gpt-5.5"


def test_another_server_without_a_list_is_taken_as_it_is(tmp_path: Path) -> None:
    config = found(tmp_path, OPENAI_API_KEY="k", OPENAI_BASE_URL=f"http://{NOBODY}/v1")
    assert roles(config)[0] == "openai/gpt-5.4"


def test_an_address_that_is_none_is_a_warning_and_the_rest_still_starts(tmp_path: Path) -> None:
    config = found(tmp_path, OPENAI_API_KEY="k", OPENAI_BASE_URL="nowhere")
    assert list(config.models.providers) == [LOCAL]
    (warning,) = config.warnings
    assert warning.startswith("OPENAI_BASE_URL: found ")


def test_an_ollama_that_runs_makes_a_provider_with_the_models_it_has(tmp_path: Path) -> None:
    with server({"/api/tags": {"models": [{"name": "nomic-embed-text"}, {"name": "qwen3:8b"}]}}) as (place, _):
        config = found(tmp_path, OLLAMA_HOST=place)
    ollama = config.models.providers["ollama"]
    assert (ollama.protocol, ollama.base_url, ollama.api_key) == (WireProtocol.OLLAMA, f"http://{place}", None)
    assert roles(config) == ["ollama/qwen3:8b"] * 3


@pytest.mark.parametrize("answer", [{"models": []}, {"models": None}, {"models": ["x", 1, {}]}, [], "x", None])
def test_an_ollama_without_models_can_not_answer(tmp_path: Path, answer: Any) -> None:
    with server({"/api/tags": answer}) as (place, _):
        assert list(found(tmp_path, OLLAMA_HOST=place).models.providers) == [LOCAL]


def test_a_server_that_accepts_and_then_says_nothing_does_not_hold_up_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        config = found(tmp_path, OLLAMA_HOST=f"127.0.0.1:{silent.getsockname()[1]}")
        assert time.monotonic() - begun < 3
    assert list(config.models.providers) == [LOCAL]


def test_a_connection_that_does_not_come_about_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        waiting = [socket.socket() for _ in range(8)]
        for connection in waiting:  # the queue of what is not accepted is full: the next SYN is dropped
            connection.setblocking(False)
            connection.connect_ex(place)
        begun = time.monotonic()
        assert not answers(f"http://127.0.0.1:{place[1]}")
        assert time.monotonic() - begun < 1
        for connection in waiting:
            connection.close()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        (":9000", "http://127.0.0.1:9000"),
        ("box", "http://box:11434"),
        ("box:1", "http://box:1"),
        ("http://box", "http://box"),
        ("https://box/ollama", "https://box/ollama"),
        ("[::1]", "http://[::1]:11434"),
        ("[::]:77", "http://[::1]:77"),
        (" 'box' ", "http://box:11434"),
    ],
)
def test_where_an_ollama_is_as_its_own_clients_read_it(host: str, url: str) -> None:
    assert ollama_url(host, "http://127.0.0.1:11434") == url
