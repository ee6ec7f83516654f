"""Which models a machine can hold, and which machines can hold a model."""

from __future__ import annotations

from advisor.catalog.lineage import resolve
from advisor.catalog.load import Catalog
from advisor.hardware.bandwidth import Measurement
from advisor.hardware.placement import engines
from advisor.hardware.report import SCHEMA, HardwareReport, Held, Holder
from advisor.hardware.schema import Machine, from_profile
from advisor.needs.schema import Requirements
from advisor.needs.units import format_size
from advisor.rules.evaluate import prepare
from advisor.rules.offers import offers
from advisor.rules.subject import Need, Subject

LARGEST = 8
SMALLEST = 8
"""How many models and profiles are told."""


def report(
    requirements: Requirements, catalog: Catalog, machine: Machine, measurement: Measurement | None = None
) -> HardwareReport:
    """Return the machine with the largest models that fit on it."""
    need = prepare(requirements, catalog, machine)
    held = [(catalog.models[m].parameters, found) for m in catalog.models if (found := holds(need, m))]
    held.sort(key=lambda row: (-(row[0].total if row[0] else 0), row[1].model))
    return HardwareReport(
        schema=SCHEMA,
        machine=machine,
        places=need.engines,
        measurement=measurement,
        context=requirements.context,
        concurrency=requirements.concurrency,
        largest=tuple(found for _, found in held[:LARGEST]),
    )


def holders(requirements: Requirements, catalog: Catalog, machine: Machine, model_id: str) -> HardwareReport:
    """Return the smallest profiles of the catalog that hold a model, and whether the machine itself does."""
    found = []
    for profile_id, profile in catalog.snapshot.hardware.items():
        held = holds(prepare(requirements, catalog, from_profile(profile_id, profile)), model_id)
        if held:
            found.append(Holder(profile=profile_id, name=profile.name, memory_bytes=profile.memory_bytes, held=held))
    here = prepare(requirements, catalog, machine)
    found.sort(key=lambda h: (h.memory_bytes, -(h.held.decode_tokens_per_second or 0.0), h.profile))
    return HardwareReport(
        schema=SCHEMA,
        machine=machine,
        places=engines(machine),
        here=holds(here, model_id),
        context=requirements.context,
        concurrency=requirements.concurrency,
        holders=tuple(found[:SMALLEST]),
        reason=None if found else _reason(here, model_id),
    )


def _reason(need: Need, model_id: str) -> str | None:
    """Say why no profile holds a model: what it needs at least, where that is known."""
    model = need.catalog.models[model_id]
    if model.availability.weights != "open":
        return "its maker publishes no weights"
    if not model.artifacts:
        return "no artifact of it is known"
    planned = [(o.plan.total_bytes, o.file.quantization) for o in offers(_subject(need, model_id), need) if o.plan]
    if not planned:
        return None
    least, quantization = min(planned)
    return f"it needs {format_size(least)} at least, as {quantization}"


def _subject(need: Need, model_id: str) -> Subject:
    return Subject(model_id, need.catalog.models[model_id], resolve(need.catalog, model_id))


def holds(need: Need, model_id: str) -> Held | None:
    """Return the finest quantization of a model that fits the machine, or None."""
    fitting = [offer for offer in offers(_subject(need, model_id), need) if offer.engine and offer.plan]
    if not fitting:
        return None
    best = min(fitting, key=lambda o: (o.loss, o.plan.total_bytes if o.plan else 0, o.file.file))
    return Held(
        model=model_id,
        quantization=best.file.quantization,
        total_bytes=best.plan.total_bytes if best.plan else 0,
        decode_tokens_per_second=best.speed.decode_tokens_per_second if best.speed else None,
    )
