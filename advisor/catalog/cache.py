"""Compiled catalogs in the user's cache folder, named by what they were made from: never stale, always optional."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from advisor import paths
from advisor.catalog import schema, snapshot

T = TypeVar("T")
KEPT = 8
"""Compiled catalogs of each kind that are kept, the newest."""


def cached(kind: str, digest: str, record_type: type[T], make: Callable[[], T]) -> T:
    """Return the value made earlier from content with this digest, or make and keep it.

    A cache that cannot be read, is damaged or cannot be written is passed over in silence.
    """
    folder = paths.cache_folder()
    if folder is None:
        return make()
    file = folder / f"{kind}-{digest[:32]}-{_types_print()}.msgpack"
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.msgpack.decode(file.read_bytes(), type=record_type)
    value = make()
    with contextlib.suppress(OSError):
        _keep(file, msgspec.msgpack.encode(value))
    return value


def _types_print() -> str:
    """Return a digest of the types that the compiled form follows."""
    modules = [*sorted(Path(schema.__file__).parent.glob("*.py")), Path(snapshot.__file__)]
    return hashlib.sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()[:16]


def _keep(file: Path, content: bytes) -> None:
    """Write a file whole or not at all, and drop the oldest of its kind."""
    import os
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
