"""How fast a model writes and reads on a machine, estimated from bytes moved and operations done (docs/speed.md)."""

from __future__ import annotations

import msgspec

from advisor.catalog.schema import Model
from advisor.hardware.weights import Weights

ASSUMED_RAM_BANDWIDTH = 50_000_000_000
"""Bytes/s where a machine's memory bandwidth is not known: dual-channel DDR4-3200 has 51.2 GB/s at its peak."""
ASSUMED_VRAM_BANDWIDTH = 300_000_000_000
"""Bytes/s where a GPU's is not known: that of a small data-centre part (NVIDIA L4)."""
ASSUMED_CPU_FLOPS = 950_000_000_000
ASSUMED_GPU_FLOPS = 30_000_000_000_000
"""Operations/s where they are not known: some desktop cores with AVX2, a small data-centre GPU."""
COMPUTE_SHARE = 0.6
COMPUTE_SHARE_EXPERTS = 0.35
"""Shares of the stated operations that prompt processing reaches, in dense models and with experts."""
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
    reach: float
    """Share of the bandwidth that token generation reaches."""
    layer_seconds: float
    """What starting a layer's work costs for each token."""
    flops: int
    basis: str


def estimate(engine: Engine, weights: Weights, prompt_cache: int, model: Model, users: int) -> Speed:
    """Estimate speed: a token reads the active weights and the cache of a typical prompt (bytes) once.

    With N users a step reads N caches, the weights that every token needs once, and those experts that at least
    one of N independent choices hits. Prompts cost two operations for each active parameter and token.
    """
    counts, shape = model.parameters, model.architecture
    active = (counts.active or counts.total) if counts else None
    share = COMPUTE_SHARE_EXPERTS if shape and shape.experts else COMPUTE_SHARE
    most = engine.flops * share / (2 * active) if active else None
    starts = engine.layer_seconds * (shape.layers if shape else 0)
    rate = 1 / ((weights.active + prompt_cache) / (engine.bandwidth * engine.reach) + starts)
    together = None
    if users > 1:
        step = _read_by(users, weights, model) + prompt_cache * users
        together = users / (step / (engine.bandwidth * engine.reach) + starts)
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


def _read_by(users: int, weights: Weights, model: Model) -> float:
    """Return the bytes of weights that one step of `users` tokens reads."""
    experts = model.architecture.experts if model.architecture else None
    if experts is None:
        return weights.active
    used = experts.used / experts.count
    routed = (weights.total - weights.active) / (1 - used) if used < 1 else 0.0
    hit = 1 - (1 - used) ** users
    return min(weights.active + routed * (hit - used), weights.total)
