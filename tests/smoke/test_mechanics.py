"""Mechanics, needle, JSON and performance: each check passes and fails for its own reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bench_maker import Scripted, reply, run, verdicts

from advisor.engine.interface import EngineFacts, Question, Reply, TemplateFacts


def text(question: Question) -> str:
    return question.messages[-1].content


TEMPLATES: dict[str, tuple[TemplateFacts | None, str]] = {
    "sane": (TemplateFacts(present=True, sha256="a" * 64, renders=True, keeps_system=True, keeps_user=True), "pass"),
    "absent": (TemplateFacts(present=False), "fail"),
    "broken": (TemplateFacts(present=True, error="SecurityError: no"), "fail"),
    "deaf": (TemplateFacts(present=True, renders=True, keeps_system=True), "fail"),
    "no system": (TemplateFacts(present=True, renders=True, keeps_user=True, error="no system role"), "warn"),
    "unseen": (None, "info"),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates(name: str) -> None:
    facts, verdict = TEMPLATES[name]
    engine = Scripted(lambda q: reply("x"), EngineFacts(name="scripted", template=facts))
    result = run("probes: [{id: template, probe: template}]", engine)
    assert verdicts(result)["test.template"] == verdict
    assert result.model.template_sha256 == (facts.sha256 if facts else None)


def test_a_template_that_a_server_lends_to_a_file_without_one_does_not_count() -> None:
    lent = TemplateFacts(present=True, renders=True, keeps_system=True, keeps_user=True)
    engine = Scripted(lambda q: reply("x"), EngineFacts(name="scripted", template=lent))
    result = run("probes: [{id: template, probe: template}]", engine, file=Path("m.gguf"))
    assert verdicts(result)["test.template"] == "fail"


@pytest.mark.parametrize(("ends", "verdict"), [(4, "pass"), (3, "pass"), (2, "fail")])
def test_stops(ends: int, verdict: str) -> None:
    suite = "probes: [{id: s, probe: stops, with: {prompts: ['0', '1', '2', '3'], at_least: 0.75}}]"
    result = run(suite, lambda q: reply("x", "stop" if int(text(q)) < ends else "length"))
    assert verdicts(result)["test.s"] == verdict
    assert result.check("test.s").measured == ends / 4


LEAKS = {"fine": "pass", "Hello<|im_end|>": "fail", "[/INST] ok": "fail", "<bos>": "fail", "": "pass"}


@pytest.mark.parametrize("answer", LEAKS)
def test_leaks(answer: str) -> None:
    patterns = ["\\[/?INST\\]", "(<)(bos)(>)"]
    suite = f"probes: [{{id: l, probe: no-leak, with: {{prompts: [hi], patterns: {json.dumps(patterns)}}}}}]"
    engine = Scripted(lambda q: reply(answer), EngineFacts(name="scripted", special_tokens=("<|im_end|>",)))
    assert verdicts(run(suite, engine))["test.l"] == LEAKS[answer]


def test_what_the_prompt_itself_said_is_no_leak() -> None:
    suite = "probes: [{id: l, probe: no-leak, with: {prompts: ['repeat [INST]'], patterns: ['\\[/?INST\\]']}}]"
    assert verdicts(run(suite, lambda q: reply(text(q))))["test.l"] == "pass"


def test_the_same_twice_or_not() -> None:
    suite = "probes: [{id: t, probe: same-twice, with: {prompt: tell}}]"
    assert verdicts(run(suite, lambda q: reply("abc")))["test.t"] == "pass"
    answers = iter(["abcd", "abXd"])
    result = run(suite, lambda q: reply(next(answers)))
    assert result.check("test.t").reason == "two answers at temperature 0 differ from character 3 on"


@pytest.mark.parametrize(("obeyed", "verdict"), [(2, "pass"), (1, "fail")])
def test_the_system_prompt(obeyed: int, verdict: str) -> None:
    orders = [{"system": f"Say {n}", "prompt": "?", "contains": f"word{n}"} for n in range(2)]
    suite = "probes: " + json.dumps([{"id": "o", "probe": "obeys-system", "with": {"orders": orders}}])

    def speak(question: Question) -> Reply:
        number = int(question.messages[0].content.split()[-1])
        return reply(f"WORD{number}" if number < obeyed else "no")

    assert verdicts(run(suite, speak))["test.o"] == verdict


JSON_SUITE = """
probes:
  - id: j
    probe: json-by-grammar
    with: {prompt: "?", schema: {type: object, properties: {age: {type: integer}}, required: [age]}}
"""
ANSWERS = {
    '{"age": 3}': ("pass", "keeps the schema"),
    '{"age": "3"}': ("fail", "age: '3' is not of type 'integer'"),
    "{}": ("fail", "'age' is a required property"),
    "age 3": ("fail", "not JSON"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_json(answer: str) -> None:
    engine = Scripted(lambda q: reply(answer))
    result = run(JSON_SUITE, engine)
    verdict, told = ANSWERS[answer]
    assert result.check("test.j").verdict == verdict
    assert told in result.check("test.j").reason
    assert engine.asked[0].json_schema is not None


def test_json_that_never_ends() -> None:
    result = run(JSON_SUITE, lambda q: reply('{"age": 3', "length"))
    assert "no end of the JSON" in result.check("test.j").reason


NEEDLE = """
probes:
  - id: n
    probe: needle
    with:
      {filler: ["the sea is blue", "the hill is green"], needle: "The code is 4719.", question: "Code?", answer: "4719",
       depths: [0.1, 0.9], at_least: 1.0}
"""


def sees(limit: int) -> Any:
    """Return an engine that sees only the last `limit` words."""
    return lambda q: reply(
        "4719" if "4719." in text(q).split()[-limit:] else "?", prompt_tokens=len(text(q).split()), ttft_seconds=0.001
    )


def test_needles_are_found_or_not() -> None:
    result = run(NEEDLE, sees(10_000))
    assert verdicts(result)["test.n"] == "pass"
    assert (result.check("test.n").details or {})["tokens"] > 600
    result = run(NEEDLE, sees(300))
    assert (verdicts(result)["test.n"], result.check("test.n").measured) == ("fail", 0.5)
    assert "at 10% depth" in result.check("test.n").reason


def test_needles_fit_the_time_and_say_so() -> None:
    slow = lambda q: reply("4719", prompt_tokens=len(text(q).split()), ttft_seconds=len(text(q).split()) / 10)  # noqa: E731
    result = run(NEEDLE, slow, timeout=120, context=8192)
    assert "4,096 do not fit the time" in result.check("test.n").reason


PERFORMANCE = "probes: [{id: p, probe: performance, with: {text: some words here, question: 'Go on.'}}]"


def timed(prompt_rate: float, rate: float, tokens: int = 64) -> Any:
    return lambda q: reply(
        "x", completion_tokens=tokens, prompt_tokens_per_second=prompt_rate, generation_tokens_per_second=rate
    )


def test_speed_is_measured_and_the_warm_up_dropped() -> None:
    rates = iter([1.0, 10.0, 12.0, 11.0])
    engine = Scripted(lambda q: timed(100.0, next(rates))(q))
    result = run(PERFORMANCE, engine)
    measured = result.performance
    assert measured and measured.generation_tokens_per_second == 11.0
    assert [test.samples_ts for test in measured.tests] == [(100.0,) * 3, (10.0, 12.0, 11.0)]
    assert measured.tests[1].n_gen == 64 and measured.tests[0].n_prompt == 300
    assert len({text(question) for question in engine.asked}) == 4
    assert verdicts(result)["test.p.build"] == "pass"


def test_a_build_that_reads_as_slowly_as_it_writes_is_called_bad() -> None:
    result = run(PERFORMANCE, timed(15.0, 10.0))
    assert result.check("test.p.build").verdict == "warn"
    assert "bad engine build" in result.check("test.p.build").reason


def test_answers_too_short_to_measure() -> None:
    assert verdicts(run(PERFORMANCE, timed(100.0, 10.0, tokens=3)))["test.p.speed"] == "unknown"


def test_without_the_engines_own_rates_times_are_used() -> None:
    result = run(
        PERFORMANCE, lambda q: reply("x", seconds=2.1, ttft_seconds=0.1, prompt_tokens=300, completion_tokens=41)
    )
    assert result.performance
    assert result.performance.prompt_tokens_per_second == 3000.0
    assert result.performance.generation_tokens_per_second == 20.0
