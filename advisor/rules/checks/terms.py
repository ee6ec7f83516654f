"""Rules about licences: `license`, `license-use`, `users`, `revenue`, `territory`, `seat`.

Each looks at all licences of the chain (the model's own and its base models'); the strictest answer wins, and
the reason names the model that brought the licence in.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from advisor.catalog.lineage import Chain, Link, Term, territory_meets
from advisor.catalog.schema import License, Limit, Source, Territories
from advisor.rules.finding import Finding, Value, unknown
from advisor.rules.subject import Need, Subject
from advisor.rules.verdict import FAIL, PASS, UNKNOWN, Verdict, all_of


def license(subject: Subject, need: Need) -> Finding | None:
    """`--license` names the only ids allowed, for the model and all its base models."""
    allowed = need.requirements.license
    if not allowed:
        return None
    chain = subject.chain
    refused = [term for term in chain.terms if term.id not in allowed]
    if refused:
        told = ", ".join(f"{short(term)}{through(subject, term)}" for term in refused)
        return Finding(
            rule="license", verdict=FAIL, observed=[t.id for t in chain.terms], required=list(allowed),
            reason=f"not among the licences allowed: {told}", option="license",
            passes_at=[*allowed, *(t.id for t in refused)], sources=sources_of(chain.terms),
        )  # fmt: skip
    gap = unsettled("license", chain, list(allowed))
    if gap:
        return gap
    return Finding(
        rule="license", verdict=PASS, observed=[t.id for t in chain.terms], required=list(allowed),
        reason=f"licensed under {', '.join(short(t) for t in chain.terms)}", sources=sources_of(chain.terms),
    )  # fmt: skip


def license_use(subject: Subject, need: Need) -> Finding:
    """The use asked must be granted by every licence of the chain."""
    use = need.requirements.use
    answers: list[tuple[Verdict, Term]] = []
    for term in subject.chain.terms:
        granted = term.license.uses.get(use) if term.license else None
        verdict = UNKNOWN if granted is None else FAIL if granted == "forbidden" else PASS
        answers.append((verdict, term))
    verdict = all_of(v for v, _ in answers)
    if verdict is FAIL:
        term = next(t for v, t in answers if v is FAIL)
        research = all(t.license and t.license.uses.get("research") in ("allowed", "conditional") for _, t in answers)
        return Finding(
            rule="license-use", verdict=FAIL, observed=short(term), required=use,
            reason=f"{short(term)} forbids {use} use{through(subject, term)}",
            option="use" if research else None, passes_at="research" if research else None, sources=_of(term),
        )  # fmt: skip
    conditions = tuple(_conditions(subject, need))
    gap = unsettled("license-use", subject.chain, use)
    if gap is None and verdict is UNKNOWN:
        term = next(t for v, t in answers if v is UNKNOWN)
        reason = f"nobody has read in {short(term)} whether it grants {use} use{through(subject, term)}"
        gap = unknown("license-use", reason, f"licenses/{term.id}.uses.{use}", required=use)
    if gap:
        return msgspec.structs.replace(gap, conditions=conditions)
    names = ", ".join(short(t) for t in subject.chain.terms)
    return Finding(
        rule="license-use", verdict=PASS, observed=[t.id for t in subject.chain.terms], required=use,
        reason=f"{names} {'grants' if len(answers) == 1 else 'grant'} {use} use",
        conditions=conditions, sources=sources_of(subject.chain.terms),
    )  # fmt: skip


def _conditions(subject: Subject, need: Need) -> Iterable[str]:
    """Tell the duties and limits that come with the use, once each."""
    use = need.requirements.use
    told: dict[str, None] = {}
    for term in subject.chain.terms:
        record = term.license
        if record is None:
            continue
        for duty in record.obligations:
            if duty.kind not in _NO_DUTIES and (not duty.uses or use in duty.uses):
                told[f"{record.short}: {duty.says} ({duty.clause})"] = None
        for limits, given in ((record.monthly_users, need.requirements.monthly_users),
                              (record.revenue, need.requirements.annual_revenue)):  # fmt: skip
            for limit in limits if given is None else ():
                if not limit.uses or use in limit.uses:
                    told[f"{record.short}: {limit.says} ({limit.clause})"] = None
        for places, asked in ((record.territories, need.requirements.territory),
                              (record.seat, need.requirements.seat)):  # fmt: skip
            if places and not asked and _concerns(subject, term, places) is not PASS:
                told[f"{record.short}: {places.says} ({places.clause})"] = None
    gate = subject.model.gated
    if gate and gate.value:
        told["the maker's repository is gated: accept its terms there and keep the record"] = None
    return told


_NO_DUTIES = frozenset({"patent-termination", "governing-law"})
"""Clauses that ask nothing of somebody who uses the model."""


def users(subject: Subject, need: Need) -> Finding | None:
    """Monthly users of the whole organisation against the licences' limits."""
    return _limited(subject, need, "users", "monthly_users", need.requirements.monthly_users)


def revenue(subject: Subject, need: Need) -> Finding | None:
    """Yearly revenue of the whole organisation against the licences' limits."""
    return _limited(subject, need, "revenue", "annual_revenue", need.requirements.annual_revenue)


def _limited(subject: Subject, need: Need, rule: str, option: str, given: int | None) -> Finding | None:
    if given is None:
        return None
    found: list[Finding | None] = []
    for term in subject.chain.terms:
        limits: tuple[Limit, ...] = ()
        if term.license:
            limits = term.license.monthly_users if rule == "users" else term.license.revenue
        concerning = [limit for limit in limits if not limit.uses or need.requirements.use in limit.uses]
        found += [_against_limit(subject, rule, option, given, term, limit) for limit in concerning]
        if not concerning:
            found.append(_unread(rule, subject, term, given))
    gap = unsettled(rule, subject.chain, given)
    return _strictest(rule, [*found, *([gap] if gap else [])], given)


def _against_limit(subject: Subject, rule: str, option: str, given: int, term: Term, limit: Limit) -> Finding | None:
    yearly = limit.above * (12 if rule == "revenue" and limit.period == "month" else 1)
    if given <= yearly:
        return None
    what = f"{short(term)}: {limit.says} ({limit.clause}){through(subject, term)}"
    verdict = {"ask": UNKNOWN, "ends": FAIL, "condition": PASS}[limit.then]
    return Finding(
        rule=rule, verdict=verdict, observed=yearly, required=given, reason=what, sources=_of(term),
        option=option if verdict is not PASS else None, passes_at=yearly if verdict is not PASS else None,
        missing=("a licence granted by the licensor",) if verdict is UNKNOWN else (),
        conditions=(what,) if verdict is PASS else (),
    )  # fmt: skip


def territory(subject: Subject, need: Need) -> Finding | None:
    """No licence may exclude a country in which the model is used."""
    asked = need.requirements.territory
    return _placed(subject, "territory", list(asked), asked) if asked else None


def seat(subject: Subject, need: Need) -> Finding | None:
    """No licence may withhold its rights from organisations established in the country."""
    asked = need.requirements.seat
    return _placed(subject, "seat", asked, (asked,)) if asked else None


def _placed(subject: Subject, rule: str, required: Value, countries: tuple[str, ...]) -> Finding:
    found: list[Finding | None] = []
    for term in subject.chain.terms:
        record = term.license
        excluded = (record.territories if rule == "territory" else record.seat) if record else None
        if record is None or excluded is None:
            found.append(_unread(rule, subject, term, required))
            continue
        hit = [c for c in countries if territory_meets(excluded.countries, c)]
        if hit:
            left = [c for c in countries if c not in hit]
            found.append(_excluded(subject, rule, required, left, term, excluded))
    gap = unsettled(rule, subject.chain, required)
    return _strictest(rule, [*found, *([gap] if gap else [])], required)


def _excluded(
    subject: Subject, rule: str, required: Value, left: list[str], term: Term, excluded: Territories
) -> Finding | None:
    """Return what an exclusion of a country asked for means for this model; `left` are those it does not exclude."""
    told = f"{short(term)}: {excluded.says} ({excluded.clause})"
    verdict = _concerns(subject, term, excluded)
    if verdict is PASS:
        return None
    if verdict is UNKNOWN:
        silent = _silent(subject, term)
        paths = ["modalities" if model == subject.id else f"models/{model}.modalities" for model in silent]
        reason = f"{told}, and the inputs of {' and '.join(silent)} are not recorded"
        return unknown(rule, reason, *paths, required=required)
    return Finding(
        rule=rule, verdict=FAIL, observed=list(excluded.countries), required=required, sources=_of(term),
        reason=told + through(subject, term), option=rule if left else None, passes_at=left or None,
    )  # fmt: skip


def _concerns(subject: Subject, term: Term, excluded: Territories) -> Verdict:
    """Return fail where a restriction concerns the model: where one under the licence has an input that it names."""
    if not excluded.modalities:
        return FAIL
    inputs = {m for link in _holders(subject, term) if link.model.modalities for m in link.model.modalities.inputs}
    if not inputs.isdisjoint(excluded.modalities):
        return FAIL
    return UNKNOWN if _silent(subject, term) else PASS


def _holders(subject: Subject, term: Term) -> list[Link]:
    """Return the models of the chain that are under a licence themselves."""
    stated = ((link, link.model.license) for link in subject.chain.links)
    return [link for link, terms in stated if terms and term.id in (terms.id, *terms.also)]


def _silent(subject: Subject, term: Term) -> list[str]:
    """Return which models under a licence have no recorded inputs."""
    return [link.id for link in _holders(subject, term) if link.model.modalities is None]


def _strictest(rule: str, found: list[Finding | None], required: Value) -> Finding:
    """Return the finding that decides, with the conditions of all."""
    said = [f for f in found if f is not None]
    conditions = tuple(dict.fromkeys(c for f in said for c in f.conditions))
    for verdict in (FAIL, UNKNOWN, PASS):
        for finding in said:
            if finding.verdict is verdict:
                return msgspec.structs.replace(finding, conditions=conditions)
    return Finding(rule=rule, verdict=PASS, required=required, reason="no licence of the chain sets a limit here")


def _unread(rule: str, subject: Subject, term: Term, required: Value) -> Finding | None:
    """A fully read text that sets no limit sets none; any other leaves it open."""
    if term.license and term.license.text.read == "full":
        return None
    reason = f"{short(term)} was not read in full; it may set a limit{through(subject, term)}"
    return unknown(rule, reason, f"licenses/{term.id}.text", required=required)


def unsettled(rule: str, chain: Chain, required: Value) -> Finding | None:
    """Return unknown where a licence or the lineage itself is not known."""
    if chain.unlicensed:
        holder = chain.unlicensed[0]
        return unknown(
            rule, f"the licence of {holder.id} is not known", f"models/{holder.id}.license", required=required
        )
    if not chain.complete:
        return unknown(rule, "what it was made from is not recorded", "lineage", required=required)
    return None


def short(term: Term) -> str:
    return term.license.short if term.license else term.id


def through(subject: Subject, term: Term) -> str:
    """Name the ancestor that brings a licence in."""
    return f", inherited from {term.holder.id}" if term.holder.id != subject.id else ""


def _of(term: Term) -> tuple[Source, ...]:
    record: License | None = term.license
    stated = term.holder.model.license
    return (*(record.text.sources if record else ()), *(stated.sources if stated else ()))


def sources_of(terms: Iterable[Term]) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(s for term in terms for s in _of(term)))
