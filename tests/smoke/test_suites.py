"""Suite files: ours are sound, others' mistakes are told with their lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.errors import DataError, UnknownNameError, UserError
from advisor.smoke.checks.registry import PROBES, RULES, parameter_type
from advisor.smoke.select import left_out, select
from advisor.smoke.suites import load_suite, read_suite, shipped

START = "schema: advisor.suite/1\nname: T\n"
MISTAKES = {
    "cases:\n  - {id: a, prompt: x, rules: [{contain: [a]}]}": "t.yaml:4: cases.0.rules.0.contain: no rule 'contain'",
    "cases:\n  - {id: a, prompt: x, rules: [{contains: a}]}": "t.yaml:4: cases.0.rules.0.contains: expected a list",
    "cases:\n  - id: a\n    prompt: x\n    rules:\n      - max_words: 0": "t.yaml:7: cases.0.rules.0.max_words",
    "cases:\n  - {id: a, prompt: x, rules: [{contains: [a], else: pass}]}": "must be 'warn' or 'fail'",
    "cases:\n  - {id: a, prompt: x, rules: [{contains: [a], avoids: [b]}]}": "one rule in each entry",
    "cases:\n  - {id: a, rules: [{stops: true}]}": "'prompt' is missing",
    "cases:\n  - {id: a, prompt: x, rules: []}": "t.yaml:4: cases.0.rules",
    "cases:\n  - {id: A b, prompt: x, rules: [{stops: true}]}": "cases.0.id",
    "cases:\n  - {id: a, prompt: x, rules: [{stops: true}]}\n  - {id: a, prompt: x, rules: [{stops: true}]}":
        "t.yaml:5: cases.1.id: 'a' stands twice",
    "cases:\n  - {id: a, prompt: x, rules: [{matches: '('}]}":
        "t.yaml:4: cases.0.rules.0.matches: is not a regular expression: missing )",
    "cases:\n  - {id: a, prompt: x, messages: [{role: user, content: y}], rules: [{stops: true}]}":
        "t.yaml:4: cases.0.messages: stands in the place of 'prompt' and 'system'; give one of them",
    "cases:\n  - {id: a, messages: [{role: assistant, content: y}], rules: [{stops: true}]}":
        "t.yaml:4: cases.0.messages: the last one must be the user's",
    "probes: [{id: a, probe: nedle}]": "no probe 'nedle'",
    "probes: [{id: a, probe: needle, with: {filer: [x]}}]": "unknown key 'filer'; did you mean 'filler'?",
    "probes:\n  - {id: a, probe: no-leak, with: {prompts: [x], patterns: [a, '(']}}":
        "t.yaml:4: probes.0.with.patterns.1: is not a regular expression: missing )",
    "at_least: 2": "at_least",
    "": "there is nothing to test",
    "cases: [": "t.yaml:",
}  # fmt: skip


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_told_with_their_lines(text: str) -> None:
    with pytest.raises(DataError) as raised:
        read_suite(START + text, "t.yaml", "t")
    assert any(MISTAKES[text] in problem for problem in raised.value.problems), raised.value.problems


@pytest.mark.parametrize("name", sorted(shipped()))
def test_ours_are_sound(name: str) -> None:
    loaded = load_suite(name)
    assert loaded.suite.cases or loaded.suite.probes
    assert loaded.suite.about
    assert len(loaded.sha256) == 64


def test_every_check_is_there_and_says_what_it_wants() -> None:
    for target in {**RULES, **PROBES}.values():
        assert parameter_type(target) is not None


def test_names_and_files(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(START + "cases: [{id: a, prompt: x, rules: [{stops: true}]}]", encoding="utf-8")
    assert load_suite(str(file)).id == "ours"
    with pytest.raises(UnknownNameError, match="mechanics"):
        load_suite("mechanic")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="UTF-8"):
        load_suite(str(file))


def chosen(*, suites: tuple[str, ...] = (), lang: tuple[str, ...] = (), task: tuple[str, ...] = ()) -> list[str]:
    return [one.loaded.id for one in select(suites, lang, task)]


def test_what_is_run_by_default_and_what_is_asked_for() -> None:
    assert chosen() == ["mechanics", "performance"]
    assert "tasks" in chosen(task=("code",))
    assert "viewpoint" not in chosen(lang=("en",), task=("chat",))
    assert chosen(suites=("tasks",)) == ["tasks"]


def test_languages_and_tasks_choose_cases() -> None:
    code = select(("tasks",), (), ("code",))[0]
    assert {case.task for case in code.cases} == {"code"}
    japanese = select(("tasks",), ("ja",), ())[0]
    assert {case.language for case in japanese.cases} == {"ja", None}
    assert {case.id for case in select((), ("ja",), ("code",))[-1].cases} == {case.id for case in code.cases}
    with pytest.raises(UserError, match=r"nothing|no suite"):
        select(("language",), ("sw",), ())


def test_what_nothing_selected_asks_for_is_left_out() -> None:
    asked = select((), ("ja", "pt", "zh"), ("code", "embedding"))
    assert left_out(asked, ("ja", "pt", "zh"), ("code", "embedding")) == ("pt", "embedding")
    assert left_out(select((), (), ()), (), ()) == ()
