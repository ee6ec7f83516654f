"""Where the hub is and what may be sent there, from the environment variables that huggingface_hub knows."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from advisor.errors import UserError

HOME = "https://huggingface.co"
_TRUE = {"1", "ON", "YES", "TRUE"}
_PORTS = {"http": 80, "https": 443}


class Secret:
    """A text that is never shown: not in messages, not in tracebacks, not in documents."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret(...)"

    def reveal(self) -> str:
        """Return the text, for the one header that carries it."""
        return self._value


class Settings(NamedTuple):
    """What a run needs to know about the hub; read once, before huggingface_hub is imported."""

    endpoint: str = HOME
    cache: Path = Path()
    token: Secret | None = None
    token_from: str | None = None
    """Where the token was found: the name of a variable, or of a file."""
    offline: bool = False
    timeout: float = 10.0
    """Seconds without an answer after which a request is given up."""
    ca_file: str | None = None
    """A bundle of certificates beside the system's, from variables that httpx does not read."""

    @property
    def origin(self) -> tuple[str, str, int]:
        return origin_of(self.endpoint)

    @property
    def is_mirror(self) -> bool:
        return self.origin != origin_of(HOME)

    @property
    def shown_endpoint(self) -> str:
        """Return the endpoint without a user's name and password."""
        return without_credentials(self.endpoint)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process.

    Raises:
        UserError: where `HF_ENDPOINT` is not an address, or a number is none.
    """
    env = os.environ if environment is None else environment
    endpoint = (env.get("HF_ENDPOINT") or HOME).strip().rstrip("/")
    _check_endpoint(endpoint)
    token, found = _token(env, endpoint)
    return Settings(
        endpoint=endpoint,
        cache=cache_folder(env),
        token=token,
        token_from=found,
        offline=_is_true(env, "HF_HUB_OFFLINE") or _is_true(env, "TRANSFORMERS_OFFLINE"),
        timeout=_seconds(env, "HF_HUB_DOWNLOAD_TIMEOUT") or _seconds(env, "HF_HUB_ETAG_TIMEOUT") or 10.0,
        ca_file=None if env.get("SSL_CERT_FILE") else env.get("REQUESTS_CA_BUNDLE") or env.get("CURL_CA_BUNDLE"),
    )


def home_folder(env: Mapping[str, str]) -> Path:
    """Return the folder that huggingface_hub calls `HF_HOME`."""
    base = env.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return _expanded(env.get("HF_HOME") or os.path.join(base, "huggingface"))


def cache_folder(env: Mapping[str, str]) -> Path:
    """Return the hub cache that all programs of this user share."""
    stated = env.get("HF_HUB_CACHE") or env.get("HUGGINGFACE_HUB_CACHE")
    return _expanded(stated) if stated else home_folder(env) / "hub"


def origin_of(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address: what a token may be sent to."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)


UNREADABLE = "(an address that cannot be read)"


def without_credentials(url: str) -> str:
    """Return an address without user, password, query and fragment: each may hold a secret.

    Where a password holds a `/`, `?` or `#` as it is, nobody can tell where it ends, and nothing is shown.
    """
    whole = url if "://" in url else f"//{url}"
    try:
        parts = urlsplit(whole)
    except ValueError:
        return UNREADABLE
    if "@" in whole and "@" not in parts.netloc:
        return UNREADABLE
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme else f"{host}{parts.path}"


def is_loopback(url: str) -> bool:
    """Say whether an address is on this machine."""
    host = (urlsplit(url).hostname or "").lower()
    return host in ("localhost", "::1") or host.startswith("127.")


def _check_endpoint(endpoint: str) -> None:
    try:
        scheme, host, _ = origin_of(endpoint)
    except ValueError:
        scheme, host = "", ""
    if scheme not in _PORTS or not host or re.search(r"\s", endpoint):
        raise UserError("HF_ENDPOINT is not an address; write it like https://hub.example.org")


def _token(env: Mapping[str, str], endpoint: str) -> tuple[Secret | None, str | None]:
    """Return the token that may be sent to `endpoint`: the variable's, or for the hub itself the login's."""
    if _is_true(env, "HF_HUB_DISABLE_IMPLICIT_TOKEN"):
        return None, None
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        value = env.get(name, "").strip()
        if value:
            return _checked(value, name), name
    if origin_of(endpoint) != origin_of(HOME):
        return None, None
    path = _expanded(env.get("HF_TOKEN_PATH") or str(home_folder(env) / "token"))
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None, None
    return (_checked(value, str(path)), str(path)) if value else (None, None)


def _checked(value: str, name: str) -> Secret:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise UserError(f"{name} does not hold a token: it has characters that no token has")
    return Secret(value)


def _is_true(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").upper() in _TRUE


def _seconds(env: Mapping[str, str], name: str) -> float | None:
    text = env.get(name, "").strip()
    if not text:
        return None
    if not text.isdigit() or not int(text):
        raise UserError(f"{name} is not a number of seconds: '{text}'")
    return float(text)


def _expanded(path: str) -> Path:
    return Path(os.path.expandvars(os.path.expanduser(path)))
