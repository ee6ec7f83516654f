"""Writes GGUF files that hold nothing but a small vocabulary of word pieces, as BERT's do."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
STRING, UINT32, ARRAY = 8, 4, 9


def word_pieces(path: Path, words: Sequence[str]) -> Path:
    """Write a vocabulary in which only these words (and the letters a to z) can be written."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    starts = [f"▁{word}" for word in (*letters, *words)]
    tokens = [*SPECIAL, *dict.fromkeys([*starts, *letters, "▁.", "▁,"])]
    keys = [
        _pair("general.architecture", STRING, _text("bert")),
        _pair("tokenizer.ggml.model", STRING, _text("bert")),
        _pair("tokenizer.ggml.tokens", ARRAY, struct.pack("<IQ", STRING, len(tokens)) + b"".join(map(_text, tokens))),
        _pair("tokenizer.ggml.unknown_token_id", UINT32, struct.pack("<I", 1)),
        _pair("tokenizer.ggml.padding_token_id", UINT32, struct.pack("<I", 0)),
        _pair("tokenizer.ggml.cls_token_id", UINT32, struct.pack("<I", 2)),
        _pair("tokenizer.ggml.seperator_token_id", UINT32, struct.pack("<I", 3)),
        _pair("tokenizer.ggml.mask_token_id", UINT32, struct.pack("<I", 4)),
    ]
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(keys)) + b"".join(keys))
    return path


def _pair(name: str, kind: int, value: bytes) -> bytes:
    return _text(name) + struct.pack("<I", kind) + value


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded
