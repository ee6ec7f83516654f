"""Which facts about an organisation a licence of a model still in play could depend on."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.rules.evaluate import evaluate
from advisor.rules.stakes import ALL, stakes


def at_stake(made: Any, use: Any = "internal", asks: dict[str, Any] | None = None, **license: Any) -> set[str]:
    catalog = made.catalog(licenses={"Free": made.license(**license)})
    need = made.need(catalog, use=use, **(asks or {}))
    return set(stakes(evaluate(need), use))


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({}, set()),
        ({"monthly_users": {"above": 100, "then": "ask", "says": "s", "clause": "1"}}, {"users"}),
        ({"revenue": {"above": 100, "then": "ends", "says": "s", "clause": "1"}}, {"revenue"}),
        ({"territories": {"countries": ["EU"], "says": "s", "clause": "1"}}, {"territory"}),
        ({"seat": {"countries": ["EU"], "says": "s", "clause": "1"}}, {"seat"}),
        ({"read": "partial"}, set(ALL)),
    ],
)
def test_limits_and_texts_not_read(made: Any, terms: dict[str, Any], expected: set[str]) -> None:
    assert at_stake(made, **terms) == expected


def test_a_limit_for_another_use_is_none(made: Any) -> None:
    limit = {"above": 100, "then": "ask", "says": "s", "clause": "1", "uses": ["redistribute"]}
    assert at_stake(made, monthly_users=limit) == set()
    assert at_stake(made, use="redistribute", monthly_users=limit) == {"users"}


def test_rejected_models_have_nothing_at_stake(made: Any) -> None:
    limit = {"above": 100, "then": "ask", "says": "s", "clause": "1"}
    assert at_stake(made, asks={"lang": ("ja",)}, monthly_users=limit) == {"users"}
    assert at_stake(made, asks={"task": ("vision",)}, monthly_users=limit) == set()


def test_what_base_models_bring_in_counts(made: Any) -> None:
    limited = made.license(monthly_users={"above": 1, "then": "ask", "says": "s", "clause": "1"})
    models = {
        made.subject: made.model(lineage=made.made_from("other/base")),
        "other/base": made.model(provider="other", license=made.terms("Limited"), tasks=made.tasks("code")),
    }
    catalog = made.catalog(models, licenses={"Limited": limited})
    assert set(stakes(evaluate(made.need(catalog)), "internal")) == {"users"}
