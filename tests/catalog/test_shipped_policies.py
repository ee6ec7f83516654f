"""The policies that are shipped: there, sourced, dated, no legal advice, and without a rule on origins."""

from __future__ import annotations

import msgspec
import pytest

from advisor.catalog.load import Catalog
from advisor.catalog.schema.policy import OriginRule, Policy

NAMES = (
    "air-gapped-hospital", "eu-commercial", "japanese-retailer", "no-remote-restriction", "official-publishers",
    "permissive-licences", "research-lab", "singapore-bank", "us-defence-contractor", "us-state-devices",
)  # fmt: skip


def test_these_are_shipped(shipped: Catalog) -> None:
    assert tuple(shipped.snapshot.policies) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_sourced_dated_and_marked(shipped: Catalog, name: str) -> None:
    policy = msgspec.convert(shipped.snapshot.policies[name], Policy)
    assert policy.notice.startswith("Not legal advice.")
    assert policy.sources
    assert policy.mode == "enforce"
    assert policy.exceptions == ()
    for rule in policy.rules:
        assert len(rule.why) > 30
        assert rule.decided.by and rule.decided.on <= shipped.snapshot.as_of


@pytest.mark.parametrize("name", NAMES)
def test_none_prefers_or_punishes_an_origin(shipped: Catalog, name: str) -> None:
    policy = msgspec.convert(shipped.snapshot.policies[name], Policy)
    assert not any(isinstance(rule, OriginRule) for rule in policy.rules)


def test_policies_do_not_move_the_day_of_the_catalog(shipped: Catalog) -> None:
    """The day is that of the newest fact; a policy's source is no fact."""
    from advisor.catalog.compile import _newest_reading

    records = {kind: getattr(shipped.snapshot, kind) for kind in ("models", "licenses", "benchmarks")}
    assert shipped.snapshot.as_of >= _newest_reading(records)
