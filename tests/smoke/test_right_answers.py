"""Our suites can be passed: right answers keep every rule, in every language."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest
from bench_of_answers import BenchOfAnswers, exchange

from advisor.smoke.checks.politeness import Politeness, politeness
from advisor.smoke.run import judge
from advisor.smoke.suites import Case, load_suite
from advisor.strict_yaml import parse

ANSWERS = parse(Path(__file__).with_name("right_answers.yaml").read_text(encoding="utf-8"))
CASES = [(name, case) for name in ("language", "politeness", "tasks") for case in load_suite(name).suite.cases]
pytestmark = pytest.mark.skipif(
    not all(map(find_spec, ("pycld2", "sudachipy", "jsonschema"))) and not os.environ.get("CI"),
    reason="needs the extras `smoke` and `ja`",
)


def test_there_is_a_right_answer_to_every_case() -> None:
    for name in ("language", "politeness", "tasks"):
        assert set(ANSWERS[name]) == {case.id for suite, case in CASES if suite == name}


@pytest.mark.parametrize(("suite", "case"), CASES, ids=lambda value: value.id if isinstance(value, Case) else value)
def test_a_right_answer_keeps_every_rule(suite: str, case: Case) -> None:
    answer = ANSWERS[suite][case.id]
    for rule in case.rules:
        name = next(key for key in rule if key != "else")
        found = judge(name, rule[name], exchange(answer, language=case.language))
        if "cannot confine" in found.reason:
            pytest.skip("this kernel gives no namespaces, so no code is run")
        assert found.verdict == "pass", (name, found.reason)


@pytest.mark.parametrize(("suite", "case"), CASES, ids=lambda value: value.id if isinstance(value, Case) else value)
def test_the_question_said_back_is_no_right_answer(suite: str, case: Case) -> None:
    answer = exchange(case.prompt or "", language=case.language)
    kept = [
        judge(name, given, answer).verdict == "pass"
        for rule in case.rules
        for name, given in rule.items()
        if name != "else"
    ]
    assert not all(kept), "saying the question back keeps every rule"


def test_a_shop_s_good_replies_pass_every_check() -> None:
    (probe,) = load_suite("politeness").suite.probes
    asked = msgspec.convert(probe.given, Politeness)
    replies = {situation.prompt: ANSWERS["situations"][situation.id] for situation in asked.situations}
    found = {one.part: one for one in politeness(BenchOfAnswers(replies.__getitem__, "ja"), asked)}
    assert [found[part].verdict for part in ("usable", "endings", "register", "forms")] == ["pass"] * 4, found
    assert found["markers"].details is not None
    assert all(
        found["markers"].details[kind] >= least for kind, least in (("honorific", 2), ("humble", 15), ("courteous", 15))
    )
