"""Rules about one artifact on one machine: `publisher`, `artifact`, `deployment`, `memory`, `speed`."""

from __future__ import annotations

from math import ceil

from advisor.catalog.schema import Source
from advisor.hardware.memory import GIB
from advisor.hardware.placement import RAM_SHARE, UNIFIED_SHARE, VRAM_SHARE
from advisor.needs.units import format_size
from advisor.rules.finding import Finding, unknown
from advisor.rules.offers import named_files, sketch
from advisor.rules.subject import Need, Offer, Subject
from advisor.rules.verdict import FAIL, PASS


def artifact(subject: Subject, need: Need, offer: Offer | None) -> Finding:
    """There must be a GGUF of a named publisher that is not below `--min-quant`."""
    wanted = need.requirements.min_quant
    if offer is not None:
        return Finding(
            rule="artifact", verdict=PASS, observed=offer.file.quantization, required=f"{wanted} or better",
            reason=f"{offer.file.quantization} by {_uploader(need, offer)}",
            sources=offer.repository.sources,
        )  # fmt: skip
    known = {
        file.quantization: need.losses.get(file.quantization) for _, file, _ in named_files(subject.model, need.catalog)
    }
    measured = {name: loss for name, loss in known.items() if loss is not None}
    if measured:
        best = min(measured, key=lambda name: (measured[name], name))
        return Finding(
            rule="artifact", verdict=FAIL, observed=sorted(known), required=f"{wanted} or better",
            reason=f"its best quantization, {best}, is below {wanted}", option="min_quant", passes_at=best,
        )  # fmt: skip
    if subject.model.availability.weights != "open":
        return Finding(
            rule="artifact", verdict=FAIL, observed="none", required=f"{wanted} or better",
            reason="there are no weights to make an artifact of", sources=subject.model.availability.sources,
        )  # fmt: skip
    return unknown("artifact", "no GGUF of a named publisher is known", "artifacts", required=f"{wanted} or better")


def publisher(subject: Subject, need: Need, offer: Offer | None) -> Finding | None:
    """`--publisher` and restricted data limit who may have uploaded the artifact."""
    asked = need.requirements.publisher
    allowed = asked or (("official",) if need.requirements.privacy == "restricted" else ())
    if not allowed or offer is None:
        return None
    fits = offer.publisher in allowed or (offer.official and "official" in allowed)
    return Finding(
        rule="publisher", verdict=PASS if fits else FAIL, observed=offer.publisher, required=list(allowed),
        reason=f"uploaded by {_uploader(need, offer)}",
        option="publisher" if asked and not fits else None,
        passes_at=[*allowed, offer.publisher] if asked and not fits else None, sources=offer.repository.sources,
    )  # fmt: skip


def _uploader(need: Need, offer: Offer) -> str:
    """Name the publisher of an artifact and its country."""
    record = need.catalog.providers[offer.publisher]
    where = "the maker itself" if offer.official else record.country or "country unknown"
    return f"{record.name} ({where})"


def deployment(subject: Subject, need: Need, offer: Offer | None) -> Finding | None:
    """Closed systems cannot run here; sites without a network need a known hash and no acceptance online."""
    availability, asked = subject.model.availability, need.requirements
    required = "air-gapped" if asked.no_network else "on-prem"
    if availability.weights == "closed":
        return Finding(
            rule="deployment", verdict=FAIL, observed="hosted service only", required="downloadable weights",
            reason="not available on-prem: its maker offers it as a service and publishes no weights",
            sources=availability.sources,
        )  # fmt: skip
    if not asked.local_only:
        return None
    if asked.no_network:
        found = _without_network(subject, need, offer)
        if found:
            return found
    return Finding(
        rule="deployment", verdict=PASS, observed="downloadable weights", required=required,
        reason="its weights can be downloaded and run without a network", sources=availability.sources,
    )  # fmt: skip


def _without_network(subject: Subject, need: Need, offer: Offer | None) -> Finding | None:
    """Return what stands against a site that has no way out, or None."""
    gate = subject.model.gated
    for term in subject.chain.terms:
        if term.license and any(duty.kind == "call-home" for duty in term.license.obligations):
            reason = f"the licence {term.id} asks for a connection to its licensor"
            return _needs_network(need, reason, term.license.text.sources)
    if gate and gate.value:
        reason = "its terms have to be accepted online, and no record of that is known"
        return _needs_network(need, reason, gate.sources)
    missing = []
    if offer is None or not (offer.file.sha256 or len(offer.file.shard_sha256) == offer.file.shards):
        missing.append("artifacts.files.sha256")
    if gate is None:
        missing.append("gated")
    if missing:
        what = "the sha256 of the artifact" if missing[0] != "gated" else "whether its terms must be accepted online"
        return unknown("deployment", f"{what} is not recorded", *missing, required="air-gapped")
    return None


def _needs_network(need: Need, reason: str, sources: tuple[Source, ...]) -> Finding:
    restricted = need.requirements.privacy == "restricted"
    return Finding(
        rule="deployment", verdict=FAIL, observed="needs a network once", required="air-gapped", reason=reason,
        option="privacy" if restricted else "air_gapped", passes_at="confidential" if restricted else False,
        sources=sources,
    )  # fmt: skip


def memory(subject: Subject, need: Need, offer: Offer | None) -> Finding | None:
    """The plan must fit into the stated share of the machine's memory."""
    budget = max((engine.budget_bytes for engine in need.engines), default=0)
    if offer is None:
        return _without_artifact(subject, need, budget)
    if not need.engines:
        return unknown("memory", "the machine's memory is not known", "machine.ram_bytes", "machine.vram_bytes")
    if offer.plan is None:
        return unknown("memory", "its memory cannot be worked out", *_unmeasured(subject, offer), required=budget)
    shape = subject.model.architecture
    sources = offer.repository.sources + (shape.sources if shape else ())
    total = offer.plan.total_bytes
    if offer.engine:
        where = "GPU" if offer.engine.placement == "gpu" else "main"
        granted = offer.engine.budget_bytes
        return Finding(
            rule="memory", verdict=PASS, observed=total, required=granted, sources=sources,
            reason=f"needs {format_size(total)} of {format_size(granted)} {where} memory",
        )  # fmt: skip
    option, needed = _memory_to_have(need, total)
    return Finding(
        rule="memory", verdict=FAIL, observed=total, required=budget, option=option, passes_at=f"{needed}GiB",
        reason=f"needs {format_size(total)}, {format_size(total - budget)} more than the {format_size(budget)} granted",
        sources=sources,
    )  # fmt: skip


def _without_artifact(subject: Subject, need: Need, budget: int) -> Finding | None:
    """Say where a model would hardly fit; only an artifact could decide it."""
    plan = sketch(subject, need)
    if plan is None or not budget or plan.total_bytes <= budget:
        return None
    needs = f"{format_size(plan.total_bytes)} at {need.requirements.min_quant}"
    reason = f"would need about {needs}, and {format_size(budget)} are granted"
    return unknown("memory", reason, "artifacts", required=budget)


def _unmeasured(subject: Subject, offer: Offer) -> list[str]:
    """Return the facts whose absence keeps memory from being worked out."""
    known = {
        "architecture": subject.model.architecture,
        "parameters": subject.model.parameters,
        "artifacts.files.size_bytes": offer.file.size_bytes,
    }
    return [path for path, fact in known.items() if not fact] or ["architecture.cache"]


def _memory_to_have(need: Need, total: int) -> tuple[str, int]:
    """Return which memory would have to be how large (GiB) for `total` bytes to fit."""
    if need.machine.unified:
        return "vram", ceil(total / UNIFIED_SHARE / GIB)
    if need.engines[-1].placement == "cpu":
        return "ram", ceil(total / RAM_SHARE / GIB)
    return "vram", ceil(total / VRAM_SHARE / GIB)


def speed(subject: Subject, need: Need, offer: Offer | None) -> Finding | None:
    """`--min-speed` asks for so many tokens per second for each user."""
    asked = need.requirements.min_speed
    if asked is None or offer is None:
        return None
    if offer.speed is None:
        return unknown("speed", "its speed cannot be estimated", "artifacts.files.size_bytes", required=asked)
    rate = offer.speed.decode_tokens_per_second
    fits = rate >= asked
    return Finding(
        rule="speed", verdict=PASS if fits else FAIL, observed=rate, required=asked,
        reason=f"about {rate:g} tokens/s ({offer.speed.basis})",
        option=None if fits else "min_speed", passes_at=None if fits else rate,
    )  # fmt: skip
