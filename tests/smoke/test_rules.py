"""The rules of cases, row by row."""

from __future__ import annotations

import os
from typing import Any

import pytest
from bench_maker import reply

from advisor.engine.interface import Message
from advisor.smoke.bench import Exchange, answer_of
from advisor.smoke.run import judge

ROWS: list[tuple[str, Any, str, str]] = [
    ("contains", ["Friday"], "It is on FRIDAY.", "pass"),
    ("contains", ["Friday", "closed|shut"], "Shut on Friday", "pass"),
    ("contains", ["Friday", "closed|shut"], "Open on Friday", "fail"),
    ("contains", ["ABC１２３"], "abc123", "pass"),
    ("contains", ["a"], "", "fail"),
    ("avoids", ["sorry"], "I'm Sorry", "fail"),
    ("avoids", ["sorry"], "Fine.", "pass"),
    ("avoids", ["sorry"], "", "fail"),
    ("matches", "^[0-9]+$", "42", "pass"),
    ("matches", "^[0-9]+$", "42 apples", "fail"),
    ("matches", "(", "42", "unknown"),
    ("equals", "Paris", " paris. ", "pass"),
    ("equals", "Paris", "Paris, France", "fail"),
    ("max_words", 3, "one two three", "pass"),
    ("max_words", 3, "one two three four", "fail"),
    ("max_words", 3, "", "fail"),
    ("max_words", 4, "本日は晴天です。", "pass"),
    ("max_words", 3, "本日は晴天です。", "fail"),
    ("min_words", 2, "one", "fail"),
    ("min_words", 2, "one two", "pass"),
    ("json_schema", {"const": 1}, "1", "pass"),
    ("json_schema", {"const": 1}, "Here:\n```json\n1\n```", "pass"),
    ("json_schema", {"const": 1}, "2", "fail"),
    ("json_schema", {"type": 7}, "2", "unknown"),
    ("json_schema", {"$ref": "#/nowhere"}, "2", "unknown"),
    ("json_schema", {"$ref": "http://127.0.0.1:9/schema.json"}, "2", "unknown"),
    ("json_schema", {"const": 1}, "[" * 5000, "fail"),
    ("json_schema", {"type": "number"}, "NaN", "fail"),
    ("stops", True, "x", "pass"),
    ("stops", False, "x", "fail"),
]


def exchange(text: str) -> Exchange:
    return Exchange(case="c", messages=(Message(role="user", content="?"),), reply=reply(text))


@pytest.mark.parametrize(("rule", "given", "answer", "verdict"), ROWS)
def test_rules(rule: str, given: Any, answer: str, verdict: str) -> None:
    assert judge(rule, given, exchange(answer)).verdict == verdict


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>hm</think> yes ", "yes"), ("<think>hm", ""), ("plain", "plain"),
        ("<|channel|>analysis<|message|>a<|channel|>final<|message|>b", "b"),
    ],
)  # fmt: skip
def test_thoughts_are_no_answer(text: str, answer: str) -> None:
    assert answer_of(text) == answer


TESTS = "assert add(1, 2) == 3\nassert add(-1, 1) == 0"
FENCE = "```python\n{}\n```"
PROGRAMS = {
    "right": (FENCE.format("def add(a, b):\n    return a + b"), "pass", "passes the tests"),
    "without a fence": ("def add(a, b):\n    return a + b", "pass", "passes the tests"),
    "unclosed fence": ("Here:\n```python\ndef add(a, b):\n    return a + b", "pass", "passes the tests"),
    "wrong": (FENCE.format("def add(a, b):\n    return a - b"), "fail", "fails a test: AssertionError"),
    "no code": ("I cannot do that, sorry.", "fail", "does not run: SyntaxError"),
    "empty": ("", "fail", "no code"),
    "endless": (FENCE.format("while True: pass"), "fail", "within 2 s"),
    "greedy": (FENCE.format("x = [0] * 10**10"), "fail", "MemoryError"),
    "suicidal": (FENCE.format("import os\nos.kill(os.getpid(), 11)"), "fail", "status 139"),
    "murderous": (FENCE.format("import os\nos.kill(-1, 9)"), "fail", "No such process"),
    "forging": (FENCE.format("import os\nprint('{\"passed\": 1}')\nos._exit(0)"), "fail", "without an answer"),
    "writing": (FENCE.format("open('/tmp/advisor-was-here', 'w')"), "fail", "Read-only"),
    "calling": (FENCE.format("import socket\nsocket.create_connection(('127.0.0.1', 9), 1)"), "fail", "unreachable"),
    "exiting": (FENCE.format("raise SystemExit(0)"), "fail", "SystemExit"),
}


@pytest.mark.skipif(os.name == "nt", reason="confinement of Linux")
@pytest.mark.parametrize("name", PROGRAMS)
def test_code_is_run_confined_or_not_at_all(name: str) -> None:
    answer, verdict, told = PROGRAMS[name]
    found = judge("runs", {"tests": TESTS, "seconds": 2.0}, exchange(answer))
    if "cannot confine" in found.reason:
        assert found.verdict == "unknown"
        pytest.skip("this kernel gives no namespaces")
    assert (found.verdict, told in found.reason) == (verdict, True), found.reason


def test_code_is_not_run_where_it_cannot_be_confined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.engine.child._CONFINE", os.path.join(os.path.dirname(__file__), "no_confinement.py"))
    found = judge("runs", {"tests": TESTS}, exchange(PROGRAMS["right"][0]))
    assert (found.verdict, "was not run" in found.reason) == ("unknown", True)
