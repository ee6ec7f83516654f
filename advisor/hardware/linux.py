"""Linux: memory and its container limit, the processor, and GPUs as the kernel shows them."""

from __future__ import annotations

import re
from typing import NamedTuple

from advisor.hardware import amd, intel
from advisor.hardware.findings import Found, positive, text_of
from advisor.hardware.probe import Probe
from advisor.hardware.schema import Gpu

_DRM = "/sys/class/drm"
_CGROUP = "/sys/fs/cgroup"


class Memory(NamedTuple):
    """Total RAM in bytes and the container's limit, where one is lower than it."""

    total: int | None
    limit: int | None = None


def parse_meminfo(text: str) -> int | None:
    """Return `MemTotal` of /proc/meminfo in bytes (the file counts in KiB)."""
    match = re.search(r"^MemTotal:\s*(\d+) kB$", text, re.MULTILINE)
    return positive(int(match[1][:18]) * 1024) if match else None


def parse_cpuinfo(text: str) -> str | None:
    """Return the processor's name from /proc/cpuinfo; many ARM kernels give none."""
    for key in ("model name", "Processor", "cpu model", "Hardware", "cpu"):
        match = re.search(rf"^{key}[ \t]*:[ \t]*(\S.*)$", text, re.MULTILINE)
        if match and (name := text_of(match[1])):
            return name
    return None


def cgroup_limit_files(text: str) -> tuple[str, ...]:
    """Return the files that may hold a memory limit: of our group in /proc/self/cgroup and above.

    Version 2 has one line `0::/path` and `memory.max`; version 1 a line per controller and
    `memory.limit_in_bytes` (https://docs.kernel.org/admin-guide/cgroup-v2.html).
    """
    files = [f"{_CGROUP}/memory.max", f"{_CGROUP}/memory/memory.limit_in_bytes"]
    for line in text.splitlines():
        parts = line.split(":", 2)
        if len(parts) != 3:
            continue
        if parts[0] == "0" and parts[1] == "":
            base, leaf = _CGROUP, "memory.max"
        elif "memory" in parts[1].split(","):
            base, leaf = f"{_CGROUP}/memory", "memory.limit_in_bytes"
        else:
            continue
        steps = [step for step in parts[2].split("/") if step not in ("", ".", "..")]
        files += ["/".join([base, *steps[: depth + 1], leaf]) for depth in range(len(steps))]
    return tuple(files)


def memory(probe: Probe) -> Memory:
    """Return total RAM and the lowest cgroup limit below it."""
    total = parse_meminfo(probe.read_text("/proc/meminfo") or "")
    groups = cgroup_limit_files(probe.read_text("/proc/self/cgroup") or "")
    limits = [limit for path in groups if (limit := positive(probe.read_text(path) or ""))]
    limit = min(limits, default=None)
    if limit is None or limit >= (total or 1 << 50):
        return Memory(total)
    return Memory(total, limit)


def cpu_name(probe: Probe) -> str | None:
    """Return the processor's name, or on ARM boards without one the board's."""
    named = parse_cpuinfo(probe.read_text("/proc/cpuinfo") or "")
    return named or text_of((probe.read_text("/proc/device-tree/model") or "").replace("\0", ""))


def is_wsl(probe: Probe) -> bool:
    """Tell whether this Linux runs inside Windows."""
    return "microsoft" in (probe.read_text("/proc/sys/kernel/osrelease") or "").casefold()


def gpus(probe: Probe, told: frozenset[str]) -> Found:
    """Return the GPUs that the kernel shows, without vendors in `told`: their tool answered."""
    amds: list[amd.Card] = []
    intels: list[intel.Card] = []
    others: list[Gpu] = []
    for entry in probe.list_folder(_DRM):
        if not re.fullmatch(r"card\d+", entry):
            continue
        device = f"{_DRM}/{entry}/device"
        vendor = (probe.read_text(f"{device}/vendor") or "").strip()
        if vendor == "0x1002" and "amd" not in told:
            name = text_of(probe.read_text(f"{device}/product_name"))
            vram = positive(probe.read_text(f"{device}/mem_info_vram_total"))
            amds.append(amd.Card(name, vram, None, None))
        elif vendor == "0x8086" and "intel" not in told:
            local = positive(probe.read_text(f"{_DRM}/{entry}/lmem_total_bytes"))
            event = probe.read_text(f"{device}/uevent") or ""
            slot = re.search(r"^PCI_SLOT_NAME=(\S+)$", event, re.MULTILINE)
            intels.append(intel.card(None, local, slot[1] if slot else None))
        elif vendor == "0x10de" and "nvidia" not in told:
            others.append(Gpu(name="NVIDIA GPU", vendor="nvidia"))
    found = (amd.weigh(tuple(amds)), intel.weigh(tuple(intels)))
    notes = [note for each in found for note in each.notes]
    if others:
        notes.append("there is an NVIDIA GPU but no nvidia-smi: its VRAM is unknown")
    return Found((*found[0].gpus, *found[1].gpus, *others), notes=tuple(notes))
