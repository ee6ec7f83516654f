"""Whatever an engine does, the run goes on as far as it can and every check is a result."""

from __future__ import annotations

import pytest
from bench_maker import Scripted, crash, reply, run, verdicts

from advisor.engine.interface import EngineFacts, Question, RefusedError
from advisor.smoke.document import Check, SmokeResult, overall

TWO = """
cases:
  - {id: one, prompt: "Say a", rules: [{contains: [a]}]}
  - {id: two, prompt: "Say b", rules: [{contains: [b]}]}
"""


def last(question: Question) -> str:
    return question.messages[-1].content


def test_a_run_that_passes() -> None:
    result = run(TWO, lambda q: reply(last(q)))
    assert verdicts(result) == {"engine.loads": "pass", "test.one.contains": "pass", "test.two.contains": "pass"}
    assert (result.verdict, result.exit_code) == ("pass", 0)
    assert [t.reply for t in result.transcripts] == ["Say a", "Say b"]
    assert result.performance and result.performance.load_seconds == 0.5


def test_what_was_asked_and_nobody_asks_stands_at_the_end_and_is_no_pass() -> None:
    silent = Check(id="asked.pt", verdict="unknown", reason="no suite of ours asks for it")
    result = run(TWO, lambda q: reply(last(q)), after=(silent,))
    assert result.checks[-1] == silent
    assert (result.verdict, result.exit_code) == ("warn", 0)


def test_an_engine_that_does_not_load() -> None:
    engine = Scripted(lambda q: reply(""), opens=[crash("oom")])
    result = run(TWO, engine)
    assert verdicts(result) == {"engine.loads": "fail"}
    assert "Try another build." in result.checks[0].reason
    assert (result.verdict, result.exit_code, engine.closed) == ("fail", 4, 1)
    assert result.failure and result.failure.code == "oom"


def test_a_file_that_is_refused_is_the_files_fault() -> None:
    result = run(TWO, Scripted(lambda q: reply(""), opens=[crash("refused-file")]))
    assert (result.verdict, result.exit_code) == ("fail", 1)


def test_after_a_crash_the_engine_is_started_again() -> None:
    engine = Scripted(lambda q: crash() if last(q) == "Say a" else reply(last(q)))
    result = run(TWO, engine)
    assert verdicts(result) == {"engine.loads": "pass", "test.one": "fail", "test.two.contains": "pass"}
    assert (engine.opened, result.exit_code) == (2, 4)
    assert result.check("test.one").details == {"diagnosis": "segfault"}


def test_an_engine_that_always_crashes_is_given_up() -> None:
    cases = "\n".join(f"  - {{id: c{n}, prompt: x, rules: [{{stops: true}}]}}" for n in range(6))
    engine = Scripted(lambda q: crash())
    result = run(f"cases:\n{cases}", engine)
    assert engine.opened == 4
    assert "failed too often" in result.check("test.c5").reason


def test_when_the_time_is_up_the_rest_is_unknown_and_not_a_fail() -> None:
    result = run(TWO, Scripted(lambda q: reply(last(q))), timeout=0.0)
    assert verdicts(result) == {"engine.loads": "fail"}
    engine = Scripted(lambda q: crash("hang"))
    result = run(TWO, engine, timeout=1.0)
    assert verdicts(result)["test.one"] == "unknown"
    assert "--timeout" in result.check("test.one").reason
    assert (result.failure, result.exit_code) == (None, 0)  # the model is slow; nothing is wrong with the engine


def test_however_much_is_left_to_ask_when_the_time_is_up_it_is_unknown() -> None:
    cases = "\n".join(f"  - {{id: c{n}, prompt: x, rules: [{{stops: true}}]}}" for n in range(9))
    engine = Scripted(lambda q: crash("hang"))
    result = run(f"cases:\n{cases}", engine, timeout=1.0)
    assert {verdict for name, verdict in verdicts(result).items() if name != "engine.loads"} == {"unknown"}
    assert (engine.opened, result.failure) == (1, None)


def test_one_answer_that_hangs_does_not_take_all_the_time() -> None:
    result = run(TWO, Scripted(lambda q: crash("hang") if last(q) == "Say a" else reply("b")), timeout=600)
    assert verdicts(result)["test.one"] == "fail"
    assert verdicts(result)["test.two.contains"] == "pass"


def test_a_refused_question_is_a_fail_and_no_crash() -> None:
    engine = Scripted(lambda q: RefusedError("too long") if last(q) == "Say a" else reply("b"))
    result = run(TWO, engine)
    assert "refused the question: too long" in result.check("test.one").reason
    assert (engine.opened, result.exit_code) == (1, 1)


def test_interrupted_keeps_what_was_measured() -> None:
    engine = Scripted(lambda q: KeyboardInterrupt() if last(q) == "Say b" else reply("a"))
    result = run(TWO, engine)
    assert verdicts(result) == {"engine.loads": "pass", "test.one.contains": "pass", "run": "fail"}
    assert (result.verdict, result.interrupted, result.exit_code, engine.closed) == ("fail", True, 130, 1)
    assert "interrupted" in result.check("run").reason


def test_plain_buffers_are_reported() -> None:
    facts = EngineFacts(name="scripted", context=4096, flags={"use_extra_bufts": False})
    result = run(TWO, Scripted(lambda q: reply(last(q)), facts))
    assert verdicts(result)["engine.extra-buffers"] == "warn"
    assert "GGML_NATIVE=OFF" in result.check("engine.extra-buffers").reason
    assert result.verdict == "warn" and result.exit_code == 0


def test_a_miss_may_only_warn() -> None:
    result = run("cases: [{id: one, prompt: x, rules: [{contains: [b], else: warn}]}]", lambda q: reply("a"))
    assert verdicts(result)["test.one.contains"] == "warn"


@pytest.mark.parametrize(
    ("share", "verdict", "two"), [(0.5, "warn", "warn"), (0.6, "fail", "fail"), (1.0, "fail", "fail")]
)
def test_enough_cases_are_enough(share: float, verdict: str, two: str) -> None:
    result = run(f"at_least: {share}{TWO}", lambda q: reply("a"))
    assert (result.verdict, verdicts(result)["test.two.contains"]) == (verdict, two)


def test_shares_count_by_language() -> None:
    suite = """
at_least: 0.5
cases:
  - {id: e1, language: en, prompt: a, rules: [{contains: [a]}]}
  - {id: e2, language: en, prompt: a, rules: [{contains: [a]}]}
  - {id: j1, language: ja, prompt: b, rules: [{contains: [a]}]}
  - {id: j2, language: ja, prompt: b, rules: [{contains: [a]}]}
"""
    assert verdicts(run(suite, lambda q: reply(last(q))))["test.j1.contains"] == "fail"


def test_ids_that_are_the_same_get_numbers() -> None:
    result = run("cases: [{id: one, prompt: x, rules: [{contains: [a]}, {contains: [b]}]}]", lambda q: reply("a b"))
    assert list(verdicts(result)) == ["engine.loads", "test.one.contains", "test.one.contains-2"]


def test_the_context_is_that_of_the_engine_where_it_is_smaller() -> None:
    facts = EngineFacts(name="scripted", context=300)
    suite = """
probes:
  - {id: long, probe: survives, with: {inputs: [{id: beyond, text: "word ", beyond_context: true}]}}
"""
    engine = Scripted(lambda q: RefusedError("no") if len(last(q).split()) > 300 else reply("x"), facts)
    assert "refused and lives on" in run(suite, engine).check("test.long.beyond").reason


def checks(*kinds: str) -> tuple[Check, ...]:
    return tuple(Check(id=str(n), verdict=kind, reason="r") for n, kind in enumerate(kinds))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kinds", "verdict"),
    [
        (("pass", "info"), "pass"), (("pass", "unknown"), "warn"), (("pass", "warn"), "warn"),
        (("warn", "fail", "pass"), "fail"), ((), "fail"), (("info",), "fail"),
    ],
)  # fmt: skip
def test_the_verdict_over_all(kinds: tuple[str, ...], verdict: str) -> None:
    assert overall(checks(*kinds)) == verdict


def test_checks_before_the_engine_stand_first() -> None:
    result: SmokeResult = run(TWO, lambda q: reply(last(q)), before=checks("warn"))
    assert result.checks[0].id == "0"
