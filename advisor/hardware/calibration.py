"""Speed estimates set right by what was measured on the same machine (docs/speed.md)."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from advisor.hardware.speed import COMPUTE_SHARE, Engine


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One measured run: bytes and parameters that a token needs, rates in tokens/s, the file and the day."""

    placement: str
    active_bytes: int
    generation_rate: float
    active_parameters: int | None
    prompt_rate: float | None
    file: str
    date: str


def calibrated(engines: tuple[Engine, ...], observations: tuple[Observation, ...]) -> tuple[Engine, ...]:
    """Return the engines with bandwidth and operations as observed: what a token reads times how often it was read.

    The median over the observations of a place; places without any stay as they were estimated.
    """
    return tuple(
        _calibrated(engine, [o for o in observations if o.placement == engine.placement]) for engine in engines
    )


def _calibrated(engine: Engine, observed: list[Observation]) -> Engine:
    if not observed:
        return engine
    from statistics import median  # which costs every start three milliseconds

    bandwidth = median(o.active_bytes * o.generation_rate for o in observed)
    flops = [2 * o.active_parameters * o.prompt_rate for o in observed if o.active_parameters and o.prompt_rate]
    newest = max(observed, key=lambda o: (o.date, o.file))
    more = f" and {len(observed) - 1} more" if len(observed) > 1 else ""
    return replace(
        engine,
        bandwidth=int(bandwidth / engine.reach),
        layer_seconds=0.0,  # what was measured holds it already
        flops=int(median(flops) / COMPUTE_SHARE) if flops else engine.flops,
        basis=f"calibrated by {newest.file}{more}, measured here, {newest.date}",
    )
