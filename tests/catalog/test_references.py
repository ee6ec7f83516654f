"""What records say about each other, and the names under which a model is found."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.catalog.references import problems_of
from advisor.catalog.schema import Article, Claim, Family
from advisor.errors import UnknownNameError


def claim(subject: str, paragraph: int = 1) -> Claim:
    return Claim(
        paragraph=paragraph, subject=subject, surface="it", attribute="performance", says="good",
        identification="named",
    )  # fmt: skip


def article(*claims: Claim) -> Article:
    return Article(number="003", file="003.txt", sha256="a" * 64, paragraphs=20, claims=claims)


@pytest.fixture(scope="module")
def told(made: Any) -> Any:
    """Return the articles of a tiny catalog, and the catalog that holds them."""
    from advisor.catalog.compile import build
    from advisor.catalog.load import Catalog

    def make(*claims: Claim, **kinds: Any) -> Catalog:
        return Catalog(build("", {**made.records(**kinds), "articles": {"003": article(*claims)}}))

    return make


def test_a_whole_catalog_has_no_problem(made: Any) -> None:
    assert problems_of(made.catalog().snapshot) == []


@pytest.mark.parametrize(
    ("facts", "path", "told"),
    [
        ({"provider": "makr"}, ("provider",), "no provider 'makr'; did you mean 'maker'?"),
        ({"family": "famil"}, ("family",), "no family 'famil'; did you mean 'family'?"),
        ({"license": ("Free", "Fee")}, ("license",), "no license 'Fee'; did you mean 'Free'?"),
        ({"lineage": "maker/modl"}, ("lineage", "base_models", 0, "id"), "no model 'maker/modl'"),
        ({"lineage": "maker/model"}, ("lineage",), "is its own ancestor"),
        ({"artifacts": "stranger/m-GGUF"}, ("artifacts", 0, "repo"), "publisher 'stranger' has no record"),
    ],
)
def test_references_of_a_model(made: Any, facts: dict[str, Any], path: tuple[Any, ...], told: str) -> None:
    makers = {
        "license": lambda names: made.terms(*names),
        "lineage": made.made_from,
        "artifacts": lambda repo: (made.repository(repo=repo),),
    }
    shaped = {name: makers.get(name, lambda value: value)(value) for name, value in facts.items()}
    [problem] = problems_of(made.catalog(made.model(**shaped)).snapshot)
    assert (problem.kind, problem.id, problem.path) == ("models", made.subject, path)
    assert told in problem.message


def test_a_circle_of_two_is_told_of_both(made: Any) -> None:
    models = {
        made.subject: made.model(lineage=made.made_from("other/b")),
        "other/b": made.model(lineage=made.made_from(made.subject)),
    }
    found = problems_of(made.catalog(models).snapshot)
    assert [(p.id, p.message) for p in found] == [(m, "is its own ancestor") for m in models]


@pytest.mark.parametrize(
    ("kinds", "kind", "told"),
    [
        ({"families": {"x": Family(name="X", provider="nobody")}}, "families", "no provider 'nobody'"),
        ({"families": {"x": Family(name="X", provider="maker", parent="y")}}, "families", "no family 'y'"),
    ],
)
def test_references_of_other_records(made: Any, kinds: dict[str, Any], kind: str, told: str) -> None:
    [problem] = problems_of(made.catalog(**kinds).snapshot)
    assert (problem.kind, told in problem.message) == (kind, True)


def test_results_and_claims_must_lead_somewhere(made: Any, told: Any) -> None:
    bench = {"b": made.benchmark({"maker/modell": 50.0})}
    found = problems_of(told(claim("model:maker/x"), claim("thing:y"), claim("other:Z"), benchmarks=bench).snapshot)
    assert [(p.kind, p.path) for p in found] == [
        ("benchmarks", ("results", "maker/modell")),
        ("articles", ("claims", 0, "subject")),
        ("articles", ("claims", 1, "subject")),
    ]


def test_one_name_leads_to_one_record(made: Any) -> None:
    models = {made.subject: made.model(aliases=("M",)), "other/b": made.model(aliases=("m", "MAKER/model"))}
    providers = {"twin": made.provider("US", "maker")}
    found = problems_of(made.catalog(models, providers=providers).snapshot)
    assert [(p.kind, p.id) for p in found] == [("models", "other/b"), ("models", "other/b"), ("providers", "twin")]


def test_ids_that_differ_only_in_case_are_one_too_many(made: Any) -> None:
    found = problems_of(made.catalog({"Maker/Model": made.model(), made.subject: made.model()}).snapshot)
    assert [(p.id, p.message) for p in found] == [("maker/model", "differs only in case from Maker/Model")]


@pytest.mark.parametrize("name", ["maker/model", "MAKER/Model", "Shown Name", "short", "model"])
def test_a_model_is_found_by_any_of_its_names(made: Any, name: str) -> None:
    catalog = made.catalog(made.model(name="Shown Name", aliases=("Short",)))
    assert catalog.find_model(name) == made.subject


def test_an_unknown_model_is_answered_with_near_ones(shipped: Any) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown model 'Qwen3-8'\. Did you mean .*Qwen3-8B"):
        shipped.find_model("Qwen3-8")


def test_claims_about_families_reach_their_members(made: Any, told: Any) -> None:
    families = {
        "family": Family(name="F", provider="maker", parent="root"),
        "root": Family(name="R", provider="maker", parent="family"),
    }
    catalog = told(
        claim("family:root", 2), claim("model:maker/model", 1), claim("family:family", 2), claim("other:x", 9),
        families=families,
    )  # fmt: skip
    assert catalog.articles_naming(made.subject) == ["003#1", "003#2"]
