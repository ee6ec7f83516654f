"""What each kind of a policy's rule asks: pass is kept, fail is broken, unknown where the facts do not tell.

Where a requirement asks the same, its check answers here too, with the rule's parameters in the place of what the
user asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from advisor.catalog import policies
from advisor.catalog.lineage import Term
from advisor.catalog.schema import Source
from advisor.catalog.schema import policy as kinds
from advisor.catalog.schema.policy import Rule
from advisor.rules.checks import artifact, purpose, standing, terms
from advisor.rules.evidence import covers, voice
from advisor.rules.finding import Finding, Value, unknown
from advisor.rules.offers import UNKNOWN_LOSS
from advisor.rules.subject import Need, Offer, Subject
from advisor.rules.verdict import FAIL, PASS, Verdict, all_of

Check = Callable[[Any, Subject, Need, Offer | None], Finding]
ASKED = "policy"
"""The name of a check's finding until the rule's own takes its place."""


def is_about_artifact(rule: Rule) -> bool:
    """Say whether a rule is about the file rather than the model."""
    of_file = isinstance(rule, (kinds.PublisherRule, kinds.ArtifactRule, kinds.DeploymentRule))
    return of_file or (isinstance(rule, kinds.OriginRule) and "publisher" in rule.of)


def check(rule: Rule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    """Return whether a model, or one artifact of it, keeps a rule."""
    return _CHECKS[type(rule)](rule, subject, need, offer)


def strictest(found: Iterable[Finding]) -> Finding:
    """Return the finding that decides, with the conditions and sources of all."""
    told = list(found)
    verdict = all_of(f.verdict for f in told)
    first = next(f for f in told if f.verdict is verdict)
    conditions = tuple(dict.fromkeys(c for f in told for c in f.conditions))
    sources = first.sources or tuple(dict.fromkeys(s for f in told for s in f.sources))
    return msgspec.structs.replace(first, conditions=conditions, sources=sources)


def _answer(
    verdict: Verdict, reason: str, observed: Value | None, required: Value, sources: tuple[Source, ...] = ()
) -> Finding:
    return Finding(rule=ASKED, verdict=verdict, observed=observed, required=required, reason=reason, sources=sources)


def _asking(need: Need, **asked: Any) -> Need:
    return need._replace(requirements=msgspec.structs.replace(need.requirements, **asked))


def _license(rule: kinds.LicenseRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    named = [*rule.allow, *(f"not {name}" for name in rule.deny), *rule.categories]
    required: Value = [*named, "OSI-approved"] if rule.osi_approved else named
    chain = subject.chain
    answers = [(policies.allows_license(rule, term.id, term.license), term) for term in chain.terms]
    refused = [term for allowed, term in answers if allowed is False]
    observed: Value = [term.id for term in chain.terms]
    if refused:
        return Finding(
            rule=ASKED, verdict=FAIL, observed=observed, required=required, sources=terms.sources_of(refused),
            reason=f"not among the licences allowed: {_through_all(subject, refused)}",
        )  # fmt: skip
    open_ = [term for allowed, term in answers if allowed is None]
    if open_:
        paths = [f"licenses/{term.id}" for term in open_]
        return unknown(ASKED, f"nothing tells of {_through_all(subject, open_)}", *paths, required=required)
    names = " and ".join(terms.short(term) for term in chain.terms)
    return terms.unsettled(ASKED, chain, required) or Finding(
        rule=ASKED, verdict=PASS, observed=observed, required=required, reason=f"licensed under {names}",
        sources=terms.sources_of(chain.terms),
    )  # fmt: skip


def _through_all(subject: Subject, found: list[Term]) -> str:
    return ", ".join(terms.short(term) + terms.through(subject, term) for term in found)


def _duty(rule: kinds.DutyRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    required: Value = [f"no {kind}" for kind in rule.deny]
    use = need.requirements.use
    unread = []
    for term in subject.chain.terms:
        for duty in term.license.obligations if term.license else ():
            if duty.kind in rule.deny and (not duty.uses or use in duty.uses):
                reason = f"{terms.short(term)}: {duty.says} ({duty.clause}){terms.through(subject, term)}"
                sources = terms.sources_of([term])
                return Finding(
                    rule=ASKED, verdict=FAIL, observed=duty.kind, required=required, reason=reason, sources=sources
                )
        if term.license is None or term.license.text.read != "full":
            unread.append(term)
    if unread:
        paths = [f"licenses/{term.id}.text" for term in unread]
        reason = f"not read in full: {_through_all(subject, unread)}"
        return unknown(ASKED, reason, *paths, required=required)
    return terms.unsettled(ASKED, subject.chain, required) or Finding(
        rule=ASKED, verdict=PASS, required=required, reason=f"no licence holds {' or '.join(rule.deny)}",
        sources=terms.sources_of(subject.chain.terms),
    )  # fmt: skip


def _rights(rule: kinds.RightsRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    asking = _asking(
        need, use=rule.use or need.requirements.use, monthly_users=rule.monthly_users,
        annual_revenue=rule.annual_revenue, territory=rule.territory, seat=rule.seat,
    )  # fmt: skip
    checks = [terms.users, terms.revenue, terms.territory, terms.seat]
    found = [f for of in checks if (f := of(subject, asking)) is not None]
    return strictest([terms.license_use(subject, asking), *found] if rule.use else found)


def _origin(rule: kinds.OriginRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    required: Value = [*rule.allow, *(f"not {country}" for country in rule.deny)]
    providers = need.catalog.providers
    found = []
    for role, provider, through in _people(rule.of, subject, offer):
        country, name, sources = providers[provider].country, providers[provider].name, providers[provider].sources
        if country is None:
            told = f"the country of {name}, {role}{through}, is not recorded"
            found.append(unknown(ASKED, told, f"providers/{provider}.country", required=required))
            continue
        verdict = PASS if policies.allows_country(rule, country) else FAIL
        told = f"{role} {name} is from {country}{through}"
        found.append(_answer(verdict, told, country, required, sources))
    return strictest([*found, *_incomplete(rule.of, subject, offer, required)])


def _developer(rule: kinds.DeveloperRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    required: Value = [*rule.allow, *(f"not {name}" for name in rule.deny)]
    found = []
    for role, provider, through in _people(rule.of, subject, offer):
        verdict = PASS if policies.allows_name(rule, provider) else FAIL
        told = f"{role} is {need.catalog.providers[provider].name}{through}"
        sources = (*subject.chain.sources(), *need.catalog.providers[provider].sources)
        found.append(_answer(verdict, told, provider, required, sources))
    return strictest([*found, *_incomplete(rule.of, subject, offer, required)])


def _people(roles: Iterable[str], subject: Subject, offer: Offer | None) -> Iterable[tuple[str, str, str]]:
    """Yield who has a part in the model: the role, the provider's id, and through which base model."""
    first, *bases = subject.chain.links
    if "maker" in roles:
        yield "its maker", first.model.provider, ""
    if "base-models" in roles:
        yield from (("the maker of a base model", base.model.provider, f" ({base.id})") for base in bases)
    if "publisher" in roles and offer is not None:
        yield "the file's publisher", offer.publisher, ""


def _incomplete(roles: Iterable[str], subject: Subject, offer: Offer | None, required: Value) -> Iterable[Finding]:
    """Yield what is not known of who has a part in the model; a pass where nobody else has."""
    if "base-models" in roles and not subject.chain.complete:
        yield unknown(ASKED, "what it was made from is not recorded", "lineage", required=required)
    elif "base-models" in roles and len(subject.chain.links) == 1:
        sources = subject.chain.sources()
        yield Finding(rule=ASKED, verdict=PASS, required=required, reason="it has no base model", sources=sources)
    if "publisher" in roles and offer is None:
        yield unknown(ASKED, "no file of a named publisher is known", "artifacts", required=required)


def _publisher(rule: kinds.PublisherRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    required: Value = [*rule.allow, *(f"not {name}" for name in rule.deny)]
    if offer is None:
        return unknown(ASKED, "no file of a named publisher is known", "artifacts", required=required)
    allowed = policies.allows_publisher(rule, offer.publisher, offer.official)
    who = "the maker itself" if offer.official else "not the maker"
    return Finding(
        rule=ASKED, verdict=PASS if allowed else FAIL, observed=offer.publisher, required=required,
        reason=f"uploaded by {need.catalog.providers[offer.publisher].name}, {who}", sources=offer.repository.sources,
    )  # fmt: skip


def _model(rule: kinds.ModelRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    allowed = policies.allows_name(rule, subject.id)
    required: Value = [*rule.allow, *(f"not {name}" for name in rule.deny)]
    reason = f"{subject.id} is {'' if allowed else 'not '}among the models allowed"
    return Finding(rule=ASKED, verdict=PASS if allowed else FAIL, observed=subject.id, required=required, reason=reason)


def _artifact(rule: kinds.ArtifactRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    required: Value = [
        *(["sha256 recorded"] if rule.hashed else []),
        *(["revision recorded"] if rule.pinned else []),
        *([f"{rule.min_quant} or finer"] if rule.min_quant else []),
    ]
    if offer is None:
        return unknown(ASKED, "no file of a named publisher is known", "artifacts", required=required)
    file, gaps = offer.file, []
    loss = need.losses.get(file.quantization, UNKNOWN_LOSS)
    if rule.min_quant and UNKNOWN_LOSS > loss > need.losses[rule.min_quant]:
        return Finding(
            rule=ASKED, verdict=FAIL, observed=file.quantization, required=required,
            reason=f"{file.quantization} is coarser than {rule.min_quant}", sources=offer.repository.sources,
        )  # fmt: skip
    if rule.min_quant and loss >= UNKNOWN_LOSS:
        gaps.append(f"quantizations: {file.quantization}")
    if rule.hashed and not (file.sha256 or len(file.shard_sha256) == file.shards):
        gaps.append("artifacts.files.sha256")
    if rule.pinned and not offer.repository.revision:
        gaps.append("artifacts.revision")
    if gaps:
        return unknown(ASKED, f"not recorded of {file.file}: {', '.join(gaps)}", *gaps, required=required)
    return Finding(
        rule=ASKED, verdict=PASS, observed=file.quantization, required=required, sources=offer.repository.sources,
        reason=f"of {file.file} everything is recorded that is asked for",
    )  # fmt: skip


def _parameters(rule: kinds.ParametersRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    found = purpose.parameters(subject, _asking(need, max_parameters=rule.most))
    return found or unknown(ASKED, "its size is not recorded", "parameters.total", required=rule.most)


def _deployment(rule: kinds.DeploymentRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    asking = _asking(need, on_prem=True, air_gapped=rule.place == "air-gapped")
    found = artifact.deployment(subject, asking, offer)
    return found or unknown(ASKED, "whether its weights can be had is not recorded", "availability")


def _status(rule: kinds.StatusRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    availability = subject.model.availability
    return Finding(
        rule=ASKED, verdict=FAIL if availability.status in rule.deny else PASS, observed=availability.status,
        required=[f"not {word}" for word in rule.deny], sources=availability.sources,
        reason=f"{standing.lister(subject, need)} as {availability.status}",
    )  # fmt: skip


def _evidence(rule: kinds.EvidenceRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    results = [
        (benchmark_id, benchmark)
        for benchmark_id, benchmark, _ in need.catalog.results.get(subject.id, ())
        if voice(benchmark, subject.model) == "independent"
    ]
    asked: list[str] = [*rule.languages, *rule.tasks]
    required: Value = [f"independent result for {name}" for name in asked] or "an independent result"
    shown, lacking = [], []
    for name in asked or [""]:
        fits = [
            row for row in results
            if not name or name in row[1].tasks or (row[1].language and covers(row[1].language, name))
        ]  # fmt: skip
        shown += fits[:1]
        lacking += [] if fits else [name]
    if lacking:
        about = f" for {' and '.join(lacking)}" if asked else ""
        paths = [f"benchmarks: {name}" if name else "benchmarks" for name in lacking]
        return unknown(ASKED, f"no independent result{about} is recorded", *paths, required=required)
    names = list(dict.fromkeys(benchmark_id for benchmark_id, _ in shown))
    return Finding(
        rule=ASKED, verdict=PASS, observed=names, required=required, reason=f"measured independently in {names[0]}",
        sources=tuple(dict.fromkeys(s for _, benchmark in shown for s in benchmark.sources)),
    )  # fmt: skip


def _safety(rule: kinds.SafetyRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    bounds = [("at most", rule.most), ("at least", rule.least)]
    required: Value = [f"{rule.evaluation} {word} {bound:g}" for word, bound in bounds if bound is not None]
    measured = [(e, r) for name, e, r in need.catalog.safety.get(subject.id, ()) if name == rule.evaluation]
    if not measured:
        return unknown(ASKED, f"{rule.evaluation} has no figure of it", f"safety: {rule.evaluation}", required=required)
    evaluation, result = measured[0]
    within = (rule.most is None or result.value <= rule.most) and (rule.least is None or result.value >= rule.least)
    return Finding(
        rule=ASKED, verdict=PASS if within else FAIL, observed=result.value, required=required,
        reason=f"{evaluation.name}: {result.value:g} ({evaluation.metric})", sources=evaluation.sources,
    )  # fmt: skip


def _facts(rule: kinds.FactsRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    missing = []
    for path in rule.known:
        value: Any = subject.model
        for step in path.split("."):
            value = getattr(value, step, None)
        if value in (None, ()):
            missing.append(path)
    if missing:
        reason = f"not recorded: {', '.join(missing)}"
        return unknown(ASKED, reason, *missing, required=list(rule.known))
    return Finding(rule=ASKED, verdict=PASS, required=list(rule.known), reason=f"recorded: {', '.join(rule.known)}")


def _purpose(rule: kinds.PurposeRule, subject: Subject, need: Need, offer: Offer | None) -> Finding:
    use, allowed = need.requirements.use, [str(use) for use in rule.uses]
    found = _answer(PASS if use in allowed else FAIL, f"asked for {use} use", use, allowed)
    return found if use in allowed else msgspec.structs.replace(found, option="use", passes_at=allowed[0])


_CHECKS: dict[type[Any], Check] = {
    kinds.LicenseRule: _license,
    kinds.DutyRule: _duty,
    kinds.RightsRule: _rights,
    kinds.OriginRule: _origin,
    kinds.DeveloperRule: _developer,
    kinds.PublisherRule: _publisher,
    kinds.ModelRule: _model,
    kinds.ArtifactRule: _artifact,
    kinds.ParametersRule: _parameters,
    kinds.DeploymentRule: _deployment,
    kinds.StatusRule: _status,
    kinds.EvidenceRule: _evidence,
    kinds.SafetyRule: _safety,
    kinds.FactsRule: _facts,
    kinds.PurposeRule: _purpose,
}
