"""Every fault that somebody else's server can play, in three protocols at once, met by the installed command: what came
of each, and the server's own verdict on how it was taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.command import rivulet
from tests.support.llmock import llmock_server

SAID = "你好，世界 👋🏽 — " + "one word after the other, " * 200
BEFORE_TEXT = {"openai": 1, "responses": 4, "anthropic": 3}
"""Events that each protocol sends before the first piece of text."""
REFUSALS = {401: "auth", 404: "bad_request", 429: "rate_limit", 500: "server", 503: "overloaded"}
BREAKS = {"truncate": "truncated", "disconnect": "network", "malformed": "protocol", "stall": "timeout"}
KINDS = {str(name): kind for name, kind in (REFUSALS | BREAKS).items()}


def test_each_fault_is_told_as_what_it_is_and_the_verdict_finds_no_fault_with_the_client(tmp_path: Path) -> None:
    with llmock_server() as llmock:
        for protocol in BEFORE_TEXT:
            url = f"{llmock.url}/{'anthropic' if protocol == 'anthropic' else 'v1'}"
            with (tmp_path / "config.toml").open("a") as config:
                config.write(f'[providers.{protocol}]\nprotocol = "{protocol}"\nbase_url = "{url}"\n')
                config.write('api_key = "sk-mock"\nmax_streams = 16\nidle_timeout = 2\nmax_retries = 0\n')
        llmock.expect(*(one for protocol in BEFORE_TEXT for one in _behaviours(protocol)))

        models = [f"{protocol}/{protocol}-{fault}" for protocol in BEFORE_TEXT for fault in ("none", *KINDS)]
        first = _ask(tmp_path, models, status=1)
        for model, told in first.items():
            fault = model.rpartition("-")[2]
            kind = told["error"] and told["error"]["kind"]
            assert (told["status"], kind) == (("error", KINDS[fault]) if fault in KINDS else ("completed", None)), model
            assert SAID.startswith(told["content"]) and bool(told["content"]) == (fault in ("none", *BREAKS)), model
            assert fault != "none" or told["content"] == SAID

        may_pass = [model for model in models if not model.endswith(("none", "401", "404"))]
        again = _ask(tmp_path, may_pass, status=0)
        assert {told["status"] for told in again.values()} == {"completed"}
        assert len(llmock.requests()) == len(models) + len(may_pass)
        assert llmock.findings() == []


def _behaviours(protocol: str) -> list[dict[str, Any]]:
    after = BEFORE_TEXT[protocol] + 3
    faults: dict[str, dict[str, Any]] = {"none": {}}
    faults |= {str(status): {"type": "fail", "status": status} for status in REFUSALS}
    faults |= {kind: {"type": "stream_fault", "kind": kind, "after_chunks": after} for kind in BREAKS}
    faults["429"]["retry_after"] = 0.1
    faults["stall"]["stall_seconds"] = 30
    queue: list[dict[str, Any]] = []
    for fault, behaviour in faults.items():
        match = {"model": f"{protocol}-{fault}"}
        queue += [behaviour | {"match": match}] if behaviour else []
        queue += [{"type": "reply", "text": SAID, "match": match}] if fault not in map(str, REFUSALS) else []
    return queue


def _ask(home: Path, models: list[str], status: int) -> dict[str, Any]:
    told = rivulet("ask", "--json", *(part for model in models for part in ("-m", model)), "Hello?", home=home)
    assert told.returncode == status, told.stderr.decode()
    objects = [json.loads(line) for line in told.stdout.splitlines()]
    assert sorted(one["model"] for one in objects) == sorted(models)
    return {one["model"]: one for one in objects}
