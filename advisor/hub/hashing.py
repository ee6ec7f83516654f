"""SHA-256 beside other work: a download is hashed while it comes, once."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple

from advisor.hub.interface import Progress

CHUNK = 4 << 20
"""Bytes read at once."""


class Digest(NamedTuple):
    """The size of a file in bytes and its hash."""

    size_bytes: int
    sha256: str


def hash_file(path: Path, progress: Progress) -> Digest:
    """Return size and hash of a file.

    Raises:
        OSError: where it cannot be read.
    """
    found, size = hashlib.sha256(), 0
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
            size += len(chunk)
            progress.advance(len(chunk))
    return Digest(size, found.hexdigest())


class HashingFile:
    """A file that grows at its end and knows the hash of all its bytes; a `Sink` for huggingface_hub.

    What was there already is read once when it is opened. A thread of its own hashes, one chunk behind.
    """

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file, self._progress = file, progress
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="advisor-sha256")
        self._waiting: Future[None] | None = None
        self._start_again()
        while chunk := file.read(CHUNK):
            self._hash(chunk)
            progress.advance(len(chunk))

    def write(self, data: bytes, /) -> int:
        """Add bytes at the end."""
        self._file.write(data)
        self._hash(data)
        self._progress.advance(len(data))
        return len(data)

    def tell(self) -> int:
        """Return how many bytes there are."""
        return self._size

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to the start, which `truncate` then makes the end: nothing else is ever asked for."""
        if offset or whence:
            raise OSError("a download only grows or starts again")
        return 0

    def truncate(self, size: int | None = None, /) -> int:
        """Forget everything: the server sends it all again."""
        self._progress.advance(-self._size)
        self._settle()
        self._file.seek(0)
        self._file.truncate()
        self._start_again()
        return 0

    def digest(self) -> Digest:
        """Return size and hash of all bytes."""
        self._settle()
        return Digest(self._size, self._found.hexdigest())

    def flush_to_disk(self) -> None:
        """Wait until the disk has everything.

        Raises:
            OSError: where it does not take it.
        """
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """End the thread; the file stays open."""
        self._pool.shutdown()

    def _start_again(self) -> None:
        self._found, self._size = hashlib.sha256(), 0

    def _hash(self, data: bytes) -> None:
        self._settle()
        self._size += len(data)
        self._waiting = self._pool.submit(self._found.update, data)

    def _settle(self) -> None:
        if self._waiting is not None:
            self._waiting.result()
            self._waiting = None
