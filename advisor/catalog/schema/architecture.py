"""The shape of a network: what the memory formulas need (docs/memory.md)."""

from typing import Annotated

from msgspec import Meta

from advisor.catalog.schema.source import Count, Record, Sources, Text

Size = Annotated[int, Meta(ge=0)]
"""A whole number that may be 0."""


class Indexer(Record, frozen=True, kw_only=True):
    """What picks the tokens that attention looks at: `elements` cached a token on `layers` of the group's layers."""

    layers: Count
    elements: Count


class FullAttention(Record, frozen=True, kw_only=True, tag_field="kind", tag="full"):
    """Layers that cache keys and values (elements per head) for the whole context."""

    layers: Count
    kv_heads: Count
    key_length: Count
    value_length: Count
    indexer: Indexer | None = None


class WindowAttention(Record, frozen=True, kw_only=True, tag_field="kind", tag="window"):
    """Layers that cache only the last `window` tokens (chunked attention counts as a window)."""

    layers: Count
    kv_heads: Count
    key_length: Count
    value_length: Count
    window: Count


class LatentAttention(Record, frozen=True, kw_only=True, tag_field="kind", tag="latent"):
    """Layers that cache one latent vector and one rotary key a token, and no separate values.

    Rank of the query (0: no such rank) and widths of a head's key, without its rotary part, and value do not count for
    the cache, but for weights and work; they are DeepSeek V3's where a record does not say.
    """

    layers: Count
    rank: Count
    rope: Size
    heads: Count
    query_rank: Size = 1536
    key_length: Count = 128
    value_length: Count = 128
    indexer: Indexer | None = None


class CompressedAttention(Record, frozen=True, kw_only=True, tag_field="kind", tag="compressed"):
    """Layers of DeepSeek V4: single entries of the last `window` tokens, and one more for each `ratio` tokens.

    An entry serves as key and value. With `overlap`, a compressed entry is made of the tokens of two ratios, and
    `indexer` is what its indexer keeps beside it. The ranks and `output_groups` count for the weights alone.
    """

    layers: Count
    entry: Count
    window: Count
    ratio: Count | None = None
    overlap: bool = False
    indexer: Size = 0
    query_rank: Count
    output_rank: Count
    output_groups: Count


class Recurrent(Record, frozen=True, kw_only=True, tag_field="kind", tag="recurrent"):
    """Layers with a fixed state: gated delta net and Mamba-2 (`groups` x `state` beside `inner`)."""

    layers: Count
    conv: Count
    inner: Count
    groups: Size
    state: Count


class DeltaAttention(Record, frozen=True, kw_only=True, tag_field="kind", tag="delta"):
    """Layers of Kimi delta attention: one `head_dim` x `head_dim` state a head."""

    layers: Count
    conv: Count
    heads: Count
    head_dim: Count


class NoCache(Record, frozen=True, kw_only=True, tag_field="kind", tag="none"):
    """Layers that keep nothing of their own: they share another layer's cache, and have queries of `key_length`.

    `feed_forward` is the width of their feed-forward block where it is not that of the other layers.
    """

    layers: Count
    key_length: Count | None = None
    feed_forward: Count | None = None


CacheGroup = (
    FullAttention | WindowAttention | LatentAttention | CompressedAttention | Recurrent | DeltaAttention | NoCache
)


class Experts(Record, frozen=True, kw_only=True):
    """A mixture of experts: `feed_forward` is the width of one expert, `shared` that of all shared ones."""

    count: Count
    used: Count
    feed_forward: Count
    shared: Size = 0
    dense_layers: Size = 0
    """Layers that have a plain feed-forward block in place of experts."""
    latent: Count | None = None
    """Elements that a token has on its way through the routed experts, where they are not the hidden size."""


class Architecture(Record, frozen=True, kw_only=True):
    """The shape of the network: everything that the memory formulas need (docs/memory.md)."""

    name: Text
    """llama.cpp's name of the architecture, or the maker's where llama.cpp has none."""
    layers: Count
    hidden_size: Count | None = None
    vocabulary_size: Count | None = None
    heads: Count | None = None
    feed_forward: Count | None = None
    feed_forward_gated: bool = True
    """Whether a feed-forward block has a gate beside its up and down matrices."""
    experts: Experts | None = None
    tied_embeddings: bool | None = None
    layer_embedding: Count | None = None
    """Elements of the embedding that each layer has of its own for every token (Gemma 3n, 4 E2B and E4B)."""
    cache: tuple[CacheGroup, ...] = ()
    """Groups of layers by what they cache; their `layers` add up to `layers`."""
    sources: Sources
    note: str | None = None
