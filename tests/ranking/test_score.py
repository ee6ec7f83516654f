"""Scores whose parts add up, an order that chance has no hand in, and how firm the first place is."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.needs.weights import CRITERIA
from advisor.ranking.score import weights
from advisor.rules.verdict import FAIL, PASS, UNKNOWN


@pytest.mark.parametrize(
    "asks",
    [
        {},
        {"lang": ("ja",)},
        {"lang": ("ja",), "prefer": {"speed": 5.0}},
        {"prefer": {"language": 9.0, "speed": 0.0}},
        {"lang": ("ja",), "prefer": dict.fromkeys(CRITERIA, 0.0) | {"recency": 0.1}},
        {"prefer": dict.fromkeys(CRITERIA, 0.0) | {"language": 1.0}},
    ],
)
class TestWeights:
    def test_they_add_up_to_one(self, made: Any, asks: dict[str, Any]) -> None:
        shares = weights(made.need(made.catalog(), **asks))
        assert sum(shares.values()) == pytest.approx(1)
        assert all(share >= 0 for share in shares.values())
        assert (shares["language"] > 0) == ("lang" in asks and asks.get("prefer", {}).get("language") != 0)

    def test_the_parts_of_a_score_add_up_to_it(self, made: Any, shipped: Any, asks: dict[str, Any]) -> None:
        from advisor.recommend import recommend

        document = recommend(made.requirements(**asks), shipped, made.machine("64GiB"))
        for candidate in document.ranked():
            assert sum(s.weight for s in candidate.scores) == pytest.approx(1, abs=5e-4)
            assert round(sum(s.contribution for s in candidate.scores), 4) == candidate.score
            for part in candidate.scores:
                assert part.contribution == pytest.approx(part.value * part.weight, abs=2e-4)
                assert 0 <= part.value <= 1
            assert len({s.criterion for s in candidate.scores}) == len(candidate.scores)
            assert any(s.criterion == "language" for s in candidate.scores) == ("lang" in asks)


def test_published_weights_add_up_to_one() -> None:
    assert sum(CRITERIA.values()) == pytest.approx(1)


def test_a_preference_changes_the_order(made: Any) -> None:
    models = {
        "maker/quick": made.model(artifacts=(made.repository(made.file("Q4_K_M", "1GB")),)),
        "maker/fine": made.model(artifacts=(made.repository(made.file("Q8_0", "9GB")),)),
    }
    others = dict.fromkeys(set(CRITERIA) - {"speed", "quantization"}, 0.0)
    for prefer, first in (({"speed": 9.0}, "maker/quick"), ({"speed": 0.0}, "maker/fine")):
        assert made.recommended(models, {"prefer": others | prefer}).ranked()[0].id == first


class TestOrder:
    def test_passes_before_unknowns_then_the_score_then_the_name(self, made: Any) -> None:
        models = {
            "maker/z-twin": made.model(),
            "maker/a-twin": made.model(),
            "maker/better": made.model(artifacts=(made.repository(made.file("Q8_0", "1GB")),)),
            "maker/unknown": made.model(context=None, artifacts=(made.repository(made.file("Q8_0", "1GB")),)),
            "maker/fails": made.model(tasks=made.tasks("vision")),
        }
        document = made.recommended(models)
        names = [c.id.removeprefix("maker/") for c in document.candidates]
        assert names == ["better", "a-twin", "z-twin", "unknown", "fails"]
        assert [c.rank for c in document.candidates] == [1, 2, 3, 4, None]
        assert [c.verdict for c in document.candidates] == [PASS, PASS, PASS, UNKNOWN, FAIL]
        assert document.candidates[3].score > document.candidates[0].score - 0.1
        assert (document.candidates[-1].score, document.candidates[-1].scores) == (None, ())

    @pytest.mark.parametrize(
        ("facts", "exit_code"),
        [({}, 0), ({"context": None}, 1), ({"instruction_tuned": False}, 1)],
    )
    def test_only_a_pass_is_a_yes(self, made: Any, facts: dict[str, Any], exit_code: int) -> None:
        assert made.recommended(made.model(**facts)).exit_code == exit_code

    def test_every_model_is_told_once_and_counted(self, shipped: Any, made: Any) -> None:
        from advisor.recommend import recommend

        document = recommend(made.requirements(lang=("ja",)), shipped, made.machine("24GiB"))
        assert sorted(c.id for c in document.candidates) == sorted(shipped.models)
        counts = (document.summary.passed, document.summary.unknown, document.summary.fail)
        assert counts == tuple(sum(c.verdict is v for c in document.candidates) for v in (PASS, UNKNOWN, FAIL))
        for candidate in document.candidates:
            assert (candidate.rank is None) == (candidate.verdict is FAIL) == (candidate.score is None)
            assert candidate.artifact or candidate.verdict is not PASS


class TestSensitivity:
    def test_one_model_has_no_rival(self, made: Any) -> None:
        assert made.recommended().sensitivity is None

    def test_a_clear_winner_is_stable(self, made: Any) -> None:
        worse = made.model(popularity=None, released=None, artifacts=(made.repository(made.file("Q4_K_M", "9GB")),))
        found = made.recommended({made.subject: made.model(), "maker/worse": worse}).sensitivity
        assert (found.stable, found.changes) == (True, ())

    def test_a_narrow_win_names_the_weight_and_who_takes_over(self, made: Any) -> None:
        """0.03 of the value of speed (weight 0.25) is almost 0.16 of the value of quantization (weight 0.05)."""
        models = {
            "maker/quick": made.model(artifacts=(made.repository(made.file("Q4_K_M", "5GB")),)),
            "maker/fine": made.model(artifacts=(made.repository(made.file("Q6_K", "5.2GB")),)),
        }
        document = made.recommended(models)
        first, second = (c.id for c in document.ranked())
        found = document.sensitivity
        assert not found.stable
        assert {change.first for change in found.changes} == {second} != {first}
        assert {change.criterion for change in found.changes} <= {"speed", "quantization"}
        assert {change.factor for change in found.changes} <= {0.8, 1.2}

    def test_passes_are_not_compared_with_unknowns(self, made: Any) -> None:
        better = made.model(context=None, artifacts=(made.repository(made.file("Q8_0", "1GB")),))
        assert made.recommended({made.subject: made.model(), "maker/unknown": better}).sensitivity is None
