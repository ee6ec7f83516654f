"""Laws of policies over every catalog: learning a fact settles and never flips, more rules never let more pass."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_laws import FORGET, worlds

from advisor.catalog.compile import build
from advisor.catalog.load import Catalog
from advisor.needs.schema import UsedPolicy
from advisor.rules.evaluate import Judged, judge, prepare
from advisor.rules.verdict import FAIL, PASS, UNKNOWN

_STRICTNESS = {PASS: 0, UNKNOWN: 1, FAIL: 2}
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("license", {"allow": ["Free"]}),
    ("license", {"categories": ["permissive"]}),
    ("license-duty", {"deny": ["display"]}),
    ("license-rights", {"use": "customer-facing", "territory": ["DE"], "seat": "JP", "monthly_users": 5000}),
    ("origin", {"deny": ["CN"]}),
    ("origin", {"allow": ["JP"], "of": ["maker"]}),
    ("developer", {"deny": ["other"], "of": ["base-models"]}),
    ("publisher", {"allow": ["official"]}),
    ("artifact", {"min_quant": "Q4_K_M", "hashed": True}),
    ("parameters", {"most": 14 * 10**9}),
    ("deployment", {"place": "air-gapped"}),
    ("evidence", {"languages": ["ja"]}),
    ("facts", {"known": ["lineage", "context"]}),
    ("purpose", {"uses": ["internal"]}),
]


def used(made: Any, rules: list[dict[str, Any]]) -> list[UsedPolicy]:
    record = msgspec.to_builtins(made.policy(*rules))
    return [UsedPolicy(id="house", origin="catalog", digest="0" * 64, policy=record)]


def judged(made: Any, records: dict[str, Any], rules: list[dict[str, Any]]) -> Judged:
    catalog = Catalog(build("", records))
    policies = used(made, rules) if rules else []
    return judge(prepare(made.requirements(), catalog, made.machine(), policies), made.subject)


def every_rule(made: Any, severity: str) -> list[dict[str, Any]]:
    return [made.rule(kind, f"r{n}", severity, **parameters) for n, (kind, parameters) in enumerate(ROWS)]


@pytest.mark.parametrize("forget", sorted(FORGET))
@pytest.mark.parametrize("severity", ["deny", "review", "warn"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_learning_a_fact_settles_and_never_flips(made: Any, forget: str, severity: str, data: Any) -> None:
    known = data.draw(worlds(made))
    rules = every_rule(made, severity)
    after = {f.rule: f for f in judged(made, known, rules).findings}
    before = {f.rule: f for f in judged(made, FORGET[forget](known), rules).findings}
    for rule in (name for name in before if name.startswith("policy/")):
        [old], [new] = before[rule].rulings, after[rule].rulings
        if old.outcome in ("kept", "broken") and forget != "artifacts":  # another file may have been chosen
            assert new.outcome == old.outcome, (rule, before[rule], after[rule])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_more_rules_never_let_more_pass(made: Any, data: Any) -> None:
    known = data.draw(worlds(made))
    rows = data.draw(st.lists(st.sampled_from(ROWS), unique_by=str, max_size=4))
    severities = data.draw(st.lists(st.sampled_from(["deny", "review", "warn"]), min_size=4, max_size=4))
    rules = [made.rule(kind, f"r{n}", severities[n], **parameters) for n, (kind, parameters) in enumerate(rows)]
    verdicts = [judged(made, known, rules[:count]).verdict for count in range(len(rules) + 1)]
    strictness = [_STRICTNESS[verdict] for verdict in verdicts]
    assert strictness == sorted(strictness)
