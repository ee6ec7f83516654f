"""How facts of a document are said to people: the same words in every format."""

from __future__ import annotations

from advisor.catalog.freshness import StaleFact
from advisor.needs.schema import UsedPolicy
from advisor.needs.units import format_size
from advisor.ranking.schema import LanguageEvidence, Relaxation, RelaxedOption
from advisor.recommendation import Candidate, Recommendation, ReportCheck
from advisor.rules.finding import Finding, Ruling
from advisor.rules.verdict import Verdict

EVIDENCE = {
    "measured-here": "measured here", "independent": "measured", "vendor": "vendor", "declared": "declared",
    "none": "no evidence",
}  # fmt: skip
BRIEFLY = {"measured-here": "here", "declared": "decl"}
"""The same where there is no figure, for narrow columns."""
CRITERIA = {
    "language": "language evidence",
    "task": "task evidence",
    "speed": "speed",
    "license": "licence freedom",
    "community": "community size",
    "quantization": "quantization quality",
    "recency": "recency",
}


def quantization(candidate: Candidate) -> str:
    return candidate.artifact.quantization if candidate.artifact else "-"


def memory(candidate: Candidate) -> str:
    return format_size(candidate.memory.total_bytes) if candidate.memory else "unknown"


def licence(candidate: Candidate) -> str:
    if candidate.license is None:
        return "unknown"
    return candidate.license.short + ("+" if candidate.license.inherited else "")


def provider(candidate: Candidate) -> str:
    """Return the maker without what its name explains in brackets, and its country: `Alibaba, CN`."""
    return f"{candidate.provider.name.split(' (')[0]}, {candidate.provider.country or '?'}"


def speed(candidate: Candidate) -> str:
    if candidate.speed is None:
        return "unknown"
    rate = candidate.speed.decode_tokens_per_second
    return f"{rate:.0f} tok/s" if rate >= 10 else f"{rate:.1f} tok/s"


def on_processor(candidate: Candidate) -> bool:
    """Say whether the speed is that of the processor alone."""
    return candidate.speed is not None and candidate.speed.placement == "cpu"


def score(candidate: Candidate) -> str:
    return "-" if candidate.score is None else f"{candidate.score:.2f}"


def evidence(candidate: Candidate) -> str:
    """Return the evidence for each language asked: `ja 0.646 measured`."""
    return ", ".join(
        " ".join(filter(None, (e.language, f"{e.score:g}" if e.score is not None else "", _voice(e))))
        for e in candidate.language_evidence
    )


def _voice(found: LanguageEvidence) -> str:
    """Say whose word the evidence is; a score that is not compared names its benchmark."""
    return EVIDENCE[found.kind] if found.compared else f"{EVIDENCE[found.kind]} in {found.benchmark}, not compared"


def brief_evidence(candidate: Candidate) -> list[str]:
    """Return the same by language, for narrow columns: `.65` measured, `~.65` a vendor's, `decl` declared, `-` nothing.

    `(.65)` was measured by another benchmark than the one that ranks; `here` is your own smoke test.
    """
    told = []
    for e in candidate.language_evidence:
        if e.score is None:
            told.append(BRIEFLY.get(e.kind, "-"))
        else:
            figure = ("~" if e.kind == "vendor" else "") + f"{e.score:.3g}".removeprefix("0")
            told.append(figure if e.compared else f"({figure})")
    return told


def why_first(document: Recommendation) -> str | None:
    """Say in which criteria the first leads the second, and in which it does not."""
    ranked = document.ranked()
    if not ranked:
        return None
    first = ranked[0]
    if first.verdict is not Verdict.PASS:
        return f"{first.name} comes nearest, but it is not decided."
    if len(ranked) == 1:
        return f"{first.name} is the only one left."
    second = ranked[1]
    if second.verdict is not Verdict.PASS:
        return f"{first.name} is first: the only one that passes every rule."
    other = {s.criterion: s for s in second.scores}
    gaps = sorted(((s.contribution - other[s.criterion].contribution, s) for s in first.scores), key=lambda g: -g[0])
    ahead = [f"{CRITERIA[s.criterion]} ({s.basis})" for gap, s in gaps if gap > 0.0005][:2]
    behind = [CRITERIA[s.criterion] for gap, s in reversed(gaps) if gap < -0.0005][:2]
    if not ahead:
        return f"{first.name} and {second.name} have equal scores; the order of their ids decides."
    told = f"{first.name} is first: ahead of {second.name} in {' and '.join(ahead)}"
    return told + (f", behind it in {' and '.join(behind)}." if behind else ".")


def firmness(document: Recommendation) -> str | None:
    """Say whether the first place survives other weights."""
    found = document.sensitivity
    if found is None or not document.summary.passed:
        return None
    if found.stable:
        return f"The first place holds when any one weight changes by {found.by:.0%}."
    names = {c.id: c.name for c in document.candidates}
    told = [
        f"{names[c.first]} with {CRITERIA[c.criterion]} weighted {'more' if c.factor > 1 else 'less'}"
        for c in found.changes[:2]
    ]
    return f"A close call at weights changed by {found.by:.0%}: first would be {', or '.join(told)}."


def passed(document: Recommendation, shown: int) -> str | None:
    """Count those that pass, and say how to see more of them."""
    count = document.summary.passed
    if not count:
        return None
    first = "the first is" if shown == 1 else f"the first {shown} are"
    more = f"; {first} shown (--top N shows more)" if shown < count else ""
    return f"Passed {count} of {document.catalog.models}{more}."


def rejected(document: Recommendation) -> str | None:
    """Count the rejected models by rule."""
    if not document.summary.fail:
        return None
    counts = ", ".join(f"{rule} {count}" for rule, count in document.rejections().items())
    return f"Rejected {document.summary.fail} of {document.catalog.models} (one may fail several rules): {counts}."


def undecided(document: Recommendation) -> str | None:
    """Say what could not be decided and which missing facts would settle it."""
    if not document.summary.unknown:
        return None
    names = {c.id: c.name for c in document.candidates}
    facts = [
        f"{path} ({len(ids)}: {', '.join(names[i] for i in ids[:2])}{' …' if len(ids) > 2 else ''})"
        for path, ids in list(document.missing.items())[:3]
    ]
    tail = f"; missing facts that would settle it: {', '.join(facts)}" if facts else ""
    return f"Undecided {document.summary.unknown}{tail}."


def change(option: RelaxedOption) -> str:
    """Return a changed requirement as one would type it: `with --license MIT --license Apache-2.0`."""
    name = "--" + option.option.replace("_", "-")
    if option.to is False:
        return f"without {name}"
    if not isinstance(option.to, list):
        return f"with {name} {option.to}"
    before = option.from_ if isinstance(option.from_, list) else []
    dropped = [value for value in before if value not in option.to]
    values = dropped or option.to
    return f"{'without' if dropped else 'with'} " + " ".join(f"{name} {value}" for value in values)


def relaxation(found: Relaxation) -> str:
    """Say one relaxation and what it lets pass."""
    shown = ", ".join(found.passes[:3]) + (" …" if len(found.passes) > 3 else "")
    return f"{' and '.join(change(o) for o in found.relax)}: {len(found.passes)} pass ({shown})"


def report_check(found: ReportCheck) -> str:
    """Say what an article reports and which figures stand against it."""
    best, other = f"{found.best.name} {found.best.score:g}", f"{found.other.name} {found.other.score:g}"
    return (
        f"Field report {found.place}: {found.says} (said of {_subject(found.subject)}, against "
        f"{_subject(found.better_than)}). Measured in {found.benchmark}: {other} is ahead of {best}."
    )


def _subject(subject: str) -> str:
    kind, _, name = subject.partition(":")
    return f"models from {name}" if kind == "country" else name


def stale(facts: tuple[StaleFact, ...]) -> str:
    """Say which facts are past their shelf life."""
    return ", ".join(f"{fact.fact} (known {fact.known}, stands {fact.stands} days)" for fact in facts)


def policy(used: UsedPolicy) -> str:
    """Say which policy was applied, what it is not, and what of it does not hold on the day."""
    mode = "only audited, decides nothing" if used.policy.get("mode") == "audit" else "enforced"
    remarks = f" Mind: {'; '.join(used.remarks)}." if used.remarks else ""
    rules = len(used.policy["rules"])
    return f"Policy {used.id} ({mode}, {rules} rule{'s' if rules > 1 else ''}): {used.policy['notice']}{remarks}"


def telling(finding: Finding) -> list[Ruling]:
    """Return the rulings that are more than a rule that is kept."""
    return [found for found in finding.rulings if found.outcome != "kept"]


def ruling(found: Ruling) -> str:
    """Say what one rule of one policy decided, and on whose word."""
    decided = f"decided by {found.decided_by} on {found.decided_on}"
    audit = ", audit only" if found.mode == "audit" else ""
    if found.exception is not None:
        let_off = found.exception
        asked = f"{let_off.approver} on {let_off.approved}, until {let_off.expires}, asked by {let_off.requester}"
        return f"policy {found.policy}: excepted by {asked}: {let_off.reason}"
    if found.outcome == "kept":
        return f"policy {found.policy}: kept"
    where = " where it is not known" if found.outcome == "unknown" else ""
    return f"policy {found.policy}: {found.severity}{where}{audit} ({decided}). {found.why}"


VERDICT_WORDS = {Verdict.PASS: "passes", Verdict.FAIL: "is rejected", Verdict.UNKNOWN: "cannot be decided"}
