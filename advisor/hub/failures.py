"""What stands between us and the hub, each with the step that mends it."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from advisor.errors import AdvisorError, ExternalError
from advisor.hub.settings import HOME, Settings, origin_of, without_credentials

DOCTOR = "'advisor doctor' names the failing route."
MANY_SECONDS = 60
"""Seconds of waiting asked by a hub beyond which we give up and say so."""


class UnverifiedError(AdvisorError):
    """Bytes that are not the ones they should be."""

    exit_code = 1


class UnreachableError(ExternalError):
    """The hub did not answer; the same call may work later."""


class NotTheHubError(ExternalError):
    """Something answered that is no hub: a login page of the network, a proxy, a wrong address."""

    def __init__(self, settings: Settings, seen: str) -> None:
        super().__init__(
            f"{settings.shown_endpoint} does not answer as a hub does: {seen}. A login page of the network, a "
            f"filter or a wrong HF_ENDPOINT does that. Open the address in a browser, sign in to the network, "
            f"or correct HF_ENDPOINT. {DOCTOR}"
        )


class BusyError(ExternalError):
    """The hub asks to wait for longer than anybody would watch, or again and again; 0 seconds: it does not say."""

    def __init__(self, settings: Settings, seconds: int) -> None:
        token = "" if settings.token else " A token (HF_TOKEN) raises the limit."
        pause = f"{seconds} s of pause" if seconds else "a pause"
        super().__init__(
            f"{settings.shown_endpoint} limits how often it may be asked and wants {pause}. "
            f"Run the same command again after that; it continues.{token}"
        )


def pause_of(headers: Any) -> int:
    """Return the seconds for which a server asks to be left alone; 0 where it does not say."""
    with suppress(ValueError):
        return int(headers.get("retry-after", ""))
    for part in headers.get("ratelimit", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == "t" and value.isdigit():
            return int(value)
    return 0


def told(error: Exception, what: str, settings: Settings) -> AdvisorError:
    """Return what an error of huggingface_hub or httpx means for `what` (a file or repository), with a remedy."""
    if isinstance(error, AdvisorError):
        return error
    response = getattr(error, "response", None)
    if response is not None:
        return _answered(error, response, what, settings)
    return _unanswered(error, what, settings)


def _answered(error: Exception, response: Any, what: str, settings: Settings) -> AdvisorError:
    """Tell of an answer that says no."""
    status, where = int(response.status_code), settings.shown_endpoint
    code, repository = response.headers.get("X-Error-Code", ""), "/".join(what.split("/")[:2])
    if code == "GatedRepo" or type(error).__name__ == "GatedRepoError":
        return ExternalError(_gated(repository, settings))
    if code == "EntryNotFound":
        return ExternalError(
            f"{what} is not in that revision of its repository on {where}. Ask for another revision or quantization."
        )
    if code == "RevisionNotFound":
        return ExternalError(
            f"{repository} has no such revision on {where}. Name another with --revision, for example main."
        )
    if code == "RepoNotFound" or status == 404:
        return ExternalError(_missing(repository, what, settings))
    if status == 401:
        return ExternalError(_unauthorized(repository, settings))
    if status == 403:
        said = _said(response)
        return ExternalError(f"{where} forbids {what}{said}. The token needs the right to read it. {DOCTOR}")
    if status == 407:
        return ExternalError(_proxy_login(settings))
    if status == 429:
        return BusyError(settings, pause_of(response.headers))
    if status >= 500:
        return UnreachableError(f"{where} fails with status {status} for {what}. Try again later; {DOCTOR}")
    return ExternalError(f"{where} answers {what} with status {status}{_said(response)}. {DOCTOR}")


def _gated(repository: str, settings: Settings) -> str:
    page = f"{HOME}/{repository}"
    have = (
        f"The token in {settings.token_from} belongs to an account that has not accepted them."
        if settings.token
        else f"Then make a token at {HOME}/settings/tokens and set HF_TOKEN to it."
    )
    return f"{repository} is gated: sign in at {page} and accept its terms. {have} Then run the same command again."


def _missing(repository: str, what: str, settings: Settings) -> str:
    hint = (
        f"The mirror may not hold it: ask whoever runs it, or unset HF_ENDPOINT to ask {HOME}."
        if settings.is_mirror
        else "Check the name. A private repository looks the same without a token that may read it (HF_TOKEN)."
    )
    return f"{settings.shown_endpoint} has no {repository if '/' in what else what}. {hint}"


def _unauthorized(repository: str, settings: Settings) -> str:
    if settings.token:
        return (
            f"{settings.shown_endpoint} does not accept the token in {settings.token_from} for {repository}: it is "
            f"wrong, has expired, or may not read it. Make a new one and set HF_TOKEN."
        )
    return (
        f"{settings.shown_endpoint} asks for a token for {repository}, or the repository does not exist. "
        f"Check the name, and set HF_TOKEN where it is private."
    )


def _proxy_login(settings: Settings) -> str:
    return (
        "the proxy asks for a user and a password (status 407). Write them into HTTPS_PROXY "
        "(http://user:password@host:port), or name the hub in NO_PROXY where it needs no proxy. " + DOCTOR
    )


def _unanswered(error: Exception, what: str, settings: Settings) -> AdvisorError:
    """Tell of a connection that was not made or broke."""
    kind, text, where = type(error).__name__, cleaned(str(error)), _asked(error, settings)
    if kind == "TooManyRedirects":
        return NotTheHubError(settings, "it sends from one address to another without an end")
    if kind == "OfflineModeIsEnabled":
        return ExternalError(f"HF_HUB_OFFLINE is set, so nothing is asked of {where}. Unset it to fetch {what}.")
    if "407" in text and "roxy" in f"{kind}{text}":
        return ExternalError(_proxy_login(settings))
    if kind == "ProxyError":
        return UnreachableError(
            f"the proxy does not let us through to {where}: {text}. Check HTTPS_PROXY and NO_PROXY."
        )
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return ExternalError(
            f"the certificate of {where} cannot be checked: {text}. Where your network replaces certificates, set "
            f"SSL_CERT_FILE to its bundle of authorities (PEM). {DOCTOR}"
        )
    if "SSL" in text or "TLS" in text:
        return ExternalError(f"no secure connection to {where}: {text}. Check HF_ENDPOINT (http or https). {DOCTOR}")
    if re.search(r"Name or service not known|getaddrinfo|nodename|No address", text):
        return UnreachableError(
            f"the name of {where} cannot be resolved. Check the network; behind a proxy set HTTPS_PROXY; for a "
            f"mirror set HF_ENDPOINT. {DOCTOR}"
        )
    if "Timeout" in kind:
        return UnreachableError(
            f"{where} did not answer in {settings.timeout:g} s for {what}. Run the same command again; it continues. "
            f"HF_HUB_DOWNLOAD_TIMEOUT sets the time. {DOCTOR}"
        )
    return UnreachableError(
        f"the connection to {where} failed for {what}: {text or kind}. Run the same command again; it continues. "
        + DOCTOR
    )


def _asked(error: Exception, settings: Settings) -> str:
    """Return which server did not answer: the endpoint, or one that it sent us to, and the proxy on the way."""
    url, where = settings.endpoint, settings.shown_endpoint
    with suppress(AttributeError, RuntimeError, ValueError):  # httpx knows the request of most errors
        url = str(error.request.url)  # type: ignore[attr-defined]
    scheme, host, port = origin_of(url)
    if (scheme, host, port) != settings.origin:
        where = f"{scheme}://{host}:{port} (where {where} sends us)"
    return where + _through(scheme, host)


def _through(scheme: str, host: str) -> str:
    """Name the proxy that the environment puts before a server, if there is one."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    return f" through the proxy {without_credentials(proxy)}" if proxy and not proxy_bypass(host) else ""


def _said(response: Any) -> str:
    """Return the hub's own words, without secrets and not more than a line."""
    text = cleaned(response.headers.get("X-Error-Message", ""))
    return f" ({text})" if text else ""


def cleaned(text: str) -> str:
    """Return one line without what an address may carry: names, passwords and signatures."""
    line = " ".join(text.split())[:300]
    return re.sub(r"https?://\S+", lambda match: without_credentials(match[0]), line)
