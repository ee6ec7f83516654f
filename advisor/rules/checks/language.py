"""Rule `language`: who says that the model knows a language, and on what grounds."""

from __future__ import annotations

from advisor.catalog.codes import language_name
from advisor.catalog.schema import Languages, Source
from advisor.local_evidence import of_language
from advisor.rules.evidence import names
from advisor.rules.finding import Finding
from advisor.rules.subject import Need, Subject
from advisor.rules.verdict import FAIL, PASS, UNKNOWN, Verdict, all_of


def language(subject: Subject, need: Need) -> Finding | None:
    """Every language asked needs the maker's own list or an independent score above the floor."""
    asked = need.requirements.lang
    if not asked:
        return None
    answers = [_one(subject, need, tag) for tag in asked]
    verdict = all_of(answer.verdict for answer in answers)
    declared = subject.model.languages
    failing = [tag for tag, answer in zip(asked, answers, strict=True) if answer.verdict is not PASS]
    return Finding(
        rule="language",
        verdict=verdict,
        observed=_observed(declared),
        required=list(asked),
        reason="; ".join(answer.reason for answer in answers),
        option="lang" if failing else None,
        passes_at=[tag for tag in asked if tag not in failing] if failing else None,
        missing=("languages", *(f"benchmarks: {tag}" for tag in failing)) if verdict is UNKNOWN else (),
        conditions=tuple(c for answer in answers for c in answer.conditions),
        sources=tuple(dict.fromkeys(s for answer in answers for s in answer.sources)),
    )


class _Answer:
    """What is known about one language."""

    def __init__(
        self, verdict: Verdict, reason: str, sources: tuple[Source, ...] = (), conditions: tuple[str, ...] = ()
    ) -> None:
        self.verdict, self.reason, self.sources, self.conditions = verdict, reason, sources, conditions


def _one(subject: Subject, need: Need, tag: str) -> _Answer:
    name = language_name(tag)
    local = of_language(need.local, subject.id, tag)
    if local:
        run, outcome = local
        told = f"{name}: {run.here}: {outcome.passed} of {outcome.cases} prompts answered as they should be"
        return _Answer(PASS if outcome.verdict == "pass" else FAIL, told, (run.source,))
    declared = subject.model.languages
    listed = declared is not None and names(declared.tags, tag)
    refused = declared is not None and declared.closed and not listed
    ranks = need.harnesses.get(("independent", tag))
    scored = [s for s in need.measured(tag, subject.id) if s.voice == "independent"]
    scored.sort(key=lambda s: s.benchmark_id != ranks)
    above = [s for s in scored if s.result.score >= s.benchmark.floor]
    below = [
        f"{s.result.score:g} in {s.benchmark.name} is below the floor {s.benchmark.floor:g}"
        for s in scored
        if s.result.score < s.benchmark.floor
    ]
    doubts = tuple(f"{name}: {told}; test it on your own texts" for told in below)
    if above:
        benchmark = above[0].benchmark
        reason = f"{name}: scores {above[0].result.score:g} in {benchmark.name} (floor {benchmark.floor:g})"
        if refused:
            condition = f"the maker does not support {name}; the verdict rests on {benchmark.name} alone"
            return _Answer(PASS, reason, benchmark.sources, (condition, *doubts))
        return _Answer(PASS, reason, benchmark.sources + (declared.sources if listed and declared else ()), doubts)
    if listed and declared:
        return _Answer(PASS, f"{name}: named in the maker's own list", declared.sources, doubts)
    if refused and declared:
        told = f"{name}: not in the maker's closed list of {len(declared.tags)} languages"
        return _Answer(FAIL, told, declared.sources)
    return _undecided(name, tag, declared, below)


def _undecided(name: str, tag: str, declared: Languages | None, below: list[str]) -> _Answer:
    """Say what there is where it is not enough."""
    hints = list(below)
    if declared and declared.count and not declared.tags:
        hints.append(f"the maker gives a count ({declared.count} languages) and no list")
    if declared and names(declared.card_tags, tag):
        hints.append("only a tag of the model card names it")
    if declared and declared.silent:
        hints.append("the maker's own description names no language")
    if declared and declared.tags and not hints:
        hints.append("the maker's list does not name it and is not closed")
    told = "; ".join(hints) or "nobody has recorded its languages"
    return _Answer(UNKNOWN, f"{name}: {told}", declared.sources if declared else ())


def _observed(declared: Languages | None) -> str | list[str] | None:
    if declared is None:
        return None
    if declared.tags:
        return list(declared.tags)
    return f"{declared.count} languages, not listed" if declared.count else None
