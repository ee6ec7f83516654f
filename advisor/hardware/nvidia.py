"""NVIDIA GPUs, by nvidia-smi."""

from __future__ import annotations

import re

from advisor.hardware.findings import MIB, Found, positive, text_of, unknown_size, unread
from advisor.hardware.probe import Probe
from advisor.hardware.schema import Gpu

COMMAND = (
    "nvidia-smi",
    "--query-gpu=name,memory.total,driver_version",
    "--format=csv,noheader,nounits",
)
_SHARES_RAM = r"(?i)\b(GB10|N1X?|Orin|Thor|Xavier|Tegra|Jetson)\b"
"""Systems on a chip: nvidia-smi prints `[N/A]` for their memory, which is the machine's RAM."""


def parse_smi(text: str) -> tuple[Gpu, ...]:
    """Read the lines `name, MiB, driver` of `COMMAND`; other lines (messages) are left out."""
    gpus = []
    for line in text.splitlines():
        fields = [field.strip() for field in line.rsplit(",", 2)]
        if len(fields) != 3 or not re.fullmatch(r"\d+( MiB)?|\[.+\]", fields[1]):
            continue
        name = text_of(fields[0])
        if name is None:
            continue
        size = positive(fields[1].removesuffix(" MiB"))
        driver = None if fields[2].startswith("[") else text_of(fields[2])
        vram = None if size is None else size * MIB
        gpus.append(Gpu(name=name, vendor="nvidia", vram_bytes=vram, driver=driver))
    return tuple(gpus)


def find(probe: Probe) -> Found | None:
    """Return the NVIDIA GPUs; None where nvidia-smi is not installed."""
    answer = probe.run(*COMMAND)
    if answer is None:
        return None
    gpus = parse_smi(answer.text)
    if not gpus:
        if "No devices were found" in answer.text:
            return Found(notes=("nvidia-smi finds no device",))
        return unread("nvidia-smi", answer)
    notes = []
    unified = False
    for gpu in gpus:
        if gpu.vram_bytes is not None:
            continue
        if re.search(_SHARES_RAM, gpu.name):
            unified = True
            notes.append(f"{gpu.name} has no VRAM of its own: CPU and GPU share one pool of memory")
        else:
            notes.append(unknown_size(gpu))
    return Found(gpus, unified, tuple(notes))
