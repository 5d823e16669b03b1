# ruff: noqa: E501 - a table's rows are not broken
"""An attacker's reading of where a key can go. It is looked for, by any half of it, in every byte that a terminal was
sent and in every file under Rivulet's folder.

| attack | what stands against it |
|---|---|
| the server sends the key back: in a refusal, as it is, in capitals or as in a URL, JSON, HTML; in an error within a reply; in what is no reply; in a Location | `in_words` |
| in a reply, its reasoning, its finish reason, a title: in one piece, cut anywhere, or broken off in the midst of it (kill -9, journal, recovery) | `Reply`, `Redactor` |
| in what is copied of it and saved, by all the ways | the reply itself is without it |
| in its list of models, which is shown, and written to the settings | `checks` |
| the log at debug, with prompts; one with a key in a prompt | `logfile.scrubbed` |
| a redirect to another host, a header that names another place (Alt-Svc, Refresh), a cookie | redirects are not followed, the others not read or kept |
| settings on the screen, a key in the file, doctor, streams, ask | `Secret` shows where a key comes from |
| a certificate that nobody signed, of another host, or expired | told, and not asked again |
| environment: certificates unset or switched off for other programs | `create_ssl_context`: verified in any case |
| environment: a key that looks like a command | only the file's own text is one |
| the folder that one is in: config.toml, .env and others with commands | never looked at |
| a proxy's password in the environment, which libraries quote | `without_passwords` |
| a proxy for what is on this machine; none where there should be one | `HTTP_PROXY` and its kin count, but not for loopback |
| plain http to another machine | warned of where it is set, at the start, by doctor, by `ask` |
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.security.server import EVENTS, JSON, Answer, HostileServer, Request, said
from tests.support.command import environment, rivulet
from tests.support.home import Home, clean_environment
from tests.support.program import CTRL_N, CTRL_Q, F2, F4
from tests.support.terminal import Terminal
from tests.support.waiting import until
from tui.engine import Provider, WireProtocol, wire
from tui.engine.protocols import Call, Delta, Ending
from tui.engine.redacting import STAND_IN, Redactor, redacted

KEY = "sk-Zq8/vX+2mR&LwY4pKd9="
WRITTEN = "sk-written-5f2b7c90aa41"
"""A key that stands in the settings file itself."""
HALF = 12

SPELLED = {
    "as it is": KEY,
    "in capitals": KEY.upper(),
    "in small letters": KEY.lower(),
    "in a URL": quote(KEY, safe=""),
    "in a URL, in capitals": quote(KEY.upper(), safe=""),
    "in a URL, all of it": "".join(f"%{ord(c):02X}" for c in KEY),
    "in JSON": KEY.replace("/", "\\/"),
    "in JSON, all of it": "".join(f"\\u{ord(c):04x}" for c in KEY),
    "in HTML": escape(KEY),
    "in HTML, all of it": "".join(f"&#{ord(c)};" for c in KEY),
    "in HTML, all of it, by sixteens": "".join(f"&#x{ord(c):X};" for c in KEY),
}


def leaks(data: bytes, key: str = KEY, at_least: int = HALF) -> list[str]:
    """Which halves of the key are in it, or pieces so long, as capitals or not."""
    key, data = key.lower(), data.lower()
    halves = {key[at : at + at_least] for at in range(len(key) - at_least + 1)}
    return sorted(half for half in halves if half.encode() in data)


@pytest.mark.parametrize("how", SPELLED)
@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_a_key_is_found_however_it_is_spelled_and_wherever_it_is_cut(how: str, step: int) -> None:
    text = f"Your sk- is sk-{SPELLED[how]}{SPELLED[how]}, 100% sure & \\u00e9 sk-Zq8 "
    redactor = Redactor(KEY)
    found = "".join(redactor.feed(text[at : at + step]) for at in range(0, len(text), step)) + redactor.end()
    assert found == f"Your sk- is sk-{STAND_IN}{STAND_IN}, 100% sure & \\u00e9 sk-Zq8 "


@given(st.lists(st.text("sk-Zq8/%u0073\\&#;5") | st.sampled_from([*SPELLED.values(), KEY[:9], KEY[9:]])), st.data())
def test_a_text_in_pieces_is_redacted_as_the_whole_and_no_key_is_left(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    redactor, at, found = Redactor(KEY), 0, ""
    for cut in [*cuts, len(text)]:
        found += redactor.feed(text[at:cut])
        at = cut
    assert found + redactor.end() == redacted(text, KEY)
    assert KEY not in redacted(text, KEY)


@pytest.mark.parametrize("word", ["ollama", "lm-studio", "none", "EMPTY", "test", ""])
def test_a_word_where_a_server_wants_no_key_is_taken_out_of_no_reply(word: str) -> None:
    assert redacted(f"Install {word} first.", word) == f"Install {word} first."


@pytest.mark.parametrize("sign", ["&", "&x", "%7", "\\u0", "s", "&#s"])
def test_a_short_key_at_the_end_is_found_behind_what_might_have_begun_one(sign: str) -> None:
    assert redacted(f"It is {sign}sk-abc", "sk-abc") == f"It is {sign}[your key]"
    assert redacted(f"It is {sign}sk-a", "sk-abc") == f"It is {sign}[your key]"


class Echo:
    """Sends the key back in whatever it says."""

    def __init__(self, elsewhere: str = "http://127.0.0.1:1") -> None:
        self.elsewhere = elsewhere
        self.held = threading.Event()

    def answer(self, request: Request) -> Answer:
        headers = {
            "Set-Cookie": "who=you; Path=/",
            "Alt-Svc": f'h2="{self.elsewhere}"',
            "Refresh": f"0; {self.elsewhere}",
        }
        if request.method == "GET":
            listed = {"data": [{"id": KEY}, {"id": f"m-{SPELLED['in a URL']}"}, {"id": "fake"}]}
            return Answer([json.dumps(listed).encode()], headers=JSON | headers)
        asked = json.loads(request.body)["messages"]
        if asked[0]["role"] == "system":
            return Answer(said(f"Key {KEY[:4]}", KEY[4:]), headers=EVENTS | headers)
        match asked[-1]["content"].split()[0]:
            case "refused":
                error = {"message": f"Wrong: {SPELLED['in HTML']} {SPELLED['in a URL, all of it']}", "code": KEY}
                return Answer([json.dumps({"error": error}).encode()], 401, JSON | headers, reason=KEY)
            case "page":
                page = f"<title>{SPELLED['in HTML, all of it']}</title>"
                return Answer([page.encode()], 500, {"Content-Type": "text/html"} | headers)
            case "moved":
                return Answer([], 307, headers | {"Location": f"{self.elsewhere}/?key={SPELLED['in a URL']}"})
            case "event":
                error = {"message": f"no {SPELLED['in JSON, all of it']}", "type": KEY}
                return Answer([b"event: error\ndata: " + json.dumps({"error": error}).encode() + b"\n\n"])
            case "junk":
                return Answer([f"data: {KEY} {SPELLED['in a URL']}\n\n".encode()])
            case "hold":
                return Answer(said(f"half of it: {KEY[:5]}", KEY[5:18])[:2], then=lambda: self.held.wait(30))
        spelled = " ".join(SPELLED.values())
        pieces = [spelled[at : at + 5] for at in range(0, len(spelled), 5)]
        code = ["\n\n```sh\n", f"export KEY={KEY[:9]}", f"{KEY[9:]}\n", "```\n\n"]
        return Answer(
            said("all ", *pieces, *code, " told", reasoning=f"{spelled} ", finish=KEY), headers=EVENTS | headers
        )


FAILED = {
    "refused": r"did not accept the API key",
    "page": r"failed \(500\)",
    "moved": r"sends on to",
    "event": r"broke off with an error",
    "junk": r"no part of a reply",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "rivulet", clean_environment(tmp_path / "rivulet"))


def settings(home: Home, url: str) -> None:
    home.configure(
        f'[providers.echo]\nbase_url = "{url}"\napi_key = "!cat \'{home.path}.key\'"\nmodel = "fake"\n'
        f'[providers.plain]\nbase_url = "http://plain.test/v1"\napi_key = "{WRITTEN}"\nmodel = "m"\n'
        '[log]\nlevel = "debug"\nprompts = true\n'
    )
    home.config.chmod(0o600)
    Path(f"{home.path}.key").write_text(KEY)


def test_a_key_that_is_sent_back_stands_nowhere(home: Home, tmp_path: Path) -> None:
    with (
        HostileServer(lambda _: Answer([])) as elsewhere,
        HostileServer((echo := Echo(elsewhere.url)).answer) as server,
    ):
        settings(home, server.url)
        raw = meet(home, tmp_path, echo)
        raw += meet_after_the_kill(home, tmp_path)
        done = rivulet("streams", "--json", home=home.path)
        raw += done.stdout + done.stderr
        done = rivulet("doctor", home=home.path)
        raw += done.stdout + done.stderr
        assert (
            b"http://plain.test/v1 is not encrypted" in done.stdout
            and b"from the configuration (present)" in done.stdout
        )
        assert {request.key for request in server.requests} == {KEY}
        assert not any("cookie" in request.headers for request in server.requests)
        assert elsewhere.requests == [], "nobody else was asked"
    assert leaks(raw) == leaks(raw, WRITTEN) == []
    found = {str(path): leaks(path.read_bytes()) for path in home.path.rglob("*") if path.is_file()}
    assert len(found) > 4 and not any(found.values())
    [saved] = (home.data / "exports").iterdir()
    assert saved.read_text() == "export KEY=[your key]\n"
    kept = [path for path in home.path.rglob("*") if path.is_file() and leaks(path.read_bytes(), WRITTEN)]
    assert kept == [home.config]
    log = (home.log / "rivulet.log").read_text(encoding="utf-8")
    assert "tui.prompts: user: all" in log and "Traceback" not in log


def copies(raw: bytes) -> list[bytes]:
    """What the terminal was given for the clipboard."""
    return [base64.b64decode(data) for data in re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", raw)]


def has_copied(terminal: Terminal, number: int) -> bool:
    return len(copies(terminal.raw)) == number


def meet(home: Home, folder: Path, echo: Echo) -> bytes:
    """All the ways in which the server sends it back, and then a kill while half of it has come."""
    with Terminal([sys.executable, "-m", "tui"], env=home.env, cwd=folder, cols=120, rows=45) as terminal:
        terminal.wait_for("─{40}", 30)
        terminal.wait_for("plain.test/v1 is not encrypted")
        for case, words in FAILED.items():
            terminal.write(CTRL_N + f"{case}\r".encode())
            terminal.wait_for(words)
        terminal.write(CTRL_N + b"all\r")
        terminal.wait_for("told")
        terminal.wait_for(r"Key \[your key\]")
        terminal.write(b"\t{s")
        terminal.wait_for("Saved as")
        for number, key in enumerate((b"y", b"Y", b"c", b"t", b"T", b"Vgy", b"VgY"), 1):
            terminal.write(key)
            terminal.wait_until(partial(has_copied, terminal, number), what="the copy")
        assert all(b"[your key]" in copy for copy in copies(terminal.raw))
        terminal.write(F4)
        terminal.wait_for("^ *Settings")
        terminal.write(b"\x1b[B\x1b[B\r")
        terminal.wait_for("plain.test|echo")
        terminal.write(F2 + CTRL_N + b"hold\r")
        terminal.wait_for("half of it:")
        until(
            lambda: any(b"half of it" in file.read_bytes() for file in home.data.glob("journal/*")), 10, "the journal"
        )
        terminal.signal(signal.SIGKILL)
        terminal.wait_exit()
        echo.held.set()
        return terminal.raw + b"".join(copies(terminal.raw))


def meet_after_the_kill(home: Home, folder: Path) -> bytes:
    with Terminal([sys.executable, "-m", "tui"], env=home.env, cwd=folder, cols=120, rows=45) as terminal:
        terminal.wait_for("half of it:", 30)
        terminal.write(CTRL_Q)
        assert terminal.wait_exit() == 0
        return terminal.raw


async def ending(url: str, key: str | None = KEY) -> Ending:
    provider = Provider("acme", WireProtocol.OPENAI, url)
    client = await wire.make_client()
    try:
        parts: list[Delta | Ending] = [part async for part in wire.exchange(client, provider, key, Call("m", ()))]
    finally:
        await client.aclose()
    found = parts[-1]
    assert isinstance(found, Ending)
    return found


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR", "none"])
async def test_no_environment_has_a_certificate_that_nobody_trusts_accepted(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for off in ("PYTHONHTTPSVERIFY", "NODE_TLS_REJECT_UNAUTHORIZED", "GIT_SSL_NO_VERIFY"):
        monkeypatch.setenv(off, "0" if off != "GIT_SSL_NO_VERIFY" else "1")
    for empty in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(empty, "")
    if name != "none":
        monkeypatch.setenv(name, "/nonexistent")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("untrusted.pem"))
    with HostileServer(lambda _: Answer(said("Hi")), context) as server:
        error = (await ending(server.url)).error
        assert error is not None and server.requests == []
        if name == "none":
            assert "certificate is not trusted" in error.message


def test_no_redirect_is_followed_wherever_it_leads(home: Home) -> None:
    statuses = (301, 302, 303, 305, 307, 308)
    with HostileServer(lambda _: Answer(said("pwned"))) as elsewhere:
        port = elsewhere.url.partition("127.0.0.1:")[2]
        places = (
            elsewhere.url,
            f"//127.0.0.1:{port}/x",
            f"http://localhost:{port}/",
            "file:///etc/passwd",
            "/v1/other",
            "",
        )

        def answer(request: Request) -> Answer:
            number = int(request.path.split("/")[2])
            return Answer([], statuses[number], {"Location": places[number], "Link": f"<{elsewhere.url}>; rel=next"})

        with HostileServer(answer) as server:
            tables = [
                f'[providers.p{n}]\nbase_url = "{server.url}/{n}"\napi_key = "{WRITTEN}"\nmodel = "m"\n'
                for n in range(len(statuses))
            ]
            home.configure("".join(tables))
            models = [part for n in range(len(statuses)) for part in ("-m", f"p{n}")]
            done = rivulet("ask", *models, "Hi", home=home.path)
            assert done.returncode == 1 and done.stdout == b""
            assert done.stderr.count(b"does not answer here") == len(server.requests) == len(statuses)
        assert elsewhere.requests == []


CERTIFICATES = {
    "untrusted": "self-signed certificate",
    "other_host": "IP address mismatch, certificate is not valid for '127.0.0.1'",
    "expired": "certificate has expired",
}


def test_a_certificate_that_is_not_right_is_told_in_a_line_and_no_key_is_sent(home: Home) -> None:
    """Nobody has signed the first; the user trusts the other two."""
    trusted = home.path / "trusted.pem"
    servers, tables = [], []
    with ExitStack() as stack:
        for name in CERTIFICATES:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(Path(__file__).with_name(f"{name}.pem"))
            servers.append(stack.enter_context(HostileServer(lambda _: Answer(said("Hi")), context)))
            tables.append(f'[providers.{name}]\nbase_url = "{servers[-1].url}"\napi_key = "{WRITTEN}"\nmodel = "m"\n')
        home.configure("".join(tables))
        trusted.write_text("".join(Path(__file__).with_name(f"{n}.pem").read_text() for n in ("other_host", "expired")))
        models = [part for name in CERTIFICATES for part in ("-m", name)]
        done = rivulet("ask", *models, "Hi", home=home.path, env={"SSL_CERT_FILE": str(trusted)})
    assert done.returncode == 1 and done.stdout == b""
    told = {line.partition(": ")[2].partition("/")[0]: line for line in done.stderr.decode().splitlines()}
    assert len(told) == 3
    for name, why in CERTIFICATES.items():
        assert f"its certificate is not trusted ({why}" in told[name].replace("self signed", "self-signed")
    assert not any(server.requests for server in servers)


@pytest.mark.parametrize(
    "proxy",
    [
        "ftp://me:pa-ss-word@h:1",
        "socks5://me:pa-ss-word@h:1",
        "http://me:pa-ss-word@127.0.0.1:1",
        "http://me:pa-ss-word@[bad",
    ],
)
async def test_a_proxys_password_is_told_to_nobody(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    for name in list(os.environ):
        if re.fullmatch(r"(?i)(all|https?|no)_proxy", name):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ALL_PROXY", proxy)
    error = (await ending("http://elsewhere.test/v1")).error
    assert error is not None and "pa-ss-word" not in error.message and KEY not in error.message


def test_a_proxy_of_the_environment_is_asked_but_not_for_servers_of_this_machine(home: Home) -> None:
    def answer(request: Request) -> Answer:
        return Answer(said("From afar" if request.path.startswith("http://plain.test/") else "From here"))

    with HostileServer(answer) as proxy, HostileServer(answer) as server:
        settings(home, server.url)
        env = {"HTTP_PROXY": proxy.url, "ALL_PROXY": proxy.url}
        afar = rivulet("ask", "-m", "plain", "Hi", home=home.path, env=env)
        assert afar.stdout == b"From afar" and [request.key for request in proxy.requests] == [WRITTEN]
        assert afar.stderr.startswith(b"rivulet: plain: http://plain.test/v1 is not encrypted: ")
        assert WRITTEN.encode() not in afar.stderr
        here = rivulet("ask", "-m", "echo", "Hi", home=home.path, env=env)
        assert (here.stdout, here.stderr) == (b"From here", b"") and len(proxy.requests) == 1
        direct = rivulet("ask", "-m", "plain", "Hi", home=home.path, env=env | {"NO_PROXY": "plain.test"})
        assert direct.returncode == 1 and len(proxy.requests) == 1


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Path]:
    """A folder that somebody else has filled, with commands wherever a program may look."""
    folder = tmp_path / "project"
    touched = f"!touch {tmp_path}/pwned"
    for name in (
        "config.toml",
        "rivulet.toml",
        ".rivulet/config.toml",
        ".config/rivulet/config.toml",
        "data/config.toml",
    ):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'[providers.openai]\napi_key = "{touched}"\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "m"\n')
    (folder / ".env").write_text("OPENAI_BASE_URL=http://127.0.0.1:1/v1\nRIVULET_HOME=.\n")
    yield folder


def test_a_folder_can_give_no_settings_and_the_environment_no_command(trap: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    key = f"!touch {tmp_path}/pwned"
    with HostileServer(lambda _: Answer(said("Hi"))) as server:
        env = environment(mine, OPENAI_API_KEY=key, OPENAI_BASE_URL=server.url, PYTHONSAFEPATH="1")
        with Terminal([sys.executable, "-m", "tui", "ask", "-m", "openai/m", "hello"], env=env, cwd=trap) as terminal:
            assert terminal.wait_exit(30) == 0 and b"Hi" in terminal.raw
        assert {request.key for request in server.requests} == {key}
    assert not (tmp_path / "pwned").exists()
