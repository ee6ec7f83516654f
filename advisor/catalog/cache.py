"""Compiled catalogs in the user's cache folder: found again by the files they were made from, always optional."""

from __future__ import annotations

import contextlib
import os
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from advisor import paths
from advisor.catalog import schema, snapshot

T = TypeVar("T")
KEPT = 8
"""Compiled catalogs of each kind that are kept, the newest."""
SETTLED = 1_000_000_000
"""Nanoseconds for which a file must have been left alone before its stamp is trusted."""
_HEAD = 32
"""Bytes that tell when a value was kept (ns since 1970) and how long the stamps before it are."""
_TYPES = (str(Path(schema.__file__).parent), snapshot.__file__)
"""The code that the compiled form follows."""


def cached(kind: str, folders: Sequence[Path], made_with: str, record_type: type[T], make: Callable[[], T]) -> T:
    """Return the value made earlier from the files of `folders` and from `made_with`, or make and keep it.

    Files count as unchanged, as in git's index, while name, size, inode and times are the same and they had
    settled when the value was kept. A cache that is damaged or cannot be used is passed over in silence.
    """
    cache = paths.cache_folder()
    if cache is None:
        return make()
    found = sorted(line for folder in (*map(str, folders), *_TYPES) for line in _stamps(folder))
    stamps = "\n".join([made_with, *(line for line, _ in found)]).encode(errors="surrogateescape")
    newest = max((changed for _, changed in found), default=0)
    file = cache / f"{kind}-{zlib.crc32(os.fsencode(os.pathsep.join(map(str, folders)))):08x}.msgpack"
    with contextlib.suppress(OSError, ValueError):
        content = file.read_bytes()
        written, size = map(int, content[:_HEAD].split())
        if content[_HEAD : _HEAD + size] == stamps and newest + SETTLED < written:
            return msgspec.msgpack.decode(content[_HEAD + size :], type=record_type)
    value = make()
    with contextlib.suppress(OSError):
        head = f"{time.time_ns():20} {len(stamps):11}".encode()
        _keep(file, head + stamps + msgspec.msgpack.encode(value))
    return value


def _stamps(path: str) -> Iterator[tuple[str, int]]:
    """Yield a line for every file below a folder (or for the one file), and when it was changed."""
    if not os.path.isdir(path):
        yield _stamp(path, os.stat(path))
        return
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _stamps(entry.path)
            elif entry.name.endswith((".yaml", ".yml", ".py")):
                yield _stamp(entry.path, entry.stat())


def _stamp(path: str, found: os.stat_result) -> tuple[str, int]:
    line = f"{path!r} {found.st_size} {found.st_ino} {found.st_mtime_ns} {found.st_ctime_ns}"
    return line, max(found.st_mtime_ns, found.st_ctime_ns)


def _keep(file: Path, content: bytes) -> None:
    """Write a file whole or not at all, and drop the oldest of its kind."""
    import tempfile

    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".", delete=False) as written:
        written.write(content)
    try:
        os.replace(written.name, file)
    except OSError:
        os.unlink(written.name)
        raise
    kind = file.name.split("-")[0]
    by_age = sorted(file.parent.glob(f"{kind}-*.msgpack"), key=lambda f: f.stat().st_mtime)
    for old in by_age[:-KEPT]:
        old.unlink(missing_ok=True)
