"""The first bytes of a file: is it GGUF, and if not, what is it?"""

from __future__ import annotations

from struct import Struct

from advisor.gguf.problem import HeaderError
from advisor.gguf.window import Window

MAGIC = b"GGUF"
VERSIONS = (2, 3)
_VERSION = Struct("<I")
_KNOWN = (
    (b"PK\x03\x04", "a zip archive; PyTorch's checkpoints look like this, and loading one runs its code"),
    (b"\x80", "a Python pickle; loading one runs its code"),
    (b"version https://git-lfs", "a pointer of Git LFS; the file itself was not fetched"),
    (b"tjgg", "a ggjt file, which came before GGUF; convert the model again"),
    (b"fmgg", "a ggmf file, which came before GGUF; convert the model again"),
    (b"lmgg", "a ggml file, which came before GGUF; convert the model again"),
    (b"\x1f\x8b", "compressed with gzip; unpack it first"),
    (b"{", "JSON; an error message that was saved as a model looks like this"),
    (b"<", "a web page; a portal or proxy has answered in the place of the hub"),
)
"""Beginnings of other files that pass for a model, and what to think of each."""


def check_magic(window: Window) -> int:
    """Read the magic and the version, and return the version.

    Raises:
        HeaderError: where the file is not GGUF, of another version, or big-endian.
    """
    if window.size == 0:
        raise HeaderError("empty", "the file is empty", 0)
    start = window.take(min(24, window.size), "the magic")
    if not start.startswith(MAGIC):
        raise HeaderError("magic", f"this is no GGUF file but {_guess(start)}", 0)
    if len(start) < 24:
        raise HeaderError("truncated", f"the file ends after {len(start)} bytes", len(start))
    window.back(16)
    (version,) = _VERSION.unpack_from(start, 4)
    if version in VERSIONS:
        return int(version)
    swapped = int.from_bytes(start[4:8], "big")
    if swapped in range(1, 4):
        raise HeaderError("big-endian", f"big-endian GGUF (version {swapped}), which is not read here", 4)
    raise HeaderError("version", f"GGUF version {version}; 2 and 3 are read", 4)


def _guess(start: bytes) -> str:
    stripped = start.lstrip()
    for beginning, kind in _KNOWN:
        if stripped.startswith(beginning):
            return kind
    if start[8:9] == b"{":
        return "probably a safetensors file, whose header begins like this"
    return f"something else: it begins with {start[:4].hex(' ')}"
