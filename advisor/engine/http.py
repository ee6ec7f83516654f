"""Requests to a model server: TLS with an own authority, a token that stays in its header, limits of time and size."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from advisor.engine.diagnosis import fault
from advisor.errors import UserError

MOST_BYTES = 16 * 1024**2
"""What one answer may be."""
TOKEN = "ADVISOR_ENDPOINT_TOKEN"
"""The variable of the environment that holds the token."""


class HttpError(Exception):
    """The server answered with a status that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"status {status}: {message}")
        self.status = status
        self.message = message


class Access(NamedTuple):
    """How to reach a server: base address, token, file of a certificate authority."""

    url: str
    token: str | None = None
    authority: Path | None = None
    direct: bool = False
    """Whether proxies of the environment are passed by."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could carry the token elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Http:
    """Speaks to one server."""

    def __init__(self, access: Access) -> None:
        self.access = access
        handlers: list[Any] = [_NoRedirect(), urllib.request.HTTPSHandler(context=_context(access.authority))]
        if access.direct:
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def json(self, path: str, body: Any = None, seconds: float = 30.0) -> Any:
        """Return the JSON that a request is answered with: a GET without `body`, else a POST.

        Raises:
            HttpError: where the server says no.
            EngineFailure: where it cannot be reached, takes too long, or answers no JSON.
        """
        content = b"".join(self._blocks(path, body, seconds))
        try:
            return json.loads(content, parse_constant=_no_json)
        except (ValueError, RecursionError):
            raise fault(
                "garbage", f"{self._where(path)} answers no JSON", "Is this the address of a model server?"
            ) from None

    def events(self, path: str, body: Any, seconds: float) -> Iterator[Any]:
        """Yield the data of server-sent events until the server says that it is done.

        Raises:
            HttpError: where the server says no.
            EngineFailure: where it cannot be reached, takes too long, or sends something else.
        """
        waiting = b""
        for block in self._blocks(path, body, seconds):
            *lines, waiting = (waiting + block).split(b"\n")
            for line in lines:
                data = line.strip()
                if not data.startswith(b"data:"):
                    continue
                text = data.removeprefix(b"data:").strip()
                if text == b"[DONE]":
                    return
                try:
                    yield json.loads(text, parse_constant=_no_json)
                except (ValueError, RecursionError):
                    raise fault("garbage", f"{self._where(path)} streams something that is not JSON") from None

    def _blocks(self, path: str, body: Any, seconds: float) -> Iterator[bytes]:
        """Yield what the server sends as it comes."""
        ends, total = time.monotonic() + seconds, 0
        request = urllib.request.Request(self.access.url.rstrip("/") + path, headers=self._headers())
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(request, timeout=max(seconds, 0.1)) as answer:
                while block := answer.read1(65536):
                    total += len(block)
                    if total > MOST_BYTES:
                        raise fault("flood", f"{self._where(path)} sent more than an answer can be")
                    if time.monotonic() > ends:
                        raise TimeoutError
                    yield block
        except urllib.error.HTTPError as error:
            with error:
                raise HttpError(error.code, _told(error)) from None
        except http.client.HTTPException:
            step = "Is this the address of a model server?"
            raise fault("garbage", f"{self._where(path)} answers something that is not HTTP", step) from None
        except (TimeoutError, urllib.error.URLError, OSError, ValueError) as error:
            raise self._unreachable(path, error, seconds) from None

    def _headers(self) -> dict[str, str]:
        authorization = {"Authorization": f"Bearer {self.access.token}"} if self.access.token else {}
        return {"Accept": "application/json, text/event-stream", "User-Agent": "advisor", **authorization}

    def _where(self, path: str) -> str:
        return self.access.url.rstrip("/") + path

    def _unreachable(self, path: str, error: Exception, seconds: float) -> Exception:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        where = self._where(path)
        if isinstance(reason, TimeoutError | socket.timeout):
            return fault("hang", f"{where} did not answer within {seconds:.0f} s", "Give it more time with --timeout.")
        if isinstance(reason, ssl.SSLCertVerificationError):
            step = "Name the file of your authority with --ca-file, or set SSL_CERT_FILE."
            return fault("tls", f"{where}: the certificate is not accepted ({reason.verify_message})", step)
        if isinstance(reason, ssl.SSLError):
            return fault("tls", f"{where}: no TLS is spoken there ({reason.reason})", "Is it an http:// address?")
        return fault(
            "unreachable", f"{where} cannot be reached: {reason}", "Is the server running, and the address right?"
        )


def _no_json(word: str) -> None:
    """Refuse `NaN` and `Infinity`, which Python writes and no other program reads: no figure may be one."""
    raise ValueError(word)


def checked(url: str) -> str:
    """Return an address without a slash at its end.

    Raises:
        UserError: where it is none, or holds a password.
    """
    if "@" in url:
        raise UserError(f"no passwords in addresses; set {TOKEN} to the token of the server")
    try:
        parts = urlsplit(url)
        readable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        readable = False
    if not readable:
        raise UserError(
            f"'{url}' is not the address of a server; write it like http://127.0.0.1:8080 or https://host/v1"
        )
    return url.rstrip("/")


def token_in(value: str) -> str | None:
    """Return a token as it stands in a variable, without blanks around it; None where there is none.

    Raises:
        UserError: where it holds what no header can; it is not shown.
    """
    token = value.strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UserError(f"{TOKEN} does not hold a token: it has characters that no token has")
    return token or None


def _context(authority: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(authority) if authority else None)
    except (OSError, ssl.SSLError) as error:
        raise UserError(f"--ca-file {authority}: no certificate can be read ({error})") from None


def _told(error: urllib.error.HTTPError) -> str:
    """Return what a server says in refusing: OpenAI's `error.message`, FastAPI's `detail`, or plain text."""
    text = error.read(4096).decode("utf-8", "replace")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return " ".join(text.split())[:300] or str(error.reason)
    found = data.get("error", data.get("detail", data)) if isinstance(data, dict) else data
    if isinstance(found, dict):
        found = found.get("message", found)
    return str(found)[:300]
