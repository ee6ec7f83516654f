"""What can be wrong with a policy beyond its shape, and rules that leave nothing together."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from advisor.catalog import schema
from advisor.catalog.policies import contradictions, fact_paths, problems_of


def told(made: Any, *rules: dict[str, Any], **facts: Any) -> list[tuple[tuple[Any, ...], str]]:
    return list(problems_of(made.policy(*rules, **facts), made.catalog().snapshot))


def test_a_sound_policy_has_no_problem(made: Any) -> None:
    rules = [
        made.rule("license", "a", allow=["Free"]),
        made.rule("origin", "b", deny=["EU", "CN"]),
        made.rule("facts", "c", known=["lineage", "context.native", "training.data_open"]),
    ]
    assert told(made, *rules, exceptions=[made.excepted("a")]) == []


RULES: list[tuple[str, dict[str, Any], tuple[Any, ...], str]] = [
    ("license", {"allow": ["Fre"]}, ("allow",), "the catalog has no license 'Fre'; did you mean 'Free'?"),
    ("license", {}, (), "asks nothing; give it allow or deny or categories or osi_approved"),
    ("license", {"allow": ["Free"], "deny": ["Free"]}, ("allow",), "'Free' is both allowed and denied"),
    ("license-rights", {}, (), "asks nothing; give it use or"),
    ("license-rights", {"territory": ["XX"]}, ("territory",), "the catalog has no country 'XX'"),
    ("license-rights", {"seat": "XX"}, ("seat",), "the catalog has no country 'XX'"),
    ("origin", {"deny": ["ZZ"]}, ("deny",), "the catalog has no country 'ZZ'"),
    ("developer", {"deny": ["makr"]}, ("deny",), "the catalog has no provider 'makr'; did you mean 'maker'?"),
    ("publisher", {"allow": ["oficial"]}, ("allow",), "did you mean 'official'?"),
    ("model", {"deny": ["maker/modl"]}, ("deny",), "no model 'maker/modl'; did you mean 'maker/model'?"),
    ("artifact", {"min_quant": "Q9"}, ("min_quant",), "the catalog has no quantization 'Q9'"),
    ("evidence", {"languages": ["xx"]}, ("languages",), "the catalog has no benchmark of the language 'xx'"),
    ("safety", {"evaluation": "none", "most": 0}, ("evaluation",), "the catalog has no safety evaluation 'none'"),
    ("facts", {"known": ["training.sumary"]}, ("known",), "the catalog has no fact 'training.sumary'"),
    ("facts", {"known": ["contxt"]}, ("known",), "the catalog has no fact 'contxt'; did you mean 'context'?"),
    ("origin", {"deny": ["JP"], "from": "2026-02-30"}, ("from",), "there is no 2026-02-30"),
    ("origin", {"deny": ["JP"], "from": "2026-03-01", "until": "2026-02-01"}, ("until",), "before it begins"),
    ("origin", {"deny": ["JP"], "decided": {"by": "x", "on": "2026-02-30"}}, ("decided", "on"), "no 2026-02-30"),
    ("origin", {"deny": ["JP"], "severity": "warn", "unknown": "deny"}, ("unknown",), "'deny' is stricter than 'warn'"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "facts", "path", "message"), RULES)
def test_problems_of_a_rule(made: Any, kind: str, facts: dict[str, Any], path: tuple[Any, ...], message: str) -> None:
    problems = told(made, made.rule(kind) | facts)
    assert [p for p, _ in problems] == [("rules", 0, *path)]
    assert message in problems[0][1]


def test_a_safety_rule_without_a_bound_is_none(made: Any) -> None:
    problems = told(made, made.rule("safety") | {"evaluation": "none"})
    assert [message for path, message in problems if path == ("rules", 0)] == [
        "sets no bound, so that any figure would do; give it most or least"
    ]


def test_a_quantization_that_nobody_has_measured_bounds_nothing(made: Any) -> None:
    snapshot = made.catalog().snapshot
    (name, table), *_ = snapshot.quantizations.items()
    entries = table.entries | {"IQ1_S": schema.QuantizationLoss()}
    tables = {name: msgspec.structs.replace(table, entries=entries)}
    policy = made.policy(made.rule("artifact") | {"min_quant": "IQ1_S"})
    problems = problems_of(policy, msgspec.structs.replace(snapshot, quantizations=tables))
    assert list(problems) == [(("rules", 0, "min_quant"), "nobody has measured what IQ1_S loses; name a finer quantization")]


EXCEPTIONS = [
    ({"model": "maker/modl"}, "model", "the catalog has no model 'maker/modl'; did you mean 'maker/model'?"),
    ({"rule": "rul"}, "rule", "the catalog has no rule 'rul'; did you mean 'rule'?"),
    ({"approver": " a.  ASKER"}, "approver", "approves what they asked for themselves"),
    ({"expires": "2025-12-31"}, "expires", "expires on 2025-12-31, before it was approved on 2026-01-01"),
    ({"expires": "2026-02-31"}, "expires", "there is no 2026-02-31"),
    ({"approved": "2026-02-31"}, "approved", "there is no 2026-02-31"),
]


@pytest.mark.parametrize(("facts", "field", "message"), EXCEPTIONS)
def test_problems_of_an_exception(made: Any, facts: dict[str, Any], field: str, message: str) -> None:
    [(path, said)] = told(made, made.rule("origin", deny=["CN"]), exceptions=[made.excepted(**facts)])
    assert path == ("exceptions", 0, field)
    assert message in said


def test_a_rule_id_stands_once(made: Any) -> None:
    problems = told(made, made.rule("origin", deny=["CN"]), made.rule("origin", deny=["US"]))
    assert problems == [(("rules", 1, "id"), "rule 'rule' stands twice")]


PAIRS: list[tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]], str | None]] = [
    (("license", {"allow": ["Free"]}), ("license", {"allow": ["Strict"]}), "license"),
    (("license", {"allow": ["Free"]}), ("license", {"categories": ["community"]}), "license"),
    (("license", {"allow": ["Free"]}), ("license", {"categories": ["permissive"]}), None),
    (("origin", {"allow": ["JP"]}), ("origin", {"allow": ["US"]}), None),  # nobody from there: each leaves nothing
    (("origin", {"allow": ["JP"]}), ("origin", {"allow": ["CN"]}), "maker"),
    (("origin", {"deny": ["CN"]}), ("developer", {"allow": ["other"]}), "maker"),
    (("origin", {"deny": ["CN"]}), ("developer", {"allow": ["other"], "of": ["base-models"]}), None),
    (("publisher", {"deny": ["official"]}), ("publisher", {"allow": ["official"]}), "publisher"),
    (("publisher", {"allow": ["official"]}), ("publisher", {"allow": ["packer"]}), None),
    (("model", {"allow": ["maker/model"]}), ("developer", {"deny": ["maker"]}), "model"),
    (("purpose", {"uses": ["internal"]}), ("purpose", {"uses": ["research"]}), "use"),
]


@pytest.mark.parametrize(("one", "other", "domain"), PAIRS)
def test_contradictions(made: Any, one: Any, other: Any, domain: str | None) -> None:
    providers = {"packer": made.provider("DE", "packer"), "maker": made.provider("JP"), "other": made.provider("CN")}
    models = {made.subject: made.model(), "other/base": made.model(provider="other")}
    licenses = {"Strict": made.license(category="community")}
    snapshot = made.catalog(models, licenses=licenses, providers=providers).snapshot
    policies = [
        ("a", made.policy(made.rule(one[0], "first", **one[1]))),
        ("b", made.policy(made.rule(other[0], "second", **other[1]))),
    ]
    expected = [] if domain is None else [(("a", "first"), ("b", "second"), domain)]
    assert list(contradictions(policies, "2026-11-01", snapshot)) == expected


@pytest.mark.parametrize(
    "changes", [{"severity": "review"}, {"until": "2026-01-01"}, {"from": "2027-01-01"}, {"mode": "audit"}]
)
def test_only_what_is_enforced_and_denies_on_the_day_contradicts(made: Any, changes: dict[str, str]) -> None:
    mode = {"mode": changes["mode"]} if "mode" in changes else {}
    rule = made.rule("purpose", "second", uses=["research"]) | {k: v for k, v in changes.items() if k != "mode"}
    policies = [("a", made.policy(made.rule("purpose", "first", uses=["internal"]))), ("b", made.policy(rule, **mode))]
    assert list(contradictions(policies, "2026-11-01", made.catalog().snapshot)) == []


def test_a_policy_that_contradicts_itself(made: Any) -> None:
    rules = [made.rule("purpose", "a", uses=["internal"]), made.rule("purpose", "b", uses=["research"])]
    [(path, message)] = told(made, *rules)
    assert (path, message) == (("rules",), "rules 'a' and 'b' contradict each other: no use is allowed by both")
    apart = [rules[0] | {"until": "2026-06-30"}, rules[1] | {"from": "2026-07-01"}]
    assert told(made, *apart) == []


def test_facts_are_groups_and_their_fields() -> None:
    assert {"license", "license.id", "context.native", "artifacts", "popularity.downloads"} <= set(fact_paths())
    assert not any(path.endswith(("sources", "note")) for path in fact_paths())
