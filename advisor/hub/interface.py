"""What the rest of the program knows of a hub, and what it tells while it works."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Protocol

import msgspec

from advisor.errors import UserError

REPOSITORY = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}\Z")
COMMIT = re.compile(r"^[0-9a-f]{40}\Z")
SHA256 = re.compile(r"^[0-9a-f]{64}\Z")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)


class RemoteFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a repository at one commit, as far as the hub tells; sizes in bytes."""

    repository: str
    revision: str
    """The commit, 40 hexadecimal digits."""
    path: str
    size_bytes: int | None = None
    sha256: str | None = None
    git_sha1: str | None = None
    """The hash by which git knows a small file."""

    @property
    def blob(self) -> str | None:
        """Return the name under which the hub cache keeps the bytes."""
        return self.sha256 or self.git_sha1

    @property
    def name(self) -> str:
        return f"{self.repository}/{self.path}"


class Sink(Protocol):
    """Takes the bytes of a download: a file as far as huggingface_hub needs one."""

    def write(self, data: bytes, /) -> int: ...

    def tell(self) -> int: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def truncate(self, size: int | None = None, /) -> int: ...


class Hub(Protocol):
    """A server with repositories. Every method raises `ExternalError` with the next step where it cannot answer."""

    def stat(self, repository: str, path: str, revision: str) -> RemoteFile:
        """Return what the hub says of one file; `revision` may be a branch, a tag or a commit."""

    def listing(self, repository: str, revision: str) -> tuple[RemoteFile, ...]:
        """Return the files of a repository; mirrors need not be able to."""

    def fetch(self, file: RemoteFile, sink: Sink) -> None:
        """Write the file's bytes into `sink`, from where it stands."""

    def read(self, file: RemoteFile, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer at the end of the file, without fetching all of it."""


class Progress(Protocol):
    """Is told how far a long piece of work is."""

    def start(self, what: str, total: int | None, done: int = 0) -> None: ...

    def advance(self, count: int) -> None: ...

    def note(self, message: str) -> None: ...

    def finish(self) -> None: ...


class Silent:
    """Progress that nobody watches."""

    def start(self, what: str, total: int | None, done: int = 0) -> None:
        """Do nothing."""

    def advance(self, count: int) -> None:
        """Do nothing."""

    def note(self, message: str) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""


def check_repository(name: str) -> str:
    """Return a repository's name that can be put into an address and a path.

    Raises:
        UserError: where it is none.
    """
    if not REPOSITORY.match(name) or ".." in name or "--" in name:
        raise UserError(f"'{name}' is not the name of a repository; write it like org/name")
    return name


def check_path(path: str) -> str:
    """Return a path that stays inside its folder on every system.

    Raises:
        UserError: where it is absolute, leaves the folder, or cannot be a file's name everywhere.
    """
    parts = path.split("/")
    wrong = (
        not path
        or len(path) > 1000
        or PurePosixPath(path).is_absolute()
        or any(not part.strip(" .") or part != part.rstrip(" .") or _RESERVED.match(part) for part in parts)
        or any(ord(c) < 32 or 127 <= ord(c) < 160 or c in '\\:*?"<>|' for c in path)
    )
    if wrong:
        raise UserError(f"'{path[:200]}' is not a path inside a repository")
    return path
