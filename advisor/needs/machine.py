"""Which machine the requirements speak of: this one, a profile of the catalog, or one described by its sizes."""

from __future__ import annotations

import msgspec

from advisor.catalog.load import Catalog
from advisor.hardware.schema import Machine, from_profile
from advisor.needs.schema import Requirements


def choose(requirements: Requirements, catalog: Catalog) -> Machine:
    """Return the machine asked for; `--ram` and `--vram` describe a whole machine, or correct the one named."""
    named = requirements.hardware
    stated = {"ram_bytes": requirements.ram, "vram_bytes": requirements.vram}
    stated = {field: size for field, size in stated.items() if size is not None}
    if named is None and stated:
        return msgspec.convert({"name": "stated", "basis": "stated", **stated}, Machine)
    if named not in (None, "this"):
        machine = from_profile(named, catalog.snapshot.hardware[named])
    else:
        from advisor.hardware.detect import detect

        machine = detect()
    return msgspec.structs.replace(machine, **stated) if stated else machine
