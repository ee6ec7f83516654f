"""Servers on loopback: a real one with the real model, and a small one that is odd in whichever way is asked."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Served(NamedTuple):
    """A running server."""

    url: str
    token: str
    model: str


@pytest.fixture(scope="session")
def served(smollm2: Path) -> Iterator[Served]:
    """Return llama-cpp-python's own server with the real model; where its parts are missing skip, but never in CI."""
    missing = [name for name in ("fastapi", "uvicorn", "sse_starlette", "pydantic_settings") if not find_spec(name)]
    if missing:
        assert not os.environ.get("CI"), f"CI needs llama-cpp-python[server]: {missing}"
        pytest.skip(f"needs llama-cpp-python[server]: {', '.join(missing)}")
    port, token = _free_port(), secrets.token_urlsafe(12)
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(smollm2), "--model_alias", "smollm2", "--port",
               str(port), "--n_ctx", "1024", "--n_threads", "1", "--api_key", token]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/v1/models", token, server)
        yield Served(f"http://127.0.0.1:{port}", token, "smollm2")
    finally:
        server.terminate()
        server.wait(20)


def _free_port() -> int:
    real = _real_socket()
    with real(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _real_socket() -> type[socket.socket]:
    import pytest_socket

    pytest_socket.enable_socket()
    return socket.socket


def _wait_for(url: str, token: str, server: subprocess.Popen[bytes]) -> None:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(request, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"the server did not start (status {server.poll()})")


Answer = Callable[[str, dict[str, Any]], tuple[int, Any]]
"""From path and body to status and what is sent: JSON, a list of events, or bytes as they are."""


class Odd:
    """A server whose every answer a test decides; it remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        odd = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, body: dict[str, Any]) -> None:
                odd.asked.append((self.path, body, dict(self.headers)))
                status, content = answer(self.path, body)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:9/v1/models")
                self.end_headers()
                if isinstance(content, list):
                    lines = [f"data: {json.dumps(event)}\n\n" for event in content]
                    content = "".join([*lines, "data: [DONE]\n\n"]).encode()
                self.wfile.write(content if isinstance(content, bytes) else json.dumps(content).encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def odd(socket_enabled: None) -> Iterator[Callable[[Answer], Odd]]:
    """Return a function that starts a server which answers as a function says."""
    started = []

    def start(answer: Answer) -> Odd:
        server = Odd(answer)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()
