"""The hub as huggingface_hub reaches it: imported late, without telemetry, the token kept to the one server."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, TypeVar

from advisor import __version__
from advisor.errors import ExternalError
from advisor.hub.failures import MANY_SECONDS, BusyError, NotTheHubError, UnreachableError, cleaned, pause_of, told
from advisor.hub.interface import COMMIT, SHA256, RemoteFile, Sink, check_path, check_repository
from advisor.hub.settings import Settings, origin_of

T = TypeVar("T")
WAITS = (1.0, 2.0, 4.0)
"""Seconds before each further attempt where a server fails or a connection breaks."""
CHUNK = 1 << 20
"""Bytes after which what has come is on the disk: a connection that breaks loses no more (huggingface_hub: 10 MB)."""
_QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_SYMLINKS_WARNING": "1",
    "HF_HUB_DISABLE_XET": "1",
}
"""Read by huggingface_hub when it is imported, so they are set before."""


class HuggingFace:
    """A hub behind `settings.endpoint`; close it when done.

    `transport` takes the place of the network in tests; `note` is told what huggingface_hub would log.
    """

    def __init__(
        self,
        settings: Settings,
        note: Callable[[str], None] | None = None,
        transport: Any = None,
        waits: tuple[float, ...] | None = None,
    ) -> None:
        self.settings = settings
        self.waits = WAITS if waits is None else waits
        self._library = _imported(settings)
        self._log = _Log(note) if note else None
        logger = logging.getLogger("huggingface_hub")
        logger.setLevel(logging.WARNING)
        logger.propagate = False
        logger.handlers[:] = [self._log] if self._log else [logging.NullHandler()]
        self._library.set_client_factory(lambda: _client(settings, transport))

    def close(self) -> None:
        """Close every connection."""
        self._library.close_session()

    def stat(self, repository: str, path: str, revision: str) -> RemoteFile:
        """Return what the hub says of one file: one HEAD request, all that a poor mirror answers.

        Raises:
            ExternalError: where the hub does not know it or cannot be reached, with the next step.
        """
        check_repository(repository)
        what = f"{repository}/{check_path(path)}"

        def ask() -> Any:
            return self._library.get_hf_file_metadata(
                self._url(repository, path, revision),
                token=self._token,
                timeout=self.settings.timeout,
                endpoint=self.settings.endpoint,
                **_NAMED,
            )

        found = self._asked(ask, what)
        commit = found.commit_hash or (revision if COMMIT.match(revision) and found.etag else None)
        if commit is None or not COMMIT.match(commit):
            raise NotTheHubError(self.settings, f"its answer for {what} does not name a commit")
        etag = found.etag or ""
        sha256 = etag if SHA256.match(etag) else None
        git_sha1 = etag if COMMIT.match(etag) else None
        size = found.size
        if not sha256 and not git_sha1:
            size, sha256 = self._told_elsewhere(repository, path, commit, size)
        return RemoteFile(
            repository=repository, revision=commit, path=path, size_bytes=size, sha256=sha256, git_sha1=git_sha1
        )

    def _told_elsewhere(
        self, repository: str, path: str, commit: str, size: int | None
    ) -> tuple[int | None, str | None]:
        """Return size and sha256 of a file whose HEAD lacks the hash, from the route that has it, if there is one."""
        api = self._library.HfApi(endpoint=self.settings.endpoint, token=self._token, **_NAMED)
        with suppress(Exception):  # a poor mirror may answer anything here; then nobody says
            for entry in api.get_paths_info(repository, [path], revision=commit):
                sha256 = entry.lfs.sha256 if entry.path == path and entry.lfs else None
                if sha256 and SHA256.match(sha256):
                    return size or entry.size, sha256
        return size, None

    def listing(self, repository: str, revision: str) -> tuple[RemoteFile, ...]:
        """Return the files of a repository by path, with sizes and hashes where the hub tells them.

        Raises:
            ExternalError: where the hub cannot list, as poor mirrors cannot.
        """
        check_repository(repository)
        api = self._library.HfApi(endpoint=self.settings.endpoint, token=self._token, **_NAMED)

        def ask() -> tuple[str, list[str]]:
            try:
                info = api.model_info(repository, revision=revision, timeout=self.settings.timeout)
                return str(info.sha or revision), sorted(str(s.rfilename) for s in info.siblings or ())
            except (AttributeError, KeyError, TypeError):  # what huggingface_hub makes of JSON that is no list
                raise NotTheHubError(self.settings, f"its list of {repository} is none") from None

        commit, names = self._asked(ask, repository)
        if not COMMIT.match(commit):
            raise NotTheHubError(self.settings, f"its list of {repository} does not name a commit")
        return tuple(RemoteFile(repository=repository, revision=commit, path=name) for name in names)

    def fetch(self, file: RemoteFile, sink: Sink) -> None:
        """Write the bytes of a file into `sink` from where it stands, over broken connections and failing servers.

        A server that does not answer ranges makes the sink start again (`seek(0)`, `truncate()`).

        Raises:
            ExternalError: where it does not get on, with the next step; what is in the sink is kept.
        """
        url = self._url(file.repository, file.path, file.revision)

        def get() -> None:
            self._library.http_get(
                url, sink, resume_size=sink.tell(), headers=self._headers(), displayed_filename=file.path
            )
            if file.size_bytes is not None and sink.tell() < file.size_bytes:
                raise UnreachableError(f"the connection ended before all of {file.name} had come")

        if file.size_bytes is None or sink.tell() < file.size_bytes:
            self._asked(get, file.name, sink.tell)

    def read(self, file: RemoteFile, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; a server without ranges is read up to there and left.

        Raises:
            ExternalError: where it cannot.
        """
        url = self._url(file.repository, file.path, file.revision)
        span = {"Range": f"bytes={offset}-{offset + length - 1}"}

        def get() -> bytes:
            session = self._library.get_session()
            with session.stream("GET", url, headers=self._headers() | span, timeout=self.settings.timeout) as answer:
                if answer.status_code == 416:
                    return b""
                self._library.hf_raise_for_status(answer)
                skip = 0 if answer.status_code == 206 else offset
                return _taken(answer.iter_bytes(), skip, length)

        return self._asked(get, file.name)

    def ask(self, method: str, route: str, headers: dict[str, str] | None = None, form: Any = None) -> Any:
        """Return the answer of one route without its body, whatever its status; for `advisor doctor`.

        Raises:
            AdvisorError: where nothing, or no hub, answers.
        """
        session = self._library.get_session()
        sent = self._headers() | (headers or {})
        try:
            with session.stream(method, self.settings.endpoint + route, headers=sent, data=form) as answer:
                return answer
        except (self._library.httpx2.HTTPError, OSError) as error:
            raise told(error, route, self.settings) from None

    @property
    def version(self) -> str:
        """Return the version of huggingface_hub."""
        return self._library.version

    # --- requests -----------------------------------------------------------------------------------------

    @property
    def _token(self) -> str | bool:
        return self.settings.token.reveal() if self.settings.token else False

    def _url(self, repository: str, path: str, revision: str) -> str:
        url: str = self._library.hf_hub_url(repository, path, revision=revision, endpoint=self.settings.endpoint)
        return url

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = self._library.build_hf_headers(token=self._token, **_NAMED)
        return {**headers, "Accept-Encoding": "identity"}

    def _asked(self, ask: Callable[[], T], what: str, position: Callable[[], int] | None = None) -> T:
        """Ask, again where a server fails, is busy or breaks the connection; attempts that get on do not count.

        `position` tells how far a download is. There huggingface_hub itself waits for a server that is busy.
        """
        if self.settings.offline:
            where = self.settings.shown_endpoint
            raise ExternalError(f"HF_HUB_OFFLINE is set, so nothing is asked of {where}. Unset it to fetch {what}.")
        failed = 0
        while True:
            before = position() if position else 0
            try:
                return ask()
            except ExternalError as error:
                if not isinstance(error, UnreachableError):
                    raise
                cause: Exception = error
            except OSError as error:  # the disk of the sink, not the network
                if getattr(error, "response", None) is None and error.errno is not None:
                    raise
                cause = error
            except RecursionError:  # huggingface_hub calls itself each time a connection breaks
                cause = UnreachableError(f"the connection broke too often for {what}")
            except (self._library.httpx2.HTTPError, ValueError) as error:
                cause = error
            failed = 0 if position and position() > before else failed
            response = getattr(cause, "response", None)
            waited = position is not None and response is not None and response.status_code == 429
            if waited or failed >= len(self.waits) or not self._passing(cause):
                raise told(cause, what, self.settings) from None
            time.sleep(max(self.waits[failed], pause_of(response.headers) if response is not None else 0))
            failed += 1

    def _passing(self, error: Exception) -> bool:
        """Say whether the same request may work in a moment."""
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status is not None:
            return int(status) >= 500 or status in (408, 429)
        httpx2 = self._library.httpx2
        lasting = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError, httpx2.UnsupportedProtocol)
        return isinstance(error, (httpx2.TransportError, UnreachableError)) and not isinstance(error, lasting)


_NAMED: dict[str, Any] = {"library_name": "advisor", "library_version": __version__}
"""What a hub's log is told about us; huggingface_hub adds its own version and Python's."""


class _Log(logging.Handler):
    """Hands what huggingface_hub would print to whoever watches."""

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._note = note

    def emit(self, record: logging.LogRecord) -> None:
        self._note(cleaned(record.getMessage()))


class _Library:
    """The names of huggingface_hub that are used, in one place."""

    def __init__(self) -> None:
        self.httpx2 = import_module("httpx2")
        hub, utils = import_module("huggingface_hub"), import_module("huggingface_hub.utils")
        self.version: str = hub.__version__
        self.constants = import_module("huggingface_hub.constants")
        self.http_get = import_module("huggingface_hub.file_download").http_get
        self.HfApi, self.set_client_factory = hub.HfApi, hub.set_client_factory
        self.get_hf_file_metadata, self.hf_hub_url = hub.get_hf_file_metadata, hub.hf_hub_url
        self.build_hf_headers, self.get_session = utils.build_hf_headers, utils.get_session
        self.hf_raise_for_status, self.close_session = utils.hf_raise_for_status, utils.close_session


def _imported(settings: Settings) -> _Library:
    """Import huggingface_hub with its environment set, and hold it to the settings if somebody had before.

    Raises:
        ExternalError: where it is missing.
    """
    for name, value in _QUIET.items():
        os.environ[name] = value
    os.environ.pop("HF_DEBUG", None)  # would log requests as curl commands
    try:
        library = _Library()
    except ImportError as error:
        raise ExternalError(
            f"huggingface_hub cannot be used ({error}); mend it with: pip install 'huggingface_hub>=2.4,<3'"
        ) from None
    constants: Any = library.constants
    constants.HF_HUB_DISABLE_TELEMETRY = True
    constants.HF_HUB_DISABLE_IMPLICIT_TOKEN = True
    constants.HF_HUB_DISABLE_XET = True
    constants.HF_HUB_OFFLINE = False  # we look at it ourselves, and say more
    constants.HF_HUB_DOWNLOAD_TIMEOUT = settings.timeout
    constants.DOWNLOAD_CHUNK_SIZE = CHUNK
    return library


def _client(settings: Settings, transport: Any) -> Any:
    """Return the one HTTP client: system trust and proxies from the environment, the token kept at home.

    Raises:
        ExternalError: where a certificate cannot be read, or the address of a proxy; it may hold a password.
    """
    import httpx2

    def sent(request: Any) -> None:
        if origin_of(str(request.url)) != settings.origin:
            request.headers.pop("authorization", None)

    def answered(response: Any) -> None:
        if response.status_code == 429 and (seconds := pause_of(response.headers)) > MANY_SECONDS:
            raise BusyError(settings, seconds)
        kind = response.headers.get("content-type", "")
        if response.status_code == 200 and kind.startswith("text/html") and "x-repo-commit" not in response.headers:
            host = response.request.url.host
            raise NotTheHubError(settings, f"{host} sends a web page (text/html) in the place of a file")

    verify = _trust(settings)
    try:
        return httpx2.Client(
            event_hooks={"request": [sent], "response": [answered]},
            follow_redirects=True,
            timeout=settings.timeout,
            transport=transport,
            verify=verify,
        )
    except (httpx2.InvalidURL, ValueError):
        raise ExternalError(
            "the address of a proxy in the environment (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) cannot be read. Write it "
            "like http://proxy.example.org:3128; in a password, write / as %2F, # as %23, @ as %40. "
            "'advisor doctor' names it."
        ) from None


def _trust(settings: Settings) -> Any:
    """Return the certificates to trust: the system's or SSL_CERT_FILE's, and those of a bundle named elsewhere.

    Raises:
        ExternalError: where a bundle cannot be read.
    """
    import httpx2

    try:
        context = httpx2.create_ssl_context()
        if settings.ca_file:
            folder = os.path.isdir(settings.ca_file)
            context.load_verify_locations(**{"capath" if folder else "cafile": settings.ca_file})
    except OSError as error:
        name = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or settings.ca_file
        raise ExternalError(
            f"the certificates of {name} cannot be read ({error.strerror or error}); name a PEM file in SSL_CERT_FILE"
        ) from None
    return context


def _taken(chunks: Iterator[bytes], skip: int, length: int) -> bytes:
    """Return `length` bytes after the first `skip` of a stream, and read no further."""
    taken = bytearray()
    for chunk in chunks:
        if skip >= len(chunk):
            skip -= len(chunk)
            continue
        taken += chunk[skip : skip + length - len(taken)]
        skip = 0
        if len(taken) >= length:
            break
    return bytes(taken)


@contextmanager
def connected(settings: Settings, note: Callable[[str], None] | None = None) -> Iterator[HuggingFace]:
    """Give a hub and close its connections afterwards."""
    hub = HuggingFace(settings, note)
    try:
        yield hub
    finally:
        hub.close()
