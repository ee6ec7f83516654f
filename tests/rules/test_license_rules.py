"""Rules `license`, `license-use`, `users`, `revenue`, `territory` and `seat`: every licence of the chain binds."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.rules.verdict import FAIL, PASS, UNKNOWN, Verdict

BASE = "other/base"


@pytest.fixture(scope="module")
def derived(made: Any) -> Any:
    """Return a function that makes a model under Free with a base model under the licence `Strict`."""

    def make(**facts: Any) -> dict[str, Any]:
        base = made.model(license=made.terms("Strict"), lineage=made.from_scratch())
        return {made.subject: made.model(lineage=made.made_from(BASE), **facts), BASE: base}

    return make


class TestAllowedIds:
    @pytest.mark.parametrize(
        ("own", "allowed", "verdict"),
        [
            (("Free",), ("Free",), PASS),
            (("Free",), ("Strict",), FAIL),
            (("Free", "Strict"), ("Free",), FAIL),
            (("Free", "Strict"), ("Free", "Strict"), PASS),
        ],
    )
    def test_exactly_the_ids_named(
        self, made: Any, own: tuple[str, ...], allowed: tuple[str, ...], verdict: Verdict
    ) -> None:
        model = made.model(license=made.terms(*own))
        found = made.finding("license", model, {"license": allowed}, licenses={"Strict": made.license(short="Strict")})
        assert (found.verdict, found.observed, found.required) == (verdict, list(own), list(allowed))

    @pytest.mark.parametrize(
        ("allowed", "verdict", "passes_at"),
        [
            (("Free",), FAIL, ["Free", "Strict"]),
            (("Strict",), FAIL, ["Strict", "Free"]),
            (("Free", "Strict"), PASS, None),
        ],
    )
    def test_base_models_are_included(
        self, made: Any, derived: Any, allowed: tuple[str, ...], verdict: Verdict, passes_at: list[str] | None
    ) -> None:
        strict = {"Strict": made.license(short="Strict")}
        found = made.finding("license", derived(), {"license": allowed}, licenses=strict)
        assert (found.verdict, found.passes_at) == (verdict, passes_at)
        assert ("inherited from other/base" in found.reason) == (allowed == ("Free",))

    @pytest.mark.parametrize(
        ("facts", "missing"),
        [({"license": None}, "models/maker/model.license"), ({"lineage": None}, "lineage")],
    )
    def test_what_is_not_recorded_is_unknown(self, made: Any, facts: dict[str, Any], missing: str) -> None:
        found = made.finding("license", made.model(**facts), {"license": ("Free",)})
        assert (found.verdict, found.missing) == (UNKNOWN, (missing,))

    def test_a_licence_that_is_not_allowed_fails_whatever_else_is_unknown(self, made: Any) -> None:
        found = made.finding("license", made.model(lineage=None), {"license": ("Strict",)})
        assert found.verdict is FAIL

    def test_not_asked_is_no_finding(self, made: Any) -> None:
        assert made.finding("license", made.model(license=None)) is None


GRANTS = {
    "free": {"internal": "allowed", "customer-facing": "allowed", "redistribute": "allowed", "research": "allowed"},
    "duties": {"internal": "conditional", "customer-facing": "conditional"},
    "research only": {"internal": "forbidden", "customer-facing": "forbidden", "research": "conditional"},
    "unread": {},
}


class TestUse:
    @pytest.mark.parametrize(
        ("grants", "use", "verdict", "passes_at"),
        [
            ("free", "internal", PASS, None),
            ("free", "redistribute", PASS, None),
            ("duties", "customer-facing", PASS, None),
            ("duties", "redistribute", UNKNOWN, None),
            ("research only", "internal", FAIL, "research"),
            ("research only", "customer-facing", FAIL, "research"),
            ("research only", "research", PASS, None),
            ("research only", "redistribute", UNKNOWN, None),
            ("unread", "internal", UNKNOWN, None),
        ],
    )
    @pytest.mark.parametrize("inherited", [False, True])
    def test_granted(
        self, made: Any, derived: Any, inherited: bool, grants: str, use: str, verdict: Verdict, passes_at: str | None
    ) -> None:
        models = derived() if inherited else made.model(license=made.terms("Strict"))
        strict = {"Strict": made.license(short="Strict", category="community", uses=GRANTS[grants])}
        found = made.finding("license-use", models, {"use": use}, licenses=strict)
        assert (found.verdict, found.required, found.passes_at) == (verdict, use, passes_at)
        if verdict is not PASS:
            assert (f"inherited from {BASE}" in found.reason) == inherited
        assert found.missing == ((f"licenses/Strict.uses.{use}",) if verdict is UNKNOWN else ())

    def test_a_licence_that_forbids_research_too_offers_no_change(self, made: Any) -> None:
        nothing = {"Strict": made.license(uses={"internal": "forbidden", "research": "forbidden"})}
        found = made.finding("license-use", made.model(license=made.terms("Strict")), licenses=nothing)
        assert (found.verdict, found.change()) == (FAIL, None)

    @pytest.mark.parametrize("facts", [{"license": None}, {"lineage": None}])
    def test_a_gap_is_unknown(self, made: Any, facts: dict[str, Any]) -> None:
        assert made.finding("license-use", made.model(**facts)).verdict is UNKNOWN


class TestConditions:
    def told(self, made: Any, model: Any, asks: dict[str, Any], **facts: Any) -> tuple[str, ...]:
        licenses = {"Strict": made.license(short="Strict", **({"category": "community"} | facts))}
        found = made.finding("license-use", model, asks, licenses=licenses)
        assert found.verdict is PASS
        return tuple(found.conditions)

    @pytest.mark.parametrize(
        ("kind", "uses", "use", "told"),
        [
            ("display", ("customer-facing",), "customer-facing", True),
            ("display", ("customer-facing",), "internal", False),
            ("acceptable-use", (), "internal", True),
            ("naming", ("redistribute",), "redistribute", True),
            ("output-training", (), "research", True),
            ("remote-restriction", (), "internal", True),
            ("governing-law", (), "internal", False),
            ("source-disclosure", (), "redistribute", True),
        ],
    )  # fmt: skip
    def test_duties_are_conditions_of_the_uses_they_concern(
        self, made: Any, kind: str, uses: tuple[str, ...], use: str, told: bool
    ) -> None:
        duties = (made.duty(kind, *uses, says="show the name"),)
        found = self.told(made, made.model(license=made.terms("Strict")), {"use": use}, obligations=duties)
        assert found == (("Strict: show the name (3)",) if told else ())

    def test_who_redistributes_is_told_to_keep_the_notice_of_a_permissive_licence(self, made: Any) -> None:
        duties = (made.duty("notice", "redistribute", says="keep the notice"),)
        grants = {"redistribute": "conditional"}
        model = made.model(license=made.terms("Strict"))
        found = self.told(made, model, {"use": "redistribute"}, category="permissive", obligations=duties, uses=grants)
        assert found == ("Strict: keep the notice (3)",)

    def test_what_is_known_is_told_though_another_licence_was_not_read(self, made: Any, derived: Any) -> None:
        licenses = {
            "Free": made.license(short="Free", obligations=(made.duty("notice", says="keep the notice"),)),
            "Strict": made.license(short="Strict", uses={}),
        }
        found = made.finding("license-use", derived(), licenses=licenses)
        assert (found.verdict, found.conditions) == (UNKNOWN, ("Free: keep the notice (3)",))

    @pytest.mark.parametrize(
        ("facts", "asked"),
        [
            ({"monthly_users": (700, "ask")}, {"monthly_users": 5}),
            ({"revenue": (700, "ends")}, {"annual_revenue": 5}),
        ],
    )
    def test_a_limit_is_told_until_the_number_is_given(
        self, made: Any, facts: dict[str, Any], asked: dict[str, Any]
    ) -> None:
        limits = {name: made.limit(above, then) for name, (above, then) in facts.items()}
        model = made.model(license=made.terms("Strict"))
        assert self.told(made, model, {}, **limits) == ("Strict: a limit (1)",)
        assert self.told(made, model, asked, **limits) == ()

    @pytest.mark.parametrize(("rule", "asked"), [("territories", {"territory": ("JP",)}), ("seat", {"seat": "JP"})])
    def test_an_excluded_place_is_told_until_the_place_is_given(
        self, made: Any, rule: str, asked: dict[str, Any]
    ) -> None:
        model = made.model(license=made.terms("Strict"))
        assert self.told(made, model, {}, **{rule: made.excluding("EU")}) == ("Strict: not there (2)",)
        assert self.told(made, model, asked, **{rule: made.excluding("EU")}) == ()

    def test_inherited_duties_and_a_gate_are_told(self, made: Any, derived: Any) -> None:
        duties = (made.duty("flow-down", says="pass it on"),)
        found = self.told(made, derived(gated=made.gated(True)), {}, obligations=duties)
        assert found[0] == "Strict: pass it on (3)"
        assert "gated" in found[1]


LIMITS = [
    ("users", "monthly_users", "monthly_users", {}, 1),
    ("revenue", "revenue", "annual_revenue", {"period": "year"}, 1),
    ("revenue", "revenue", "annual_revenue", {"period": "month"}, 12),
]


@pytest.mark.parametrize(("rule", "fact", "option", "more", "times"), LIMITS)
class TestLimits:
    @pytest.mark.parametrize(("then", "verdict"), [("ask", UNKNOWN), ("ends", FAIL), ("condition", PASS)], ids=str)
    @pytest.mark.parametrize("inherited", [False, True])
    def test_above_the_limit(
        self, made: Any, derived: Any, rule: str, fact: str, option: str, more: dict[str, Any], times: int,
        then: str, verdict: Verdict, inherited: bool,
    ) -> None:  # fmt: skip
        models = derived() if inherited else made.model(license=made.terms("Strict"))
        strict = {"Strict": made.license(short="Strict", **{fact: made.limit(700, then, **more)})}
        below, above = (
            made.finding(rule, models, {option: given}, licenses=strict) for given in (700 * times, 700 * times + 1)
        )
        assert below.verdict is PASS
        assert (above.verdict, above.observed, above.required) == (verdict, 700 * times, 700 * times + 1)
        assert "Strict: a limit (1)" in above.reason
        assert (f"inherited from {BASE}" in above.reason) == inherited
        assert (above.option, above.passes_at) == ((None, None) if verdict is PASS else (option, 700 * times))
        assert above.conditions == ((above.reason,) if verdict is PASS else ())
        assert bool(above.missing) == (verdict is UNKNOWN)

    @pytest.mark.parametrize(("use", "verdict"), [("internal", PASS), ("customer-facing", FAIL)])
    def test_a_limit_may_hold_for_some_uses_only(
        self, made: Any, rule: str, fact: str, option: str, more: dict[str, Any], times: int, use: str, verdict: Verdict
    ) -> None:
        limit = made.limit(700, "ends", uses=("customer-facing",), **more)
        model, strict = made.model(license=made.terms("Strict")), {"Strict": made.license(**{fact: limit})}
        asks = {option: 10**6, "use": use}
        assert made.finding(rule, model, asks, licenses=strict).verdict is verdict

    @pytest.mark.parametrize("read", ["partial", "second-hand", "unread"])
    def test_a_text_that_was_not_read_in_full_may_hide_a_limit(
        self, made: Any, rule: str, fact: str, option: str, more: dict[str, Any], times: int, read: str
    ) -> None:
        model = made.model(license=made.terms("Strict"))
        found = made.finding(rule, model, {option: 5}, licenses={"Strict": made.license(read=read)})
        assert (found.verdict, found.missing) == (UNKNOWN, ("licenses/Strict.text",))

    @pytest.mark.parametrize(("use", "verdict"), [("internal", UNKNOWN), ("customer-facing", PASS)])
    def test_a_limit_for_another_use_does_not_stand_for_the_rest_of_a_text(
        self, made: Any, rule: str, fact: str, option: str, more: dict[str, Any], times: int, use: str, verdict: Verdict
    ) -> None:
        limit = made.limit(700, "ends", uses=("customer-facing",), **more)
        model, strict = (
            made.model(license=made.terms("Strict")),
            {"Strict": made.license(read="partial", **{fact: limit})},
        )
        assert made.finding(rule, model, {option: 5, "use": use}, licenses=strict).verdict is verdict

    def test_not_asked_is_no_finding(
        self, made: Any, rule: str, fact: str, option: str, more: dict[str, Any], times: int
    ) -> None:
        assert made.finding(rule) is None


def test_each_of_several_limits_counts(made: Any) -> None:
    limits = (made.limit(10, "condition", period="year", says="show"), made.limit(50, "ask", period="year", says="ask"))
    model, strict = made.model(license=made.terms("Strict")), {"Strict": made.license(revenue=limits)}
    found = {given: made.finding("revenue", model, {"annual_revenue": given}, licenses=strict) for given in (5, 20, 60)}
    assert [found[given].verdict for given in (5, 20, 60)] == [PASS, PASS, UNKNOWN]
    assert [len(found[given].conditions) for given in (5, 20, 60)] == [0, 1, 1]


def test_the_strictest_licence_of_a_chain_decides(made: Any, derived: Any) -> None:
    licenses = {
        "Free": made.license(monthly_users=made.limit(10, "ask")),
        "Strict": made.license(short="Strict", monthly_users=made.limit(10, "ends")),
    }
    found = made.finding("users", derived(), {"monthly_users": 11}, licenses=licenses)
    assert found.verdict is FAIL
    assert f"inherited from {BASE}" in found.reason


def test_the_conditions_of_all_licences_of_a_chain_are_told(made: Any, derived: Any) -> None:
    licenses = {
        "Free": made.license(monthly_users=made.limit(10, "condition", says="show the first name")),
        "Strict": made.license(monthly_users=made.limit(10, "condition", says="show the second name")),
    }
    found = made.finding("users", derived(), {"monthly_users": 11}, licenses=licenses)
    assert any("first name" in told for told in found.conditions)
    assert any("second name" in told for told in found.conditions)


PLACES = [("territory", "territories", lambda *codes: codes), ("seat", "seat", lambda *codes: codes[0])]


@pytest.mark.parametrize(("rule", "fact", "given"), PLACES, ids=["territory", "seat"])
class TestPlaces:
    @pytest.mark.parametrize(
        ("excluded", "country", "verdict"),
        [
            (("EU", "GB"), "DE", FAIL),
            (("EU", "GB"), "EU", FAIL),
            (("EU", "GB"), "GB", FAIL),
            (("EU", "GB"), "CH", PASS),
            (("EU", "GB"), "NO", PASS),
            (("KR",), "KR", FAIL),
            (("DE",), "EU", FAIL),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("inherited", [False, True])
    def test_excluded_countries(
        self, made: Any, derived: Any, rule: str, fact: str, given: Any, inherited: bool,
        excluded: tuple[str, ...], country: str, verdict: Verdict,
    ) -> None:  # fmt: skip
        models = derived() if inherited else made.model(license=made.terms("Strict"))
        strict = {"Strict": made.license(short="Strict", **{fact: made.excluding(*excluded)})}
        found = made.finding(rule, models, {rule: given(country)}, licenses=strict)
        assert found.verdict is verdict
        if verdict is FAIL:
            assert found.observed == list(excluded)
            assert (f"inherited from {BASE}" in found.reason) == inherited

    @pytest.mark.parametrize(("inputs", "verdict"), [(("text",), PASS), (("text", "image"), FAIL)])
    def test_some_exclusions_concern_models_with_an_input_only(
        self, made: Any, rule: str, fact: str, given: Any, inputs: tuple[str, ...], verdict: Verdict
    ) -> None:
        model = made.model(license=made.terms("Strict"), modalities=made.modalities(*inputs))
        strict = {"Strict": made.license(**{fact: made.excluding("EU", modalities=("image",))})}
        assert made.finding(rule, model, {rule: given("DE")}, licenses=strict).verdict is verdict

    def test_an_unrecorded_input_leaves_the_exclusion_open(self, made: Any, rule: str, fact: str, given: Any) -> None:
        model = made.model(license=made.terms("Strict"), modalities=None)
        strict = {"Strict": made.license(**{fact: made.excluding("EU", modalities=("image",))})}
        found = made.finding(rule, model, {rule: given("DE")}, licenses=strict)
        assert (found.verdict, found.missing) == (UNKNOWN, ("modalities",))

    def test_the_exclusion_of_a_multimodal_base_model_comes_along(
        self, made: Any, rule: str, fact: str, given: Any
    ) -> None:
        models = {
            made.subject: made.model(lineage=made.made_from(BASE)),
            BASE: made.model(license=made.terms("Strict"), modalities=made.modalities("text", "image")),
        }
        strict = {"Strict": made.license(**{fact: made.excluding("EU", modalities=("image",))})}
        assert made.finding(rule, models, {rule: given("DE")}, licenses=strict).verdict is FAIL

    def test_a_text_that_was_not_read_in_full_leaves_it_open(self, made: Any, rule: str, fact: str, given: Any) -> None:
        model, strict = made.model(license=made.terms("Strict")), {"Strict": made.license(read="partial")}
        found = made.finding(rule, model, {rule: given("DE")}, licenses=strict)
        assert (found.verdict, found.missing) == (UNKNOWN, ("licenses/Strict.text",))

    def test_an_unknown_lineage_leaves_it_open(self, made: Any, rule: str, fact: str, given: Any) -> None:
        assert made.finding(rule, made.model(lineage=None), {rule: given("DE")}).verdict is UNKNOWN

    def test_not_asked_is_no_finding(self, made: Any, rule: str, fact: str, given: Any) -> None:
        assert made.finding(rule) is None


def test_the_same_licence_binds_by_every_model_that_is_under_it(made: Any) -> None:
    """A text-only tune under the licence of its multimodal base model."""
    strict = made.terms("Strict")
    models = {
        made.subject: made.model(license=strict, lineage=made.made_from(BASE)),
        BASE: made.model(license=strict, modalities=made.modalities("text", "image")),
    }
    licenses = {"Strict": made.license(seat=made.excluding("EU", modalities=("image",)))}
    assert made.finding("seat", models, {"seat": "DE"}, licenses=licenses).verdict is FAIL
    models[BASE] = made.model(license=strict, modalities=None)
    found = made.finding("seat", models, {"seat": "DE"}, licenses=licenses)
    assert (found.verdict, found.missing) == (UNKNOWN, (f"models/{BASE}.modalities",))


@pytest.mark.parametrize(("rule", "fact"), [("territory", "territories"), ("seat", "seat")])
def test_no_country_is_invented_to_move_to(made: Any, rule: str, fact: str) -> None:
    strict = {"Strict": made.license(**{fact: made.excluding("EU")})}
    asked = {rule: ("DE",) if rule == "territory" else "DE"}
    found = made.finding(rule, made.model(license=made.terms("Strict")), asked, licenses=strict)
    assert (found.verdict, found.option, found.passes_at) == (FAIL, None, None)


def test_one_excluded_country_fails_and_the_others_are_what_would_pass(made: Any) -> None:
    strict = {"Strict": made.license(territories=made.excluding("EU"))}
    model = made.model(license=made.terms("Strict"))
    found = made.finding("territory", model, {"territory": ("DE", "JP", "FR")}, licenses=strict)
    assert (found.verdict, found.option, found.passes_at) == (FAIL, "territory", ["JP"])
