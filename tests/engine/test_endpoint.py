"""Endpoints: a real server with a real model, then servers that are odd in one way each."""

from __future__ import annotations

import contextlib
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from advisor.engine.endpoint import Endpoint
from advisor.engine.http import MOST_BYTES, Access, checked, token_in
from advisor.engine.interface import EngineFailure, Message, Question, RefusedError
from advisor.errors import UserError

ASKED = Question(messages=(Message(role="user", content="Say hi."),), max_tokens=8)
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 12}}, "required": ["city"]}
MODELS = {"data": [{"id": "m"}]}
CHUNKS: list[dict[str, Any]] = [
    {"choices": [{"delta": {"role": "assistant"}}]},
    {"choices": [{"delta": {"content": "Hel"}}]},
    {"choices": [{"delta": {"content": "lo"}, "finish_reason": "stop"}]},
    {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2},
     "timings": {"prompt_per_second": 50.0, "predicted_per_second": 20.0}},
]  # fmt: skip
WHOLE = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}],
         "usage": {"prompt_tokens": 5, "completion_tokens": 2}}  # fmt: skip
Start = Callable[..., Any]


def failure(work: Callable[[], object]) -> EngineFailure:
    with pytest.raises(EngineFailure) as raised:
        work()
    return raised.value


def opened(url: str, model: str | None = "m", token: str | None = None) -> Endpoint:
    endpoint = Endpoint(Access(url, token, direct=True), model)
    endpoint.open(10)
    return endpoint


# --- the real server -------------------------------------------------------------------------------------------


@pytest.mark.engine
def test_a_real_server_answers(served: Any, socket_enabled: None) -> None:
    endpoint = opened(served.url, served.model, served.token)
    reply = endpoint.ask(ASKED, 60)
    assert reply.text and reply.finish in ("stop", "length")
    assert reply.ttft_seconds and reply.prompt_tokens and reply.completion_tokens
    assert endpoint.count("hello") is None


@pytest.mark.engine
def test_a_real_server_that_knows_no_json_schema_is_asked_its_way(served: Any, socket_enabled: None) -> None:
    endpoint = opened(served.url, served.model, served.token)
    question = Question(messages=(Message(role="user", content="Name a city."),), max_tokens=60, json_schema=SCHEMA)
    assert '"city"' in endpoint.ask(question, 60).text
    assert endpoint.features()["json"] == "json_object"


@pytest.mark.engine
def test_a_real_server_refuses_what_is_too_long(served: Any, socket_enabled: None) -> None:
    endpoint = opened(served.url, served.model, served.token)
    with pytest.raises(RefusedError, match="context"):
        endpoint.ask(Question(messages=(Message(role="user", content="la " * 4000),), max_tokens=8), 60)
    assert endpoint.ask(ASKED, 60).text


@pytest.mark.engine
def test_a_real_server_wants_its_token_and_its_model(served: Any, socket_enabled: None) -> None:
    found = failure(lambda: opened(served.url, served.model, "wrong")).diagnosis
    assert found.code == "unauthorized"
    assert "ADVISOR_ENDPOINT_TOKEN" in found.next_step
    assert served.token not in f"{found}" and "wrong" not in found.message
    found = failure(lambda: opened(served.url, "gpt-5", served.token)).diagnosis
    assert (found.code, found.next_step) == ("unknown-model", "It serves: smollm2.")
    assert opened(served.url, None, served.token).model == "smollm2"


# --- odd servers -----------------------------------------------------------------------------------------------


def test_rates_of_the_server_are_taken_where_it_tells_them(odd: Start) -> None:
    server = odd(lambda path, body: (200, MODELS if path.endswith("/models") else CHUNKS))
    reply = opened(server.url).ask(ASKED, 10)
    assert (reply.text, reply.finish, reply.prompt_tokens, reply.completion_tokens) == ("Hello", "stop", 5, 2)
    assert (reply.prompt_tokens_per_second, reply.generation_tokens_per_second) == (50.0, 20.0)


def test_the_token_stands_in_the_header_alone(odd: Start) -> None:
    server = odd(lambda path, body: (200, MODELS if path.endswith("/models") else CHUNKS))
    opened(server.url, token="t0k3n").ask(ASKED, 10)
    for path, body, headers in server.asked:
        assert headers["Authorization"] == "Bearer t0k3n"
        assert "t0k3n" not in path + str(body)


@pytest.mark.parametrize(
    ("routes", "given", "asked"),
    [("/v1", "", "/v1"), ("/v1", "/v1", "/v1"), ("/openai/v1", "", "/openai/v1"), ("/api", "/api", "/api")],
)
def test_routes_are_found(routes: str, given: str, asked: str, odd: Start) -> None:
    def answer(path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path == f"{routes}/models":
            return 200, MODELS
        return (200, CHUNKS) if path == f"{routes}/chat/completions" else (404, {"detail": "Not Found"})

    server = odd(answer)
    assert opened(server.url + given).ask(ASKED, 10).text == "Hello"
    assert server.asked[-1][0] == f"{asked}/chat/completions"


def test_chat_completions_are_enough(odd: Start) -> None:
    def answer(path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path != "/v1/chat/completions":
            return 404, b"nothing here"
        refused = [word for word in ("stream_options", "stream", "response_format") if word in body]
        return (400, {"error": {"message": f"unknown field: {refused[0]}"}}) if refused else (200, WHOLE)

    endpoint = opened(odd(answer).url)
    question = Question(messages=ASKED.messages, json_schema=SCHEMA)
    assert endpoint.ask(question, 10).text == "Hello"
    assert endpoint.features() == {"streams": False, "counts_tokens": False, "json": "none"}


def test_no_chat_completions_at_all(odd: Start) -> None:
    server = odd(lambda path, body: (404, b"no"))
    assert failure(lambda: opened(server.url)).diagnosis.code == "no-route"


def test_a_busy_server_is_asked_again(odd: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.engine.endpoint.WAIT", 0.01)
    states = iter([(503, {"error": {"message": "Loading model"}}), (429, b"slow down"), (200, CHUNKS)])
    server = odd(lambda path, body: (200, MODELS) if path.endswith("/models") else next(states))
    assert opened(server.url).ask(ASKED, 10).text == "Hello"


FAULTS: dict[str, tuple[str, tuple[int, Any]]] = {
    "server-error": ("server-error", (500, {"error": {"message": "CUDA error"}})),
    "redirect": ("redirect", (302, b"")),
    "busy": ("busy", (503, b"")),
    "not-json": ("garbage", (200, b"data: {broken\n\n")),
    "wrong-kinds": ("garbage", (200, [{"choices": [{"delta": {"content": "x"}}], "usage": {"prompt_tokens": "many"}}])),
    "words-alone": ("garbage", (200, [{"choices": [{"delta": "Hello"}]}])),
    "no-number": ("garbage", (200, b'data: {"choices": [], "timings": {"prompt_per_second": NaN}}\n\n')),
    "deep": ("garbage", (200, b"data: " + b"[" * 100_000 + b"\n\n")),
    "deep-refusal": ("server-error", (500, b"[" * 4_000)),
    "no-answer": ("garbage", (200, {"ok": True})),
    "flood": ("flood", (200, b"x" * (MOST_BYTES + 1))),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_its_diagnosis(name: str, odd: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.engine.endpoint.WAIT", 0.01)
    code, response = FAULTS[name]
    server = odd(lambda path, body: (200, MODELS) if path.endswith("/models") else response)
    endpoint = opened(server.url)
    assert failure(lambda: endpoint.ask(ASKED, 10)).diagnosis.code == code


@pytest.mark.parametrize("said", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"])
def test_a_server_that_speaks_no_http(said: bytes, socket_enabled: None) -> None:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            with contextlib.suppress(OSError):
                self.wfile.write(said)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = failure(lambda: opened(f"http://127.0.0.1:{server.server_address[1]}")).diagnosis
        server.shutdown()
    assert (found.code, "not HTTP" in found.message) == ("garbage", True)


def test_a_server_that_hangs(odd: Start) -> None:
    release = threading.Event()

    def answer(path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if not path.endswith("/models"):
            release.wait(10)
        return 200, MODELS

    endpoint = opened(odd(answer).url)
    found = failure(lambda: endpoint.ask(ASKED, 0.3)).diagnosis
    release.set()
    assert (found.code, "--timeout" in found.next_step) == ("hang", True)


def test_nobody_there(socket_enabled: None) -> None:
    assert failure(lambda: opened("http://127.0.0.1:1")).diagnosis.code == "unreachable"


def test_thoughts_are_told_apart(odd: Start) -> None:
    chunks = [{"choices": [{"delta": {"reasoning_content": "Hmm."}}]}, *CHUNKS]
    server = odd(lambda path, body: (200, MODELS if path.endswith("/models") else chunks))
    reply = opened(server.url).ask(ASKED, 10)
    assert (reply.text, reply.reasoning) == ("Hello", "Hmm.")


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8080", "ftp://host", "http://", "http://[bad", "http://host:abc", "http://host:99999",
        "http://user:geheim@host/v1", "ftp://user:geheim@host", "http://user:ge/heim@host",
    ],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(UserError) as raised:
        checked(url)
    assert "heim" not in str(raised.value)


def test_a_token_is_what_a_header_can_hold() -> None:
    assert [token_in(value) for value in ("", " \n", "sk-1\n")] == [None, None, "sk-1"]
    for value in ("geheim\nx", "geheim x", "geheim€"):
        with pytest.raises(UserError) as raised:
            token_in(value)
        assert "geheim" not in str(raised.value)


@pytest.mark.skipif(which("openssl") is None, reason="needs openssl to make a certificate")
def test_tls_needs_an_authority_that_is_known(tmp_path: Path, socket_enabled: None) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(certificate),
            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]  # fmt: skip
    subprocess.run(make, check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"data": [{"id": "m"}]}')

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_address[1]}"
    try:
        found = failure(lambda: Endpoint(Access(url, direct=True), "m").open(5)).diagnosis
        assert found.code == "tls" and "--ca-file" in found.next_step
        assert Endpoint(Access(url, authority=certificate, direct=True), "m").open(5).model == "m"
    finally:
        server.shutdown()
        server.server_close()
    with pytest.raises(UserError, match="--ca-file"):
        Endpoint(Access(url, authority=key), "m")
