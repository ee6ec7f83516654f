"""Files that are as costly to read as the bounds allow: tiny on disk, most of them holes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

from gguf_files import ARRAY, STRING, text, tiny

from advisor.gguf.header import KEPT_ARRAYS, KEPT_ELEMENTS, MOST_KEYS, MOST_TENSORS
from advisor.gguf.template import LONGEST
from advisor.gguf.window import HEADER_CAP

LARGE = 435 * 10**9
"""Bytes of the largest models."""


def _with_hole(path: Path, head: bytes, size: int) -> Path:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    return path


def million_texts(path: Path) -> Path:
    """Eight million texts of no length: a hole up to the cap of the header."""
    head = tiny().raw("tokens", ARRAY, struct.pack("<IQ", STRING, 2**23 - 10_000)).header()[0]
    return _with_hole(path, head[: head.index(b"tokens") + 22], HEADER_CAP + 10**6)


def most_tensors(path: Path) -> Path:
    model = tiny()
    for number in range(MOST_TENSORS - len(model.tensors)):
        model.tensor(f"blk.{number}.a.tensor.with.a.long.name.that.no.engine.knows", 64, 1, 1, 1)
    return model.write(path)


def most_keys(path: Path) -> Path:
    model = tiny()
    each = 3_500_000 // MOST_KEYS
    for number in range(MOST_KEYS - len(model.entries)):
        model.raw(text(f"{number:05}".ljust(each, "k")), 4, struct.pack("<I", 7))
    return model.write(path)


def most_kept(path: Path) -> Path:
    """Arrays and texts that are kept, as many as are."""
    model = tiny()
    for number in range(KEPT_ARRAYS // KEPT_ELEMENTS):
        model.add(f"array {number}", list(range(10**6, 10**6 + KEPT_ELEMENTS)))
    for number in range(20):
        model.add(f"text {number}", "日本" * 40_000)
    return model.write(path)


def long_texts(path: Path) -> Path:
    """Sixty texts of one MiB, of which four are kept."""
    model = tiny()
    for number in range(60):
        model.add(f"text {number}", "x" * 2**20)
    return model.write(path)


def long_template(path: Path) -> Path:
    """The longest template that is parsed, all tags."""
    piece = "{{ a.content ~ 'b' }}{% if x %}{% endif %}"
    return tiny(template=piece * (LONGEST // len(piece))).write(path)


def large(path: Path) -> Path:
    """A model of 435 GB, all hole."""
    model = tiny().tensor("large", 10**6, LARGE // 4 // 10**6)
    return model.write(path)


FILES: Mapping[str, Callable[[Path], Path]] = {
    f.__name__: f for f in (million_texts, most_tensors, most_keys, most_kept, long_texts, long_template, large)
}
