"""Proxies and certificates on the way to a hub: what gets through, and what is said where nothing does."""

from __future__ import annotations

import base64
import http.server
import select
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hub_files import FILES
from hub_server import Hub

NAME = "tiny-Q8_0.gguf"
TOKEN = "hf_verysecrettokenvalue"
PULL = ("pull", "tiny", "--ram", "16GiB", "--format", "json")


def _closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# --- proxies ------------------------------------------------------------------------------------------------


class _Proxy(socketserver.ThreadingTCPServer):
    """A proxy that passes plain requests and tunnels on, and asks for a password where it has one."""

    daemon_threads = allow_reuse_address = True

    def __init__(self, password: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.password = password
        self.passed: list[str] = []
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Passing(http.server.BaseHTTPRequestHandler):
    server: _Proxy

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _admitted(self) -> bool:
        due = self.server.password and base64.b64encode(self.server.password.encode()).decode()
        if due and self.headers.get("Proxy-Authorization") != f"Basic {due}":
            self.send_error(407, "Proxy Authentication Required")
            return False
        self.server.passed.append(f"{self.command} {self.path}")
        return True

    def do_CONNECT(self) -> None:
        if not self._admitted():
            return
        host, _, port = self.path.partition(":")
        with socket.create_connection((host, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            pair = {self.connection: there, there: self.connection}
            while True:
                for ready in select.select(list(pair), [], [], 10)[0]:
                    data = ready.recv(1 << 16)
                    if not data:
                        return
                    pair[ready].sendall(data)

    def do_GET(self) -> None:
        if not self._admitted():
            return
        with httpx2.Client(trust_env=False) as client:
            sent = {k: v for k, v in self.headers.items() if not k.lower().startswith("proxy")}
            answer = client.request(self.command, self.path, headers=sent)
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content)

    do_HEAD = do_GET


@pytest.fixture
def proxy() -> Iterator[_Proxy]:
    running = _Proxy()
    yield running
    running.shutdown()
    running.server_close()


def test_through_a_proxy(proxy: _Proxy, hub: Hub, advisor: Any, own: Path) -> None:
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url, HTTP_PROXY=f"http://{proxy.address}")
    assert ran.exit_code == 0, ran.stderr
    assert len(proxy.passed) == len(hub.seen) >= 4


def test_around_a_proxy(proxy: _Proxy, hub: Hub, advisor: Any, own: Path) -> None:
    around = {"HTTP_PROXY": f"http://{proxy.address}", "NO_PROXY": "127.0.0.1"}
    assert advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url, **around).exit_code == 0
    assert proxy.passed == []


def test_a_proxy_that_wants_a_password(proxy: _Proxy, hub: Hub, advisor: Any, own: Path) -> None:
    proxy.password = "me:geheim"
    refused = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url, HTTP_PROXY=f"http://{proxy.address}")
    assert refused.exit_code == 4
    assert "the proxy asks for a user and a password" in refused.stderr
    named = f"http://me:geheim@{proxy.address}"
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url, HTTP_PROXY=named)
    assert ran.exit_code == 0
    assert "geheim" not in ran.stdout + ran.stderr


def test_a_proxy_that_is_not_there(hub: Hub, advisor: Any, own: Path) -> None:
    port = _closed_port()
    proxy = f"http://user:geheim@127.0.0.1:{port}"
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=hub.url, HTTP_PROXY=proxy)
    assert ran.exit_code == 4
    assert f"{hub.url} through the proxy http://127.0.0.1:{port} failed" in ran.stderr


# --- certificates -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a key with a certificate that it signed itself, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    line = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out",
            "cert.pem"]  # fmt: skip
    subprocess.run(line, cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


@pytest.fixture
def secure(certificate: Path) -> Iterator[Hub]:
    serving = Hub(dict(FILES), certificate)
    yield serving
    serving.stop()


def test_a_certificate_that_nobody_vouches_for(secure: Hub, advisor: Any, own: Path) -> None:
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=secure.url)
    assert ran.exit_code == 4
    assert "set SSL_CERT_FILE to its bundle of authorities" in ran.stderr
    assert secure.seen == []


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_certificate_of_the_house(variable: str, secure: Hub, certificate: Path, advisor: Any, own: Path) -> None:
    trusted = {variable: str(certificate.with_name("cert.pem"))}
    assert advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=secure.url, **trusted).exit_code == 0


def test_a_certificate_of_the_house_behind_a_proxy(
    secure: Hub, proxy: _Proxy, certificate: Path, advisor: Any, own: Path
) -> None:
    around = {"SSL_CERT_FILE": str(certificate.with_name("cert.pem")), "HTTPS_PROXY": f"http://{proxy.address}"}
    assert advisor(*PULL, "--catalog", str(own), HF_ENDPOINT=secure.url, **around).exit_code == 0
    assert {line.split()[0] for line in proxy.passed} == {"CONNECT"}


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_bundle_that_cannot_be_read(content: bytes | None, advisor: Any, own: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT="https://127.0.0.1:9", SSL_CERT_FILE=str(bundle))
    assert ran.exit_code == 4
    assert f"the certificates of {bundle} cannot be read" in ran.stderr


@pytest.mark.parametrize("address", ["http://me:ge/heim@proxy:1", "http://me:ge#heim@proxy:1", "gopher://geheim:1"])
def test_an_address_of_a_proxy_that_cannot_be_read(address: str, advisor: Any, own: Path) -> None:
    ran = advisor(*PULL, "--catalog", str(own), HF_ENDPOINT="https://hub.example.org", HTTPS_PROXY=address)
    assert ran.exit_code == 4
    assert "the address of a proxy in the environment" in ran.stderr
    assert "heim" not in ran.stderr
