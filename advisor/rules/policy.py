"""Policies over one model: what each rule decides on a day, exceptions and modes counted in, the strictest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from advisor.catalog.lineage import resolve
from advisor.catalog.load import Catalog
from advisor.catalog.schema.policy import Policy, PolicyException, PublisherRule, PurposeRule, Rule, Severity
from advisor.needs.schema import UsedPolicy
from advisor.rules.checks.policy import check, is_about_artifact
from advisor.rules.finding import POLICY, Excepted, Finding, Outcome, Ruling
from advisor.rules.subject import Need, Offer, Subject
from advisor.rules.verdict import FAIL, PASS, UNKNOWN, Verdict

_MEANS: dict[Severity, Verdict] = {"deny": FAIL, "review": UNKNOWN, "warn": PASS}
_OUTCOMES: dict[Verdict, Outcome] = {PASS: "kept", FAIL: "broken", UNKNOWN: "unknown"}
_ORDER = {FAIL: 0, UNKNOWN: 1, PASS: 2}


class Applied:
    """Policies in their types, ready to be applied on a day."""

    def __init__(self, used: Sequence[UsedPolicy], catalog: Catalog, day: str) -> None:
        self.policies = [(policy.id, msgspec.convert(policy.policy, Policy)) for policy in used]
        self.day = day
        self.fresh = catalog.fresh(day) if any(policy.fresh for _, policy in self.policies) else catalog
        """The catalog without stale facts, for the policies that ask for it."""

    def approves_publisher(self, publisher: str) -> bool:
        """Say whether a rule that is enforced on this day names `publisher` among those whose files it allows."""
        return any(
            isinstance(rule, PublisherRule) and rule.severity == "deny" and publisher in rule.allow
            for _, policy in self.policies
            if policy.mode == "enforce"
            for rule in policy.rules
            if rule.holds_on(self.day)
        )

    def of_model(self, subject: Subject, need: Need) -> list[Finding]:
        """Return a finding for every rule about the model itself."""
        return list(self._findings(subject, need, None, False))

    def of_artifact(self, subject: Subject, need: Need, offer: Offer | None) -> list[Finding]:
        """Return a finding for every rule about a file."""
        return list(self._findings(subject, need, offer, True))

    def combined(self, findings: Iterable[Finding]) -> list[Finding]:
        """Bring together what several policies say under one rule id: the strictest verdict stands, all are told.

        Findings of other rules stay as they are.
        """
        by_rule: dict[str, list[Finding]] = {}
        for finding in findings:
            by_rule.setdefault(finding.rule, []).append(finding)
        return [_merged(found) for found in by_rule.values()]

    def _findings(self, subject: Subject, need: Need, offer: Offer | None, about_artifact: bool) -> Iterator[Finding]:
        as_recorded, freshly = (subject, need, offer), None
        for policy_id, policy in self.policies:
            rules = [r for r in policy.rules if r.holds_on(self.day) and is_about_artifact(r) is about_artifact]
            if policy.fresh and rules and freshly is None:
                freshly = _freshly(subject, need, offer, self.fresh)
            for rule in rules:
                found = check(rule, *(freshly if policy.fresh and freshly else as_recorded))
                yield _ruled(policy_id, policy, rule, found, subject.id, self.day)


def _merged(found: list[Finding]) -> Finding:
    first, *others = sorted(found, key=lambda f: _ORDER[f.verdict])
    if not others:
        return first
    return msgspec.structs.replace(
        first,
        conditions=tuple(dict.fromkeys(c for f in (first, *others) for c in f.conditions)),
        rulings=tuple(ruling for f in (first, *others) for ruling in f.rulings),
    )


def _freshly(subject: Subject, need: Need, offer: Offer | None, fresh: Catalog) -> tuple[Subject, Need, Offer | None]:
    """Return the same without stale facts; a file whose record is stale is not known."""
    model = fresh.models[subject.id]
    known = offer if offer and offer.repository in model.artifacts else None
    return Subject(subject.id, model, resolve(fresh, subject.id)), need._replace(catalog=fresh), known


def _ruled(policy_id: str, policy: Policy, rule: Rule, found: Finding, model_id: str, day: str) -> Finding:
    """Return what a check's answer means under a rule of a policy."""
    severity = rule.severity if found.verdict is FAIL else rule.when_unknown
    verdict, reason, conditions, exception = found.verdict, found.reason, list(found.conditions), None
    outcome = _OUTCOMES[found.verdict]
    if verdict is not PASS:
        verdict = _MEANS[severity]
        exception = _excepted(policy, rule, model_id, day)
        if exception is not None:
            outcome, verdict = "excepted", PASS
            told = f"{exception.approver} excepted it until {exception.expires}: {exception.reason}"
            conditions.append(f"{policy_id}, rule {rule.id}: {told}")
        elif severity == "warn" or policy.mode == "audit":
            said = "warns" if severity == "warn" else f"would {severity} it, if the policy were enforced"
            conditions.append(f"{policy_id}, rule {rule.id} {said}: {reason}")
            verdict = PASS
        reason += _lapsed(policy, rule, model_id, day)
    ruling = Ruling(
        policy=policy_id, rule=rule.id, severity=severity, mode=policy.mode, outcome=outcome, verdict=verdict,
        why=rule.why, decided_by=rule.decided.by, decided_on=rule.decided.on, exception=_told(exception),
    )  # fmt: skip
    asks = verdict is UNKNOWN and outcome == "broken"
    keeps_change = isinstance(rule, PurposeRule) and verdict is FAIL
    return msgspec.structs.replace(
        found,
        rule=POLICY + rule.id,
        verdict=verdict,
        reason=reason,
        option=found.option if keeps_change else None,
        passes_at=found.passes_at if keeps_change else None,
        missing=(f"policies/{policy_id}: a decision on {rule.id}",) if asks else found.missing,
        conditions=tuple(dict.fromkeys(conditions)),
        sources=tuple(dict.fromkeys((*found.sources, *(rule.sources or policy.sources)))),
        rulings=(ruling,),
    )


def _excepted(policy: Policy, rule: Rule, model_id: str, day: str) -> PolicyException | None:
    """Return the exception that lets a model off a rule on a day."""
    mine = (e for e in policy.exceptions if e.model == model_id and e.rule == rule.id)
    return next((e for e in mine if e.holds_on(day)), None)


def _lapsed(policy: Policy, rule: Rule, model_id: str, day: str) -> str:
    """Say that an exception of the model has expired, where none holds."""
    mine = [e for e in policy.exceptions if e.model == model_id and e.rule == rule.id]
    if not mine or any(e.holds_on(day) for e in mine):
        return ""
    last = max(mine, key=lambda e: e.expires)
    if last.expires < day:
        return f"; its exception expired on {last.expires}"
    return f"; its exception was approved only on {last.approved}"


def _told(exception: PolicyException | None) -> Excepted | None:
    if exception is None:
        return None
    return Excepted(
        reason=exception.reason, requester=exception.requester, approver=exception.approver,
        approved=exception.approved, expires=exception.expires,
    )  # fmt: skip
