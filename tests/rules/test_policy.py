"""What the rules of policies decide: every kind, severities, unknowns, exceptions, modes, days, several together."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.rules.evaluate import Judged
from advisor.rules.finding import Finding
from advisor.rules.verdict import FAIL, PASS, UNKNOWN

BASE = "other/base"


def of_rule(judged: Judged, rule_id: str = "rule") -> Finding:
    return next(f for f in judged.findings if f.rule == f"policy/{rule_id}")


# --- every kind: kept, broken, not known ----------------------------------------------------------------------

KINDS: list[tuple[str, dict[str, Any], dict[str, Any], Any]] = [
    ("license", {"allow": ["Free"]}, {}, PASS),
    ("license", {"allow": ["Other"]}, {}, FAIL),
    ("license", {"deny": ["Free"]}, {}, FAIL),
    ("license", {"categories": ["permissive"]}, {}, PASS),
    ("license", {"categories": ["community"]}, {}, FAIL),
    ("license", {"osi_approved": True}, {}, UNKNOWN),
    ("license", {"allow": ["Free"]}, {"license": None}, UNKNOWN),
    ("license", {"allow": ["Free"]}, {"lineage": None}, UNKNOWN),
    ("license-duty", {"deny": ["revocable"]}, {}, PASS),
    ("license-duty", {"deny": ["revocable"]}, {"license": None}, UNKNOWN),
    ("license-rights", {"use": "redistribute", "territory": ["JP"], "seat": "JP"}, {}, PASS),
    ("license-rights", {"use": "redistribute"}, {"license": None}, UNKNOWN),
    ("license-rights", {"monthly_users": 10, "annual_revenue": 10}, {}, PASS),
    ("origin", {"allow": ["JP"]}, {}, PASS),
    ("origin", {"deny": ["JP"]}, {}, FAIL),
    ("origin", {"allow": ["EU"]}, {}, FAIL),
    ("origin", {"deny": ["CN"]}, {"lineage": None}, UNKNOWN),
    ("origin", {"deny": ["CN"], "of": ["maker"]}, {"lineage": None}, PASS),
    ("origin", {"allow": ["JP"], "of": ["publisher"]}, {}, PASS),
    ("origin", {"deny": ["JP"], "of": ["publisher"]}, {}, FAIL),
    ("origin", {"deny": ["JP"], "of": ["publisher"]}, {"artifacts": ()}, UNKNOWN),
    ("developer", {"deny": ["maker"]}, {}, FAIL),
    ("developer", {"deny": ["other"]}, {}, PASS),
    ("developer", {"allow": ["other"]}, {}, FAIL),
    ("developer", {"deny": ["maker"], "of": ["base-models"]}, {}, PASS),
    ("developer", {"deny": ["maker"], "of": ["base-models"]}, {"lineage": None}, UNKNOWN),
    ("publisher", {"allow": ["official"]}, {}, PASS),
    ("publisher", {"deny": ["official"]}, {}, FAIL),
    ("publisher", {"allow": ["packer"]}, {}, FAIL),
    ("publisher", {"allow": ["official"]}, {"artifacts": ()}, UNKNOWN),
    ("model", {"allow": ["maker/model"]}, {}, PASS),
    ("model", {"deny": ["maker/model"]}, {}, FAIL),
    ("artifact", {"hashed": True, "min_quant": "Q4_K_M"}, {}, PASS),
    ("artifact", {"pinned": True}, {}, UNKNOWN),
    ("artifact", {"min_quant": "Q8_0"}, {}, FAIL),
    ("artifact", {"hashed": True}, {"artifacts": ()}, UNKNOWN),
    ("parameters", {"most": 4 * 10**9}, {}, PASS),
    ("parameters", {"most": 10**9}, {}, FAIL),
    ("parameters", {"most": 10**9}, {"parameters": None}, UNKNOWN),
    ("deployment", {"place": "on-prem"}, {}, PASS),
    ("deployment", {"place": "air-gapped"}, {}, PASS),
    ("deployment", {"place": "air-gapped"}, {"gated": None}, UNKNOWN),
    ("status", {"deny": ["superseded"]}, {}, PASS),
    ("evidence", {}, {}, UNKNOWN),
    ("safety", {"evaluation": "hijack", "most": 0.5}, {}, UNKNOWN),
    ("facts", {"known": ["license", "parameters.total"]}, {}, PASS),
    ("facts", {"known": ["license", "parameters.active"]}, {}, UNKNOWN),
    ("facts", {"known": ["artifacts"]}, {"artifacts": ()}, UNKNOWN),
    ("purpose", {"uses": ["internal"]}, {}, PASS),
    ("purpose", {"uses": ["research"]}, {}, FAIL),
]


@pytest.mark.parametrize(("kind", "parameters", "facts", "verdict"), KINDS)
def test_every_kind(made: Any, kind: str, parameters: dict[str, Any], facts: dict[str, Any], verdict: Any) -> None:
    judged = made.under(made.policy(made.rule(kind, **parameters)), models=made.model(**facts))
    finding = of_rule(judged)
    assert finding.verdict is verdict, finding
    assert finding.reason
    assert bool(finding.missing) is (verdict is UNKNOWN)
    assert [r.outcome for r in finding.rulings] == [{PASS: "kept", FAIL: "broken", UNKNOWN: "unknown"}[verdict]]
    if verdict is FAIL:
        assert judged.verdict is FAIL


def test_there_is_a_case_of_every_kind() -> None:
    from advisor.rules.checks.policy import _CHECKS

    assert {kind for kind, *_ in KINDS} == {rule.__struct_config__.tag for rule in _CHECKS}


def test_a_licence_inherited_counts(made: Any) -> None:
    models = {made.subject: made.model(lineage=made.made_from(BASE)), BASE: made.model(license=made.terms("Strict"))}
    strict = made.license(
        category="community", obligations=(made.duty("revocable"),), uses={"internal": "forbidden"},
        territories=made.excluding("JP"),
    )  # fmt: skip
    rules = [
        made.rule("license", "a", categories=["permissive"]),
        made.rule("license-duty", "b", deny=["revocable"]),
        made.rule("license-rights", "c", use="internal"),
        made.rule("license-rights", "d", territory=["JP"]),
        made.rule("license-duty", "e", deny=["revocable", "naming"]),
    ]
    judged = made.under(made.policy(*rules), models=models, licenses={"Strict": strict})
    for rule_id in "abcde":
        assert of_rule(judged, rule_id).verdict is FAIL
        assert "other/base" in of_rule(judged, rule_id).reason


def test_a_text_not_read_in_full_leaves_duties_open(made: Any) -> None:
    judged = made.under(
        made.policy(made.rule("license-duty", deny=["revocable"])), licenses={"Free": made.license(read="partial")}
    )
    assert of_rule(judged).verdict is UNKNOWN
    assert of_rule(judged).missing == ("licenses/Free.text",)


def test_named_developer_fails_and_what_others_made_of_it_is_for_review(made: Any) -> None:
    policy = made.policy(
        made.rule("developer", "named", deny=["other"], of=["maker"]),
        made.rule("developer", "derived", "review", deny=["other"], of=["base-models"]),
    )
    base = made.model(provider="other")
    derived = made.under(policy, models={made.subject: made.model(lineage=made.made_from(BASE)), BASE: base})
    assert derived.verdict is UNKNOWN
    assert of_rule(derived, "named").verdict is PASS
    assert of_rule(derived, "derived").verdict is UNKNOWN
    assert of_rule(derived, "derived").missing == ("policies/house: a decision on derived",)
    named = made.under(policy, models=base)
    assert named.verdict is FAIL
    assert of_rule(named, "named").verdict is FAIL


def test_independent_evidence(made: Any) -> None:
    rule = made.rule("evidence", languages=["ja"], tasks=[])
    measured = {"bench": made.benchmark({made.subject: 50.0})}
    assert of_rule(made.under(made.policy(rule), benchmarks=measured)).verdict is PASS
    own = {"bench": made.benchmark({made.subject: 50.0}, maker="maker")}
    assert of_rule(made.under(made.policy(rule), benchmarks=own)).verdict is UNKNOWN
    coding = made.policy(made.rule("evidence", tasks=["code"]))
    assert of_rule(made.under(coding, benchmarks=measured)).missing == ("benchmarks: code",)


@pytest.mark.parametrize(("most", "least", "verdict"), [(0.5, None, FAIL), (0.7, 0.5, PASS), (None, 0.7, FAIL)])
def test_official_figures_within_bounds(made: Any, most: float | None, least: float | None, verdict: Any) -> None:
    from advisor.catalog.schema import SafetyEvaluation, SafetyResult

    evaluation = SafetyEvaluation(
        name="Hijack", publisher="An office", measures="hijack", what="w", metric="share", better="lower",
        weights="local", harness="h", date="2026-06-01", license="MIT", sources=made.sources,
        results={made.subject: SafetyResult(value=0.6)},
    )  # fmt: skip
    bounds = {name: value for name, value in (("most", most), ("least", least)) if value is not None}
    rule = made.rule("safety", evaluation="hijack", **bounds)
    assert of_rule(made.under(made.policy(rule), safety={"hijack": evaluation})).verdict is verdict


# --- severities and unknowns ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("severity", "verdict"), [("deny", FAIL), ("review", UNKNOWN), ("warn", PASS)])
def test_severity_says_what_breaking_a_rule_means(made: Any, severity: str, verdict: Any) -> None:
    judged = made.under(made.policy(made.rule("origin", severity=severity, deny=["JP"])))
    assert judged.verdict is verdict
    assert of_rule(judged).rulings[0].outcome == "broken"
    warned = [c for c in of_rule(judged).conditions if c.startswith("house, rule rule warns: ")]
    assert bool(warned) is (severity == "warn")


@pytest.mark.parametrize(
    ("severity", "unknown", "verdict"),
    [
        ("deny", None, UNKNOWN), ("deny", "deny", FAIL), ("deny", "warn", PASS), ("deny", "review", UNKNOWN),
        ("review", None, UNKNOWN), ("review", "warn", PASS), ("warn", None, PASS),
    ],
)  # fmt: skip
def test_each_rule_says_what_unknown_means(made: Any, severity: str, unknown: str | None, verdict: Any) -> None:
    more = {"unknown": unknown} if unknown else {}
    rule = made.rule("origin", severity=severity, deny=["CN"], **more)
    judged = made.under(made.policy(rule), models=made.model(lineage=None))
    finding = of_rule(judged)
    assert finding.verdict is verdict
    assert finding.rulings[0].outcome == "unknown"
    assert finding.missing == ("lineage",)


def test_strict_makes_a_review_fail(made: Any) -> None:
    policy = made.policy(made.rule("origin", severity="review", deny=["JP"]))
    assert made.under(policy, asks={"strict": True}).verdict is FAIL


# --- exceptions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("severity", ["deny", "review"])
def test_an_exception_lets_a_model_off_one_rule(made: Any, severity: str) -> None:
    rules = [made.rule("origin", "a", severity, deny=["JP"]), made.rule("model", "b", severity, deny=["maker/model"])]
    judged = made.under(made.policy(*rules, exceptions=[made.excepted("a")]))
    assert of_rule(judged, "a").verdict is PASS
    [ruling] = of_rule(judged, "a").rulings
    assert (ruling.outcome, ruling.exception.approver, ruling.exception.expires) == (
        "excepted",
        "B. Chief",
        "2026-12-31",
    )
    assert any("B. Chief excepted it until 2026-12-31: a pilot" in c for c in of_rule(judged, "a").conditions)
    assert of_rule(judged, "b").verdict is not PASS


@pytest.mark.parametrize(
    ("day", "verdict", "said"),
    [
        ("2026-05-01", PASS, ""),
        ("2026-12-31", PASS, ""),
        ("2027-01-01", FAIL, "its exception expired on 2026-12-31"),
        ("2026-02-28", FAIL, "its exception was approved only on 2026-03-01"),
    ],
)
def test_an_exception_holds_from_its_approval_to_its_last_day(made: Any, day: str, verdict: Any, said: str) -> None:
    model = made.model(released=made.model().released.__class__(date="2025-01-01", sources=made.sources))
    policy = made.policy(made.rule("origin", deny=["JP"]), exceptions=[made.excepted(approved="2026-03-01")])
    finding = of_rule(made.under(policy, models=model, asks={"as_of": day}))
    assert finding.verdict is verdict
    assert said in finding.reason


def test_an_exception_of_another_model_does_not_count(made: Any) -> None:
    policy = made.policy(made.rule("origin", deny=["JP"]), exceptions=[made.excepted(model="other/model")])
    assert made.under(policy).verdict is FAIL


# --- modes, days, freshness -----------------------------------------------------------------------------------------


def test_a_policy_that_is_only_audited_decides_nothing_and_tells_all(made: Any) -> None:
    judged = made.under(made.policy(made.rule("origin", deny=["JP"]), mode="audit"))
    assert judged.verdict is PASS
    [ruling] = of_rule(judged).rulings
    assert (ruling.outcome, ruling.mode, ruling.severity, ruling.verdict) == ("broken", "audit", "deny", PASS)
    assert any("would deny it, if the policy were enforced" in c for c in of_rule(judged).conditions)


@pytest.mark.parametrize(
    ("day", "holds"), [("2026-05-31", False), ("2026-06-01", True), ("2026-06-30", True), ("2026-07-01", False)]
)
def test_a_rule_holds_from_a_day_until_a_day(made: Any, day: str, holds: bool) -> None:
    rule = made.rule("origin", deny=["JP"], **{"from": "2026-06-01", "until": "2026-06-30"})
    judged = made.under(made.policy(rule), asks={"as_of": day})
    assert any(f.rule == "policy/rule" for f in judged.findings) is holds


@pytest.mark.parametrize(("fresh", "verdict"), [(True, UNKNOWN), (False, PASS)])
def test_a_policy_may_take_stale_facts_for_unknown(made: Any, fresh: bool, verdict: Any) -> None:
    rules = [made.rule("license", "a", allow=["Free"]), made.rule("artifact", "b", hashed=True)]
    policy = made.policy(*rules, fresh=fresh)
    judged = made.under(policy, asks={"as_of": "2027-11-01"}, shelf_life={"license": 30, "artifacts": 30})
    assert of_rule(judged, "a").verdict is verdict
    assert of_rule(judged, "b").verdict is verdict
    assert next(f for f in judged.findings if f.rule == "license-use").verdict is PASS


# --- several policies -------------------------------------------------------------------------------------------


def test_the_strictest_of_several_policies_stands_and_all_are_told(made: Any) -> None:
    mild = made.policy(made.rule("origin", severity="warn", deny=["JP"]))
    strict = made.policy(
        made.rule("publisher", severity="deny", allow=["packer"]), made.rule("status", "own", deny=["retired"])
    )
    for policies in ((mild, strict), (strict, mild)):
        judged = made.under(*policies)
        finding = of_rule(judged)
        assert finding.verdict is FAIL
        assert [f.rule for f in judged.findings].count("policy/rule") == 1
        assert sorted((r.severity, r.outcome) for r in finding.rulings) == [("deny", "broken"), ("warn", "broken")]
        assert finding.rulings[0].severity == "deny"
        assert any("warns" in c for c in finding.conditions)
        assert of_rule(judged, "own").verdict is PASS


def test_the_file_is_chosen_that_policies_allow(made: Any) -> None:
    better, worse = made.repository(made.file("Q8_0"), repo="packer/m-GGUF"), made.repository(made.file("Q4_K_M"))
    model = made.model(artifacts=(better, worse))
    assert made.under(models=model).offer.publisher == "packer"
    judged = made.under(made.policy(made.rule("publisher", allow=["official"])), models=model)
    assert judged.verdict is PASS
    assert judged.offer.publisher == "maker"


@pytest.mark.parametrize(
    ("rule", "facts", "day", "verdict"),
    [
        ({"allow": ["packer"]}, {}, "2026-06-15", PASS),
        ({"allow": ["official", "packer"], "from": "2026-06-01"}, {}, "2026-06-15", PASS),
        ({"allow": ["packer"]}, {"mode": "audit"}, "2026-06-15", FAIL),
        ({"allow": ["packer"], "severity": "warn"}, {}, "2026-06-15", FAIL),
        ({"allow": ["packer"], "until": "2026-06-14"}, {}, "2026-06-15", FAIL),
        ({"allow": ["official"]}, {}, "2026-06-15", FAIL),
        ({"deny": ["other"]}, {}, "2026-06-15", FAIL),
    ],
)
def test_restricted_data_takes_files_of_whom_a_policy_names(
    made: Any, rule: dict[str, Any], facts: dict[str, Any], day: str, verdict: Any
) -> None:
    policy = made.policy({**made.rule("publisher"), **rule}, **facts)
    model = made.model(artifacts=(made.repository(repo="packer/m-GGUF"),))
    judged = made.under(policy, models=model, asks={"privacy": "restricted", "as_of": day})
    finding = next(f for f in judged.findings if f.rule == "publisher")
    assert finding.verdict is verdict
    assert ("whom a policy approves" in finding.reason) is (verdict is PASS)


def test_sources_of_rules_and_policies_stand_with_findings(made: Any) -> None:
    law = {"ref": "https://example.org/law", "accessed": "2026-10-01", "kind": "specification"}
    with_own = made.policy(made.rule("origin", deny=["JP"], sources=[law]))
    with_policys = made.policy(made.rule("origin", deny=["JP"]), sources=[law])
    for policy in (with_own, with_policys):
        assert "https://example.org/law" in [s.ref for s in of_rule(made.under(policy)).sources]


def test_no_policy_no_difference(made: Any) -> None:
    assert made.under() == made.judged()
