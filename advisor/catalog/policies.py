"""What can be wrong with a policy beyond its shape: names that nothing carries, days, exceptions, contradictions."""

from __future__ import annotations

import itertools
import typing
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import msgspec

from advisor.catalog import codes
from advisor.catalog.freshness import GROUPS
from advisor.catalog.lineage import territory_covers, territory_meets
from advisor.catalog.schema import License, Model, Provider
from advisor.catalog.schema import policy as kinds
from advisor.catalog.schema.policy import SEVERITIES, Policy, PolicyException, Rule
from advisor.catalog.snapshot import Snapshot
from advisor.errors import nearest

Problem = tuple[tuple[str | int, ...], str]
"""A place inside a policy, and what is wrong there."""
_BESIDE = frozenset(kinds.PolicyRule.__struct_fields__)
"""Fields of a rule that are no parameters."""


def problems_of(policy: Policy, snapshot: Snapshot) -> Iterator[Problem]:
    """Yield everything that keeps a policy from meaning what it says."""
    seen: set[str] = set()
    for index, rule in enumerate(policy.rules):
        if rule.id in seen:
            yield ("rules", index, "id"), f"rule '{rule.id}' stands twice"
        seen.add(rule.id)
        for path, message in (*_of_rule(rule), *_unknown_names(rule, snapshot)):
            yield ("rules", index, *path), message
    for index, exception in enumerate(policy.exceptions):
        for path, message in _of_exception(exception, seen, snapshot):
            yield ("exceptions", index, *path), message
    for first, second, domain in contradictions([("", policy)], None, snapshot):
        yield ("rules",), f"rules '{first[1]}' and '{second[1]}' contradict each other: no {domain} is allowed by both"


def _of_rule(rule: Rule) -> Iterator[Problem]:
    for name, day in (("from", rule.begins), ("until", rule.until)):
        yield from _of_day((name,), day)
    yield from _of_day(("decided", "on"), rule.decided.on)
    if rule.begins and rule.until and rule.until < rule.begins:
        yield ("until",), f"ends on {rule.until}, before it begins on {rule.begins}"
    if SEVERITIES.index(rule.when_unknown) > SEVERITIES.index(rule.severity):
        yield ("unknown",), f"'{rule.unknown}' is stricter than '{rule.severity}', which breaking the rule means"
    asked = {name: getattr(rule, name) for name in rule.__struct_fields__ if name not in _BESIDE and name != "of"}
    empty = all(value is None or value is False or value == () for value in asked.values())
    if empty and not isinstance(rule, kinds.EvidenceRule):
        yield (), f"asks nothing; give it {' or '.join(asked)}"
    if isinstance(rule, kinds.SafetyRule) and rule.most is None and rule.least is None:
        yield (), "sets no bound, so that any figure would do; give it most or least"
    both = set(getattr(rule, "allow", ())) & set(getattr(rule, "deny", ()))
    for name in sorted(both):
        yield ("allow",), f"'{name}' is both allowed and denied"


def _of_day(path: tuple[str | int, ...], day: str | None) -> Iterator[Problem]:
    try:
        date.fromisoformat(day or "2000-01-01")
    except ValueError:
        yield path, f"there is no {day}"


def _of_exception(exception: PolicyException, rules: Collection[str], snapshot: Snapshot) -> Iterator[Problem]:
    yield from _of_day(("approved",), exception.approved)
    yield from _of_day(("expires",), exception.expires)
    if exception.expires < exception.approved:
        yield ("expires",), f"expires on {exception.expires}, before it was approved on {exception.approved}"
    if " ".join(exception.approver.split()).casefold() == " ".join(exception.requester.split()).casefold():
        yield ("approver",), f"'{exception.approver}' approves what they asked for themselves; somebody else has to"
    yield from _among(("rule",), "rule", (exception.rule,), rules)
    yield from _among(("model",), "model", (exception.model,), snapshot.models)


def _among(path: tuple[str | int, ...], kind: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Problem]:
    """Yield the names that nothing known carries, with the nearest that something does."""
    known = list(known)
    for name in names:
        if name not in known:
            near = nearest(name, known, count=1, cutoff=0.6)
            yield path, f"the catalog has no {kind} '{name}'" + (f"; did you mean '{near[0]}'?" if near else "")


def _unknown_names(rule: Rule, snapshot: Snapshot) -> Iterator[Problem]:
    """Yield the names in a rule's parameters that stand for nothing in the catalog."""
    lists: dict[type[Any], tuple[str, Iterable[str]]] = {
        kinds.LicenseRule: ("license", snapshot.licenses),
        kinds.OriginRule: ("country", codes.countries()),
        kinds.DeveloperRule: ("provider", snapshot.providers),
        kinds.PublisherRule: ("provider", [*snapshot.providers, "official"]),
        kinds.ModelRule: ("model", snapshot.models),
    }
    if type(rule) in lists:
        kind, known = lists[type(rule)]
        for field in ("allow", "deny"):
            yield from _among((field,), kind, getattr(rule, field), known)
    match rule:
        case kinds.RightsRule():
            yield from _among(("territory",), "country", rule.territory, codes.countries())
            yield from _among(("seat",), "country", (rule.seat,) if rule.seat else (), codes.countries())
        case kinds.ArtifactRule(min_quant=str(name)):
            entries = {key: entry for table in snapshot.quantizations.values() for key, entry in table.entries.items()}
            yield from _among(("min_quant",), "quantization", (name,), entries)
            if name in entries and entries[name].increase is None and entries[name].like is None:
                yield ("min_quant",), f"nobody has measured what {name} loses; name a finer quantization"
        case kinds.SafetyRule():
            yield from _among(("evaluation",), "safety evaluation", (rule.evaluation,), snapshot.safety)
        case kinds.EvidenceRule():
            tested = {benchmark.language for benchmark in snapshot.benchmarks.values() if benchmark.language}
            yield from _among(("languages",), "benchmark of the language", rule.languages, tested)
        case kinds.FactsRule():
            yield from _among(("known",), "fact", rule.known, fact_paths())


def fact_paths() -> list[str]:
    """Return the paths that a `facts` rule may name: every group of a model's record, and every field of a group."""
    hints = typing.get_type_hints(Model)
    found = list(GROUPS)
    for group in GROUPS:
        for part in typing.get_args(hints[group]):
            if isinstance(part, type) and issubclass(part, msgspec.Struct) and group != "artifacts":
                found += [f"{group}.{field}" for field in part.__struct_fields__ if field not in ("sources", "note")]
    return found


# --- what rules allow, and rules that leave nothing ---------------------------------------------------------


def allows_license(rule: kinds.LicenseRule, license_id: str, record: License | None) -> bool | None:
    """Say whether a rule allows a licence; None where its record is missing or does not tell."""
    if license_id in rule.deny or (rule.allow and license_id not in rule.allow):
        return False
    if rule.categories and (record is None or record.category not in rule.categories):
        return None if record is None else False
    if rule.osi_approved and (record is None or not record.osi_approved):
        return None if record is None or record.osi_approved is None else False
    return True


def allows_country(rule: kinds.OriginRule, country: str) -> bool:
    """Say whether a rule allows a country; `EU` in the rule stands for its members."""
    return not territory_meets(rule.deny, country) and (not rule.allow or territory_covers(rule.allow, country))


def allows_name(rule: kinds.DeveloperRule | kinds.ModelRule, name: str) -> bool:
    """Say whether a rule allows a provider or a model."""
    return name not in rule.deny and (not rule.allow or name in rule.allow)


def allows_publisher(rule: kinds.PublisherRule, publisher: str, official: bool) -> bool:
    """Say whether a rule allows who uploaded a file, the model's own maker or somebody else."""
    names = {publisher, "official"} if official else {publisher}
    return names.isdisjoint(rule.deny) and (not rule.allow or not names.isdisjoint(rule.allow))


Named = tuple[str, str]
"""The name of a policy, and the id of one of its rules."""


def contradictions(
    policies: Sequence[tuple[str, Policy]], day: str | None, snapshot: Snapshot
) -> Iterator[tuple[Named, Named, str]]:
    """Yield pairs of rules that deny and leave nothing together, each of which leaves something alone.

    Only what is enforced is looked at, and only what holds on `day`; None: whatever holds at the same time.
    """
    rules = [
        (name, rule)
        for name, policy in policies
        if policy.mode == "enforce"
        for rule in policy.rules
        if rule.severity == "deny" and (day is None or rule.holds_on(day))
    ]
    for domain, allowed in _domains(snapshot).items():
        left = [(name, rule, kept) for name, rule in rules if (kept := allowed(rule))]
        for (one, first, kept), (other, second, also) in itertools.combinations(left, 2):
            told_already = domain == "model" and not {type(first), type(second)} & {kinds.ModelRule}
            if not kept & also and not told_already and _overlap(first, second):
                yield (one, first.id), (other, second.id), domain


def _overlap(first: Rule, second: Rule) -> bool:
    """Say whether two rules hold on a day together."""
    return (first.begins or "") <= (second.until or "9999") and (second.begins or "") <= (first.until or "9999")


def _domains(snapshot: Snapshot) -> dict[str, Callable[[Rule], frozenset[Hashable] | None]]:
    """Return by what rules choose from: what one of them leaves, or None where it is about something else."""
    return {
        "license": lambda rule: _licenses(rule, snapshot),
        "maker": lambda rule: _makers(rule, snapshot.providers),
        "publisher": lambda rule: _publishers(rule, snapshot.providers),
        "model": lambda rule: _models(rule, snapshot),
        "use": lambda rule: frozenset(rule.uses) if isinstance(rule, kinds.PurposeRule) else None,
    }


def _licenses(rule: Rule, snapshot: Snapshot) -> frozenset[Hashable] | None:
    if not isinstance(rule, kinds.LicenseRule):
        return None
    return frozenset(name for name, record in snapshot.licenses.items() if allows_license(rule, name, record))


def _makers(rule: Rule, providers: dict[str, Provider]) -> frozenset[Hashable] | None:
    if isinstance(rule, kinds.DeveloperRule) and "maker" in rule.of:
        return frozenset(name for name in providers if allows_name(rule, name))
    if isinstance(rule, kinds.OriginRule) and "maker" in rule.of:
        known = ((name, provider.country) for name, provider in providers.items())
        return frozenset(name for name, country in known if country is None or allows_country(rule, country))
    return None


def _publishers(rule: Rule, providers: dict[str, Provider]) -> frozenset[Hashable] | None:
    if not isinstance(rule, kinds.PublisherRule):
        return None
    pairs = itertools.product(providers, (True, False))
    return frozenset(pair for pair in pairs if allows_publisher(rule, *pair))


def _models(rule: Rule, snapshot: Snapshot) -> frozenset[Hashable] | None:
    """Return the models that a rule about models or their makers leaves."""
    if isinstance(rule, kinds.ModelRule):
        return frozenset(name for name in snapshot.models if allows_name(rule, name))
    makers = _makers(rule, snapshot.providers)
    if makers is None:
        return None
    return frozenset(name for name, model in snapshot.models.items() if model.provider in makers)
