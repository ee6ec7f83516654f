"""Why one model fails, what would change it, and what to take in its place."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.explain import Explanation, explain
from advisor.recommend import recommend

CLOSED = "maker/closed"


@pytest.fixture(scope="module")
def explained(made: Any) -> Any:
    """Return a function that explains one model of a tiny catalog."""

    def tell(model_id: str, models: dict[str, Any], **asks: Any) -> Explanation:
        catalog = made.catalog(models)
        return explain(recommend(made.requirements(**asks), catalog, made.machine()), model_id, catalog)

    return tell


def test_a_pass_needs_no_change(made: Any, explained: Any) -> None:
    found = explained(made.subject, {made.subject: made.model()})
    assert (found.exit_code, found.changes, found.missing, found.nearest, found.ranked) == (0, (), (), (), 1)


def test_the_change_for_this_model_is_told_though_another_passes(made: Any, explained: Any) -> None:
    models = {made.subject: made.model(), "maker/short": made.model(context=made.context(4096))}
    found = explained("maker/short", models)
    assert found.exit_code == 1
    assert [(step.option, step.from_, step.to) for r in found.changes for step in r.relax] == [("context", 8192, 4096)]
    assert [r.passes for r in found.changes] == [("maker/short",)]


def test_missing_facts_are_told_once_each(made: Any, explained: Any) -> None:
    models = {made.subject: made.model(license=None, context=None)}
    found = explained(made.subject, models, monthly_users=5, annual_revenue=5)
    assert (found.exit_code, found.changes) == (1, ())
    assert found.missing == (f"models/{made.subject}.license", "context.native")


def test_in_place_of_a_closed_system_the_makers_open_model_and_the_first(made: Any, explained: Any) -> None:
    models = {
        CLOSED: made.model(availability=made.availability("closed"), artifacts=()),
        "maker/open": made.model(context=None),
        "other/first": made.model(provider="other"),
    }
    assert [near.id for near in explained(CLOSED, models).nearest] == ["maker/open", "other/first"]
    assert [near.id for near in explained(CLOSED, {CLOSED: models[CLOSED]}).nearest] == []
    alone = explained(CLOSED, {CLOSED: models[CLOSED], "maker/open": made.model()}).nearest
    assert [near.id for near in alone] == ["maker/open"]
