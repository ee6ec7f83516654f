"""The container of a bundle: a plain tar of regular files under names that we choose, and nothing else.

`tar tf` reads it. We write and read headers one by one, so that neither extensions, links, devices and sparse files
nor sizes that somebody made up ever get to the disk.
"""

from __future__ import annotations

import tarfile
from typing import BinaryIO, NamedTuple

from advisor.errors import DataError

BLOCK = 512
_END = 2 * BLOCK


class Member(NamedTuple):
    """One file in the container; its bytes begin where the stream stands when it is read."""

    name: str
    size: int


def padding(size: int) -> int:
    """Return how many bytes fill the last block of a file."""
    return -size % BLOCK


def stored_size(size: int) -> int:
    """Return how many bytes a file takes in the container, its header included."""
    return BLOCK + size + padding(size)


def header(name: str, size: int) -> bytes:
    """Return the header of a file: equal names and sizes give equal bytes."""
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def end() -> bytes:
    """Return what closes the container."""
    return bytes(_END)


def read_member(stream: BinaryIO, bundle: str) -> Member | None:
    """Return the next member, or None at the end.

    Raises:
        DataError: where it is not a plain file, or no header at all.
    """
    offset = stream.tell()
    block = stream.read(BLOCK)
    where = f"{bundle}: byte {offset}"
    if len(block) < BLOCK:
        raise DataError([f"{where}: the bundle ends too early; carry it over again"])
    if not any(block):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError, ValueError) as error:
        raise DataError([f"{where}: no header of a file ({error})"]) from None
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.linkname:
        raise DataError(
            [f"{where}: '{info.name[:100]}' is no plain file (type {info.type!r}); a bundle holds no other"]
        )
    if info.size < 0:
        raise DataError([f"{where}: '{info.name[:100]}' has an impossible size"])
    return Member(info.name, info.size)
