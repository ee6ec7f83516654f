"""A document as SARIF 2.1.0 for code-scanning dashboards: every finding that is not a plain pass is a result."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from advisor import __version__
from advisor.compare import Comparison
from advisor.explain import Explanation
from advisor.needs.schema import UsedPolicy
from advisor.recommendation import Candidate, Recommendation
from advisor.render import as_json, words
from advisor.rules.finding import Finding, Ruling
from advisor.rules.verdict import Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
CATALOG = "CATALOG"
"""The base of the addresses of records, which whoever reads the results may resolve."""
_LEVELS = {Verdict.FAIL: "error", Verdict.UNKNOWN: "warning", Verdict.PASS: "note"}
_POLICY_LEVELS = {"deny": "error", "review": "warning", "warn": "note"}
Document = Recommendation | Explanation | Comparison


def encode(document: Document, **_: object) -> str:
    """Return one run with the rules that found something, and a result for each finding and model.

    A fail is an error, what is open a warning, a warning a note; an exception is told as a suppression.
    """
    results = [row for candidate in _candidates(document) for row in _results(candidate)]
    rules = list(dict.fromkeys(row["ruleId"] for row in results))
    places = {rule: index for index, rule in enumerate(rules)}
    for row in results:
        row["ruleIndex"] = places[row["ruleId"]]
    run = {
        "tool": {"driver": {"name": "advisor", "version": __version__, "rules": list(_rules(document, rules))}},
        "originalUriBaseIds": {CATALOG: {"description": {"text": "The folder of the catalog's records"}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {
            "catalog": msgspec.to_builtins(document.catalog),
            "as_of": document.as_of,
            "policies": msgspec.to_builtins(document.policies),
        },
    }
    told = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return as_json.encode(told)


def _candidates(document: Document) -> tuple[Candidate, ...]:
    return (document.candidate,) if isinstance(document, Explanation) else tuple(document.candidates)


def _results(candidate: Candidate) -> Iterator[dict[str, Any]]:
    """Yield what is to be told of one model: fails, what is open, warnings and exceptions of policies."""
    for finding in candidate.findings:
        told = words.telling(finding)
        if finding.verdict is not Verdict.PASS or told:
            yield _result(candidate, finding, told)


def _result(candidate: Candidate, finding: Finding, told: list[Ruling]) -> dict[str, Any]:
    text = ". ".join([f"{candidate.name}: {finding.reason}", *map(words.ruling, told)])
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.verdict],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": f"models/{candidate.id}.yaml", "uriBaseId": CATALOG},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": candidate.id, "kind": "module"}],
            }
        ],
        "partialFingerprints": {
            "modelAndRule/v1": hashlib.sha256(f"{candidate.id}\n{finding.rule}".encode()).hexdigest()
        },
        "properties": msgspec.to_builtins(finding),
    }
    suppressions = [
        {"kind": "external", "status": "accepted", "justification": words.ruling(ruling)}
        for ruling in told
        if ruling.exception is not None
    ]
    if suppressions and finding.verdict is Verdict.PASS:
        result["suppressions"] = suppressions
    return result


def _rules(document: Document, used: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rules with results; those of policies with why they are there and who decided them."""
    stated = [(policy, rule) for policy in document.policies for rule in policy.policy["rules"]]
    for rule_id in used:
        mine = [(policy, rule) for policy, rule in stated if f"policy/{rule['id']}" == rule_id]
        described = {"id": rule_id, "shortDescription": {"text": f"advisor's rule {rule_id}"}}
        yield described | _of_policy(mine) if mine else described


def _of_policy(mine: list[tuple[UsedPolicy, dict[str, Any]]]) -> dict[str, Any]:
    first = mine[0][1]
    strictest = min((rule["severity"] for _, rule in mine), key=list(_POLICY_LEVELS).index)
    decided = [
        {"policy": p.id, "severity": r["severity"], "by": r["decided"]["by"], "on": r["decided"]["on"]} for p, r in mine
    ]
    return {
        "shortDescription": {"text": f"rule {first['id']} of policy {' and '.join(p.id for p, _ in mine)}"},
        "fullDescription": {"text": " ".join(rule["why"] for _, rule in mine)},
        "help": {"text": " ".join(policy.policy["notice"] for policy, _ in mine)},
        "defaultConfiguration": {"level": _POLICY_LEVELS[strictest]},
        "properties": {"decided": decided},
    }
