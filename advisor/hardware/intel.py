"""Intel GPUs, by xpu-smi."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from advisor.hardware.findings import (
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

COMMAND = ("xpu-smi", "discovery", "--json")
INTEGRATED_SLOT = "0000:00:02.0"
"""The PCI address of every integrated Intel GPU."""
_INTEGRATED_NAME = r"(?i)\b(U?HD|Iris|Xe)\b.*Graphics|Arc\(TM\) (Graphics|1[34]0[VT])"


class Card(NamedTuple):
    """One GPU as a tool or the kernel tells of it; `number` is xpu-smi's device id."""

    gpu: Gpu
    integrated: bool
    number: int | None = None


def card(
    name: str | None,
    vram: int | None,
    slot: str | None,
    driver: str | None = None,
    number: int | None = None,
) -> Card:
    """Return one GPU's record; an integrated one is known by its PCI address or its name."""
    shares = slot == INTEGRATED_SLOT or bool(name and re.search(_INTEGRATED_NAME, name))
    own = None if shares else vram
    gpu = Gpu(name=name or "Intel GPU", vendor="intel", vram_bytes=own, driver=driver)
    return Card(gpu, shares, number)


def parse_xpu_smi(text: str) -> tuple[Card, ...]:
    """Read the JSON of `xpu-smi discovery`, of all devices or of one, without virtual functions."""
    data = json_inside(text)
    if not isinstance(data, dict):
        return ()
    listed = data.get("device_list", [data])
    if not isinstance(listed, list):
        return ()
    return tuple(_card(entry) for entry in listed if _is_gpu(entry))


def _is_gpu(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and text_of(entry.get("device_name")) is not None
        and str(entry.get("device_type", "GPU")).casefold() == "gpu"
        and str(entry.get("device_function_type", "physical")).casefold() == "physical"
    )


def _card(entry: dict[str, Any]) -> Card:
    number = entry.get("device_id")
    return card(
        text_of(entry.get("device_name")),
        positive(entry.get("memory_physical_size_byte")),
        text_of(entry.get("pci_bdf_address")),
        text_of(entry.get("driver_version")),
        number if isinstance(number, int) and not isinstance(number, bool) else None,
    )


def weigh(cards: tuple[Card, ...]) -> Found:
    """Keep the cards with memory of their own, and say of the others why they do not count."""
    gpus, notes = [], []
    for each in cards:
        if each.integrated:
            notes.append(integrated(each.gpu))
            continue
        gpus.append(each.gpu)
        if each.gpu.vram_bytes is None:
            notes.append(unknown_size(each.gpu))
    return Found(tuple(gpus), notes=tuple(notes))


def find(probe: Probe) -> Found | None:
    """Return the Intel GPUs; None where xpu-smi is not installed."""
    answer = probe.run(*COMMAND)
    if answer is None:
        return None
    cards = parse_xpu_smi(answer.text)
    return weigh(_with_sizes(probe, cards)) if cards else unread("xpu-smi", answer)


def _with_sizes(probe: Probe, cards: tuple[Card, ...]) -> tuple[Card, ...]:
    """Ask for each card whose memory the list leaves out (older versions), until one fails."""
    sized = list(cards)
    for index, each in enumerate(cards):
        if each.integrated or each.gpu.vram_bytes is not None or each.number is None:
            continue
        answer = probe.run("xpu-smi", "discovery", "-d", str(each.number), "--json")
        single = parse_xpu_smi(answer.text) if answer and answer.problem is None else ()
        if not single:
            break
        sized[index] = single[0]
    return tuple(sized)
