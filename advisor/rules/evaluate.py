"""All rules over all models: the model's findings once, the artifact's for each artifact, the best one chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from advisor.catalog.lineage import resolve
from advisor.catalog.load import Catalog
from advisor.hardware.calibration import calibrated
from advisor.hardware.memory import MemoryPlan
from advisor.hardware.placement import engines
from advisor.hardware.schema import Machine
from advisor.hardware.speed import Speed
from advisor.local_evidence import LocalResult, observations
from advisor.needs.schema import Requirements, UsedPolicy
from advisor.rules.checks import artifact, language, origin, purpose, standing, terms
from advisor.rules.evidence import gather, harnesses
from advisor.rules.finding import RULES, Finding
from advisor.rules.offers import alike, losses, offers, sketch
from advisor.rules.subject import Need, Offer, Subject
from advisor.rules.verdict import FAIL, PASS, UNKNOWN, Verdict, all_of

MODEL_CHECKS: tuple[Callable[[Subject, Need], Finding | None], ...] = (
    standing.status,
    purpose.task,
    language.language,
    terms.license,
    terms.license_use,
    terms.users,
    terms.revenue,
    terms.territory,
    terms.seat,
    origin.origin,
    purpose.parameters,
    purpose.context,
)
ARTIFACT_CHECKS: tuple[Callable[[Subject, Need, Offer | None], Finding | None], ...] = (
    artifact.deployment,
    artifact.publisher,
    artifact.artifact,
    artifact.memory,
    artifact.speed,
)
COMFORTABLE_SPEED = 8.0
"""Tokens per second at which people can read along; a finer quantization is not worth falling below it."""
_ORDER = {PASS: 0, UNKNOWN: 1, FAIL: 2}
_TOO_LARGE = (_ORDER[FAIL], 1)
"""The least that stands against an artifact that fits nowhere."""
_PLACE = {rule: place for place, rule in enumerate(RULES)}
_UNQUANTIZED = frozenset({"F32", "F16", "BF16"})


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A model with its verdict, the artifact that was chosen for it and every finding."""

    subject: Subject
    verdict: Verdict
    offer: Offer | None
    findings: tuple[Finding, ...]
    plan: MemoryPlan | None
    """Memory of the artifact; without one, at the coarsest quantization that was asked for."""
    speed: Speed | None


def prepare(
    requirements: Requirements,
    catalog: Catalog,
    machine: Machine,
    policies: Sequence[UsedPolicy] = (),
    local: tuple[LocalResult, ...] = (),
) -> Need:
    """Return what the rules check against; what was measured on this very machine sets its speeds right.

    `policies` are those of `advisor.needs.policies.load_policies`; of `local`, the newest comes last.
    """
    day = requirements.as_of or catalog.snapshot.as_of
    aged = None
    if requirements.fresh:
        from advisor.catalog.freshness import Freshness
        from advisor.rules.aged import Aged

        aged = Aged(Freshness(catalog.snapshot, day))
        catalog = catalog.fresh(day)
    measured = gather(catalog, requirements)
    places = calibrated(engines(machine), observations(local, machine))
    need = Need(
        requirements, catalog, machine, places, losses(catalog), alike(catalog), measured, harnesses(measured), {},
        local=local, aged=aged,
    )  # fmt: skip
    if not policies:
        return need
    from advisor.rules.policy import Applied

    return need._replace(policies=Applied(policies, catalog, day))


def evaluate(need: Need, models: Iterable[str] | None = None) -> Iterator[Judged]:
    """Judge the models named, or all of the catalog."""
    for model_id in need.catalog.models if models is None else models:
        yield judge(need, model_id)


def judge(need: Need, model_id: str) -> Judged:
    """Judge one model with the best artifact that is allowed and fits."""
    subject = Subject(model_id, need.catalog.models[model_id], resolve(need.catalog, model_id))
    of_model = [f for check in MODEL_CHECKS if (f := check(subject, need)) is not None]
    offer, of_artifact = _choice(subject, need)
    findings = [*of_model, *of_artifact]
    if need.aged:
        findings = [need.aged.told(finding, model_id) for finding in findings]
    if need.policies:
        findings = need.policies.combined([*findings, *need.policies.of_model(subject, need)])
    findings.sort(key=lambda f: (_PLACE.get(f.rule, len(RULES)), f.rule))
    verdict = all_of(f.verdict for f in findings)
    if verdict is UNKNOWN and need.requirements.strict:
        verdict = FAIL
    planned = offer or sketch(subject, need)
    return Judged(subject, verdict, offer, tuple(findings), planned.plan, planned.speed)


def _choice(subject: Subject, need: Need) -> tuple[Offer | None, list[Finding]]:
    """Return the most preferred artifact that passes; else the one with least against it."""
    best: tuple[tuple[int, int], Offer, list[Finding]] | None = None
    for offer in _preferred(need, offers(subject, need)):
        too_large = offer.plan is not None and offer.engine is None and bool(need.engines)
        if best and too_large and best[0] <= _TOO_LARGE:
            continue
        findings = _of_artifact(subject, need, offer)
        against = (_ORDER[all_of(f.verdict for f in findings)], sum(f.verdict is FAIL for f in findings))
        if against == (0, 0):
            return offer, findings
        if best is None or against < best[0]:
            best = against, offer, findings
    return best[1:] if best else (None, _of_artifact(subject, need, None))


def _of_artifact(subject: Subject, need: Need, offer: Offer | None) -> list[Finding]:
    found = [f for check in ARTIFACT_CHECKS if (f := check(subject, need, offer)) is not None]
    return found + need.policies.of_artifact(subject, need, offer) if need.policies else found


def _preferred(need: Need, found: Iterable[Offer]) -> Iterator[Offer]:
    """Yield artifacts, given by loss, in the order in which they are to be taken where verdicts are equal.

    A quantized file comes before an unquantized one; then, as long as it fits and stays comfortably fast, one that
    fits the GPU where speed counts, and the one that loses least, else the fastest; then the maker's own, then one
    whose bytes are known.
    """
    waiting, hurried = [], need.requirements.prefer.get("speed") != 0
    for offer in found:
        unquantized, comfortable = offer.file.quantization in _UNQUANTIZED, _comfortable(need, offer)
        slower = comfortable and hurried and offer.engine is not need.engines[0]
        if comfortable and not unquantized and not slower:
            yield offer
        else:
            rate = offer.speed.decode_tokens_per_second if offer.speed else 0.0
            waiting.append(((unquantized, not comfortable, slower, 0.0 if comfortable else -rate), offer))
    for _, offer in sorted(waiting, key=lambda row: row[0]):
        yield offer


def _comfortable(need: Need, offer: Offer) -> bool:
    """Say whether an artifact fits and is as fast as is needed."""
    asked = need.requirements
    enough = asked.min_speed or (0.0 if asked.prefer.get("speed") == 0 else COMFORTABLE_SPEED)
    return offer.engine is not None and offer.speed is not None and offer.speed.decode_tokens_per_second >= enough
