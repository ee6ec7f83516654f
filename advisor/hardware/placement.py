"""Where on a machine a model can run: which memory, how much of it, how fast."""

from __future__ import annotations

from advisor.hardware.schema import Machine
from advisor.hardware.speed import (
    ASSUMED_CPU_FLOPS,
    ASSUMED_GPU_FLOPS,
    ASSUMED_RAM_BANDWIDTH,
    ASSUMED_VRAM_BANDWIDTH,
    Engine,
)

RAM_SHARE = 0.8
VRAM_SHARE = 0.9
UNIFIED_SHARE = 0.75
"""Shares of total memory that a model may take; the rest is the system's, the driver's and other programs'."""


REACH_GPU = 0.8
REACH_CPU = 0.72
"""Shares of the stated bandwidth that token generation reaches (fitted to published figures, docs/speed.md)."""
LAYER_SECONDS = 0.05e-3
LAYER_SECONDS_APPLE = 0.17e-3
"""Seconds that a GPU needs to start a layer's work for one token (fitted likewise); nothing on a CPU."""


def engines(machine: Machine) -> tuple[Engine, ...]:
    """Return the parts of `machine` that can hold a model, the fastest first; none where no size is known."""
    found = []
    graphics = machine.vram_bytes or (machine.ram_bytes if machine.unified else None)
    if graphics:
        apple = any(gpu.vendor == "apple" for gpu in machine.gpus)
        found.append(
            Engine(
                placement="gpu",
                budget_bytes=int(graphics * (UNIFIED_SHARE if machine.unified else VRAM_SHARE)),
                bandwidth=machine.vram_bandwidth or ASSUMED_VRAM_BANDWIDTH,
                reach=REACH_GPU,
                layer_seconds=LAYER_SECONDS_APPLE if apple else LAYER_SECONDS,
                flops=machine.gpu_flops or ASSUMED_GPU_FLOPS,
                basis=_basis(machine.vram_bandwidth, machine.gpu_flops),
            )
        )
    if machine.ram_bytes and not machine.unified:
        found.append(
            Engine(
                placement="cpu",
                budget_bytes=int(machine.ram_bytes * RAM_SHARE),
                bandwidth=machine.ram_bandwidth or ASSUMED_RAM_BANDWIDTH,
                reach=REACH_CPU,
                layer_seconds=0.0,
                flops=machine.cpu_flops or ASSUMED_CPU_FLOPS,
                basis=_basis(machine.ram_bandwidth, machine.cpu_flops),
            )
        )
    return tuple(found)


def _basis(bandwidth: int | None, flops: int | None) -> str:
    """Say what a speed estimate rests on: `assumed` as soon as the bandwidth is."""
    if bandwidth is None:
        return "assumed"
    return "estimated" if flops else "estimated; compute assumed"
