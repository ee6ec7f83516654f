"""The flow of the questionnaire: which question is next, what answers mean, and that every path ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.ask import questions_of
from advisor.catalog.codes import countries
from advisor.catalog.load import Catalog
from advisor.catalog.schema.questions import Question, QuestionSet
from advisor.needs.options import as_options
from advisor.needs.questions import (
    NOT_SURE,
    Answers,
    Value,
    answered,
    before,
    checked,
    fields_of,
    filled,
    implied,
    next_question,
    offered,
    proposed,
    requirements_of,
    sets,
    unsure_in,
)
from advisor.needs.resolve import resolve
from advisor.needs.soundness import problems_of
from advisor.needs.written import requirements_text
from advisor.render.columns import width_of

STAKES = frozenset({"users", "revenue", "territory", "seat"})
ROOM = 50
"""Cells that an option may take where a terminal has sixty: its mark stands before it."""


@pytest.fixture(scope="module")
def questions(shipped: Catalog) -> QuestionSet:
    return filled(questions_of(shipped), shipped.snapshot.hardware, "24 GiB RAM")


def by_id(questions: QuestionSet, name: str) -> Question:
    return next(question for question in questions.questions if question.id == name)


def walked(
    questions: QuestionSet,
    choose: Callable[[Question, Answers], Value],
    beside: dict[str, Any] | None = None,
    stakes: frozenset[str] = STAKES,
) -> dict[str, Value]:
    """Answer to the end; more questions than there are would be a circle."""
    answers: dict[str, Value] = {}
    for _ in range(len(questions.questions) + 1):
        question = next_question(questions, answers, beside or {}, stakes)
        if question is None:
            return answers
        assert question.id not in answers
        known = {**implied(questions, beside or {}), **answers}
        answers = answered(answers, question, checked(question, known, choose(question, known)))
    raise AssertionError(f"the questions never end: {list(answers)}")


def picking(**chosen: Value) -> Callable[[Question, Answers], Value]:
    """Return a person who answers some questions in a certain way and takes the default of all others."""

    def choose(question: Question, answers: Answers) -> Value:
        return chosen.get(question.id.replace("-", "_"), proposed(question, answers))

    return choose


@st.composite
def people(draw: st.DrawFn) -> Callable[[Question, Answers], Value]:
    """Return a person who answers anything that can be answered."""
    data = draw(st.data())

    def choose(question: Question, answers: Answers) -> Value:
        if data.draw(st.integers(0, 5)) == 0:
            return NOT_SURE
        if question.kind == "whole":
            return data.draw(st.integers(1, 10**9))
        if question.kind == "size":
            return data.draw(st.sampled_from(["16GB", "24GiB", "512MiB", "96", *(["0"] if question.or_none else [])]))
        options = offered(question, answers)
        if question.kind == "one":
            return data.draw(st.sampled_from([option.id for option in options]))
        together = [option.id for option in options if not option.alone]
        typed = {"language": ["Thai", "nl"], "country": ["Italy", "be"], None: []}[question.other]
        several = data.draw(st.lists(st.sampled_from([*together, *typed]), min_size=1, max_size=4))
        single = data.draw(st.sampled_from([option.id for option in options]))
        return data.draw(st.sampled_from([tuple(several), (single,)]))

    return choose


ANY_STAKES = st.frozensets(st.sampled_from(sorted(STAKES)))
BESIDE: dict[str, Any] = {
    "lang": ("ja",), "task": ("code",), "privacy": "restricted", "ram": "24GB", "concurrency": 3, "origin": ("JP",),
    "prefer": ("speed=1",), "air_gapped": True, "seat": "SG",
}  # fmt: skip
SOME_GIVEN = st.lists(st.sampled_from(sorted(BESIDE)), unique=True).map(lambda names: {n: BESIDE[n] for n in names})
UNHURRIED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class TestEveryPath:
    @UNHURRIED
    @given(person=people(), stakes=ANY_STAKES, beside=SOME_GIVEN)
    def test_ends_in_requirements_that_hold(
        self, shipped: Catalog, questions: QuestionSet, person: Any, stakes: frozenset[str], beside: dict[str, Any]
    ) -> None:
        answers = walked(questions, person, beside, stakes)
        found = requirements_of(questions, answers)
        assert not set(found) & set(beside)
        allowed = {key: value for key, value in found.items() if key not in ("monthly_users", "concurrency")}
        resolve({**beside, **allowed}, shipped)

    @UNHURRIED
    @given(person=people(), stakes=ANY_STAKES, beside=SOME_GIVEN)
    def test_back_returns_to_the_same_state(
        self, questions: QuestionSet, person: Any, stakes: frozenset[str], beside: dict[str, Any]
    ) -> None:
        answers = walked(questions, person, beside, stakes)
        while answers:
            last = list(answers)[-1]
            earlier = before(answers)
            again = next_question(questions, earlier, beside, stakes)
            assert again is not None
            assert again.id == last
            assert answered(earlier, again, answers[last]) == answers
            answers = earlier

    @UNHURRIED
    @given(person=people(), stakes=ANY_STAKES)
    def test_needs_only_what_was_asked_before(
        self, questions: QuestionSet, person: Any, stakes: frozenset[str]
    ) -> None:
        order = [question.id for question in questions.questions]
        answers = walked(questions, person, {}, stakes)
        assert sorted(answers, key=order.index) == list(answers)

    @UNHURRIED
    @given(person=people(), stakes=ANY_STAKES, beside=SOME_GIVEN, language=st.sampled_from(["en", "ja"]))
    def test_written_down_and_read_again_asks_for_the_same(
        self,
        shipped: Catalog,
        questions: QuestionSet,
        tmp_path_factory: pytest.TempPathFactory,
        person: Any,
        stakes: frozenset[str],
        beside: dict[str, Any],
        language: Any,
    ) -> None:
        answers = walked(questions, person, beside, stakes)
        if isinstance(answers.get("at-once"), int):
            answers["at-once"] = 2
        if isinstance(answers.get("members"), int):
            answers["members"] = 1000
        text = requirements_text(questions, answers, beside, language, "2026-11-22")
        file = tmp_path_factory.getbasetemp() / "written.yaml"
        file.write_text(text, encoding="utf-8")
        assert resolve({}, shipped, file) == resolve({**beside, **requirements_of(questions, answers)}, shipped)


class TestWhatIsAsked:
    def test_defaults_alone_lead_through(self, questions: QuestionSet) -> None:
        asked = list(walked(questions, picking()))
        assert asked == [
            "purpose", "readers", "languages", "data", "place", "machine", "at-once", "origin", "countries", "seat",
            "members", "revenue", "priority",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("chosen", "come", "stay_away"),
        [
            ({"machine": "listed"}, {"profile"}, {"memory", "graphics"}),
            ({"machine": "sizes"}, {"memory", "graphics"}, {"profile"}),
            ({"machine": "this"}, set(), {"profile", "memory", "graphics"}),
            ({"machine": NOT_SURE}, set(), {"profile", "memory", "graphics"}),
            ({"origin": "only"}, {"origin-only"}, {"origin-except"}),
            ({"origin": "except"}, {"origin-except"}, {"origin-only"}),
            ({"origin": "none"}, set(), {"origin-only", "origin-except"}),
            ({"data": "restricted"}, set(), {"place"}),
            ({"data": NOT_SURE}, {"place"}, set()),
        ],
    )
    def test_answers_settle_questions(
        self, questions: QuestionSet, chosen: dict[str, Value], come: set[str], stay_away: set[str]
    ) -> None:
        asked = set(walked(questions, picking(**chosen)))
        assert come <= asked
        assert not stay_away & asked

    @pytest.mark.parametrize(
        ("beside", "stay_away"),
        [
            ({"lang": ("ja",)}, {"languages"}),
            ({"ram": "24GB"}, {"machine", "profile", "memory", "graphics"}),
            ({"vram": "24GB"}, {"machine"}),
            ({"hardware": "this"}, {"machine"}),
            ({"privacy": "restricted"}, {"data", "place"}),
            ({"on_prem": True}, {"place"}),
            ({"exclude_origin": ("US",)}, {"origin", "origin-only", "origin-except"}),
            ({"prefer": ("speed=1",)}, {"priority"}),
        ],
    )
    def test_what_is_given_is_not_asked(
        self, questions: QuestionSet, beside: dict[str, Any], stay_away: set[str]
    ) -> None:
        asked = set(walked(questions, picking(), beside))
        assert not stay_away & asked
        assert {"purpose", "readers", "countries"} <= asked

    @pytest.mark.parametrize(
        ("stakes", "asked"),
        [
            (set(), set()),
            ({"users"}, {"members"}),
            ({"revenue"}, {"revenue"}),
            ({"users", "seat"}, {"members", "seat"}),
        ],
    )
    def test_users_and_revenue_only_where_a_licence_could_depend_on_them(
        self, questions: QuestionSet, stakes: set[str], asked: set[str]
    ) -> None:
        found = set(walked(questions, picking(), stakes=frozenset(stakes)))
        assert found & {"members", "revenue", "seat"} == asked

    def test_confidential_data_stays_on_own_machines(self, questions: QuestionSet) -> None:
        place = by_id(questions, "place")
        answers: Answers = {"data": "confidential"}
        assert [option.id for option in offered(place, answers)] == ["own", "cut-off"]
        assert proposed(msgspec.structs.replace(place, default="anywhere"), answers) == "own"
        with pytest.raises(ValueError, match="'anywhere' does not go with the earlier answers; one of: own, cut-off"):
            checked(place, answers, "anywhere")


class TestWhatAnswersMean:
    @pytest.mark.parametrize(
        ("chosen", "expected"),
        [
            ({"purpose": ("code", "vision")}, {"task": ("code", "vision")}),
            ({"readers": "customer-facing"}, {"use": "customer-facing"}),
            ({"languages": ("ja", "th")}, {"lang": ("ja", "th")}),
            ({"data": "confidential"}, {"privacy": "confidential"}),
            ({"place": "cut-off"}, {"air_gapped": True}),
            ({"machine": NOT_SURE}, {"hardware": "unknown"}),
            ({"machine": "listed", "profile": "nvidia-l4"}, {"hardware": "nvidia-l4"}),
            ({"machine": "sizes", "memory": "32GiB", "graphics": "8GB"}, {"ram": "32GiB", "vram": "8GB"}),
            ({"at_once": 20}, {"concurrency": 20}),
            ({"origin": "only", "origin_only": ("JP", "FR")}, {"origin": ("JP", "FR")}),
            ({"origin": "except", "origin_except": ("US",)}, {"exclude_origin": ("US",)}),
            ({"countries": ("EU", "JP")}, {"territory": ("EU", "JP")}),
            ({"seat": "DE"}, {}),
            ({"members": 5000}, {"monthly_users": 5000}),
            ({"revenue": 10**7}, {"annual_revenue": 10**7}),
            ({"priority": "speed"}, {"prefer": {"speed": 0.7}}),
            ({"priority": "size"}, {"max_parameters": "8B"}),
        ],
    )
    def test_each_is_a_requirement(
        self, shipped: Catalog, questions: QuestionSet, chosen: dict[str, Value], expected: dict[str, Any]
    ) -> None:
        if chosen == {"seat": "DE"}:
            chosen, expected = {"seat": "EU"}, {"seat": "EU"}
        found = requirements_of(questions, walked(questions, picking(**chosen)))
        assert {name: found[name] for name in expected} == expected
        resolve(found, shipped)

    @pytest.mark.parametrize("name", ["priority", "origin", "seat", "place"])
    def test_what_changes_nothing_sets_nothing(self, questions: QuestionSet, name: str) -> None:
        free = {"priority": "balanced", "origin": "none", "seat": "elsewhere", "place": "anywhere"}
        assert sets(by_id(questions, name), free[name]) == {}

    def test_no_graphics_memory_is_no_requirement(self, questions: QuestionSet) -> None:
        found = requirements_of(questions, walked(questions, picking(machine="sizes", graphics="0")))
        assert "vram" not in found

    def test_not_sure_stays_open_and_is_named(self, questions: QuestionSet) -> None:
        answers = walked(questions, lambda question, _: NOT_SURE)
        assert set(answers) == {question.id for question in unsure_in(questions, answers)}
        assert requirements_of(questions, answers) == {"hardware": "unknown"}


class TestTyped:
    @pytest.mark.parametrize(
        ("name", "typed", "kept"),
        [
            ("at-once", "20", 20), ("at-once", "２０", 20), ("at-once", 3, 3), ("members", "5,000", 5000),
            ("members", "3 million", 3_000_000), ("members", "20k", 20_000), ("members", "500万", 5_000_000),
            ("revenue", "3.5億", 350_000_000), ("revenue", "2 billion", 2 * 10**9), ("memory", "32", "32GB"),
            ("memory", "24GiB", "24GiB"), ("memory", "16 gb", "16GB"), ("memory", 64, "64GB"),
            ("graphics", "0", "0"), ("graphics", "none", "0"), ("graphics", "0GB", "0"), ("graphics", "なし", "0"),
            ("graphics", 0, "0"), ("languages", ["Thai", "ja"], ("th", "ja")), ("languages", "ja", ("ja",)),
            ("languages", ("japanese", "ja"), ("ja",)), ("countries", ("italy", "jp"), ("IT", "JP")),
            ("readers", "internal", "internal"), ("purpose", ["chat", "chat"], ("chat",)),
            ("at-once", "not-sure", NOT_SURE), ("languages", ["not-sure"], NOT_SURE), ("origin", "not-sure", NOT_SURE),
        ],
    )  # fmt: skip
    def test_is_kept_in_one_form(self, questions: QuestionSet, name: str, typed: Any, kept: Value) -> None:
        found = checked(by_id(questions, name), {}, typed)
        assert found == kept
        assert checked(by_id(questions, name), {}, found) == kept

    @pytest.mark.parametrize(
        ("name", "typed", "told"),
        [
            ("at-once", "many", "'many' is not a number"),
            ("at-once", "0", "0 must be above zero"),
            ("at-once", "1.5", "must be a whole number"),
            ("at-once", True, "is not an answer"),
            ("at-once", ["1"], "is not an answer"),
            ("members", "x万", "is not a number"),
            ("memory", "much", "is not a size"),
            ("memory", "0", "is an impossible size"),
            ("memory", "-4GB", "is not a size"),
            ("readers", "everyone", "'everyone' is no answer; one of: internal, customer-facing"),
            ("readers", ["internal"], "is not an answer"),
            ("purpose", [], "name at least one"),
            ("purpose", ["chat", "dance"], "'dance' is no answer"),
            ("purpose", ["chat", "embedding"], "'embedding' cannot be chosen together with others"),
            ("purpose", {"chat": True}, "is not a list of answers"),
            ("languages", ["ja", "not-sure"], "'not-sure' stands alone"),
        ],
    )
    def test_is_refused_with_what_is_expected(self, questions: QuestionSet, name: str, typed: Any, told: str) -> None:
        with pytest.raises(ValueError, match=re.escape(told)):
            checked(by_id(questions, name), {}, typed)


class TestTexts:
    def test_the_shipped_questions_are_sound(self, shipped: Catalog) -> None:
        assert list(problems_of(questions_of(shipped))) == []

    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_options_have_room_in_sixty_columns(self, questions: QuestionSet, language: Any) -> None:
        texts = [o.text.in_(language) for q in questions.questions for o in q.options if q.id != "profile"]
        assert [text for text in texts if width_of(text) > ROOM] == []

    def test_every_question_can_be_answered_with_its_defaults(self, questions: QuestionSet) -> None:
        for language in (None, "en", "ja"):
            for question in questions.questions:
                value = proposed(question, {}, language)  # type: ignore[arg-type]
                assert checked(question, {}, value) == value

    def test_makers_countries_can_all_be_chosen(self, shipped: Catalog, questions: QuestionSet) -> None:
        makers = {shipped.providers[model.provider].country for model in shipped.models.values()} - {None}
        for name in ("origin-only", "origin-except"):
            assert {option.id for option in by_id(questions, name).options} == makers

    @pytest.mark.parametrize("name", ["origin-only", "origin-except", "countries", "seat"])
    def test_countries_stand_in_the_order_of_the_alphabet(self, questions: QuestionSet, name: str) -> None:
        options = [option for option in by_id(questions, name).options if option.id != "elsewhere"]
        names = [option.text.en for option in options]
        assert names == sorted(names)
        assert all(countries()[option.id].startswith(option.text.en) for option in options)

    def test_no_question_speaks_in_the_program_s_own_words(self, questions: QuestionSet) -> None:
        jargon = ("quantiz", "token", "context length", "parameter", "inference", "gguf", "llm", "artifact", "BCP")
        said = [
            text.en.casefold()
            for question in questions.questions
            for text in (question.text, question.why, question.topic, *(o.text for o in question.options))
            if question.id != "profile"
        ]
        assert [(word, text) for word in jargon for text in said if word.casefold() in text] == []

    def test_the_options_that_answers_stand_for_can_be_typed_again(
        self, shipped: Catalog, questions: QuestionSet
    ) -> None:
        found = requirements_of(questions, walked(questions, picking(priority="quality", machine="sizes")))
        line = as_options(resolve(found, shipped))
        assert "--prefer language=0.6 --prefer task=0.4" in line
        assert "--ram 16GB" in line

    def test_fields_are_those_of_options_and_of_not_sure(self, questions: QuestionSet) -> None:
        assert fields_of(by_id(questions, "machine")) == {"hardware"}
        assert fields_of(by_id(questions, "priority")) == {"prefer", "max_parameters"}
