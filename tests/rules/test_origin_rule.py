"""Rule `origin`: the makers' countries, all the way down the lineage."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.catalog.schema import Model
from advisor.rules.verdict import FAIL, PASS, UNKNOWN, Verdict


@pytest.fixture(scope="module")
def chains(made: Any) -> dict[str, dict[str, Model]]:
    """Return families of models by what the subject descends from."""
    chinese = made.model(provider="other")
    return {
        "own": {made.subject: made.model()},
        "distill": {made.subject: made.model(lineage=made.made_from("other/base")), "other/base": chinese},
        "grandchild": {
            made.subject: made.model(lineage=made.made_from("maker/parent")),
            "maker/parent": made.model(lineage=made.made_from("other/base")),
            "other/base": chinese,
        },
        "no lineage": {made.subject: made.model(lineage=None)},
        "base without lineage": {
            made.subject: made.model(lineage=made.made_from("maker/parent")),
            "maker/parent": made.model(lineage=None),
        },
        "nameless maker": {made.subject: made.model(provider="packer")},
    }


@pytest.mark.parametrize(
    ("chain", "asked", "verdict", "change"),
    [
        ("own", {"origin": ("JP",)}, PASS, None),
        ("own", {"origin": ("US",)}, FAIL, ("origin", ["US", "JP"])),
        ("own", {"exclude_origin": ("CN",)}, PASS, None),
        ("own", {"exclude_origin": ("CN", "JP")}, FAIL, ("exclude_origin", ["CN"])),
        ("distill", {"exclude_origin": ("CN",)}, FAIL, ("exclude_origin", [])),
        ("distill", {"origin": ("JP",)}, FAIL, ("origin", ["JP", "CN"])),
        ("distill", {"origin": ("JP", "CN")}, PASS, None),
        ("grandchild", {"exclude_origin": ("CN",)}, FAIL, ("exclude_origin", [])),
        ("no lineage", {"exclude_origin": ("CN",)}, UNKNOWN, None),
        ("no lineage", {"exclude_origin": ("JP",)}, FAIL, ("exclude_origin", [])),
        ("base without lineage", {"origin": ("JP",)}, UNKNOWN, None),
        ("nameless maker", {"origin": ("JP",)}, UNKNOWN, None),
        ("nameless maker", {"exclude_origin": ("CN",)}, UNKNOWN, None),
    ],
)
def test_origin(
    made: Any,
    chains: dict[str, dict[str, Model]],
    chain: str,
    asked: dict[str, Any],
    verdict: Verdict,
    change: tuple[str, list[str]] | None,
) -> None:
    found = made.finding("origin", chains[chain], asked)
    assert found.verdict is verdict
    assert (found.option, found.passes_at) == (change or (None, None))
    assert bool(found.missing) == (verdict is UNKNOWN)


def test_the_ancestor_is_named(made: Any, chains: dict[str, dict[str, Model]]) -> None:
    found = made.finding("origin", chains["grandchild"], {"exclude_origin": ("CN",)})
    assert "its base model other/base" in found.reason
    assert found.observed == ["JP", "CN"]


def test_the_publishers_country_does_not_count(made: Any) -> None:
    model = made.model(artifacts=(made.repository(repo="other/model-GGUF"),))
    assert made.finding("origin", model, {"exclude_origin": ("CN",)}).verdict is PASS


def test_not_asked_is_no_finding(made: Any) -> None:
    assert made.finding("origin", made.model(lineage=None)) is None


@pytest.mark.parametrize(
    ("country", "asked", "change"),
    [
        ("FR", {"origin": ("EU",)}, None),
        ("GB", {"origin": ("EU",)}, ("origin", ["EU", "GB"])),
        ("FR", {"exclude_origin": ("EU", "CN")}, ("exclude_origin", ["CN"])),
        ("GB", {"exclude_origin": ("EU",)}, None),
        ("FR", {"origin": ("EU",), "exclude_origin": ("DE",)}, None),
    ],
)
def test_the_european_union_stands_for_its_members(
    made: Any, country: str, asked: dict[str, Any], change: tuple[str, list[str]] | None
) -> None:
    found = made.finding("origin", asks=asked, providers={"maker": made.provider(country, "maker")})
    assert found.verdict is (FAIL if change else PASS)
    assert (found.option, found.passes_at) == (change or (None, None))
