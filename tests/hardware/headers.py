"""Writes GGUF files that hold a real model's header and tensor table, and a hole where the weights would be.

llama.cpp plans the memory of a model from its header alone. The dimensions come from the catalog's record;
`Shape` adds what a header needs beyond it (`networks.py` puts both together). The layout of the file is that of
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; names of keys and tensors are llama.cpp's.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

Value = str | bool | int | float | Sequence[int] | Sequence[float]
ALIGNMENT = 32
F32, F16, I32 = 0, 1, 26
BEFORE = ("attn_norm", "ffn_norm")
MIDDLE = ("attn_norm", "post_attention_norm")
AFTER = ("post_attention_norm", "post_ffw_norm")
AROUND = ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")


@dataclass
class Header:
    """Keys and tensors of one file. Matrices are f16, vectors f32: the plan does not depend on types."""

    architecture: str
    keys: dict[str, Value] = field(default_factory=dict)
    tensors: list[tuple[str, tuple[int, ...], int]] = field(default_factory=list)

    def matrix(self, name: str, *shape: int, kind: int = F16) -> None:
        """Add a weight; the first dimension is the length of a row."""
        self.tensors.append((f"{name}.weight", shape, kind))

    def vector(self, name: str, *shape: int) -> None:
        """Add a norm, a bias or a scale under its full name."""
        self.tensors.append((name, shape, F32))

    def norm(self, name: str, size: int, bias: bool = False) -> None:
        """Add the weight of a norm, and its bias."""
        self.vector(f"{name}.weight", size)
        if bias:
            self.vector(f"{name}.bias", size)

    def write(self, path: Path) -> Path:
        """Write the header; the weights are a hole of their full size, so that the file takes no room."""
        named = {_full(name, self.architecture): value for name, value in self.keys.items()}
        every = {"general.architecture": self.architecture, "tokenizer.ggml.model": "no_vocab", **named}
        table, offset = b"", 0
        for name, shape, kind in self.tensors:
            table += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
            offset = _aligned(offset + prod(shape) * (2 if kind == F16 else 4))
        head = b"GGUF" + struct.pack("<IQQ", 3, len(self.tensors), len(every))
        head += b"".join(_text(name) + _value(value) for name, value in every.items()) + table
        with path.open("wb") as file:
            file.write(head)
            file.truncate(_aligned(len(head)) + offset)
        return path


@dataclass(frozen=True)
class Shape:
    """What a header needs and a catalog record does not hold."""

    name: str = ""
    """llama.cpp's name of the architecture where the record has the maker's."""
    full: tuple[int, ...] = ()
    """Indexes of the layers of the record's full (or latent) group, where there are two groups."""
    order: tuple[int, ...] = ()
    """Index of each layer's group in the record, where there are more than two."""
    norms: tuple[str, ...] = BEFORE
    head_norm: str = "none"
    """`head`: query and key have a norm that all heads share; `heads`: one each; `row`: one for the row; `none`."""
    keys: Mapping[str, Value] = field(default_factory=dict)
    rope: int | None = None
    """Rotary dimensions, where they are not the whole key."""
    query_gate: bool = False
    """The query projection carries a gate of its own width."""
    output_gate: bool = False
    """A gate of the width of all heads lies before the output projection."""
    fused: bool = False
    """Query, key and value are one matrix."""
    fused_up: bool = False
    """Gate and up are one matrix."""
    layer_norm: bool = False
    """Norms have biases, and so have the output projection and the feed-forward block (Jais 2)."""
    biases: bool = False
    """Attention, router and experts have biases, and attention has sinks (gpt-oss)."""
    sinks: bool = False
    router_bias: bool = False
    shared_as_count: bool = False
    """The header counts shared experts and does not give their width."""
    value_as_key: bool = False
    """Full layers have no value projection: the keys serve as values (Gemma 4)."""
    experts_every: int = 0
    """Experts are in each so many-th layer, where dense layers do not come first."""
    heads_of_state: int = 0
    """Heads of a recurrent layer."""
    indexer_heads: int = 0
    indexers: tuple[int, ...] = ()
    """Indexes of the layers that have an indexer."""
    hyper: int = 0
    """Coefficients of the hyper-connections (four streams) of a block; 0 where there are none."""


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _full(name: str, architecture: str) -> str:
    """Return a key's full name; those of Apertus' activation have no architecture before them."""
    return name if name.startswith("xielu.") else f"{architecture}.{name}"


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: Value) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if any(isinstance(number, float) for number in value):
        return struct.pack(f"<IIQ{len(value)}f", 9, 6, len(value), *value)
    return struct.pack(f"<IIQ{len(value)}i", 9, 5, len(value), *value)
