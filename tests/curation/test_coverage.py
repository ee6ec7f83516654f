"""What is counted, what is not, and that the shipped catalog keeps to its floors."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.catalog import schema
from advisor.curation.coverage import FACTS, coverage, is_open_text


def covered(catalog: Any) -> dict[str, Any]:
    return {fact.fact: fact for fact in coverage(catalog).facts}


def test_the_shipped_catalog_keeps_to_every_floor(shipped: Any) -> None:
    assert [fact.fact for fact in coverage(shipped).facts if not fact.met] == []


def test_a_complete_model_lacks_nothing(made: Any) -> None:
    document = coverage(made.catalog())
    assert document.models == 1
    assert document.exit_code == 0
    assert [fact.missing for fact in document.facts] == [[]] * len(FACTS)


LACKING = {
    "licence": {"license": None},
    "parameters": {"parameters": None},
    "context": {"context": None},
    "tasks": {"tasks": None},
    "architecture": {"architecture": None},
    "release date": {"released": None},
    "languages": {"languages": None},
    "artifact": {"artifacts": ()},
    "gating": {"gated": None},
}


@pytest.mark.parametrize("fact", LACKING)
def test_what_is_absent_is_missing_by_name(fact: str, made: Any) -> None:
    models = {"maker/full": made.model(), "maker/poor": made.model(**LACKING[fact])}
    found = covered(made.catalog(models))
    assert found[fact].missing == ["maker/poor"]
    assert (found[fact].known, found[fact].met) == (1, found[fact].floor <= 50)
    assert coverage(made.catalog(models)).exit_code == (0 if found[fact].met else 1)


def test_a_maker_without_a_country(made: Any) -> None:
    providers = {"maker": made.provider(None, "maker")}
    assert covered(made.catalog(providers=providers))["country"].missing == ["maker/model"]


def test_an_architecture_that_does_not_say_what_is_cached(made: Any) -> None:
    shape = schema.Architecture(name="llama", layers=2, hidden_size=8, vocabulary_size=8, sources=made.sources)
    assert covered(made.catalog(made.model(architecture=shape)))["architecture"].known == 0


@pytest.mark.parametrize(
    ("facts", "known"),
    [
        ({"count": 119}, 1),
        ({"card_tags": ("en",)}, 1),
        ({"silent": True}, 1),
        ({"closed": True}, 0),
        ({"tags": ("ja",)}, 1),
    ],
)
def test_a_list_a_count_or_the_cards_tags_tell_of_languages(facts: dict[str, Any], known: int, made: Any) -> None:
    model = made.model(languages=schema.Languages(sources=made.sources, **facts))
    assert covered(made.catalog(model))["languages"].known == known


def test_how_languages_are_known_is_counted_apart(made: Any) -> None:
    told = [{"tags": ("ja",), "count": 30}, {"count": 119}, {"card_tags": ("en",), "silent": True}, {"silent": True}]
    models = {
        f"maker/{number}": made.model(languages=schema.Languages(sources=made.sources, **facts))
        for number, facts in enumerate([*told, told[1], {"closed": True}])
    }
    assert covered(made.catalog(models))["languages"].kinds == {
        "only a count of the maker": 2,
        "a list of the maker": 1,
        "only tags of a card or host": 1,
        "a maker that names none": 1,
    }


def test_nine_in_ten_have_a_list_a_count_or_tags(shipped: Any) -> None:
    fact = covered(shipped)["languages"]
    assert 10 * (fact.known - fact.kinds["a maker that names none"]) >= 9 * coverage(shipped).models


@pytest.mark.parametrize(
    ("facts", "counted"),
    [
        ({"weights": "closed"}, False),
        ({"weights": "announced"}, False),
        ({"inputs": ("text",), "outputs": ("video",)}, False),
        ({"inputs": ("text", "image"), "outputs": ("text",)}, True),
        ({"inputs": None, "tasks": ("3d-generation",)}, False),
        ({"inputs": None, "tasks": ("code",)}, True),
        ({"inputs": None, "tasks": None}, True),
    ],
)
def test_open_text_models_are_counted(facts: dict[str, Any], counted: bool, made: Any) -> None:
    changed: dict[str, Any] = {}
    if "weights" in facts:
        changed["availability"] = schema.Availability(weights=facts["weights"], sources=made.sources)
    if "inputs" in facts:
        inputs = facts["inputs"]
        told = inputs and schema.Modalities(inputs=inputs, outputs=facts["outputs"], sources=made.sources)
        changed["modalities"] = told
    if "tasks" in facts:
        changed["tasks"] = made.tasks(*facts["tasks"]) if facts["tasks"] else None
    assert is_open_text(made.model(**changed)) is counted


def test_an_empty_catalog_meets_its_floors(made: Any) -> None:
    document = coverage(made.catalog({}))
    assert (document.models, document.exit_code) == (0, 0)
