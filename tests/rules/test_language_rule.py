"""Rule `language`: the maker's list or an independent score; everything weaker stays unknown."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.rules.evidence import covers
from advisor.rules.verdict import FAIL, PASS, UNKNOWN, Verdict


@pytest.mark.parametrize(
    ("declared", "asked", "held"),
    [
        ("zh", "zh", True),
        ("zh", "zh-Hans", True),
        ("zh", "zh-Hant-TW", True),
        ("zh-Hans", "zh", False),
        ("zh-Hans", "zh-Hant", False),
        ("zh-Hant", "zh-Hant-TW", True),
        ("fi", "fil", False),
    ],
)
def test_a_tag_covers_its_variants_and_not_the_other_way_round(
    made: Any, declared: str, asked: str, held: bool
) -> None:
    assert covers(declared, asked) is held
    found = made.finding("language", made.model(languages=made.languages(declared)), {"lang": (asked,)})
    assert found.verdict is (PASS if held else UNKNOWN)


DECLARED = {
    "listed": {"tags": ("ja", "en")},
    "list without it": {"tags": ("en",)},
    "closed list without it": {"tags": ("en",), "closed": True},
    "closed list with it": {"tags": ("ja",), "closed": True},
    "count": {"tags": (), "count": 100},
    "card tag": {"tags": (), "card_tags": ("ja",)},
    "nothing": None,
}


@pytest.mark.parametrize(
    ("declared", "score", "publisher", "verdict"),
    [
        ("listed", None, "independent", PASS),
        ("listed", 10.0, "independent", PASS),
        ("closed list with it", None, "independent", PASS),
        ("nothing", 40.0, "independent", PASS),
        ("count", 90.0, "independent", PASS),
        ("card tag", 90.0, "independent", PASS),
        ("list without it", 90.0, "independent", PASS),
        ("closed list without it", 90.0, "independent", PASS),
        ("closed list without it", None, "independent", FAIL),
        ("closed list without it", 39.9, "independent", FAIL),
        ("closed list without it", 90.0, "vendor", FAIL),
        ("list without it", None, "independent", UNKNOWN),
        ("list without it", 39.9, "independent", UNKNOWN),
        ("count", None, "independent", UNKNOWN),
        ("card tag", None, "independent", UNKNOWN),
        ("nothing", None, "independent", UNKNOWN),
        ("nothing", 39.9, "independent", UNKNOWN),
        ("nothing", 90.0, "vendor", UNKNOWN),
        ("nothing", 90.0, "own", PASS),
        ("nothing", 90.0, "field-report", UNKNOWN),
        ("nothing", 90.0, "field-report", UNKNOWN),
    ],
)
def test_what_counts_as_evidence(
    made: Any, declared: str, score: float | None, publisher: str, verdict: Verdict
) -> None:
    facts = DECLARED[declared]
    model = made.model(languages=made.languages(*facts.pop("tags"), **facts) if (facts := dict(facts or {})) else None)
    scores = {} if score is None else {"bench": made.benchmark({made.subject: score}, publisher_type=publisher)}
    found = made.finding("language", model, {"lang": ("ja",)}, benchmarks=scores)
    assert found.verdict is verdict
    assert bool(found.missing) == (verdict is UNKNOWN)
    assert (found.option, found.passes_at) == ((None, None) if verdict is PASS else ("lang", []))


@pytest.mark.parametrize(("maker", "verdict"), [("maker", UNKNOWN), ("other", PASS)])
def test_nobody_is_independent_of_their_own_model(made: Any, maker: str, verdict: Verdict) -> None:
    bench = made.benchmark({made.subject: 90.0}, maker=maker)
    model = made.model(languages=None)
    assert made.finding("language", model, {"lang": ("ja",)}, benchmarks={"b": bench}).verdict is verdict


@pytest.mark.parametrize(
    ("declared", "verdict"), [(("zh-Hans", "zh-Hant"), PASS), (("zh-Hans",), UNKNOWN), (("zh-Hant",), UNKNOWN)]
)
def test_chinese_is_both_scripts(made: Any, declared: tuple[str, ...], verdict: Verdict) -> None:
    found = made.finding("language", made.model(languages=made.languages(*declared)), {"lang": ("zh",)})
    assert found.verdict is verdict


def test_a_score_against_the_makers_word_carries_a_condition(made: Any) -> None:
    model = made.model(languages=made.languages("en", closed=True))
    found = made.finding("language", model, {"lang": ("ja",)}, benchmarks={"b": made.benchmark({made.subject: 50.0})})
    assert found.conditions == ("the maker does not support Japanese (ja); the verdict rests on Bench alone",)


@pytest.mark.parametrize(
    ("asked", "closed", "verdict", "passes_at"),
    [
        (("en", "ja"), False, PASS, None),
        (("en", "th"), False, UNKNOWN, ["en"]),
        (("en", "th", "ja", "ko"), True, FAIL, ["en", "ja"]),
    ],
)
def test_every_language_asked_is_needed(
    made: Any, asked: tuple[str, ...], closed: bool, verdict: Verdict, passes_at: list[str] | None
) -> None:
    model = made.model(languages=made.languages("en", "ja", closed=closed))
    found = made.finding("language", model, {"lang": asked})
    assert (found.verdict, found.required, found.passes_at) == (verdict, list(asked), passes_at)
    assert all(tag in found.reason for tag in asked)


def test_no_language_asked_is_no_finding(made: Any) -> None:
    assert made.finding("language", made.model(languages=None)) is None


def test_what_would_settle_an_unknown_is_named(made: Any) -> None:
    found = made.finding("language", made.model(languages=None), {"lang": ("ja", "th")})
    assert found.missing == ("languages", "benchmarks: ja", "benchmarks: th")
    assert "nobody has recorded" in found.reason


@pytest.mark.parametrize(
    ("facts", "hint"),
    [
        ({"count": 140}, "a count (140 languages) and no list"),
        ({"card_tags": ("ja",)}, "only a tag of the model card"),
    ],
)
def test_a_hint_is_told_for_what_it_is(made: Any, facts: dict[str, Any], hint: str) -> None:
    found = made.finding("language", made.model(languages=made.languages(**facts)), {"lang": ("ja",)})
    assert found.verdict is UNKNOWN
    assert hint in found.reason


def test_a_list_beside_a_count_is_not_called_no_list(made: Any) -> None:
    model = made.model(languages=made.languages("en", "fr", count=2))
    found = made.finding("language", model, {"lang": ("ja",)})
    assert "no list" not in found.reason
