"""How fast a model writes and reads on a machine, estimated from bytes moved and operations done (docs/speed.md)."""

from __future__ import annotations

import msgspec

from advisor.catalog.schema import Architecture
from advisor.hardware.memory import kv_cache_bytes
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


class Speed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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


def estimate(
    engine: Engine, weights: Weights, architecture: Architecture | None, active_parameters: int | None, users: int
) -> Speed:
    """Estimate speed: every token reads the active weights and the cache of a typical prompt once.

    With N users a step reads the always-active weights once and writes N tokens; routed experts are counted as
    read for every user, which is the careful bound. Prompts cost two operations a parameter and token.
    """
    cache = kv_cache_bytes(architecture, TYPICAL_PROMPT) if architecture else 0
    reach = engine.bandwidth * BANDWIDTH_SHARE
    alone = reach / (weights.active + cache)
    routed = bool(architecture and architecture.experts)
    step_bytes = (weights.active * users if routed else weights.active) + cache * users
    together = min(
        reach / min(step_bytes, weights.total + cache * users) * users, _compute_bound(engine, active_parameters)
    )
    prompt = engine.flops * COMPUTE_SHARE / (2 * active_parameters) if active_parameters else None
    return Speed(
        decode_tokens_per_second=round(min(alone, together / users) if users > 1 else alone, 2),
        prompt_tokens_per_second=round(prompt, 1) if prompt else None,
        ttft_seconds=round(TYPICAL_PROMPT / prompt, 2) if prompt else None,
        total_decode_tokens_per_second=round(together, 2) if users > 1 else None,
        placement=engine.placement,
        basis=engine.basis,
    )


def _compute_bound(engine: Engine, active_parameters: int | None) -> float:
    """Return the most tokens per second that the operations allow."""
    return engine.flops * COMPUTE_SHARE / (2 * active_parameters) if active_parameters else float("inf")
