"""Articles' comparisons beside measurements: shown where both sides were measured, never scored."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from advisor.catalog import schema

CLAIM = {
    "paragraph": 1, "subject": "model:maker/one", "surface": "One", "attribute": "language-quality", "says": "better",
    "language": "ja", "better_than": "model:other/two", "identification": "named",
}  # fmt: skip
RESULTS = {"maker/one": 50.0, "other/two": 60.0, "other/three": 70.0}


def checked(made: Any, results: dict[str, float] = RESULTS, asks: dict[str, Any] | None = None, **claim: Any) -> Any:
    article = schema.Article(
        number="900",
        file="a.txt",
        sha256="0" * 64,
        paragraphs=1,
        claims=(msgspec.convert(CLAIM | claim, schema.Claim),),
    )
    models = {
        "maker/one": made.model(),
        "other/two": made.model(provider="other"),
        "other/three": made.model(provider="other", family="theirs"),
    }
    document = made.recommended(
        models, asks or {"lang": ("ja",)}, benchmarks={"bench": made.benchmark(results)}, articles={"a": article},
        families={"theirs": schema.Family(name="Theirs", provider="other")},
    )  # fmt: skip
    return [(c.best.id, c.other.id, c.agrees) for c in document.report_checks]


def test_a_report_that_was_measured_otherwise(made: Any) -> None:
    assert checked(made) == [("maker/one", "other/two", False)]


def test_a_report_on_a_language_speaks_to_its_regions(made: Any) -> None:
    assert checked(made, asks={"lang": ("ja-JP",)}) == [("maker/one", "other/two", False)]


def test_a_report_that_agrees(made: Any) -> None:
    assert checked(made, {"maker/one": 65.0, "other/two": 60.0}) == [("maker/one", "other/two", True)]


@pytest.mark.parametrize(
    ("than", "other"),
    [("provider:other", "other/three"), ("country:CN", "other/three"), ("family:theirs", "other/three")],
)
def test_the_best_of_a_side_is_compared(than: str, other: str, made: Any) -> None:
    assert checked(made, better_than=than) == [("maker/one", other, False)]


def test_what_others_make_of_a_family_is_not_what_is_said_of_it(made: Any) -> None:
    assert (
        checked(made, {"other/two": 60.0, "other/three": 70.0}, subject="family:family", better_than="family:theirs")
        == []
    )


@pytest.mark.parametrize(
    "claim",
    [{"attribute": "politeness"}, {"better_than": None}, {"language": "ko"}, {"language": None}],
    ids=["not measured by a benchmark", "no comparison", "another language", "no language"],
)
def test_what_no_benchmark_can_answer_is_not_checked(claim: dict[str, Any], made: Any) -> None:
    assert checked(made, **claim) == []


@pytest.mark.parametrize("results", [{"maker/one": 50.0}, {"other/two": 50.0}, {}])
def test_both_sides_have_to_be_measured(results: dict[str, float], made: Any) -> None:
    assert checked(made, results) == []


def test_a_task_is_asked_for_as_a_language_is(made: Any) -> None:
    assert checked(made, language=None, tasks=("chat",)) == []
