"""A file of the hub brought to its place: continued where it was left, hashed once, put there only if it is right."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from advisor.errors import ExternalError
from advisor.hub import cache
from advisor.hub.failures import UnverifiedError
from advisor.hub.hashing import Digest, HashingFile, hash_file
from advisor.hub.interface import Hub, Progress, RemoteFile, Silent

GGUF = b"GGUF"
VAIN = 3
"""How often a server without ranges may break off without getting any further."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Fetched(NamedTuple):
    """A file in its place, with the hash of the bytes that were written or found there."""

    path: Path
    digest: Digest
    cached: bool
    """Whether it was there before."""


def fetch_into_cache(hub: Hub, file: RemoteFile, folder: Path, progress: Progress) -> Fetched:
    """Bring a file into the hub cache at `folder`, where every program finds it.

    Raises:
        ExternalError: where hub or disk are in the way; what has come is kept for the next call.
        UnverifiedError: where the bytes are not the ones that were promised; they are thrown away.
    """
    blob = file.blob or hashlib.sha256(f"{file.name}@{file.revision}".encode()).hexdigest()
    name = cache.snapshot_path(folder, file.repository, file.revision, file.path)
    target = cache.blob_path(folder, file.repository, blob)
    with _disk(target), _guarded(cache.guard_path(folder, file.repository, blob), file, progress):
        one = name.is_file() and target.is_file() and name.samefile(target)
        kept = _kept(file, name, progress) or (None if one else _kept(file, target, progress))
        digest = kept or _fetch(hub, file, target, progress)
        if not name.is_file() or not kept:
            cache.name_blob(target, name)
    return Fetched(name, digest, kept is not None)


def fetch_into_folder(hub: Hub, file: RemoteFile, folder: Path, progress: Progress) -> Fetched:
    """Bring a file to its path below `folder`. Raises as `fetch_into_cache` does."""
    target = folder / file.path
    with _disk(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with cache.alone_in(target.parent):
            kept = _kept(file, target, progress)
            digest = kept or _fetch(hub, file, target, progress)
    return Fetched(target, digest, kept is not None)


def partial_path(target: Path) -> Path:
    """Return where a file is kept until it is whole."""
    return target.with_name(f"{target.name}.advisor-part")


def holds(path: Path, file: RemoteFile) -> bool:
    """Say whether the bytes of a file lie at `path`; what nobody vouches for does not."""
    if not path.is_file() or not file.blob:
        return False
    return _wrong(file, hash_file(path, Silent()), path) is None


def _kept(file: RemoteFile, path: Path, progress: Progress) -> Digest | None:
    """Return the digest of a file that is there already and right; a wrong one is told of and fetched again."""
    if not path.is_file():
        return None
    progress.start(f"checking {path.name}", path.stat().st_size)
    digest = hash_file(path, progress)
    progress.finish()
    if _wrong(file, digest, path) is None:
        return digest
    progress.note(f"{path} is damaged; it is fetched again")
    return None


def _fetch(hub: Hub, file: RemoteFile, target: Path, progress: Progress) -> Digest:
    """Fetch a file beside `target`, check it, and put it there; from the start if a continued one is wrong."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(target)
    continued = partial.is_file()
    digest, wrong = _grown(hub, file, partial, progress)
    if wrong and continued:
        progress.note(f"what was left of {file.path} was damaged; it is fetched from the start")
        digest, wrong = _grown(hub, file, partial, progress)
    if wrong:
        raise UnverifiedError(wrong)
    os.replace(partial, target)
    return digest


def _grown(hub: Hub, file: RemoteFile, partial: Path, progress: Progress) -> tuple[Digest, str | None]:
    """Let the partial file grow to its whole size; return its digest and what is wrong, in which case it is gone."""
    if file.size_bytes is not None and partial.is_file() and partial.stat().st_size > file.size_bytes:
        partial.unlink()
    with open(partial, "a+b", buffering=0) as opened:
        opened.seek(0)
        progress.start(file.path, file.size_bytes)
        sink = HashingFile(opened, progress)
        try:
            hub.fetch(file, _Sniffing(sink, file))
            digest = sink.digest()
            wrong = _wrong(file, digest, partial)
            if wrong is None:
                sink.flush_to_disk()
        except _NotWhatWasAsked as error:
            wrong, digest = str(error), Digest(0, "")
        finally:
            sink.close()
            progress.finish()
    if wrong:
        partial.unlink()
    return digest, wrong


class _NotWhatWasAsked(Exception):
    """The first bytes show already that this is not the file."""


class _Sniffing:
    """Looks at the first bytes of a model before gigabytes of something else are fetched."""

    def __init__(self, sink: HashingFile, file: RemoteFile) -> None:
        self._sink, self._file = sink, file
        self._furthest = self._in_vain = 0
        self.seek, self.tell = sink.seek, sink.tell

    def truncate(self, size: int | None = None, /) -> int:
        """Start again, unless the server breaks off before the same byte every time.

        Raises:
            ExternalError: where it does.
        """
        self._in_vain = 0 if self._sink.tell() > self._furthest else self._in_vain + 1
        self._furthest = max(self._furthest, self._sink.tell())
        if self._in_vain >= VAIN:
            raise ExternalError(
                f"the server of {self._file.name} answers no ranges and breaks off every time after at most "
                f"{self._furthest} bytes, so that it never ends; use another HF_ENDPOINT. 'advisor doctor' says more."
            )
        return self._sink.truncate(size)

    def write(self, data: bytes, /) -> int:
        file = self._file
        if self._sink.tell() == 0 and file.path.endswith(".gguf") and not data.startswith(GGUF[: len(data)]):
            page = data.lstrip()[:1] == b"<"
            seen = "a web page (a login page of the network, most likely)" if page else "something else"
            raise _NotWhatWasAsked(
                f"{file.name}: the server sends {seen} in the place of a GGUF file; nothing is kept. "
                f"Check the network and HF_ENDPOINT, then run the same command again"
            )
        if file.size_bytes is not None and self._sink.tell() + len(data) > file.size_bytes:
            raise _NotWhatWasAsked(f"{file.name}: the server sends more than the {file.size_bytes} bytes it promised")
        return self._sink.write(data)


def _wrong(file: RemoteFile, digest: Digest, path: Path) -> str | None:
    """Say what is wrong with bytes, or None."""
    again = "nothing of it is kept; fetch it again, and if that stays so, ask whoever runs the hub"
    if file.size_bytes is not None and digest.size_bytes != file.size_bytes:
        return f"{file.name} has {digest.size_bytes} bytes in the place of {file.size_bytes}; {again}"
    if file.sha256 and digest.sha256 != file.sha256:
        return f"{file.name} has sha256 {digest.sha256} in the place of {file.sha256}; {again}"
    if file.git_sha1 and not file.sha256 and _git_sha1(path) != file.git_sha1:
        return f"{file.name} does not have the hash that the hub's git has for it ({file.git_sha1}); {again}"
    return None


def _git_sha1(path: Path) -> str:
    """Return the hash by which git names a small file."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@contextmanager
def _guarded(guard: Path, file: RemoteFile, progress: Progress) -> Iterator[None]:
    """Keep other programs from fetching the same bytes into the same cache meanwhile."""
    from filelock import Timeout

    lock = import_module("huggingface_hub.utils").WeakFileLock
    guard.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(lock(guard, timeout=0.2))
        except Timeout:
            progress.note(f"another program is fetching {file.path}; waiting for it")
            held.enter_context(lock(guard))
        yield


@contextmanager
def _disk(target: Path) -> Iterator[None]:
    """Say which disk is full or refuses.

    Raises:
        ExternalError: with the file that could not be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        if error.errno in _FULL:
            raise ExternalError(
                f"no room for {target.name} in {target.parent} ({error.strerror}); free some, or name another place "
                f"with --to FOLDER or HF_HUB_CACHE. Run the same command again: it continues."
            ) from None
        raise ExternalError(f"cannot write {error.filename or target}: {error.strerror}") from None
