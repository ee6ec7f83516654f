"""Which machine the requirements speak of: this one, a profile of the catalog, or one described by its sizes."""

from __future__ import annotations

import msgspec

from advisor.catalog.load import Catalog
from advisor.hardware.schema import Machine, from_profile
from advisor.needs.schema import Requirements
from advisor.needs.units import format_size

UNKNOWN = "unknown"
"""The machine that nobody has decided on yet: what depends on it stays open."""


def choose(requirements: Requirements, catalog: Catalog) -> Machine:
    """Return the machine asked for; `--ram` and `--vram` describe a whole machine, or correct the one named."""
    named = requirements.hardware
    stated = {"ram_bytes": requirements.ram, "vram_bytes": requirements.vram}
    stated = {field: size for field, size in stated.items() if size is not None}
    if named == UNKNOWN or (named is None and stated):
        sizes = {"RAM": requirements.ram, "VRAM": requirements.vram}
        name = " and ".join(f"{format_size(size)} of {kind}" for kind, size in sizes.items() if size)
        return msgspec.convert({"name": name or "a machine not known yet", "basis": "stated", **stated}, Machine)
    if named not in (None, "this"):
        machine = from_profile(named, catalog.snapshot.hardware[named])
    else:
        from advisor.hardware.detect import detect

        machine = _with_known_parts(detect(), catalog)
    return msgspec.structs.replace(machine, **stated) if stated else machine


def _with_known_parts(machine: Machine, catalog: Catalog) -> Machine:
    """Add the bandwidth and operations of detected GPUs that are all called as a profile's part is."""
    parts = {alias: p for p in catalog.snapshot.hardware.values() if p.devices == 1 for alias in (p.name, *p.aliases)}
    found = [parts[gpu.name] for gpu in machine.gpus if gpu.name in parts]
    if not found or len(found) < len(machine.gpus) or machine.unified:
        return machine
    flops = [part.flops for part in found if part.flops]
    return msgspec.structs.replace(
        machine,
        vram_bandwidth=sum(part.bandwidth for part in found),
        gpu_flops=sum(flops) if len(flops) == len(found) else None,
    )
