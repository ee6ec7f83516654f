"""How fast a model writes and reads on a machine, estimated from bytes moved and operations done (docs/speed.md)."""

from __future__ import annotations

import msgspec

from advisor.catalog.schema import Model
from advisor.hardware.weights import Weights

ASSUMED_RAM_BANDWIDTH = 50_000_000_000
"""Bytes/s where a machine's memory bandwidth is not known: dual-channel DDR4-3200 has 51.2 GB/s at its peak."""
ASSUMED_VRAM_BANDWIDTH = 300_000_000_000
"""Bytes/s where a GPU's is not known: that of a small data-centre part (NVIDIA L4)."""
ASSUMED_CPU_FLOPS = 800_000_000_000
ASSUMED_GPU_FLOPS = 30_000_000_000_000
"""Operations/s where they are not known: eight desktop cores with AVX2, a small data-centre GPU."""
BANDWIDTH_SHARE = 0.65
"""Share of the stated peak that llama.cpp's token generation reaches."""
COMPUTE_SHARE = 0.4
"""Share of the stated peak operations that prompt processing reaches."""
TYPICAL_PROMPT = 1000
"""Tokens of the prompt that time to first token is given for, and that the cache holds while a token is written."""


class Speed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Tokens per second for one user, and for all of `concurrency` users together; seconds to the first token."""

    decode_tokens_per_second: float
    basis: str
    prompt_tokens_per_second: float | None = None
    ttft_seconds: float | None = None
    total_decode_tokens_per_second: float | None = None
    placement: str | None = None


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a machine that computes: `bandwidth` in bytes/s, `flops` in operations/s, and how they are known."""

    placement: str
    budget_bytes: int
    bandwidth: int
    flops: int
    basis: str


def estimate(engine: Engine, weights: Weights, prompt_cache: int, model: Model, users: int) -> Speed:
    """Estimate speed: every token reads the active weights and the cache of a typical prompt (bytes) once.

    With N users a step reads the always-active weights once and writes N tokens; routed experts are counted as
    read for every user, which is the careful bound. Prompts cost two operations a parameter and token.
    """
    counts = model.parameters
    active = (counts.active or counts.total) if counts else None
    reach = engine.bandwidth * BANDWIDTH_SHARE
    most = engine.flops * COMPUTE_SHARE / (2 * active) if active else None
    rate = reach / (weights.active + prompt_cache)
    together = None
    if users > 1:
        routed = model.architecture is not None and model.architecture.experts is not None
        read = min(weights.active * users, weights.total) if routed else weights.active
        together = reach / (read + prompt_cache * users) * users
        together = min(together, most) if most else together
        rate = min(rate, together / users)
    return Speed(
        decode_tokens_per_second=round(rate, 2),
        prompt_tokens_per_second=round(most, 1) if most else None,
        ttft_seconds=round(TYPICAL_PROMPT / most, 2) if most else None,
        total_decode_tokens_per_second=round(together, 2) if together else None,
        placement=engine.placement,
        basis=engine.basis,
    )
