"""People with their requirements, on the catalog that is shipped: what must pass, fail, stay open and come first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor import strict_yaml
from advisor.catalog.load import Catalog
from advisor.needs.machine import choose
from advisor.needs.policies import load_policies
from advisor.needs.resolve import resolve
from advisor.recommend import recommend
from advisor.recommendation import Recommendation
from advisor.rules.offers import losses


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """What a row says must hold; every key is checked where it stands."""

    exit: int | None = None
    verdicts: dict[str, str] = {}
    rules: dict[str, dict[str, str]] = {}
    conditions: dict[str, list[str]] = {}
    quantizations: dict[str, str] = {}
    coarsest: str | None = None
    first_in: list[str] = []
    first_not: list[str] = []
    first_speed: float | None = None
    before: list[tuple[str, str]] = []
    not_ranked: list[str] = []
    passes_at_least: int = 0


class Situation(msgspec.Struct, forbid_unknown_fields=True):
    """Who asks for what, as in a requirements file, and what they must be told."""

    id: str
    who: str
    options: dict[str, Any]
    expect: Expected
    xfail: str | None = None


FOLDER = Path(__file__).parent
SITUATIONS = [
    msgspec.convert(row, Situation)
    for path in sorted(FOLDER.glob("*.yaml"))
    for row in strict_yaml.parse(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            row, id=row.id, marks=[pytest.mark.xfail(strict=True, reason=f"defect: {row.xfail}")] if row.xfail else []
        )
        for row in SITUATIONS
    ],
)
def test_situation(shipped: Catalog, tmp_path: Path, row: Situation) -> None:
    file = tmp_path / "requirements.yaml"
    file.write_bytes(msgspec.json.encode(row.options))
    requirements = resolve({}, shipped, file)
    policies = load_policies(requirements.policy, shipped, requirements.as_of or shipped.snapshot.as_of)
    document = recommend(requirements, shipped, choose(requirements, shipped), policies)
    assert list(_differences(document, row.expect, losses(shipped))) == []


def _differences(document: Recommendation, expected: Expected, loss: dict[str, float]) -> Any:
    """Yield every way in which the document is not what was expected."""
    by_id = {c.id: c for c in document.candidates}
    ranked = document.ranked()
    first = ranked[0] if ranked else None
    if expected.exit not in (None, document.exit_code):
        yield f"exit {document.exit_code}, not {expected.exit}"
    for model, verdict in expected.verdicts.items():
        if by_id[model].verdict.value != verdict:
            why = [f"{f.rule}: {f.reason}" for f in by_id[model].findings if f.verdict.value != "pass"]
            yield f"{model} is {by_id[model].verdict.value}, not {verdict}: {why}"
    for model, rules in expected.rules.items():
        found = {f.rule: f for f in by_id[model].findings}
        for rule, verdict in rules.items():
            if rule not in found or found[rule].verdict.value != verdict:
                yield f"{model}: {rule} is not {verdict}: {found.get(rule)}"
    for model, texts in expected.conditions.items():
        told = " | ".join(by_id[model].conditions)
        yield from (f"{model} is not told '{text}': {told}" for text in texts if text not in told)
    for model, name in expected.quantizations.items():
        artifact = by_id[model].artifact
        if artifact is None or artifact.quantization != name:
            yield f"{model} is offered as {artifact}, not as {name}"
    if expected.coarsest:
        for candidate in document.candidates:
            if candidate.artifact and loss[candidate.artifact.quantization] > loss[expected.coarsest]:
                yield f"{candidate.id} is offered as {candidate.artifact.quantization}"
    places = {c.id: c.rank for c in ranked}
    for better, worse in expected.before:
        if places.get(better, 999) >= places.get(worse, 999):
            yield f"{better} ({places.get(better)}) does not stand before {worse} ({places.get(worse)})"
    yield from (f"{model} is ranked" for model in expected.not_ranked if model in places)
    if expected.first_in and (first is None or first.id not in expected.first_in):
        yield f"first is {first and first.id}"
    if first and first.id in expected.first_not:
        yield f"first is {first.id}"
    if expected.first_speed is not None and (
        first is None or first.speed is None or first.speed.decode_tokens_per_second < expected.first_speed
    ):
        yield f"first is {first and first.id} at {first and first.speed}"
    if document.summary.passed < expected.passes_at_least:
        yield f"{document.summary.passed} pass"


def test_there_are_enough_of_them_and_each_has_a_name() -> None:
    assert len({row.id for row in SITUATIONS}) == len(SITUATIONS) >= 45


@pytest.mark.parametrize("row", SITUATIONS, ids=lambda row: row.id)
def test_the_machine_is_always_stated(row: Situation) -> None:
    assert {"ram", "vram", "hardware"} & row.options.keys()
    assert row.options.get("hardware") != "this"
