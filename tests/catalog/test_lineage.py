"""Chains of base models: who binds, who is named, and what ends in a circle."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.catalog.lineage import EU, resolve, territory_covers
from advisor.rules.verdict import FAIL


@pytest.fixture(scope="module")
def family(made: Any) -> Any:
    """Return a catalog of three generations, two parents and licences of their own."""
    models = {
        made.subject: made.model(lineage=made.made_from("maker/mother", "other/father")),
        "maker/mother": made.model(license=made.terms("M"), lineage=made.made_from("other/root")),
        "other/father": made.model(
            license=made.terms("F", "F2"), lineage=made.made_from("other/root"), provider="other"
        ),
        "other/root": made.model(license=made.terms("Free"), provider="other"),
        "maker/orphan": made.model(lineage=None, license=None),
        "maker/vague": made.model(lineage=made.made_from()),
        "maker/child-of-orphan": made.model(lineage=made.made_from("maker/orphan")),
    }
    return made.catalog(models, licenses={name: made.license() for name in ("M", "F", "F2")})


def test_all_generations_nearest_first_and_each_once(made: Any, family: Any) -> None:
    chain = resolve(family, made.subject)
    assert [link.id for link in chain.links] == [made.subject, "maker/mother", "other/father", "other/root"]
    assert [link.relation for link in chain.links] == ["", "finetune", "finetune", "finetune"]
    assert chain.complete


def test_each_licence_is_told_with_the_nearest_model_that_brings_it(made: Any, family: Any) -> None:
    terms = resolve(family, made.subject).terms
    assert [(term.id, term.holder.id) for term in terms] == [
        ("Free", made.subject), ("M", "maker/mother"), ("F", "other/father"), ("F2", "other/father"),
    ]  # fmt: skip


def test_countries_of_all_makers(made: Any, family: Any) -> None:
    assert [country for _, country in resolve(family, made.subject).countries] == ["JP", "JP", "CN", "CN"]


@pytest.mark.parametrize("model", ["maker/orphan", "maker/vague", "maker/child-of-orphan"])
def test_a_chain_that_somewhere_says_nothing_is_incomplete(family: Any, model: str) -> None:
    assert not resolve(family, model).complete


def test_links_without_a_licence_are_listed(family: Any) -> None:
    chain = resolve(family, "maker/child-of-orphan")
    assert [link.id for link in chain.unlicensed] == ["maker/orphan"]
    assert [term.id for term in chain.terms] == ["Free"]


def test_the_sources_of_every_link_are_told(made: Any, family: Any) -> None:
    assert len(resolve(family, made.subject).sources()) == 4


@pytest.mark.parametrize("base", ["maker/model", "other/loop"])
def test_a_circle_ends(made: Any, base: str) -> None:
    models = {
        made.subject: made.model(lineage=made.made_from(base)),
        "other/loop": made.model(lineage=made.made_from(made.subject)),
    }
    chain = resolve(made.catalog(models), made.subject)
    assert [link.id for link in chain.links] == list(dict.fromkeys([made.subject, base]))


def test_the_terms_of_a_grandparent_decide_and_it_is_named(made: Any) -> None:
    models = {
        made.subject: made.model(lineage=made.made_from("maker/parent")),
        "maker/parent": made.model(lineage=made.made_from("other/root")),
        "other/root": made.model(license=made.terms("NC")),
    }
    licenses = {"NC": made.license(short="NC", uses={"internal": "forbidden", "research": "allowed"})}
    found = made.finding("license-use", models, licenses=licenses)
    assert (found.verdict, found.passes_at) == (FAIL, "research")
    assert "inherited from other/root" in found.reason


def test_the_union_has_27_members() -> None:
    assert len(EU) == 27
    assert {"GB", "CH", "NO", "IS", "TR"}.isdisjoint(EU)


@pytest.mark.parametrize(
    ("excluded", "country", "covered"),
    [
        (("EU",), "FR", True), (("EU",), "EU", True), (("EU",), "GB", False), (("GB",), "GB", True),
        (("KR",), "DE", False), ((), "DE", False),
    ],
)  # fmt: skip
def test_the_union_stands_for_its_members(excluded: tuple[str, ...], country: str, covered: bool) -> None:
    assert territory_covers(excluded, country) is covered
