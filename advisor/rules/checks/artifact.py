"""Rules about one artifact on one machine: `publisher`, `artifact`, `deployment`, `memory`, `speed`."""

from __future__ import annotations

from math import ceil

from advisor.catalog.lineage import Chain
from advisor.catalog.schema import Model, Source
from advisor.hardware import weights
from advisor.hardware.memory import GIB
from advisor.hardware.placement import RAM_SHARE, UNIFIED_SHARE, VRAM_SHARE
from advisor.needs.units import format_size
from advisor.rules.finding import Finding, Value, unknown
from advisor.rules.offers import UNKNOWN_LOSS, named_files, sketch
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
    known = {file.quantization for _, file, _ in named_files(subject.model, need.catalog)}
    measured = {name: loss for name in known if (loss := need.losses.get(name, UNKNOWN_LOSS)) < UNKNOWN_LOSS}
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
    if known:
        reason = f"what its quantizations lose ({', '.join(sorted(known))}) is not known"
        paths = [f"quantizations: {name}" for name in sorted(known)]
        return unknown("artifact", reason, *paths, required=f"{wanted} or better")
    return unknown("artifact", "no GGUF of a named publisher is known", "artifacts", required=f"{wanted} or better")


def publisher(subject: Subject, need: Need, offer: Offer | None) -> Finding | None:
    """`--publisher` limits who uploaded the artifact; restricted data asks for the maker or whom a policy approves."""
    asked, restricted = need.requirements.publisher, need.requirements.privacy == "restricted"
    if offer is None or not (asked or restricted):
        return None
    named = not asked or offer.publisher in asked or (offer.official and "official" in asked)
    approved = restricted and need.policies is not None and need.policies.approves_publisher(offer.publisher)
    cleared = offer.official or approved or not restricted
    mended = cleared and not named
    return Finding(
        rule="publisher", verdict=PASS if named and cleared else FAIL, observed=offer.publisher,
        required=["official"] if restricted else list(asked),
        reason=f"uploaded by {_uploader(need, offer)}{_standing(approved, cleared)}",
        option="publisher" if mended else None, passes_at=[*asked, offer.publisher] if mended else None,
        sources=offer.repository.sources,
    )  # fmt: skip


def _standing(approved: bool, cleared: bool) -> str:
    """Say how an uploader stands to restricted data, where that matters."""
    if approved:
        return ", whom a policy approves"
    return "" if cleared else "; restricted data asks for the maker's own file, or a policy that names the uploader"


def _uploader(need: Need, offer: Offer) -> str:
    """Name the publisher of an artifact and its country."""
    record = need.catalog.providers[offer.publisher]
    where = "the maker itself" if offer.official else record.country or "country unknown"
    return f"{record.name} ({where})"


def deployment(subject: Subject, need: Need, offer: Offer | None) -> Finding | None:
    """What cannot be downloaded cannot run here; without a network nothing may have to be asked or accepted online."""
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
    if availability.weights == "announced":
        return Finding(
            rule="deployment", verdict=FAIL, observed="announced", required=required,
            reason="its weights have not been published, so they cannot be downloaded", sources=availability.sources,
        )  # fmt: skip
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
    gate, use = subject.model.gated, need.requirements.use
    for term in subject.chain.terms:
        for duty in term.license.obligations if term.license else ():
            if duty.kind in _ONLINE and (not duty.uses or use in duty.uses):
                reason = f"the licence {term.id} asks for {_ONLINE[duty.kind]} ({duty.clause})"
                return _needs_network(need, reason, term.license.text.sources if term.license else ())
    if gate and gate.value:
        reason = "its terms have to be accepted online, and no record of that is known"
        return _needs_network(need, reason, gate.sources)
    gaps = _unsettled_terms(subject.chain)
    if gate is None:
        gaps = {"gated": "whether its terms must be accepted online is not recorded"} | gaps
    if offer is None or not (offer.file.sha256 or len(offer.file.shard_sha256) == offer.file.shards):
        gaps = {"artifacts.files.sha256": "the sha256 of the artifact is not recorded"} | gaps
    return unknown("deployment", "; ".join(gaps.values()), *gaps, required="air-gapped") if gaps else None


_ONLINE = {
    "call-home": "a connection to its licensor",
    "acceptance": "an agreement given online, and no record of one is known",
}
"""Duties that need a network once. A licence that is accepted by mere use has no duty of the kind `acceptance`."""


def _unsettled_terms(chain: Chain) -> dict[str, str]:
    """Return by path the facts about licences without which a call home or an acceptance may stand somewhere."""
    gaps = {f"models/{link.id}.license": f"the licence of {link.id} is not known" for link in chain.unlicensed}
    for term in chain.terms:
        if term.license is None or term.license.text.read != "full":
            gaps[f"licenses/{term.id}.text"] = f"{term.id} was not read in full; it may ask for a connection"
    if not chain.complete:
        gaps["lineage"] = "what it was made from is not recorded"
    return gaps


def _needs_network(need: Need, reason: str, sources: tuple[Source, ...]) -> Finding:
    restricted, air_gapped = need.requirements.privacy == "restricted", need.requirements.air_gapped
    change: tuple[str | None, Value | None] = ("privacy", "confidential") if restricted else ("air_gapped", False)
    if restricted and air_gapped:
        change = None, None
    return Finding(
        rule="deployment", verdict=FAIL, observed="needs a network once", required="air-gapped", reason=reason,
        option=change[0], passes_at=change[1], sources=sources,
    )  # fmt: skip


def memory(subject: Subject, need: Need, offer: Offer | None) -> Finding | None:
    """The plan must fit into the stated share of the machine's memory."""
    budget = max((engine.budget_bytes for engine in need.engines), default=0)
    if offer is None:
        return _without_artifact(subject, need, budget)
    if not need.engines:
        return unknown("memory", "the machine's memory is not known", "machine.ram_bytes", "machine.vram_bytes")
    if offer.plan is None:
        return _without_plan(subject, need, offer, budget)
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


SMALLEST_SHARE = 0.7
"""No file was ever smaller than this share of what its shape says; the worst was 14 % off (docs/memory.md)."""


def _without_artifact(subject: Subject, need: Need, budget: int) -> Finding | None:
    """Fail a model of which no artifact that may be offered could fit; say where one would hardly fit."""
    plan = sketch(subject, need).plan
    if plan is None:
        return _too_heavy(subject, need, need.requirements.min_quant, budget)
    if not budget or plan.total_bytes <= budget:
        return None
    needs = f"{format_size(plan.total_bytes)} at {need.requirements.min_quant}"
    reason = f"would need about {needs}, and {format_size(budget)} are granted"
    least = plan.total_bytes - plan.weights_bytes + int(plan.weights_bytes * SMALLEST_SHARE)
    if least <= budget:
        return unknown("memory", reason, "artifacts", required=budget)
    option, needed = _memory_to_have(need, plan.total_bytes)
    shape = subject.model.architecture
    return Finding(
        rule="memory", verdict=FAIL, observed=plan.total_bytes, required=budget, option=option,
        passes_at=f"{needed}GiB", reason=reason, sources=shape.sources if shape else (),
    )  # fmt: skip


def _too_heavy(subject: Subject, need: Need, quantization: str, budget: int) -> Finding | None:
    """Fail a model whose weights alone could not fit, whatever its shape; None where nothing can be said."""
    counts = subject.model.parameters
    least = weights.least(counts, need.alike.get(quantization, quantization)) if counts else None
    if counts is None or least is None or not budget or least * SMALLEST_SHARE <= budget:
        return None
    told = f"its weights alone would take about {format_size(least)} at {quantization}"
    return Finding(
        rule="memory", verdict=FAIL, observed=least, required=budget, sources=counts.sources,
        reason=f"{told}, and {format_size(budget)} are granted",
    )  # fmt: skip


def _without_plan(subject: Subject, need: Need, offer: Offer, budget: int) -> Finding:
    """Fail a file that is larger than any memory granted; without its shape nothing else can be said."""
    size = offer.file.size_bytes
    if size and size > budget:
        return Finding(
            rule="memory", verdict=FAIL, observed=size, required=budget, sources=offer.repository.sources,
            reason=f"its file alone has {format_size(size)}, and {format_size(budget)} are granted",
        )  # fmt: skip
    heavy = None if size else _too_heavy(subject, need, offer.file.quantization, budget)
    missing = _unmeasured(subject, offer)
    return heavy or unknown("memory", "its memory cannot be worked out", *missing, required=budget)


def _unmeasured(subject: Subject, offer: Offer) -> list[str]:
    """Return the facts whose absence keeps memory from being worked out."""
    shape = subject.model.architecture
    missing = ["artifacts.files.size_bytes"] if not offer.file.size_bytes else []
    if shape is None:
        return ["architecture", *missing]
    needed = {"cache": shape.cache, "vocabulary_size": shape.vocabulary_size, "hidden_size": shape.hidden_size}
    return [f"architecture.{name}" for name, fact in needed.items() if not fact] + missing


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
        paths = ("artifacts.files.size_bytes",) if need.engines else ("machine.ram_bytes", "machine.vram_bytes")
        return unknown("speed", "its speed cannot be estimated", *paths, required=asked)
    rate = offer.speed.decode_tokens_per_second
    fits = rate >= asked
    unread = _unread_share(subject.model)
    if unread and not fits:
        reason = f"about {rate:g} tokens/s if a token reads the whole file; a mixture of experts reads less"
        return unknown("speed", reason, *unread, required=asked)
    return Finding(
        rule="speed", verdict=PASS if fits else FAIL, observed=rate, required=asked,
        reason=f"about {rate:g} tokens/s ({offer.speed.basis})",
        option=None if fits else "min_speed", passes_at=None if fits else rate,
    )  # fmt: skip


def _unread_share(model: Model) -> list[str]:
    """Return the facts without which a model may read less of its file for a token than was counted."""
    shape, counts = model.architecture, model.parameters
    if shape is None or counts is None:
        return [name for name, fact in (("architecture", shape), ("parameters", counts)) if fact is None]
    if shape.experts is None or counts.active:
        return []
    needed = {"vocabulary_size": shape.vocabulary_size, "hidden_size": shape.hidden_size}
    return [f"architecture.{name}" for name, fact in needed.items() if fact is None]
