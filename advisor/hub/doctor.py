"""What works here and what to do about the rest (`advisor.doctor/1`): each route to the hub, one after the other."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import msgspec

from advisor.errors import AdvisorError
from advisor.hub.cache import free_bytes
from advisor.hub.lock import find_lock, read_lock
from advisor.hub.settings import UNREADABLE, Settings, is_loopback, without_credentials
from advisor.needs.units import counted, format_size

SCHEMA = "advisor.doctor/1"
LITTLE_ROOM = 10 << 30
"""Free bytes below which most models do not fit."""
Answer = Literal["pass", "warn", "fail", "skip"]


class Check(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was looked at; `remedy` is what to do where it is not well."""

    id: str
    verdict: Answer
    said: str
    remedy: str | None = None


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All checks, in the order in which they build on each other."""

    schema: str = msgspec.field(name="schema")
    version: str
    endpoint: str
    repository: str
    verdict: Literal["pass", "warn", "fail"]
    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """Return 0 if nothing fails; a warning is none."""
        return 1 if self.verdict == "fail" else 0


def examine(
    settings: Settings, repository: str, path: str, probes: Callable[[], Iterator[Check]],
    catalog: Callable[[], str], environment: Mapping[str, str] = os.environ,
) -> Diagnosis:  # fmt: skip
    """Look at everything: first what needs no network, then the routes (`probes`) unless they are turned off."""
    from advisor import __version__

    checks = [*_local(catalog), *_settings(settings, environment)]
    if settings.offline:
        remedy = "Unset HF_HUB_OFFLINE to fetch models, or carry them in: advisor bundle import"
        checks.append(
            Check(id="offline", verdict="warn", said="HF_HUB_OFFLINE is set: no route was tried", remedy=remedy)
        )
    else:
        checks += probes()
    verdicts = {check.verdict for check in checks}
    worst: Literal["pass", "warn", "fail"] = "fail" if "fail" in verdicts else "warn" if "warn" in verdicts else "pass"
    return Diagnosis(
        schema=SCHEMA, version=__version__, endpoint=settings.shown_endpoint, repository=f"{repository}/{path}",
        verdict=worst, checks=tuple(checks),
    )  # fmt: skip


def _local(catalog: Callable[[], str]) -> Iterator[Check]:
    """Look at the program itself, the catalog, the engine and the lock."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield Check(id="python", verdict="pass", said=f"Python {python} on {sys.platform}")
    try:
        yield Check(id="catalog", verdict="pass", said=catalog())
    except AdvisorError as error:
        yield Check(id="catalog", verdict="fail", said=str(error).splitlines()[0], remedy="advisor catalog lint")
    yield _engine()
    yield _lock()


def _engine() -> Check:
    if find_spec("llama_cpp") is None:
        return Check(
            id="engine", verdict="warn",
            said="llama-cpp-python is not installed: no smoke tests, computed memory plans",
            remedy="pip install 'local-model-advisor[engine]'",
        )  # fmt: skip
    from importlib.metadata import version

    return Check(id="engine", verdict="pass", said=f"llama-cpp-python {version('llama-cpp-python')}")


def _lock() -> Check:
    path = find_lock()
    if path is None:
        return Check(id="lock", verdict="pass", said="no advisor.lock here or above; 'advisor pull' writes one")
    try:
        count = len(read_lock(path).models)
    except AdvisorError as error:
        remedy = "Mend the line, or take the file back from version control"
        return Check(id="lock", verdict="fail", said=str(error).splitlines()[0], remedy=remedy)
    return Check(
        id="lock", verdict="pass", said=f"{path}: {counted(count, 'model')}; 'advisor verify' checks their files"
    )


def _settings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Check]:
    """Look at what the environment says: endpoint, proxies, certificates, token, cache."""
    yield _endpoint(settings)
    yield _proxy(settings, environment)
    yield _certificates(settings, environment)
    yield _token(settings)
    yield _cache(settings.cache)
    yield Check(
        id="privacy", verdict="pass",
        said="telemetry, update checks and Xet are off; the token goes to the endpoint's host alone",
    )  # fmt: skip


def _endpoint(settings: Settings) -> Check:
    kind = "a mirror (HF_ENDPOINT)" if settings.is_mirror else "the Hugging Face Hub"
    said = f"{settings.shown_endpoint}, {kind}"
    if settings.endpoint.startswith("http://") and not is_loopback(settings.endpoint):
        verdict: Answer = "fail" if settings.token else "warn"
        also = ", and the token would go over it in the clear" if settings.token else ""
        remedy = "Use an https:// address in HF_ENDPOINT"
        return Check(id="endpoint", verdict=verdict, said=f"{said}: not encrypted{also}", remedy=remedy)
    return Check(id="endpoint", verdict="pass", said=said)


def _proxy(settings: Settings, environment: Mapping[str, str]) -> Check:
    found = {n: v for n, v in environment.items() if n.lower() in ("https_proxy", "http_proxy", "all_proxy") and v}
    around = environment.get("NO_PROXY") or environment.get("no_proxy")
    if not found:
        return Check(id="proxy", verdict="pass", said="none is set")
    shown = {name: without_credentials(value) for name, value in sorted(found.items())}
    told = ", ".join(f"{name}={address}" for name, address in shown.items())
    told += f"; NO_PROXY={around}" if around else ""
    wrong = {name: "is no address" for name, address in shown.items() if address == UNREADABLE}
    wrong |= {name: "has no scheme" for name, value in found.items() if "://" not in value}
    for name, why in wrong.items():
        remedy = f"Write {name} like http://proxy.example.org:3128; in a password, write / as %2F, # as %23, @ as %40"
        return Check(id="proxy", verdict="fail", said=f"{told}: {name} {why}", remedy=remedy)
    return Check(id="proxy", verdict="pass", said=told)


def _certificates(settings: Settings, environment: Mapping[str, str]) -> Check:
    named = [n for n in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if environment.get(n)]
    for name in named:
        if not os.path.exists(environment[name]):
            remedy = f"Name a PEM file in {name}, or unset it"
            return Check(id="ca", verdict="fail", said=f"{name}={environment[name]} is not there", remedy=remedy)
    if not named:
        return Check(id="ca", verdict="pass", said="the system's certificates")
    return Check(id="ca", verdict="pass", said=", ".join(f"{n}={environment[n]}" for n in named))


def _token(settings: Settings) -> Check:
    if settings.token:
        return Check(id="token", verdict="pass", said=f"one from {settings.token_from} (never shown)")
    said = "none; enough for all that is public and not gated"
    if settings.is_mirror:
        said += ". A login at the Hub is not used for a mirror: set HF_TOKEN if it wants one"
    return Check(id="token", verdict="pass", said=said)


def _cache(folder: Path) -> Check:
    free = free_bytes(folder)
    said = f"{folder}: {format_size(free)} free"
    if not _writable(folder):
        remedy = "Name a folder of yours in HF_HUB_CACHE, or use --to FOLDER"
        return Check(id="cache", verdict="fail", said=f"{said}, but nothing can be written there", remedy=remedy)
    if free < LITTLE_ROOM:
        remedy = "Make room, or name another disk in HF_HUB_CACHE"
        return Check(id="cache", verdict="warn", said=f"{said}: most models need more", remedy=remedy)
    return Check(id="cache", verdict="pass", said=said)


def _writable(folder: Path) -> bool:
    """Say whether a file can be made in a folder, or in the nearest one above that exists; none is left."""
    import tempfile

    place = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False
