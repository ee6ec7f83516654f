"""What a candidate is worth: independent evidence before a vendor's, and nothing for what nobody measured."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.ranking.criteria import CRITERIA, DECLARED, NO_EVIDENCE, VENDOR_CEILING, _scaled
from advisor.rules.evaluate import judge

OTHER = "other/model"


@pytest.fixture(scope="module")
def valued(made: Any) -> Any:
    """Return a function to the value of one criterion for the subject."""

    def value(criterion: str, models: Any = None, asks: Any = None, machine: Any = None, **kinds: Any) -> Any:
        need = made.need(made.catalog(models, **kinds), machine, **(asks or {}))
        return CRITERIA[criterion](judge(need, made.subject), need)

    return value


JA = {"lang": ("ja",)}


class TestLanguage:
    @pytest.mark.parametrize(
        ("score", "value"),
        [(-5.0, 0.0), (0.0, 0.0), (20.0, 0.15), (40.0, DECLARED), (60.0, 0.65), (80.0, 1.0), (95.0, 1.0)],
    )
    def test_the_floor_is_worth_a_declaration_and_the_ceiling_one(
        self, made: Any, valued: Any, score: float, value: float
    ) -> None:
        found = valued("language", asks=JA, benchmarks={"b": made.benchmark({made.subject: score})})
        assert found.value == pytest.approx(value)
        assert found.basis == f"Japanese (ja): {score:g} in Bench"

    def test_a_vendors_figure_is_worth_half(self, made: Any, valued: Any) -> None:
        vendor = made.benchmark({made.subject: 80.0}, publisher_type="vendor")
        assert valued("language", asks=JA, benchmarks={"b": vendor}).value == VENDOR_CEILING

    @pytest.mark.parametrize("independent", [30.0, 79.0])
    def test_an_independent_score_stands_before_a_better_one_of_a_vendor(
        self, made: Any, valued: Any, independent: float
    ) -> None:
        benchmarks = {
            "a": made.benchmark({made.subject: 80.0}, publisher_type="vendor"),
            "b": made.benchmark({made.subject: independent}),
        }
        found = valued("language", asks=JA, benchmarks=benchmarks)
        expected = 0.3 * independent / 40 if independent < 40 else 0.3 + 0.7 * (independent - 40) / 40
        assert found.value == pytest.approx(expected)
        assert "vendor" not in found.basis

    @pytest.mark.parametrize(("declared", "value"), [(("ja",), DECLARED), (("en",), NO_EVIDENCE), ((), NO_EVIDENCE)])
    def test_without_a_measurement(self, made: Any, valued: Any, declared: Any, value: float) -> None:
        model = made.model(languages=made.languages(*declared))
        assert valued("language", model, JA).value == value

    def test_no_language_asked_does_not_count(self, valued: Any) -> None:
        assert valued("language") is None

    def test_several_languages_are_averaged(self, made: Any, valued: Any) -> None:
        found = valued("language", asks={"lang": ("ja", "th")}, benchmarks={"b": made.benchmark({made.subject: 80.0})})
        assert found.value == pytest.approx((1 + NO_EVIDENCE) / 2)

    @pytest.mark.parametrize(("language", "asked", "counts"), [("zh", "zh-Hans", True), ("zh-Hans", "zh", False)])
    def test_a_measurement_of_the_whole_covers_a_part(
        self, made: Any, valued: Any, language: str, asked: str, counts: bool
    ) -> None:
        bench = made.benchmark({made.subject: 80.0}, language=language)
        assert (valued("language", asks={"lang": (asked,)}, benchmarks={"b": bench}).value == 1) is counts

    def test_two_harnesses_are_never_mixed(self, made: Any, valued: Any) -> None:
        benchmarks = {
            "large": made.benchmark({OTHER: 60.0, "other/third": 50.0}),
            "small": made.benchmark({made.subject: 80.0}),
        }
        models = {made.subject: made.model(), OTHER: made.model(), "other/third": made.model()}
        assert valued("language", models, JA, benchmarks=benchmarks).value == DECLARED
        document = made.recommended(models, JA, benchmarks=benchmarks)
        kinds = {c.id: c.language_evidence[0].kind for c in document.ranked()}
        assert set(kinds.values()) == {"independent"}
        compared = {c.id: c.language_evidence[0].compared for c in document.ranked()}
        assert compared == {made.subject: False, OTHER: True, "other/third": True}

    @pytest.mark.parametrize(("score", "value"), [(79.0, DECLARED), (40.0, DECLARED), (20.0, 0.15)])
    def test_a_score_of_another_harness_is_worth_a_declaration_at_most(
        self, made: Any, valued: Any, score: float, value: float
    ) -> None:
        benchmarks = {
            "large": made.benchmark({OTHER: 60.0, "other/third": 50.0}),
            "small": made.benchmark({made.subject: score}),
        }
        models = {made.subject: made.model(), OTHER: made.model(), "other/third": made.model()}
        found = valued("language", models, JA, benchmarks=benchmarks)
        assert found.value == pytest.approx(value)
        assert "another harness" in found.basis

    def test_a_score_that_is_not_ranked_by_is_still_told(self, shipped: Any, made: Any) -> None:
        need = made.need(shipped, made.machine("64GiB"), lang=("id",))
        judged = judge(need, "google/gemma-3-27b-it")
        assert "SEA-HELM leaderboard" in next(f for f in judged.findings if f.rule == "language").reason
        assert "no evidence" not in CRITERIA["language"](judged, need).basis

    def test_two_vendors_harnesses_are_never_mixed(self, made: Any, valued: Any) -> None:
        benchmarks = {
            "large": made.benchmark({OTHER: 60.0, "other/third": 50.0}, publisher_type="vendor"),
            "small": made.benchmark({made.subject: 80.0}, publisher_type="vendor", publisher="another"),
        }
        models = {made.subject: made.model(), OTHER: made.model(), "other/third": made.model()}
        assert valued("language", models, JA, benchmarks=benchmarks).value == DECLARED

    def test_a_makers_own_leaderboard_is_no_independent_voice_on_its_model(self, shipped: Any, made: Any) -> None:
        need = made.need(shipped, lang=("ja",))
        found = CRITERIA["language"](judge(need, "tokyotech-llm/GPT-OSS-Swallow-20B-RL-v0.1"), need)
        assert found.value <= VENDOR_CEILING


class TestTask:
    def test_the_mean_over_the_tasks_asked(self, made: Any, valued: Any) -> None:
        bench = made.benchmark({made.subject: 80.0}, language=None, tasks=("chat",))
        found = valued("task", asks={"task": ("chat", "code")}, benchmarks={"b": bench})
        assert found.value == pytest.approx((1 + NO_EVIDENCE) / 2)
        assert "code: no independent evidence" in found.basis

    @pytest.mark.parametrize(
        "facts",
        [{"publisher_type": "vendor"}, {"publisher_type": "field-report"}, {"tasks": ("code",)}, {"maker": "maker"}],
    )
    def test_what_does_not_count(self, made: Any, valued: Any, facts: dict[str, Any]) -> None:
        bench = made.benchmark({made.subject: 80.0}, **({"language": None, "tasks": ("chat",)} | facts))
        assert valued("task", benchmarks={"b": bench}).value == NO_EVIDENCE

    def test_two_harnesses_are_never_mixed(self, made: Any, valued: Any) -> None:
        benchmarks = {
            "large": made.benchmark({OTHER: 60.0, "other/third": 50.0}, tasks=("chat",)),
            "small": made.benchmark({made.subject: 80.0}, tasks=("chat",)),
        }
        models = {made.subject: made.model(), OTHER: made.model(), "other/third": made.model()}
        assert valued("task", models, benchmarks=benchmarks).value == NO_EVIDENCE


def test_a_score_at_the_floor_is_worth_more_than_no_evidence(shipped: Any) -> None:
    """Else a model gains by not being measured."""
    benchmarks = shipped.snapshot.benchmarks.values()
    assert DECLARED > NO_EVIDENCE
    assert all(_scaled(b, b.floor).value == pytest.approx(DECLARED) for b in benchmarks)
    assert all(_scaled(b, b.ceiling).value == pytest.approx(1.0) for b in benchmarks)


@pytest.mark.parametrize(("floor", "ceiling"), [(0.0, 1.0), (0.5, 0.5), (-1.0, 1.0), (2.0, 1.0)])
def test_a_scale_that_cannot_be_used_is_refused(made: Any, floor: float, ceiling: float) -> None:
    with pytest.raises(ValueError, match="floor"):
        made.benchmark({}, floor=floor, ceiling=ceiling)


def test_an_unmeasured_model_stands_between_a_measured_success_and_a_failure(made: Any) -> None:
    models = {name: made.model(languages=None) for name in ("maker/good", "maker/silent", "maker/weak")}
    scores = {"maker/good": 60.0, "maker/weak": 5.0}
    bench = made.benchmark(scores, language=None, tasks=("chat",))
    ranked = [c.id for c in made.recommended(models, benchmarks={"b": bench}).ranked()]
    assert ranked == ["maker/good", "maker/silent", "maker/weak"]


class TestOtherCriteria:
    @pytest.mark.parametrize(
        ("size", "asked", "mode", "wanted"),
        [
            ("8GB", None, "none", 8.0),
            ("8GB", None, "optional", 8.0),
            ("8GB", None, "always", 16.0),
            ("2GB", None, "none", 8.0),
            ("8GB", 6.0, "none", 6.0),
            ("8GB", 2.0, "none", 2.0),
        ],
    )
    def test_speed_against_what_is_needed(
        self, made: Any, valued: Any, size: str, asked: float | None, mode: str, wanted: float
    ) -> None:
        from msgspec import convert

        from advisor.catalog.schema import Reasoning

        reasoning = convert({"mode": mode, "sources": made.sources}, Reasoning)
        model = made.model(reasoning=reasoning, artifacts=(made.repository(made.file(size=size)),))
        asks = {"min_speed": asked} if asked else {}
        rate = made.judged(model, asks).offer.speed.decode_tokens_per_second
        assert (rate < 6) == (size == "8GB")
        assert valued("speed", model, asks).value == pytest.approx(min(rate / wanted, 1))

    def test_speed_without_a_size(self, made: Any, valued: Any) -> None:
        model = made.model(artifacts=(), architecture=None)
        assert (valued("speed", model).value, valued("quantization", model).value) == (NO_EVIDENCE, NO_EVIDENCE)

    @pytest.mark.parametrize(
        ("categories", "value"),
        [
            (("permissive",), 1.0),
            (("community",), 0.4),
            (("permissive", "conditional"), 0.7),
            (("permissive", "non-commercial"), 0.1),
        ],
    )
    def test_the_least_free_licence_of_the_chain(
        self, made: Any, valued: Any, categories: tuple[str, ...], value: float
    ) -> None:
        names = [f"L{number}" for number in range(len(categories))]
        licenses = {n: made.license(short=n, category=c) for n, c in zip(names, categories, strict=True)}
        models = {f"maker/{n}": made.model(license=made.terms(n), lineage=made.from_scratch()) for n in names}
        models[made.subject] = made.model(license=made.terms("L0"), lineage=made.made_from(*models))
        assert valued("license", models, licenses=licenses).value == value

    def test_an_unknown_chain_is_no_bonus_for_a_licence_that_is_worth_less(self, made: Any, valued: Any) -> None:
        model = made.model(license=made.terms("NC"), lineage=None)
        assert valued("license", model, licenses={"NC": made.license(category="non-commercial")}).value == 0.1

    def test_no_licence_known(self, made: Any, valued: Any) -> None:
        assert valued("license", made.model(license=None)).value == NO_EVIDENCE

    @pytest.mark.parametrize("case", ["base without licence", "no lineage"])
    def test_a_chain_that_is_not_known_gets_no_full_value(self, made: Any, valued: Any, case: str) -> None:
        lineage = made.made_from(OTHER) if case == "base without licence" else None
        models = {made.subject: made.model(lineage=lineage), OTHER: made.model(license=None)}
        assert valued("license", models).value == NO_EVIDENCE

    @pytest.mark.parametrize(
        ("downloads", "value"), [(0, 0.0), (1000, 0.0), (100_000, 0.5), (10**7, 1.0), (10**9, 1.0)]
    )
    def test_community(self, made: Any, valued: Any, downloads: int, value: float) -> None:
        from msgspec.structs import replace

        popularity = replace(made.model().popularity, downloads=downloads)
        assert valued("community", made.model(popularity=popularity)).value == pytest.approx(value)

    def test_community_not_known(self, made: Any, valued: Any) -> None:
        assert valued("community", made.model(popularity=None)).value == NO_EVIDENCE

    @pytest.mark.parametrize(("name", "value"), [("Q4_K_M", 0.82), ("Q6_K", 0.98), ("F16", 0.998)])
    def test_quantization_is_one_less_its_loss(self, made: Any, valued: Any, name: str, value: float) -> None:
        model = made.model(artifacts=(made.repository(made.file(name)),))
        assert valued("quantization", model).value == pytest.approx(value)

    def test_a_loss_above_one_is_worth_nothing(self, made: Any, valued: Any) -> None:
        model = made.model(artifacts=(made.repository(made.file("Q2_K")),))
        assert valued("quantization", model, {"min_quant": "Q2_K"}).value == 0.0

    @pytest.mark.parametrize(
        ("released", "as_of", "value"),
        [
            ("2026-11-01", "2026-11-22", 1.0),
            ("2025-11", "2026-11-22", 0.5),
            ("2024-11-30", "2026-11-22", 0.0),
            ("2020-01", "2026-11-22", 0.0),
            ("2026-11", "2026-10-01", 1.0),
        ],
    )
    def test_recency(self, made: Any, valued: Any, released: str, as_of: str, value: float) -> None:
        from advisor.catalog.schema import Released

        model = made.model(released=Released(date=released, sources=made.sources))
        assert valued("recency", model, {"as_of": as_of}).value == pytest.approx(value)

    def test_a_release_that_nobody_dated(self, made: Any, valued: Any) -> None:
        assert valued("recency", made.model(released=None)).value == NO_EVIDENCE
