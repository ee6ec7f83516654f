"""Macs: memory and processor by sysctl, GPUs by system_profiler."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from advisor.hardware.findings import (
    GIB,
    MIB,
    Found,
    integrated,
    json_inside,
    positive,
    text_of,
    unknown_size,
    unread,
)
from advisor.hardware.probe import Probe
from advisor.hardware.schema import Gpu

SYSCTL = ("sysctl", "hw.memsize", "machdep.cpu.brand_string")
DISPLAYS = ("system_profiler", "SPDisplaysDataType", "-json")


class Mac(NamedTuple):
    """What sysctl tells: total memory in bytes and the processor's name."""

    memory_bytes: int | None = None
    cpu_name: str | None = None


class Display(NamedTuple):
    """One GPU of system_profiler; Apple's own come with their number of cores."""

    gpu: Gpu
    cores: int | None = None


def parse_sysctl(text: str) -> Mac:
    """Read the lines `key: value` of `SYSCTL`."""
    values = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return Mac(positive(values.get("hw.memsize")), text_of(values.get("machdep.cpu.brand_string")))


def parse_displays(text: str) -> tuple[Display, ...]:
    """Read the JSON of `DISPLAYS`."""
    data = json_inside(text)
    listed = data.get("SPDisplaysDataType") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        return ()
    found = (_display(entry) for entry in listed if isinstance(entry, dict))
    return tuple(display for display in found if display)


def _display(entry: dict[str, Any]) -> Display | None:
    name = text_of(entry.get("sppci_model")) or text_of(entry.get("_name"))
    if name is None:
        return None
    told = str(entry.get("spdisplays_vendor", "")).casefold()
    known = (v for v in ("apple", "amd", "nvidia", "intel") if v in told or v in name.casefold())
    vendor = next(known, "unknown")
    own = None if vendor == "apple" else _size(entry.get("spdisplays_vram"))
    cores = positive(entry.get("sppci_cores"))
    return Display(Gpu(name=name, vendor=vendor, vram_bytes=own), cores)


def _size(value: Any) -> int | None:
    match = re.fullmatch(r"(\d{1,6}) (MB|GB)", value.strip()) if isinstance(value, str) else None
    return positive(int(match[1]) * (GIB if match[2] == "GB" else MIB)) if match else None


def read(probe: Probe) -> Mac:
    """Return what sysctl tells of the machine at hand."""
    answer = probe.run(*SYSCTL)
    return Mac() if answer is None else parse_sysctl(answer.text)


def find(probe: Probe, cpu_name: str | None) -> Found:
    """Return the GPUs of a Mac; Apple silicon is unified even where system_profiler is silent."""
    silicon = (cpu_name or "").startswith("Apple ")
    answer = probe.run(*DISPLAYS)
    displays = parse_displays(answer.text) if answer else ()
    if not displays:
        notes = unread("system_profiler", answer).notes if answer else ()
        own = (Gpu(name=cpu_name, vendor="apple"),) if silicon and cpu_name else ()
        return Found(own, silicon, notes)
    gpus, remarks = [], []
    unified = silicon
    for gpu, cores in displays:
        if gpu.vendor == "apple":
            unified = True
            gpus.append(gpu)
            told = f" ({cores} GPU cores)" if cores else ""
            remarks.append(f"{gpu.name}{told}: CPU and GPU share one pool of memory")
        elif gpu.vendor == "intel":
            remarks.append(integrated(gpu))
        else:
            gpus.append(gpu)
            if gpu.vram_bytes is None:
                remarks.append(unknown_size(gpu))
    return Found(tuple(gpus), unified, tuple(remarks))
