"""The routes to a hub, tried one after the other, from the plainest that a mirror has to the ones that few have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

from advisor.errors import AdvisorError
from advisor.hub.doctor import Check
from advisor.hub.failures import NotTheHubError
from advisor.hub.huggingface import HuggingFace
from advisor.hub.interface import RemoteFile
from advisor.needs.units import counted

SKEW = 300
"""Seconds by which the clocks may differ before signed addresses and certificates suffer."""
LISTING = "Models of the catalog are pulled without it; a repository that the catalog does not know is not."


def probe(hub: HuggingFace, repository: str, path: str, revision: str = "main") -> Iterator[Check]:
    """Yield a check for each route: connection, clock, HEAD and GET of a file, ranges, lists, the token."""
    yield Check(id="client", verdict="pass", said=f"huggingface_hub {hub.version}")
    try:
        answer = hub.ask("HEAD", f"/{repository}/resolve/{revision}/{path}")
    except AdvisorError as error:
        yield Check(id="connection", verdict="fail", said=_first(error), remedy=_rest(error))
        return
    yield Check(
        id="connection", verdict="pass", said=f"{hub.settings.shown_endpoint} answers (HTTP {answer.status_code})"
    )
    yield _clock(answer)
    file, check = _file(hub, repository, path, revision)
    yield check
    if file is not None:
        yield _get(hub, file)
        yield _ranges(hub, file)
        yield _list(hub, file)
        yield _paths(hub, file)
    if hub.settings.token:
        yield _account(hub)


def _file(hub: HuggingFace, repository: str, path: str, revision: str) -> tuple[RemoteFile | None, Check]:
    """Ask for a file's size and hash, as a download does."""
    try:
        file = hub.stat(repository, path, revision)
    except NotTheHubError as error:
        return None, Check(id="resolve", verdict="fail", said=_first(error), remedy=_rest(error))
    except AdvisorError as error:
        remedy = (
            f"{_rest(error) or ''} Name a repository that is there: advisor doctor --repo org/name --file PATH".strip()
        )
        return None, Check(id="resolve", verdict="fail", said=_first(error), remedy=remedy)
    lacks = [name for name, value in (("size", file.size_bytes), ("hash", file.blob)) if not value]
    if lacks:
        remedy = "Files are checked against the catalog's hash alone; where it has none, nobody vouches for the bytes"
        said = f"HEAD of a file works, without {' and '.join(lacks)}"
        return file, Check(id="resolve", verdict="warn", said=said, remedy=remedy)
    return file, Check(
        id="resolve", verdict="pass", said=f"HEAD of a file names commit {file.revision[:12]}, size and hash"
    )


def _get(hub: HuggingFace, file: RemoteFile) -> Check:
    try:
        content = hub.read(file, 0, 1)
    except AdvisorError as error:
        return Check(id="get", verdict="fail", said=_first(error), remedy=_rest(error))
    if not content:
        return Check(id="get", verdict="fail", said="GET of a file sends nothing", remedy="Ask whoever runs the mirror")
    return Check(id="get", verdict="pass", said="GET of a file sends bytes")


def _ranges(hub: HuggingFace, file: RemoteFile) -> Check:
    route = f"/{file.repository}/resolve/{file.revision}/{file.path}"
    try:
        status = hub.ask("GET", route, {"Range": "bytes=1-1"}).status_code
    except AdvisorError as error:
        return Check(id="ranges", verdict="warn", said=_first(error), remedy=_rest(error))
    if status == 206:
        return Check(id="ranges", verdict="pass", said="downloads continue where they broke off (ranges)")
    remedy = "A broken download starts again; 'advisor inspect' of a hub file reads the file from its start"
    return Check(id="ranges", verdict="warn", said=f"no ranges (HTTP {status})", remedy=remedy)


def _list(hub: HuggingFace, file: RemoteFile) -> Check:
    try:
        count = len(hub.listing(file.repository, file.revision))
    except AdvisorError as error:
        return Check(id="list", verdict="warn", said=f"no list of a repository: {_first(error)}", remedy=LISTING)
    return Check(id="list", verdict="pass", said=f"a repository can be listed ({counted(count, 'file')})")


def _paths(hub: HuggingFace, file: RemoteFile) -> Check:
    route = f"/api/models/{file.repository}/paths-info/{file.revision}"
    try:
        status = hub.ask("POST", route, form={"paths": [file.path], "expand": False}).status_code
    except AdvisorError as error:
        return Check(id="paths-info", verdict="warn", said=_first(error), remedy=_rest(error))
    if status == 200:
        return Check(id="paths-info", verdict="pass", said="hashes can be asked for apart from the file")
    said = f"no route for hashes apart from the file (HTTP {status})"
    return Check(id="paths-info", verdict="warn", said=said, remedy="HEAD has to tell the hash; most mirrors do")


def _account(hub: HuggingFace) -> Check:
    try:
        status = hub.ask("GET", "/api/whoami-v2").status_code
    except AdvisorError as error:
        return Check(id="account", verdict="warn", said=_first(error), remedy=_rest(error))
    if status == 200:
        return Check(id="account", verdict="pass", said="the token is accepted")
    if status in (401, 403):
        remedy = f"Make a new token and set HF_TOKEN (now from {hub.settings.token_from})"
        return Check(id="account", verdict="fail", said=f"the token is not accepted (HTTP {status})", remedy=remedy)
    said = f"whether the token is accepted cannot be asked here (HTTP {status})"
    return Check(id="account", verdict="skip", said=said)


def _clock(answer: Any) -> Check:
    """Compare this machine's clock with the server's."""
    from datetime import UTC, datetime

    with suppress(TypeError, ValueError):
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
        seconds = int(abs((datetime.now(UTC) - theirs).total_seconds()))
        if seconds > SKEW:
            remedy = "Set the clock (NTP): certificates and signed addresses depend on it"
            return Check(id="clock", verdict="warn", said=f"differs from the server's by {seconds} s", remedy=remedy)
        return Check(id="clock", verdict="pass", said="agrees with the server's")
    return Check(id="clock", verdict="skip", said="the server does not tell its time")


def _first(error: AdvisorError) -> str:
    """Return the sentence that says what is the matter."""
    return str(error).split(". ")[0].rstrip(".")


def _rest(error: AdvisorError) -> str | None:
    """Return the sentences that say what to do."""
    return (
        ". ".join(str(error).split(". ")[1:]).replace("'advisor doctor' names the failing route.", "").strip() or None
    )
