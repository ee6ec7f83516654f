"""AMD GPUs, by rocm-smi."""

from __future__ import annotations

import re
from typing import Any

from advisor.hardware.findings import (
    GIB,
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

COMMAND = (
    "rocm-smi",
    "--showproductname",
    "--showmeminfo",
    "vram",
    "--showdriverversion",
    "--json",
)
CARVE_OUT = 8 * GIB
"""From this size on, the part of RAM set aside by firmware for an integrated GPU is its VRAM."""
_INTEGRATED_NAME = r"(?i)\bRyzen\b|\b\d{3}M\b|\b80[456]0S\b|^(AMD )?Radeon(\(TM\))?( Vega \d+)? Graphics$"
_INTEGRATED_CHIP = r"(?i)gfx(90[29c]|103[3567]|1103|115[0-3])$"
"""LLVM targets of AMD's integrated GPUs (https://llvm.org/docs/AMDGPUUsage.html)."""
_NO_NAME_INTEGRATED = 3 * GIB
_NAME_KEYS = ("card series", "device name", "card model", "card sku")
_NUMBER = r"(?i)(0x)?[0-9a-f]+"


class Card:
    """One card as a tool or the kernel tells of it."""

    def __init__(self, name: str | None, vram: int | None, chip: str | None, driver: str | None) -> None:
        self.gpu = Gpu(name=name or "AMD GPU", vendor="amd", vram_bytes=vram, driver=driver)
        self.integrated = bool(
            (chip and re.search(_INTEGRATED_CHIP, chip))
            or (name and re.search(_INTEGRATED_NAME, name))
            or (name is None and chip is None and vram is not None and vram < _NO_NAME_INTEGRATED)
        )


def parse_rocm_smi(text: str) -> tuple[Card, ...]:
    """Read the JSON of `COMMAND`, also between warnings; ROCm 5 and 6 differ in the keys' case."""
    data = json_inside(text)
    if not isinstance(data, dict):
        return ()
    system = _folded(data.get("system"))
    driver = text_of(system.get("driver version"))
    numbers = sorted(int(key[4:]) for key in data if re.fullmatch(r"card(0|[1-9]\d{0,3})", key))
    entries = (data[f"card{number}"] for number in numbers)
    return tuple(_card(entry, driver) for entry in entries if isinstance(entry, dict))


def _card(entry: dict[str, Any], driver: str | None) -> Card:
    values = _folded(entry)
    named = (text_of(values.get(key)) for key in _NAME_KEYS)
    name = next((n for n in named if n and not re.fullmatch(_NUMBER, n)), None)
    vram = positive(values.get("vram total memory (b)"))
    return Card(name, vram, text_of(values.get("gfx version")), driver)


def _folded(entry: Any) -> dict[str, Any]:
    return {str(k).casefold(): v for k, v in entry.items()} if isinstance(entry, dict) else {}


def weigh(cards: tuple[Card, ...]) -> Found:
    """Keep the cards with memory of their own, and say of the others why they do not count."""
    gpus, notes = [], []
    for card in cards:
        size = card.gpu.vram_bytes
        if card.integrated and (size is None or size < CARVE_OUT):
            notes.append(integrated(card.gpu))
            continue
        gpus.append(card.gpu)
        if size is None:
            notes.append(unknown_size(card.gpu))
        elif card.integrated:
            notes.append(f"firmware set a part of RAM aside as the VRAM of {card.gpu.name}")
    return Found(tuple(gpus), notes=tuple(notes))


def find(probe: Probe) -> Found | None:
    """Return the AMD GPUs; None where rocm-smi is not installed."""
    answer = probe.run(*COMMAND)
    if answer is None:
        return None
    cards = parse_rocm_smi(answer.text)
    return weigh(cards) if cards else unread("rocm-smi", answer)
