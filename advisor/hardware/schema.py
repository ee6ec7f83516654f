"""The machine that models run on: what was detected, stated or taken from a profile."""

from __future__ import annotations

from typing import Literal

from advisor.catalog.schema import Count, HardwareProfile, Record, Text


class Gpu(Record, frozen=True, kw_only=True):
    """One graphics processor as its driver names it."""

    name: Text
    vendor: Text
    """`nvidia`, `amd`, `intel` or `apple`; of a profile, the profile's."""
    vram_bytes: Count | None = None
    """Memory of its own in bytes; absent where unknown and where it shares the machine's RAM."""
    driver: Text | None = None


class Machine(Record, frozen=True, kw_only=True):
    """A machine: sizes in bytes, bandwidths in bytes/s, arithmetic in operations/s.

    What is unknown is absent. `unified` says that CPU and GPU share one pool: `ram_bytes` and
    `vram_bytes` are then the same memory and must not be added up.
    """

    name: Text
    basis: Literal["detected", "profile", "stated"]
    ram_bytes: Count | None = None
    """Total RAM, or the container's limit where that is lower."""
    vram_bytes: Count | None = None
    """Summed over the GPUs whose memory is known; the whole pool where memory is unified."""
    unified: bool = False
    devices: Count = 1
    """How many GPUs `vram_bytes` and `vram_bandwidth` are summed over; 1 without a GPU."""
    ram_bandwidth: Count | None = None
    vram_bandwidth: Count | None = None
    cpu_name: Text | None = None
    cpu_threads: Count | None = None
    """Hardware threads that this process may use."""
    cpu_flops: Count | None = None
    gpu_flops: Count | None = None
    """Dense half-precision operations per second, summed over the GPUs."""
    gpus: tuple[Gpu, ...] = ()
    os: Text | None = None
    notes: tuple[Text, ...] = ()
    """What could not be read, and what a reader of the figures should know."""


def from_profile(profile_id: str, profile: HardwareProfile) -> Machine:
    """Return the machine that a profile of the catalog describes.

    A `gpu` gives VRAM and says nothing about RAM; a `cpu` or `system` gives RAM; unified memory
    gives both, as the same pool. Bandwidth (bytes/s) and operations are taken as the profile states
    them, over all its devices.
    """
    notes = (profile.note,) if profile.note else ()
    if profile.unified:
        return Machine(
            name=profile_id,
            basis="profile",
            ram_bytes=profile.memory_bytes,
            vram_bytes=profile.memory_bytes,
            unified=True,
            devices=profile.devices,
            ram_bandwidth=profile.bandwidth,
            vram_bandwidth=profile.bandwidth,
            gpu_flops=profile.flops,
            gpus=(Gpu(name=profile.name, vendor=profile.vendor),),
            notes=notes,
        )
    if profile.kind == "gpu":
        each = Gpu(
            name=profile.name,
            vendor=profile.vendor,
            vram_bytes=profile.memory_bytes // profile.devices,
        )
        return Machine(
            name=profile_id,
            basis="profile",
            vram_bytes=profile.memory_bytes,
            devices=profile.devices,
            vram_bandwidth=profile.bandwidth,
            gpu_flops=profile.flops,
            gpus=(each,) * profile.devices,
            notes=notes,
        )
    return Machine(
        name=profile_id,
        basis="profile",
        ram_bytes=profile.memory_bytes,
        ram_bandwidth=profile.bandwidth,
        cpu_name=profile.name,
        cpu_flops=profile.flops,
        notes=notes,
    )
