"""What a candidate is worth under each criterion: a value from 0 to 1 and the words for it (docs/scoring.md)."""

from __future__ import annotations

from collections.abc import Callable
from math import log10
from typing import Literal

import msgspec

from advisor.catalog.codes import language_name
from advisor.catalog.schema import Benchmark, Source
from advisor.local_evidence import of_language, of_task
from advisor.ranking.schema import LanguageEvidence
from advisor.rules.evaluate import COMFORTABLE_SPEED, Judged
from advisor.rules.evidence import names
from advisor.rules.subject import Need

DECLARED = 0.3
"""A maker's own list names the language and nobody independent has measured it; a score at a floor is worth as much."""
NO_EVIDENCE = 0.2
"""Nothing is known: below every declared or measured strength that counts, above a clear measured failure."""
THINKING = 2.0
"""How many times faster a model has to be that always thinks first."""
VENDOR_CEILING = 0.5
"""The most that a vendor's own figure can be worth."""


class Value(msgspec.Struct, frozen=True, gc=False):
    """A value from 0 to 1, what it rests on in words, and the sources."""

    value: float
    basis: str
    sources: tuple[Source, ...] = ()


def language(judged: Judged, need: Need) -> Value | None:
    """Mean over the languages asked of the best evidence for each; None where none was asked."""
    asked = need.requirements.lang
    return _mean([_language_value(judged, need, tag) for tag in asked]) if asked else None


def _mean(parts: list[Value]) -> Value:
    if len(parts) == 1:
        return parts[0]
    return Value(
        sum(p.value for p in parts) / len(parts),
        "; ".join(p.basis for p in parts),
        tuple(dict.fromkeys(s for p in parts for s in p.sources)),
    )


def _language_value(judged: Judged, need: Need, tag: str) -> Value:
    """What was measured here decides whether the language counts at all; how well it is known, other evidence tells."""
    found = of_language(need.local, judged.subject.id, tag)
    if not found:
        return _stated_value(judged, need, tag)
    result, outcome = found
    told = f"{language_name(tag)}: {outcome.passed} of {outcome.cases} prompts, {result.here}"
    if outcome.verdict == "fail":
        return Value(0.0, told, (result.source,))
    stated = _stated_value(judged, need, tag)
    return Value(max(stated.value, DECLARED), f"{told}; {stated.basis}", (result.source, *stated.sources))


def _stated_value(judged: Judged, need: Need, tag: str) -> Value:
    evidence, benchmark = language_evidence(judged, need, tag)
    name, declared = language_name(tag), judged.subject.model.languages
    if benchmark and evidence.score is not None:
        value = _scaled(benchmark, evidence.score)
        if not evidence.compared:
            told = f"{name}: {value.basis}, another harness than the one that ranks, so not compared"
            return Value(min(value.value, DECLARED), told, value.sources)
        if evidence.kind == "vendor":
            return Value(value.value * VENDOR_CEILING, f"{name}: {value.basis}, a vendor's figure", value.sources)
        return Value(value.value, f"{name}: {value.basis}", value.sources)
    if evidence.kind == "declared" and declared:
        return Value(DECLARED, f"{name}: declared by its maker, not measured", declared.sources)
    return Value(NO_EVIDENCE, f"{name}: no evidence")


def language_evidence(judged: Judged, need: Need, tag: str) -> tuple[LanguageEvidence, Benchmark | None]:
    """Return the evidence that counts for a language.

    An independent result stands before a vendor's and that before a declaration; of independent ones the one of
    the harness that ranks, else the newest of another, which is not compared.
    """
    spoken: dict[tuple[str, bool], tuple[Benchmark, float]] = {}
    for scored in need.measured(tag, judged.subject.id):
        compared = scored.benchmark_id == need.harnesses.get((scored.voice, tag))
        spoken.setdefault((scored.voice, compared), (scored.benchmark, scored.result.score))
    kinds: tuple[tuple[Literal["independent", "vendor"], bool], ...] = (
        ("independent", True), ("independent", False), ("vendor", True),
    )  # fmt: skip
    for kind, compared in kinds:
        if (kind, compared) in spoken:
            benchmark, score = spoken[kind, compared]
            found = LanguageEvidence(language=tag, kind=kind, score=score, benchmark=benchmark.name, compared=compared)
            return found, benchmark
    declared = judged.subject.model.languages
    if of_language(need.local, judged.subject.id, tag):
        return LanguageEvidence(language=tag, kind="measured-here"), None
    listed = declared is not None and names(declared.tags, tag)
    return LanguageEvidence(language=tag, kind="declared" if listed else "none"), None


def task(judged: Judged, need: Need) -> Value:
    """Mean over the tasks asked of the independent benchmark for each, in whichever language it is."""
    return _mean([_task_value(judged, need, name) for name in need.requirements.task])


def _task_value(judged: Judged, need: Need, name: str) -> Value:
    own = of_task(need.local, judged.subject.id, name)
    if own:
        run, outcome = own
        told = f"{name}: {outcome.passed} of {outcome.cases} of your own prompts ({outcome.suite})"
        if outcome.compared:
            told += f", preferred in {outcome.preferred:g} of {outcome.compared} blind comparisons"
        return Value(outcome.value, f"{told}, {run.here}", (run.source,))
    harness = need.harnesses.get(("independent", name))
    for scored in need.measured(name, judged.subject.id):
        if scored.benchmark_id == harness and scored.voice == "independent":
            value = _scaled(scored.benchmark, scored.result.score)
            return Value(value.value, f"{name}: {value.basis}", value.sources)
    return Value(NO_EVIDENCE, f"{name}: no independent evidence")


def _scaled(benchmark: Benchmark, score: float) -> Value:
    """Place a score: 0 is worth 0, the benchmark's floor as much as a declaration, its ceiling 1."""
    floor, ceiling = benchmark.floor, benchmark.ceiling
    value = DECLARED * score / floor
    if score >= floor:
        value = DECLARED + (1 - DECLARED) * (score - floor) / (ceiling - floor)
    return Value(min(max(value, 0.0), 1.0), f"{score:g} in {benchmark.name}", benchmark.sources)


def speed(judged: Judged, need: Need) -> Value:
    """The estimated rate against what is needed: `--min-speed`, else the speed at which people read along.

    A model that always thinks before it answers has to be faster for the same wait.
    """
    reasoning = judged.subject.model.reasoning
    thinks = reasoning is not None and reasoning.mode == "always"
    wanted = need.requirements.min_speed or COMFORTABLE_SPEED * (THINKING if thinks else 1)
    if judged.speed is None:
        return Value(NO_EVIDENCE, "speed not known")
    rate = judged.speed.decode_tokens_per_second
    told = "asked for" if need.requirements.min_speed else "are enough"
    return Value(min(rate / wanted, 1.0), f"{rate:g} tokens/s, {wanted:g} {told}")


LICENSE_VALUES = {"permissive": 1.0, "conditional": 0.7, "community": 0.4, "non-commercial": 0.1, "proprietary": 0.0}


def license_freedom(judged: Judged, need: Need) -> Value:
    """The least free licence of the chain; where the chain is not known, no more than nothing known is worth."""
    chain = judged.subject.chain
    records = [term.license for term in chain.terms if term.license]
    value, name = min(((LICENSE_VALUES[r.category], r.short) for r in records), default=(NO_EVIDENCE, ""))
    sources = tuple(s for record in records for s in record.text.sources)
    if chain.unlicensed or not chain.complete or len(records) < len(chain.terms):
        told = "a licence of its chain is not known" if chain.complete else "what it was made from is not known"
        return Value(min(value, NO_EVIDENCE), f"{name}; {told}" if name else told, sources)
    return Value(value, name, sources)


def community(judged: Judged, need: Need) -> Value:
    """Downloads in the hub's last thirty days, by powers of ten: 1,000 gives 0, ten million gives 1."""
    known = judged.subject.model.popularity
    if known is None:
        return Value(NO_EVIDENCE, "community size not known")
    value = (log10(max(known.downloads, 1)) - 3) / 4
    return Value(min(max(value, 0.0), 1.0), f"{known.downloads:,} downloads on {known.date}", known.sources)


def quantization(judged: Judged, need: Need) -> Value:
    """One less the loss of the chosen quantization (perplexity over the unquantized reference)."""
    if judged.offer is None:
        return Value(NO_EVIDENCE, "no artifact")
    tables = tuple(s for t in need.catalog.snapshot.quantizations.values() for s in t.sources)
    name = judged.offer.file.quantization
    return Value(max(0.0, 1 - judged.offer.loss), f"{name} loses {judged.offer.loss:g}", tables)


def recency(judged: Judged, need: Need) -> Value:
    """Age on the day of the recommendation: new gives 1, two years and more give 0."""
    known = judged.subject.model.released
    if known is None:
        return Value(NO_EVIDENCE, "release date not known")
    months = _months(need.requirements.as_of or need.catalog.snapshot.as_of) - _months(known.date)
    return Value(min(max(1 - months / 24, 0.0), 1.0), f"released {known.date}", known.sources)


def _months(date: str) -> int:
    return int(date[:4]) * 12 + int(date[5:7])


CRITERIA: dict[str, Callable[[Judged, Need], Value | None]] = {
    "language": language,
    "task": task,
    "speed": speed,
    "license": license_freedom,
    "community": community,
    "quantization": quantization,
    "recency": recency,
}
"""In the order in which they are told; None where a criterion does not apply to the requirements."""
