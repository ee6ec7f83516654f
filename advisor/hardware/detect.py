"""The machine at hand, as far as it can be read in a moment; the rest is unknown and noted."""

from __future__ import annotations

from advisor.hardware import amd, intel, linux, nvidia
from advisor.hardware.findings import Found
from advisor.hardware.probe import Probe, SystemProbe
from advisor.hardware.schema import Machine


def detect(probe: Probe | None = None) -> Machine:
    """Return the machine at hand (or the one behind `probe`): sizes in bytes, no bandwidths.

    Takes a few milliseconds where no vendor's tool is installed; each tool may take two seconds.
    Never raises for what a machine or a tool does: the fact is then absent and `notes` says why.
    """
    probe = probe or SystemProbe()
    if probe.platform == "darwin":
        return _mac(probe)
    if probe.platform == "win32":
        return _windows(probe)
    return _linux(probe)


def _linux(probe: Probe) -> Machine:
    memory = linux.memory(probe)
    ram = memory.limit or memory.total
    notes = []
    if memory.limit is not None:
        whole = f"{memory.total / (1 << 30):.1f} GiB" if memory.total else "an unknown amount"
        notes.append(f"RAM is the container's limit; the host has {whole}")
    system = "linux"
    if linux.is_wsl(probe):
        system = "linux (WSL)"
        notes.append("WSL: RAM is what Windows gives the virtual machine (.wslconfig)")
    answers = {
        "nvidia": nvidia.find(probe),
        "amd": amd.find(probe),
        "intel": intel.find(probe),
    }
    # Where AMD's or Intel's tool failed, /sys still tells; of NVIDIA it knows no sizes.
    told = {v for v, found in answers.items() if found and (found.answered or v == "nvidia")}
    parts = [found for found in answers.values() if found]
    parts.append(linux.gpus(probe, frozenset(told)))
    return _machine(probe, system, ram, linux.cpu_name(probe), _joined(parts), notes)


def _mac(probe: Probe) -> Machine:
    from advisor.hardware import apple

    mac = apple.read(probe)
    found = apple.find(probe, mac.cpu_name)
    return _machine(probe, "macos", mac.memory_bytes, mac.cpu_name, found, [])


def _windows(probe: Probe) -> Machine:
    found = nvidia.find(probe)
    notes = []
    if found is None or not found.gpus:
        notes.append("on Windows only NVIDIA GPUs are detected; state others with --vram")
    ram = probe.native_memory()
    return _machine(probe, "windows", ram, probe.native_cpu_name(), found or Found(), notes)


def _joined(parts: list[Found]) -> Found:
    return Found(
        tuple(gpu for part in parts for gpu in part.gpus),
        any(part.unified for part in parts),
        tuple(note for part in parts for note in part.notes),
    )


def _machine(probe: Probe, system: str, ram: int | None, cpu: str | None, found: Found, notes: list[str]) -> Machine:
    if ram is None:
        notes.append("total RAM could not be read")
    known = [gpu.vram_bytes for gpu in found.gpus if gpu.vram_bytes is not None]
    unified = found.unified and not known
    vram = ram if unified else sum(known) or None
    if 0 < len(known) < len(found.gpus):
        notes.append("VRAM is the sum over the GPUs whose memory is known")
    return Machine(
        name="this machine",
        basis="detected",
        ram_bytes=ram,
        vram_bytes=vram,
        unified=unified,
        devices=max(1, len(known) or len(found.gpus)),
        cpu_name=cpu,
        cpu_threads=probe.threads(),
        gpus=found.gpus,
        os=system,
        notes=tuple(dict.fromkeys([*notes, *found.notes])),
    )
