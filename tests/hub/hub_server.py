"""A hub of a few routes on loopback, which can be as slow, broken or false as a test wants it to be."""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

COMMIT = "c0ffee" * 6 + "c0ff"
CHUNK = 1 << 16


class Seen(NamedTuple):
    """A request as the server saw it."""

    method: str
    path: str
    headers: dict[str, str]


Answer = Callable[["Handler"], bool]
"""Answers in the server's place: True where it has."""


class Hub(ThreadingHTTPServer):
    """Serves `files` (path in any repository to content) at `COMMIT`; each fault is an attribute."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes | Path], certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.seen: list[Seen] = []
        self.answers: list[Answer] = []
        """Asked first, in order, for every request."""
        self.ranges = True
        self.tells_commit = self.tells_hash = self.tells_size = True
        self.lists = True
        self.bytes_a_second: float | None = None
        self.cut_after: list[int] = []
        """Bytes after which the next bodies are cut off, one each."""
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.scheme = "https"
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what the tests are about."""

    def gets(self, ending: str) -> list[Seen]:
        """Return the GET requests for files with this ending."""
        return [seen for seen in self.seen if seen.method == "GET" and seen.path.endswith(ending)]


class Handler(BaseHTTPRequestHandler):
    """The routes: HEAD and GET of a file, the list of a repository, hashes by path."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._any()

    def do_GET(self) -> None:
        self._any()

    def do_POST(self) -> None:
        self._any()

    def reply(self, status: int, body: bytes = b"", **headers: str) -> bool:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return True

    def _any(self) -> None:
        self.server.seen.append(Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        if any(answer(self) for answer in self.server.answers):
            return
        if match := re.fullmatch(r"/[^/]+/[^/]+/resolve/([^/]+)/(.+)", self.path):
            self._file(match[1], match[2])
        elif re.fullmatch(r"/api/models/[^/]+/[^/]+/revision/[^/]+", self.path) and self.server.lists:
            listed = [{"rfilename": name} for name in self.server.files]
            self.reply(200, json.dumps({"id": "acme/x", "sha": COMMIT, "siblings": listed}).encode())
        elif re.fullmatch(r"/api/models/[^/]+/[^/]+/paths-info/[^/]+", self.path) and self.server.lists:
            asked = parse_qs(self.body.decode()).get("paths", [])
            self.reply(200, json.dumps([self._info(name) for name in asked if name in self.server.files]).encode())
        else:
            self.reply(404, b'{"error": "no such route"}')

    def _content(self, path: str) -> bytes | None:
        content = self.server.files.get(path)
        return content.read_bytes() if isinstance(content, Path) else content

    def _info(self, path: str) -> dict[str, Any]:
        content = self._content(path) or b""
        digest = hashlib.sha256(content).hexdigest()
        lfs = {"oid": digest, "size": len(content), "pointerSize": 130}
        return {"type": "file", "path": path, "size": len(content), "oid": "0" * 40, "lfs": lfs}

    def _file(self, revision: str, path: str) -> None:
        server, content = self.server, self._content(path)
        if revision not in ("main", COMMIT):
            self.reply(404, X_Error_Code="RevisionNotFound")
        elif content is None:
            self.reply(404, X_Error_Code="EntryNotFound", X_Repo_Commit=COMMIT)
        else:
            start, end = self._span(len(content))
            body = content[start:end]
            headers = {"Content-Length": str(len(body)), "Content-Type": "application/octet-stream"}
            if server.tells_commit:
                headers["X-Repo-Commit"] = COMMIT
            digest = hashlib.sha256(content).hexdigest() if server.tells_hash else "opaque-1"
            headers["ETag"] = f'"{digest}"'
            if not server.tells_size and self.command == "HEAD":
                del headers["Content-Length"]
            if len(body) < len(content):
                headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
            self.send_response(206 if len(body) < len(content) else 200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self._send(body)

    def _span(self, size: int) -> tuple[int, int]:
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not match or not self.server.ranges:
            return 0, size
        return int(match[1]), min(int(match[2]) + 1 if match[2] else size, size)

    def _send(self, body: bytes) -> None:
        cut = self.server.cut_after.pop(0) if self.server.cut_after and len(body) > CHUNK else None
        for at in range(0, len(body), CHUNK):
            if cut is not None and at >= cut:
                self.close_connection = True
                self.connection.close()
                return
            self.wfile.write(body[at : at + CHUNK])
            if self.server.bytes_a_second:
                time.sleep(CHUNK / self.server.bytes_a_second)
