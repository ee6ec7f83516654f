"""The shape of a network out of a header: what the memory formulas need, where no engine can be asked.

Which layers slide where a header does not say: llama.cpp's own defaults (`load_swa_pattern` in `src/models/`).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from advisor.catalog.schema import (
    Architecture,
    CacheGroup,
    DeltaAttention,
    Experts,
    FullAttention,
    LatentAttention,
    NoCache,
    Recurrent,
    WindowAttention,
)
from advisor.gguf.header import Header

PATTERNS = {
    "afmoe": 4, "cohere2": 4, "exaone-moe": 4, "exaone4": 4, "gemma2": 2, "gemma3": 6, "gemma3n": 5, "gpt-oss": 2,
    "llama4": 4, "mellum": 4, "muse-glimmer": 4, "olmo2": 4, "plamo3": 8,
}  # fmt: skip
"""Every so many layers one attends to the whole context, where the header holds no pattern."""
CHUNK = 8192
"""Llama 4's chunks, which llama.cpp does not read from the header."""
MOST_LAYERS = 512
"""llama.cpp's own bound (`LLAMA_MAX_LAYERS`)."""
GEMMA_3N_OWN = 20
"""The layers of Gemma 3n that have a cache of their own, which llama.cpp does not read from the header."""
NOT_COVERED = frozenset({"falcon-h1", "t5", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7", "deepseek4"})
"""Architectures whose caches follow other formulas."""


class UnknownShapeError(ValueError):
    """The header says too little, or something that the formulas do not cover."""


def shape_of(header: Header) -> Architecture:
    """Return the network that a header describes.

    Raises:
        UnknownShapeError: with the reason.
    """
    return _Shape(header).build()


class _Shape:
    """Looks keys up below the name of the architecture."""

    def __init__(self, header: Header) -> None:
        self.header = header
        name = header.text("general.architecture")
        if name is None:
            raise UnknownShapeError("the header names no architecture")
        if name in NOT_COVERED:
            raise UnknownShapeError(f"the caches of {name} follow no formula that was compared with the engine")
        if header.integer(f"{name}.attention.indexer.key_length") is not None:
            raise UnknownShapeError("the header does not say what the indexer of its attention keeps")
        self.name = name
        self.hidden = self._needed("embedding_length")
        self.layers = self._needed("block_count") - (self._number("nextn_predict_layers") or 0)
        if not 0 < self.layers <= MOST_LAYERS:
            raise UnknownShapeError(f"{self.layers:,} layers; 1 to {MOST_LAYERS} are possible")

    def build(self) -> Architecture:
        return Architecture(
            name=self.name,
            layers=self.layers,
            hidden_size=self.hidden,
            vocabulary_size=self._vocabulary(),
            heads=self._layered("attention.head_count", 0),
            experts=self._experts(),
            cache=self._groups(),
            sources=(),
        )

    def _number(self, key: str) -> int | None:
        """Return a whole number that is plausible as a size or count."""
        value = self.header.integer(f"{self.name}.{key}")
        if value is not None and not 0 <= value < 2**31:
            raise UnknownShapeError(f"{self.name}.{key} is {value:,}")
        return value

    def _needed(self, key: str) -> int:
        value = self._number(key)
        if not value:
            raise UnknownShapeError(f"the header has no {self.name}.{key}")
        return value

    def _layered(self, key: str, layer: int) -> int | None:
        """Return a number that a header gives once, or for each layer."""
        each = self.header.array(f"{self.name}.{key}")
        if each is None:
            return self._number(key)
        value = each[layer] if layer < len(each) else None
        return value if isinstance(value, int) and 0 <= value < 2**31 else None

    def _vocabulary(self) -> int:
        stated = self._number("vocab_size")
        tokens = self.header.entries.get("tokenizer.ggml.tokens")
        found = stated or (tokens.length if tokens else None)
        if not found:
            raise UnknownShapeError("the header has no vocabulary")
        return found

    def _experts(self) -> Experts | None:
        count, used = self._number("expert_count"), self._number("expert_used_count")
        if not count or not used:
            return None
        width = self._layered("expert_feed_forward_length", 0) or self._layered("feed_forward_length", 0) or 1
        return Experts(count=count, used=used, feed_forward=width)

    def _groups(self) -> tuple[CacheGroup, ...]:
        """Return what the layers cache, layers that cache alike as one group."""
        counts: dict[CacheGroup, int] = {}
        for group in self._each():
            counts[group] = counts.get(group, 0) + 1
        return tuple(replace(group, layers=count) for group, count in counts.items())

    def _each(self) -> Iterator[CacheGroup]:
        causal = self.header.entries.get(f"{self.name}.attention.causal")
        if causal is not None and causal.value is False:
            yield from [NoCache(layers=1)] * self.layers
            return
        interval = self._number("full_attention_interval")
        shared = self._number("attention.shared_kv_layers") or 0
        if self.name == "gemma3n":
            shared = max(self.layers - GEMMA_3N_OWN, 0)
        for layer in range(self.layers):
            if layer >= self.layers - shared:
                yield NoCache(layers=1)
            elif (interval and (layer + 1) % interval) or not self._kv_heads(layer):
                only_feed_forward = self.name.startswith("nemotron_h") and self._layered("feed_forward_length", layer)
                yield NoCache(layers=1) if only_feed_forward else self._recurrent()
            else:
                yield self._attention(layer)

    def _kv_heads(self, layer: int) -> int | None:
        stated = self._layered("attention.head_count_kv", layer)
        return self._layered("attention.head_count", layer) if stated is None else stated

    def _recurrent(self) -> CacheGroup:
        """Return what a layer without attention keeps."""
        head_dim = self._number("kda.head_dim")
        if head_dim:
            heads = self._layered("attention.head_count", 0) or 0
            return DeltaAttention(layers=1, conv=self._needed("ssm.conv_kernel"), heads=heads, head_dim=head_dim)
        short = self._number("shortconv.l_cache")
        if short:
            return Recurrent(layers=1, conv=short, inner=self.hidden, groups=0, state=0)
        if self._number("ssm.conv_kernel") is None:
            return NoCache(layers=1)
        return Recurrent(
            layers=1,
            conv=self._needed("ssm.conv_kernel"),
            inner=self._needed("ssm.inner_size"),
            groups=self._number("ssm.group_count") or 0,
            state=self._needed("ssm.state_size"),
        )

    def _attention(self, layer: int) -> CacheGroup:
        heads = self._layered("attention.head_count", layer) or 0
        rank = self._number("attention.kv_lora_rank")
        if rank and self._number("attention.key_length_mla"):
            return LatentAttention(layers=1, rank=rank, rope=self._needed("rope.dimension_count"), heads=heads)
        window = self._window(layer)
        suffix = "_swa" if window and self._number("attention.key_length_swa") else ""
        usual = self.hidden // heads if heads else 0
        key = self._number(f"attention.key_length{suffix}") or usual
        value = self._number(f"attention.value_length{suffix}") or usual
        if not key or not value:
            raise UnknownShapeError("the header does not say how long keys and values are")
        kv_heads = self._kv_heads(layer) or 0
        if window:
            return WindowAttention(layers=1, kv_heads=kv_heads, key_length=key, value_length=value, window=window)
        return FullAttention(layers=1, kv_heads=kv_heads, key_length=key, value_length=value)

    def _window(self, layer: int) -> int | None:
        """Return the window of a layer in tokens; None where it attends to the whole context."""
        window = self._number("attention.sliding_window")
        if self.name == "llama4" and window != 0:
            window = CHUNK
        key = f"{self.name}.attention.sliding_window_pattern"
        stated = self.header.array(key)
        if not window:
            return None
        if stated is not None:
            return window if layer < len(stated) and stated[layer] else None
        step = self.header.integer(key)
        if step is None and not (self.name == "exaone4" and self.layers != 64):
            step = PATTERNS.get(self.name)
        if step is None:
            return None
        return window if step == 0 or layer % step < step - 1 else None
